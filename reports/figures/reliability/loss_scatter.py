"""Estimated over known losses of grey matter."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...run.names import short_label
from ...run.reliability.findings import losses
from ...run.run_view import RunView
from ..style import INK, house_style, new_figure

_MOST_PANELS = 12
_COLUMNS = 4


def loss_scatter(view: RunView, split: str) -> Figure | None:
    """Draw every person's estimated loss over the known one, a panel per method.

    Parameters
    ----------
    view : RunView
        The run.
    split : str
        Which subjects.

    Returns
    -------
    Figure or None
        `none` first, at most twelve methods; None where no loss of this split is known.
    """
    found = losses(view)
    found = found[found["split"] == split]
    if not (found["known_loss"] > 0).any():
        return None
    there = set(found["harmonizer"])
    methods = sorted((m for m in view.methods if m in there), key=lambda m: m != "none")
    methods = methods[:_MOST_PANELS]
    columns = min(_COLUMNS, len(methods))
    rows = -(-len(methods) // columns)
    with house_style():
        figure = new_figure(2.4 * columns, 2.0 * rows + 0.4)
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        for axes, method in zip(grid.flat, methods, strict=False):
            _panel(axes, found[found["harmonizer"] == method], view.colours[method])
            axes.set_title(short_label(method))
        for axes in grid.flat[len(methods) :]:
            axes.set_visible(False)
        figure.supxlabel("known loss (%)", fontsize=9, color=INK)
        figure.supylabel("estimated loss (%)", fontsize=9, color=INK)
    return figure


def _panel(axes: Axes, own: pd.DataFrame, colour: str) -> None:
    most = 100 * float(own["known_loss"].max())
    axes.plot((0, most), (0, most), color=INK, lw=0.8, ls="--")
    axes.plot(
        100 * own["known_loss"],
        100 * own["estimated_loss"],
        "o",
        ms=3,
        color=colour,
        alpha=0.5,
        mec="none",
    )
    means = 100 * own.groupby("subject")[["known_loss", "estimated_loss"]].mean()
    axes.plot(means["known_loss"], means["estimated_loss"], "D", ms=5, color=colour, mec="none")
