"""`phycharm report`: results folders in, one HTML file out."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from phycharm.utils.atomic import write_text

from .page.page import render
from .page.run_page import RunPage, make_run_page
from .page.side_by_side import SideBySide, compare_runs
from .page.viewer import niivue_script, viewer_data
from .rare_collections import rare_collections
from .run.load import load_runs
from .run.run_view import RunView

FILE_BYTES = 15_000_000
"""The most that the page may take: larger ones are not mailed, and open slowly."""
_FILE = "report.html"


@rare_collections()
def write_report(
    results: str | Path | Sequence[str | Path],
    out: str | Path | None = None,
    *,
    reference: str | None = None,
    order: str = "mean-rank",
) -> Path:
    """Write the report of one run, or of several side by side, as one self-contained file.

    Parameters
    ----------
    results : str, Path, or a sequence of them
        The folder of a run, or of several. What is missing in one is said in the report.
    out : str or Path, optional
        The file to write; by default `report.html` in the first folder.
    reference : str, optional
        Method that is compared with every other; by default the one that each run's protocol names.
    order : str
        What the leaderboard is sorted by: `mean-rank`, `borda` or the name of a metric.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        If a folder does not exist, no run knows `reference`, or `order` names nothing that was
        measured.
    """
    folders = [results] if isinstance(results, str | Path) else list(results)
    views = load_runs(folders, reference=reference, order=order)
    share = 1 / len(views)
    runs = [make_run_page(view, number, share) for number, view in enumerate(views)]
    comparison = compare_runs(views) if len(views) > 1 else None
    path = Path(out) if out is not None else Path(folders[0]) / _FILE
    write_text(path, _page(views, runs, comparison))
    return path


def _page(views: list[RunView], runs: list[RunPage], comparison: SideBySide | None) -> str:
    """Render the page; the viewer's volumes get the room that everything else leaves."""
    niivue = niivue_script()
    bare = len(render(runs, comparison, niivue).encode("utf-8"))
    room = max(0, FILE_BYTES - bare) // len(runs)
    full = [
        replace(run, viewer=viewer_data(view, room)) for view, run in zip(views, runs, strict=True)
    ]
    return render(full, comparison, niivue if any(run.viewer for run in full) else None)
