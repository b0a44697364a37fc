"""How the scanners acquire: what the sidecars say, beside what was fitted to their images."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from phycharm.physics.acquisition import CREDIBLE

from ..run.run_view import RunView
from .table import Column, Table, TableCell

_NAMES = {
    "centre": "Readout at the centre of k-space",
    "inversion_time": "TI (ms)",
    "repetition_time": "TR (ms)",
    "inversion_efficiency": "Inversion efficiency",
    "transmit": "Flip angle over nominal",
}
_AT_END = 1e-3
_HEADS = ("Scanner", "Fold", "Parameter", "Sidecar", "In use", "Spread over people", "Determined")
_TEXTS = {"Scanner", "Parameter", "Sidecar", "Determined"}


def acquisition_table(view: RunView) -> Table | None:
    """Lay out the effective acquisition of every scanner.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    Table or None
        A row for each scanner, fold and fitted parameter; None where nothing was fitted. Methods
        and pairs that fit a scanner's acquisition do it alike, so the first of them speaks.
    """
    rows = [row for found in _per_fold(view) for row in found]
    if not rows:
        return None
    return Table(
        name="acquisitions",
        title="Effective acquisitions",
        columns=[Column(text=text, number=text not in _TEXTS) for text in _HEADS],
        rows=rows,
        notes=[
            "What no sidecar says is fitted to the training people's images: curves of intensity "
            "per M0 against T1 of the predicted maps, by bounded least squares. The spread is the "
            "standard deviation of the values fitted to each person alone. Where more than half of "
            "a parameter's credible range fits about as well, the images do not determine it, and "
            "the sidecar's or the nominal value is in use; where the best value is the end of the "
            "range, they say that something else than this parameter differs from the model. Echo "
            "spacing and number of readouts are not fitted: where nobody says them, usual values "
            "are taken.",
        ],
    )


def _per_fold(view: RunView) -> Iterator[list[list[TableCell]]]:
    """Yield the rows of every fold, from the first cell that tells them."""
    told: set[tuple[str, str]] = set()
    for cell in view.content.cells:
        found = cell.record.get("findings")
        acquisitions = found.get("acquisitions") if isinstance(found, Mapping) else None
        if not isinstance(acquisitions, Mapping):
            continue
        fold = str(cell.record.get("fold", ""))
        for scanner, record in acquisitions.items():
            if (scanner, fold) not in told:
                told.add((scanner, fold))
                yield [_row(scanner, fold, record, one) for one in record["parameters"]]


def _row(
    scanner: str, fold: str, record: Mapping[str, Any], parameter: Mapping[str, Any]
) -> list[TableCell]:
    name = parameter["name"]
    said = record.get("sidecar", {}).get(name) if name == "centre" else None
    spread = parameter.get("spread")
    return [
        TableCell(text=scanner),
        TableCell(text=fold, sort=fold),
        TableCell(text=_NAMES.get(name, name)),
        TableCell(text="says nothing" if said is None else f"{said:g}"),
        TableCell(text=f"{parameter['value']:.3g}", sort=parameter["value"]),
        TableCell(text="–" if spread is None else f"{spread:.2g}", sort=spread),
        TableCell(text=_determined(parameter)),
    ]


def _determined(parameter: Mapping[str, Any]) -> str:
    if not parameter["determined"]:
        return "no: nominal value"
    ends = CREDIBLE.get(parameter["name"], ())
    at_end = any(math.isclose(parameter["value"], end, abs_tol=_AT_END) for end in ends)
    return "only that it is beyond its range" if at_end else "by the images"
