"""What a table says of the seeds that its methods were fitted with."""

import pandas as pd

from ..run.measures import Measure
from ..run.run_view import RunView
from ..run.seeds import training_seeds


def seed_detail(measure: Measure, spread: float) -> str:
    """Print a spread over training seeds for the second line of a cell; empty where unknown.

    Examples
    --------
    >>> seed_detail(Measure(metric="ssim"), 0.0123), seed_detail(Measure(metric="ssim"), 0.0)
    ('seeds ± 0.012', 'seeds ± 0.000')
    """
    return "" if pd.isna(spread) else f"seeds ± {measure.spread(spread)}"


def seed_notes(view: RunView) -> list[str]:
    """Say what stands behind `seeds` in a table; nothing where there was one seed.

    Parameters
    ----------
    view : RunView
        The run.
    """
    count = len(training_seeds(view))
    if count < 2:
        return []
    return [
        f"Seeds: standard deviation, over the {count} training seeds, of the mean over subjects. "
        "A difference that is smaller is no finding: another training could turn it."
    ]
