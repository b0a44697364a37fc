"""Whether methods were trained to their end: what twice the budget gains."""

import math

from ..run.convergence import IMAGES, LIMIT, MAPS, convergence_gains, unfinished_methods
from ..run.names import join, label
from ..run.run_view import RunView
from .table import Column, Table, TableCell

_UNITS = {IMAGES: ("SSIM", 1.0, 4), MAPS: ("T1 error (%)", 100.0, 2)}
_UNKNOWN = "–"


def convergence_table(view: RunView) -> Table | None:
    """Lay out validation scores with the budget of the run and with twice as much.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    Table or None
        A row per method, and for the maps generator; None where nobody doubled a budget.
    """
    gains = convergence_gains(view)
    if gains.empty:
        return None
    rows = []
    for row in gains.to_dict("records"):
        name, factor, digits = _UNITS[str(row["metric"])]
        method = str(row["harmonizer"])
        text = label(method)
        steps = float(row["steps"])
        rows.append(
            [
                TableCell(text=text, sort=text, colour=view.colours.get(method, "")),
                TableCell(text=_UNKNOWN if math.isnan(steps) else f"{steps:,.0f}", sort=steps),
                TableCell(text=name),
                _number(factor * row["value"], digits),
                _number(factor * row["value_doubled"], digits),
                _number(factor * row["gain"], digits, sign=True),
                _number(factor * row["spread"], digits),
            ]
        )
    heads = ("Steps a direction", "Measure", "So trained", "Twice as long", "Gain", "Spread")
    return Table(
        name="convergence",
        title="What twice the budget gains",
        columns=[
            Column(text="Method", number=False),
            *(Column(text=text, number=text != "Measure") for text in heads),
        ],
        rows=rows,
        notes=[_people(view), *unfinished_sentences(view)],
    )


def unfinished_sentences(view: RunView) -> list[str]:
    """Say who was not trained to the end; nothing where nobody doubled a budget."""
    if not (convergence_gains(view)["metric"] == IMAGES).any():
        return []
    late = unfinished_methods(view)
    if not late:
        return [f"Twice the budget gains nobody more than {LIMIT:g} SSIM: all are at their end."]
    one = len(late) == 1
    return [
        f"{join([label(name) for name in late])} {'gains' if one else 'gain'} more than {LIMIT:g} "
        f"SSIM by twice the budget, and {'is' if one else 'are'} not at "
        f"{'its' if one else 'their'} end."
    ]


def _people(view: RunView) -> str:
    table = view.content.convergence
    counts = [f"{table[name].nunique()} {name}" for name in ("subject", "fold", "seed")]
    return (
        "Scores of the people by whom states were chosen, never of external ones "
        f"({', '.join(counts)}). A positive gain is an improvement; spread: its standard deviation "
        "over directions, or for maps over source scanners. T1 error: median of the absolute error "
        "over the true value, mean of grey and white matter."
    )


def _number(value: float, digits: int, *, sign: bool = False) -> TableCell:
    if math.isnan(value):
        return TableCell(text=_UNKNOWN)
    text = f"{value:{'+' if sign else ''}.{digits}f}".replace("-", "−")
    return TableCell(text=text, sort=value)
