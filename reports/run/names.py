"""Names and colours of methods, the same in every table and figure."""

from collections.abc import Mapping, Sequence
from typing import Any

_LABELS = {
    "phycharm": "PhyCHarm",
    "phycharm-physics": "PhyCHarm, physics alone",
    "phycharm-paper": "PhyCHarm as printed",
    "unet": "U-Net",
    "pix2pix": "Pix2Pix",
    "calamiti": "CALAMITI",
    "none": "No harmonization",
    "linear": "Linear scaling",
    "histogram": "Histogram matching",
    "nyul": "Nyúl",
    "oracle": "Oracle",
    "blurred": "Blurred target",
    "constant": "Constant",
    "rescan": "Rescan",
    "maps": "Quantitative maps",
}
_ENGINES = {
    "hmrf": "the package’s own hidden Markov random field (hmrf)",
    "fsl-fast": "FSL FAST (fsl-fast)",
    "atropos": "ANTs Atropos (atropos)",
}
CONTROLS = ("oracle", "blurred", "constant", "rescan")
# Okabe and Ito's palette without black and yellow, which vanish on dark and on white paper.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
_MORE = ("#9467bd", "#8c8c3e", "#a3544c", "#3f7f8c", "#b58900", "#5f6caf")
# These look the same in every run, whoever else took part.
_WONTED = ("unet", "pix2pix", "calamiti", "nyul", "histogram", "linear")
# Lighter than the wheel, or it would look like purple or green to who sees no red or green.
_NOTHING = "#a9aeb6"
_LONGEST = 32
# Dots are for doing nothing alone.
_DASHES = ("-", "--", "-.")


def join(names: list[str]) -> str:
    """Write a list as English does.

    Examples
    --------
    >>> join(["Nyúl", "U-Net", "PhyCHarm"])
    'Nyúl, U-Net and PhyCHarm'
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def label(method: str) -> str:
    """Name of a method for people; unknown ones keep their own.

    Examples
    --------
    >>> label("unet"), label("my-method")
    ('U-Net', 'my-method')
    """
    return _LABELS.get(method, method)


def short_label(method: str) -> str:
    """Name of a method for a figure, whose room is narrow: cut where it is very long."""
    name = label(method)
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def variant_label(variant: str, base: str) -> str:
    """Name of a variant for people: that of its method, and what its own name adds to it.

    Examples
    --------
    >>> variant_label("phycharm-case-1", "phycharm")
    'PhyCHarm, case 1'
    """
    added = variant.removeprefix(base).strip("-_ ").replace("-", " ")
    return f"{label(base)}, {added or variant}"


def engine_name(engine: str) -> str:
    """Name of a segmentation engine for people; unknown ones keep their own."""
    return _ENGINES.get(engine, engine)


def is_control(method: str, cards: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a name is a check of the metrics and not a method.

    Parameters
    ----------
    method : str
        Name in the column `harmonizer`.
    cards : dict of dict
        Content of methods.json.
    """
    return method in CONTROLS or cards.get(method, {}).get("control") is True


def colours(methods: Sequence[str], reference: str) -> dict[str, str]:
    """Give every method its colour.

    Parameters
    ----------
    methods : sequence of str
        In the order of the leaderboard.
    reference : str
        The method that the others are compared with: blue, or grey if it is `none`, as always.

    Returns
    -------
    dict of str
        Hexadecimal colours. Twelve differ; later methods repeat them and differ by dashes.
    """
    wheel = _COLOURS + _MORE
    chosen = {reference: wheel[0], "none": _NOTHING}
    chosen |= {m: c for m, c in zip(_WONTED, wheel[1:], strict=False) if m not in chosen}
    rest = [m for m in methods if m not in chosen]
    taken = {chosen[m] for m in methods if m in chosen}
    free = [c for c in wheel if c not in taken] or list(wheel)
    chosen |= {method: free[i % len(free)] for i, method in enumerate(rest)}
    return {method: chosen[method] for method in methods}


def dashes(methods: Sequence[str]) -> dict[str, str]:
    """Give every method a line style, so that colour is never the only difference."""
    styles = {method: _DASHES[i % len(_DASHES)] for i, method in enumerate(methods)}
    return styles | {"none": ":"}
