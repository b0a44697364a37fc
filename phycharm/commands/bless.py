"""`phycharm bless`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def bless(
    reference: Path,
    run: Path,
    *,
    why: str,
    spread: Annotated[list[Path] | None, Parameter(negative="")] = None,
    seeds: Path | None = None,
) -> None:
    """Make the scores of a run the reference, and write down why and what moved.

    Parameters
    ----------
    reference
        Folder of the reference; its history is kept.
    run
        Results folder of a finished run in which nothing failed.
    why
        Why the scores are other than they were.
    spread
        Results folder of the same run made elsewhere (other threads, versions, processors); may be
        given several times. The tolerances are derived from how far these lie from the run.
    seeds
        With --spread: results folder of the same run with several training seeds, whose spread is
        written down too.
    """
    from phycharm.benchmarks.statistics.regression import bless as renew
    from phycharm.benchmarks.statistics.regression.blessing import what_moved

    from ..utils.untrusted.printable import say

    delta = renew(reference, run, why=why, spread=spread or (), seeds=seeds)
    for phrase in [] if delta is None else what_moved(delta):
        say(f"Moved: {phrase}")
    say(f"Reference: {reference}")
