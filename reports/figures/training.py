"""Training curves of every method, training beside validation."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

from ..run.cell_records import NO_CASE
from ..run.names import dashes, short_label
from ..run.run_view import RunView
from .style import house_style, new_figure

_MOST_PANELS = 12


def training_plot(view: RunView) -> Figure | None:
    """Draw loss over steps, one panel per method and network; variants of methods are left out.

    Where no steps were recorded, epochs take their place.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    Figure or None
        None where no curves were kept.
    """
    history = view.content.history
    history = history[(history["term"] == "loss") & (history["value"] > 0)]
    history = history[~history["harmonizer"].isin(view.variants)]
    history = history.assign(case=history["case"].where(history["harmonizer"] == "maps", NO_CASE))
    panels = list(history.groupby(["harmonizer", "case", "network"]))[:_MOST_PANELS]
    if not panels:
        return None
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    with house_style():
        figure = new_figure(3.2 * columns, 2.2 * rows + 0.5)
        grid = figure.subplots(rows, columns, squeeze=False)
        for axes, ((method, case, network), curves) in zip(grid.flat, panels, strict=False):
            _panel(axes, curves)
            axes.set_title(_title(str(method), str(network), int(str(case))))
        for axes in grid.flat[len(panels) :]:
            axes.set_visible(False)
    return figure


def _panel(axes: Axes, curves: pd.DataFrame) -> None:
    styles = dashes(["train", "validation"])
    progress = progress_column(curves)
    for split, own in curves.groupby("split"):
        style = styles.get(str(split), "-.")
        colour = "#0072b2" if split == "train" else "#d55e00"
        for _, one in own.groupby(["cell", "source", "target"]):
            ordered = one.sort_values(progress)
            axes.plot(ordered[progress], ordered["value"], style, color=colour, alpha=0.4, lw=0.8)
        mean = own.groupby(progress)["value"].mean()
        axes.plot(mean.index, mean, style, color=colour, lw=1.8, label=str(split))
    loss_axis(axes)
    axes.set_xlabel(progress)
    axes.set_ylabel("loss")
    axes.legend(fontsize=8)


def progress_column(curves: pd.DataFrame) -> str:
    """Return by which column curves advance: `step`, or `epoch` where steps are not known."""
    return "step" if curves["step"].notna().all() else "epoch"


def loss_axis(axes: Axes) -> None:
    """Make the vertical axis logarithmic, with plain numbers, and steps or epochs whole."""
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.minorticks_off()


def _title(method: str, network: str, case: int) -> str:
    # Fits of the maps share a name.
    which = f", case {case}" if method == "maps" and case != NO_CASE else ""
    return f"{short_label(method)}{which} ({network})"
