"""Folders of runs in, views of them out: what every kind of report starts with."""

from collections.abc import Sequence
from pathlib import Path

from phycharm.errors import InputError
from phycharm.utils.suggestions import did_you_mean

from .run_content import read_run
from .run_view import RunView
from .standings import standings


def load_runs(
    results: Sequence[str | Path], *, reference: str | None, order: str = "mean-rank"
) -> list[RunView]:
    """Read runs.

    Parameters
    ----------
    results : sequence of str or Path
        Folders of runs.
    reference : str, optional
        Method that is compared with every other; by default the one that each run's protocol names.
    order : str
        What the leaderboard is sorted by: `mean-rank`, `borda` or the name of a metric.

    Returns
    -------
    list of RunView
        One per folder.

    Raises
    ------
    InputError
        If there is no folder, one does not exist, no run knows `reference`, or `order` names
        nothing that was measured.
    """
    if not results:
        raise InputError("No results folder was given; name the folder of a benchmark run.")
    runs = [read_run(Path(folder)) for folder in results]
    views = [
        RunView(content=run, wanted_reference=reference or run.reference, order=order)
        for run in runs
    ]
    if reference is not None:
        _require_known(reference, views)
    for view in views:
        standings(view, view.split)  # refuses an order that was not measured
    return views


def _require_known(reference: str, views: Sequence[RunView]) -> None:
    """Refuse a name that is no method's; one that took part in some of the runs is welcome."""
    known = {name for view in views for name in [*view.methods, *view.content.methods]}
    if known and reference not in known:
        raise InputError(
            f"No method {reference!r} to compare with; {did_you_mean(reference, known)}"
        )
