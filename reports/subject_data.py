"""Scores of every subject, as the page's script reads them."""

from typing import Any

import numpy as np
import numpy.typing as npt

from .measures import Measure
from .names import label
from .study import Study

_MOST_VALUES = 400_000


def subject_data(study: Study) -> dict[str, Any]:
    """Gather one value per split, measure, direction, subject and method.

    Parameters
    ----------
    study : Study
        The run.

    Returns
    -------
    dict
        JSON for the page. `values[split][measure]` is flat: direction, then subject, then method
        varies fastest; null where undefined. With very many values only the headline measures
        are kept, and `complete` is false.
    """
    images = len(study.directions) * len(study.methods) * sum(map(len, study.subjects.values()))
    complete = images * len(study.measures) <= _MOST_VALUES
    measures = study.measures if complete else study.headline
    return {
        "complete": complete,
        "methods": [{"label": label(m), "colour": study.colours[m]} for m in study.methods],
        "directions": [f"{source} → {target}" for source, target in study.directions],
        "pairs": [list(pair) for pair in study.directions],
        "subjects": study.subjects,
        "headline": [m.key for m in study.headline],
        "measures": {m.key: _describe(m) for m in measures},
        "values": {s: {m.key: _flat(study, m, s) for m in measures} for s in study.splits},
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


def _flat(study: Study, measure: Measure, split: str) -> list[float | None]:
    subjects = study.subjects.get(split, [])
    blocks = [
        study.measured(measure, split, direction)
        .reindex(index=subjects, columns=study.methods)
        .to_numpy(dtype=float)
        for direction in study.directions
    ]
    everything: npt.NDArray[np.float64] = np.stack(blocks).ravel() if blocks else np.empty(0)
    return [float(f"{v:.6g}") if np.isfinite(v) else None for v in everything.tolist()]
