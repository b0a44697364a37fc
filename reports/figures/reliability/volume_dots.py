"""Intraclass correlation of tissue volumes over scanners, before and after harmonization."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...run.names import short_label
from ...run.reliability.findings import ALL_TARGETS, reliability
from ...run.run_view import RunView
from ..style import INK, house_style, new_figure

_TISSUES = ("GM", "WM")
_MOST_TARGETS = 6
_ROOM = 0.5


def volume_dots(view: RunView, split: str) -> Figure | None:
    """Draw ICC(2,1) of every method with its intervals by target, a panel per tissue.

    Parameters
    ----------
    view : RunView
        The run.
    split : str
        Which subjects.

    Returns
    -------
    Figure or None
        None where no correlation is defined.
    """
    found = reliability(view)
    found = found[(found["split"] == split) & found["icc_agreement"].notna()]
    tables = {tissue: found[found["tissue"] == tissue] for tissue in _TISSUES}
    tables = {tissue: table for tissue, table in tables.items() if len(table)}
    if not tables:
        return None
    drawn = {str(name) for table in tables.values() for name in table["harmonizer"]}
    methods = [method for method in view.methods if method in drawn]
    with house_style():
        figure = new_figure(4.6 * len(tables), 0.8 + 0.3 * len(methods))
        grid = figure.subplots(1, len(tables), squeeze=False, sharey=True)
        for axes, (tissue, table) in zip(grid.flat, tables.items(), strict=True):
            _panel(axes, view, methods, table)
            axes.set_title(f"{tissue} volume")
        figure.supxlabel("ICC(2,1) ↑", fontsize=9, color=INK)
    return figure


def _panel(axes: Axes, view: RunView, methods: list[str], table: pd.DataFrame) -> None:
    for row, method in enumerate(methods):
        own = table[table["harmonizer"] == method]
        colour = view.colours[method]
        targets = own[own["target"] != ALL_TARGETS].head(_MOST_TARGETS)
        for place, (_, one) in enumerate(targets.iterrows(), start=1):
            height = row + _ROOM * (place / (len(targets) + 1) - 0.5)
            ends = one["icc_agreement_low"], one["icc_agreement_high"]
            axes.plot(ends, (height, height), color=colour, lw=1, alpha=0.6)
            axes.plot(one["icc_agreement"], height, "o", ms=2.6, color=colour, mec="none")
        whole = own[own["target"] == ALL_TARGETS]["icc_agreement"]
        axes.plot(whole, [row] * len(whole), "D", ms=5.5, color=colour, mec="none")
    axes.set_yticks(range(len(methods)), [short_label(method) for method in methods])
    axes.set_ylim(len(methods) - 0.5, -0.5)
    axes.set_xlim(min(0.0, axes.get_xlim()[0]), 1.02)
    axes.grid(visible=False, axis="y")
