"""Tolerances from what the same run gave elsewhere: other threads, versions, processors."""

import math
from collections.abc import Sequence

import pandas as pd

from phycharm.errors import InputError

from .score_comparison import KEYS, seed_spreads
from .score_set import ScoreSet
from .tolerances import Tolerances
from .toml_text import toml_key, toml_value

MARGIN = 4.0
"""How many times the largest change that was measured a score may move."""


def machine_spread(reference: ScoreSet, others: Sequence[ScoreSet]) -> pd.DataFrame:
    """Measure how far single scores lie from the reference's where the same was run elsewhere.

    Parameters
    ----------
    reference : ScoreSet
        The run that becomes the reference.
    others : sequence of ScoreSet
        The same run under other numbers of threads, versions of libraries, processors.

    Returns
    -------
    DataFrame
        Index `harmonizer`, `metric`; column `largest`: the largest absolute change of any score.

    Raises
    ------
    InputError
        If another run lacks a score, or has one more, or one is undefined in one of them alone.
    """
    keys = [*KEYS]
    first = reference.scores.set_index(keys)["value"]
    parts = []
    for other in others:
        own = other.scores.set_index(keys)["value"]
        if not first.index.is_unique or set(first.index) != set(own.index):
            raise InputError(f"{other.path}: has not the scores of {reference.path}; run the same.")
        change = own.reindex(first.index) - first
        changed = change.isna() & ~(first.isna() & own.reindex(first.index).isna())
        if changed.any():
            raise InputError(f"{other.path}: other scores are NaN than in {reference.path}.")
        parts.append(change.abs().fillna(0.0))
    largest = pd.concat(parts, axis=1).max(axis=1).rename("largest")
    return largest.groupby(["harmonizer", "metric"]).max().to_frame()


def tolerance_text(
    spread: pd.DataFrame, base: Tolerances, about: Sequence[str], seeds: ScoreSet | None = None
) -> str:
    """Write a file of tolerances: so many times the measured spread, and the default at least.

    Parameters
    ----------
    spread : DataFrame
        From `machine_spread`.
    base : Tolerances
        Its default and its limits per metric stay, and are the least that is allowed.
    about : sequence of str
        What was measured, and how: comment lines at the top.
    seeds : ScoreSet, optional
        A run with several training seeds, whose spread is written down too.

    Returns
    -------
    str
        TOML, as `read_tolerances` reads it.
    """
    # A name of several lines must not leave its comment.
    lines = [f"# {' '.join(line.split())}".rstrip() for line in about]
    lines += ["", "[default]", f"absolute = {base.default.absolute!r}", "", "[metrics]"]
    for metric, tolerance in base.metrics.items():
        lines.append(f"{toml_key(metric)} = {toml_value(tolerance.model_dump(exclude_none=True))}")
    for method, own in spread.reset_index().groupby("harmonizer"):
        rows = [
            _line(str(method), metric, largest, base)
            for metric, largest in own[["metric", "largest"]].itertuples(index=False, name=None)
        ]
        if kept := [row for row in rows if row]:
            lines += ["", f"[methods.{toml_key(str(method))}.metrics]", *kept]
    return "\n".join([*lines, *_seed_lines(seeds), ""])


def _line(method: str, metric: str, largest: float, base: Tolerances) -> str:
    """Write one limit, rounded up to a digit; nothing where the default is enough."""
    least = base.limit("", metric)
    if MARGIN * largest <= least:
        return ""
    limit = round_up(MARGIN * largest)
    return f"{toml_key(metric)} = {{ absolute = {limit!r} }}  # measured: {largest:.2g}"


def round_up(value: float) -> float:
    """Round up to one significant digit.

    Examples
    --------
    >>> round_up(0.00123), round_up(0.5), round_up(12.0)
    (0.002, 0.5, 20.0)
    """
    digits = -math.floor(math.log10(value))
    return round(math.ceil(round(value * 10.0**digits, 6)) / 10.0**digits, max(digits, 0))


def _seed_lines(seeds: ScoreSet | None) -> list[str]:
    if seeds is None:
        return []
    known = seed_spreads(seeds.scores).dropna()
    pooled = known.groupby(["harmonizer", "metric"], as_index=False)["seed_sd"].max()
    lines: dict[str, list[str]] = {}
    for method, metric, sd in pooled.itertuples(index=False, name=None):
        if sd > 0:
            lines.setdefault(method, []).append(f"{toml_key(metric)} = {float(f'{sd:.3g}')!r}")
    return [
        text
        for method, own in lines.items()
        for text in ("", f"[seed_spread.{toml_key(method)}]", *own)
    ]
