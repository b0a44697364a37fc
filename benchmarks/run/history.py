"""Training curves on disk: one table, in a cell of a run and in a model folder alike."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from phycharm.utils.atomic import atomic_file

HISTORY = "history.csv"


def write_history(folder: Path, history: Sequence[dict[str, Any]]) -> None:
    """Write training curves into a folder, atomically.

    A method that learned nothing leaves no file, and an earlier one's does not stay behind.

    Parameters
    ----------
    folder : Path
        Of a cell or a model; made if need be.
    history : sequence of dict
        Rows with the columns of `docs/results.md`: network, source, target, epoch, split, term,
        value.
    """
    path = folder / HISTORY
    if not history:
        path.unlink(missing_ok=True)
        return
    with atomic_file(path) as temporary:
        pd.DataFrame(list(history)).to_csv(temporary, index=False)
