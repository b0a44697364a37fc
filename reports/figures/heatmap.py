"""Mean of a measure for every source and target scanner, one panel per method."""

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from ..run.measures import Measure
from ..run.names import short_label
from ..run.run_view import RunView
from .style import RULE, bare, house_style, new_figure

_MOST_NUMBERS = 8


def heat_map(view: RunView, measure: Measure, split: str) -> Figure | None:
    """Draw source x target means of all methods on one colour scale.

    Parameters
    ----------
    view : RunView
        The run.
    measure : Measure
        What the colour says.
    split : str
        Which subjects.

    Returns
    -------
    Figure or None
        None where nothing was measured.
    """
    grids = {method: _grid(view, measure, split, method) for method in view.contestants}
    everything = np.stack(list(grids.values())) if grids else np.array([np.nan])
    if not np.isfinite(everything).any():
        return None
    rows = -(-len(grids) // 4)
    columns = -(-len(grids) // rows)
    limits = (float(np.nanmin(everything)), float(np.nanmax(everything)))
    with house_style():
        figure = new_figure(2.5 * columns + 0.4, 2.15 * rows)
        panels = figure.subplots(rows, columns, squeeze=False).flat
        for axes, (method, grid) in zip(panels, grids.items(), strict=False):
            shown = _panel(axes, grid, view, measure, limits)
            axes.set_title(short_label(method), color=view.colours[method])
        for axes in list(figure.axes)[len(grids) :]:
            axes.set_visible(False)
        bar = figure.colorbar(shown, ax=figure.axes, shrink=0.7, pad=0.015, aspect=30)
        bar.set_label(f"{measure.title} {measure.arrow}".strip())
        bar.outline.set_visible(False)
    return figure


def _grid(view: RunView, measure: Measure, split: str, method: str) -> npt.NDArray[np.float64]:
    names = view.scanners
    grid = np.full((len(names), len(names)), np.nan)
    for source, target in view.directions:
        mean = view.measured(measure, split, (source, target))[method].mean()
        grid[names.index(source), names.index(target)] = mean
    return grid


def _panel(
    axes: Axes,
    grid: npt.NDArray[np.float64],
    view: RunView,
    measure: Measure,
    limits: tuple[float, float],
) -> AxesImage:
    low, high = limits
    map_name = "viridis_r" if measure.higher_is_better is False else "viridis"
    shown = axes.imshow(grid, cmap=map_name, vmin=low, vmax=high, aspect="auto")
    bare(axes)
    names = view.scanners
    axes.set_xticks(range(len(names)), names, rotation=0 if len(names) <= 4 else 90)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("target")
    axes.set_ylabel("source")
    if len(names) > _MOST_NUMBERS:
        return shown
    for (row, column), value in np.ndenumerate(grid):
        position = 0.5 if high == low else (value - low) / (high - low)
        bright = position > 0.55 if map_name == "viridis" else position < 0.45
        ink = "#000001" if bright else "#ffffff"
        words, ink = (measure.text(value), ink) if np.isfinite(value) else ("·", RULE)
        number = axes.text(column, row, words, ha="center", va="center", color=ink)
        # Inside its panel it moves nothing, and measuring all of them takes long.
        number.set_in_layout(False)
    return shown
