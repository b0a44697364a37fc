"""Segmentation engines by name."""

from collections.abc import Callable

from phycharm.errors import InputError
from phycharm.utils.suggestions import did_you_mean

from .segmenter import Segmenter

# Each imports its engine only when asked: torch and antspyx take seconds.


def _hmrf(device: str) -> Segmenter:
    from .hmrf.hmrf import HmrfSegmenter

    return HmrfSegmenter(device=device)


def _fsl_fast(device: str) -> Segmenter:
    from .fsl_fast import FslFastSegmenter

    return FslFastSegmenter()


def _atropos(device: str) -> Segmenter:
    from .atropos import AtroposSegmenter

    return AtroposSegmenter()


ENGINES: dict[str, Callable[[str], Segmenter]] = {
    "hmrf": _hmrf,
    "fsl-fast": _fsl_fast,
    "atropos": _atropos,
}
"""Makers of the engines, the default first; each takes the device."""


def get_segmenter(name: str, *, device: str = "cpu") -> Segmenter:
    """Make the engine of a name.

    Parameters
    ----------
    name : str
        `hmrf` (the default everywhere), `fsl-fast` or `atropos`.
    device : str
        Where `hmrf` computes; the other engines know the CPU alone.

    Returns
    -------
    Segmenter
        Ready to segment.

    Raises
    ------
    InputError
        If there is no such engine, or it lacks its program (FSL), package (antspyx) or device.
    """
    if name not in ENGINES:
        raise InputError(f"No segmentation engine {name!r}; {did_you_mean(name, ENGINES)}")
    return ENGINES[name](device)
