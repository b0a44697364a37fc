"""`phycharm report`."""

from pathlib import Path

from ..errors import InputError


def report(
    *results: Path,
    out: Path | None = None,
    reference: str | None = None,
    order: str = "mean-rank",
    figures: Path | None = None,
) -> None:
    """Write the HTML report of one results folder, or of several side by side.

    Parameters
    ----------
    results
        Results folders.
    out
        Where the report goes; by default report.html in the (first) results folder.
    reference
        Method that the others are tested against; by default the one that the protocol names.
    order
        What the leaderboard is ordered by: mean-rank, borda, or the name of a metric.
    figures
        Folder for the paper's figures and tables (PDF, SVG, PNG, LaTeX, CSV).
    """
    from phycharm.reports import write_figures, write_report

    from ..utils.untrusted.printable import say

    if not results:
        raise InputError("No results folder given; try `phycharm report results/quick`.")
    if figures is not None:
        written = write_figures(list(results), figures, reference=reference, order=order)
        say(f"Figures: {figures} ({len(written)} files)")
        return
    say(f"Report: {write_report(list(results), out, reference=reference, order=order)}")
