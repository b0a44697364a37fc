"""Whether metrics still mean what they meant."""

from collections.abc import Mapping
from typing import Any

from .score_set import ScoreSet

Records = Mapping[str, Mapping[str, Any]]


def changed_definitions(reference: Records, run: Records) -> list[str]:
    """Say which metrics are not defined as in the reference.

    Parameters
    ----------
    reference, run : mapping
        Records of `metrics.json` by name. A key that one side lacks is of another version of the
        package, and no change.

    Returns
    -------
    list of str
        A sentence for each key that changed.

    Examples
    --------
    >>> changed_definitions({"ssim": {"best": 1.0}}, {"ssim": {"best": 0.9, "unit": ""}})
    ['ssim: best is 0.9 and was 1.0.']
    """
    return [
        f"{name}: {key} is {run[name][key]!r} and was {old!r}."
        for name, record in reference.items()
        if name in run
        for key, old in record.items()
        if key in run[name] and run[name][key] != old
    ]


def undefined_metrics(scores: ScoreSet) -> list[str]:
    """Say which metrics have scores and no definition."""
    names = sorted(set(scores.scores["metric"]) - set(scores.metrics))
    return [f"{name} has scores and no definition." for name in names]
