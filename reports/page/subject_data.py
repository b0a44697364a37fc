"""Scores of every subject, as the page's script reads them."""

from typing import Any

import numpy as np
import numpy.typing as npt

from ..run.measures import Measure
from ..run.names import label
from ..run.run_view import RunView

_MOST_VALUES = 400_000


def subject_data(view: RunView) -> dict[str, Any]:
    """Gather one value per split, measure, direction, subject and method.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    dict
        JSON for the page. `values[split][measure]` is flat: direction, then subject, then method
        varies fastest; null where undefined. `shared` numbers the directions that means over
        directions are taken of. With very many values only the headline measures are kept, and
        `complete` is false.
    """
    images = len(view.directions) * len(view.methods) * sum(map(len, view.subjects.values()))
    complete = images * len(view.measures) <= _MOST_VALUES
    measures = view.measures if complete else view.headline
    return {
        "complete": complete,
        "methods": [{"label": label(m), "colour": view.colours[m]} for m in view.methods],
        "directions": [f"{source} → {target}" for source, target in view.directions],
        "shared": [view.directions.index(direction) for direction in view.shared_directions],
        "pairs": [list(pair) for pair in view.directions],
        "subjects": view.subjects,
        "headline": [m.key for m in view.headline],
        "measures": {m.key: _describe(m) for m in measures},
        "values": {s: {m.key: _flat(view, m, s) for m in measures} for s in view.splits},
    }


def _describe(measure: Measure) -> dict[str, Any]:
    return {
        "label": measure.title,
        "arrow": measure.arrow,
        "digits": measure.digits,
        "higher": measure.higher_is_better,
        "best": measure.best,
        "judged": measure.judged,
    }


def _flat(view: RunView, measure: Measure, split: str) -> list[float | None]:
    subjects = view.subjects.get(split, [])
    blocks = [
        view.measured(measure, split, direction)
        .reindex(index=subjects, columns=view.methods)
        .to_numpy(dtype=float)
        for direction in view.directions
    ]
    everything: npt.NDArray[np.float64] = np.stack(blocks).ravel() if blocks else np.empty(0)
    return [float(f"{v:.6g}") if np.isfinite(v) else None for v in everything.tolist()]
