"""Training curves of every method, training beside validation."""

from textwrap import fill

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator

from ..run.cell_records import NO_CASE
from ..run.names import dashes, short_label
from ..run.run_view import RunView
from .style import house_style, new_figure

_MOST_PANELS = 12
_HEADING = 32  # letters that a line above a panel holds


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
    history = history.assign(
        case=history["case"].where(history["harmonizer"] == "maps", NO_CASE),
        preset=history["cell"].map(_presets(view)),
    )
    panels = list(history.groupby(["harmonizer", "preset", "case", "network"]))[:_MOST_PANELS]
    if not panels:
        return None
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    with house_style():
        figure = new_figure(3.2 * columns, 2.2 * rows + 0.5)
        grid = figure.subplots(rows, columns, squeeze=False)
        for axes, (named, curves) in zip(grid.flat, panels, strict=False):
            method, preset, case, network = map(str, named)
            _panel(axes, curves)
            axes.set_title(_title(method, preset, int(case), network))
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


def _presets(view: RunView) -> dict[str, str]:
    """Preset of every fit of the maps by its cell, where there are several; else nothing."""
    cells = [cell for cell in view.content.cells if cell.harmonizer == "maps"]
    presets = {cell.name: str(cell.record.get("preset") or "corrected") for cell in cells}
    several = len(set(presets.values())) > 1
    return {c.name: presets.get(c.name, "") if several else "" for c in view.content.cells}


def _title(method: str, preset: str, case: int, network: str) -> str:
    # Fits of the maps share a name.
    parts = [short_label(method), preset, f"case {case}" if case != NO_CASE else ""]
    return fill(f"{', '.join(filter(None, parts))} ({network})", _HEADING)
