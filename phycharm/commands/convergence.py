"""`phycharm convergence`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from .options import Device


def convergence(
    results: Path,
    *,
    harmonizer: Annotated[list[str] | None, Parameter(negative="")] = None,
    fold: int | None = None,
    seed: int | None = None,
    device: Device = "auto",
) -> None:
    """Train a run's methods again with twice the budget, to see whether they were at their end.

    Who is scored are the people by whom states were chosen, never the external ones. Goes on where
    an earlier call was interrupted; the report then shows the table.

    Parameters
    ----------
    results
        Results folder of a benchmark.
    harmonizer
        Method to train again, or maps for the maps generator; may be given several times. By
        default every trained method of the run's protocol, and the generator.
    fold
        By default the first of the protocol.
    seed
        Training seed; by default the first of the protocol.
    device
        Where to compute.
    """
    from phycharm.benchmarks.run.convergence import measure_convergence
    from phycharm.reports import convergence_text

    from ..utils.untrusted.printable import say

    measure_convergence(results, harmonizers=harmonizer, fold=fold, seed=seed, device=device)
    say(convergence_text(results))
