"""`phycharm compare`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def compare(
    reference: str,
    run: Path,
    *,
    tolerance: Path | None = None,
    out: Path | None = None,
    junit: Path | None = None,
    github: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Hold the scores of a run against a reference; exit code 1 where anything moved.

    Parameters
    ----------
    reference
        Folder of a reference or of another run, its scores.parquet, or the name of a reference that
        comes with the package.
    run
        Results folder, or its scores.parquet.
    tolerance
        What may move by how much (TOML); by default that of the reference.
    out
        HTML page to write.
    junit
        JUnit file to write, for CI.
    github
        Append the summary to that of the GitHub job ($GITHUB_STEP_SUMMARY) and print its first line
        alone.
    """
    from phycharm.benchmarks.statistics.regression import (
        compare_scores,
        read_score_set,
        reference_path,
        tolerances_for,
    )
    from phycharm.reports.regression.delta_page import write_delta_page
    from phycharm.reports.regression.delta_text import add_to_step_summary, delta_markdown
    from phycharm.reports.regression.junit_file import write_junit

    from ..utils.untrusted.printable import say

    path = reference_path(reference)
    tolerances = tolerances_for(path, tolerance)
    delta = compare_scores(read_score_set(path), read_score_set(run), tolerances)
    text = delta_markdown(delta)
    say(delta.headline if github and add_to_step_summary(text) else text.rstrip("\n"))
    if junit is not None:
        say(f"JUnit: {write_junit(delta, junit)}")
    if out is not None:
        say(f"Page: {write_delta_page(delta, out)}")
    return 1 if delta.moved else 0
