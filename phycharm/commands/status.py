"""`phycharm status`."""

from pathlib import Path


def status(run: Path) -> None:
    """Say how far a run is: what is done, running and where, failed, and how long the rest takes.

    Parameters
    ----------
    run
        Folder of a run, which may be going on.
    """
    from phycharm.benchmarks.run.workers.status import run_status

    from ..utils.untrusted.printable import say

    say(run_status(run).text())
