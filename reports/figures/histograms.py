"""Intensity histograms before and after, over the target's (Fig. S1 of the paper)."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..run.names import dashes, short_label
from ..run.people import head_of
from ..run.run_view import RunView
from .style import INK, house_style, new_figure

Floats = npt.NDArray[np.float64]

_MOST_PANELS = 12
# The oracle is the target scan itself.
_TARGET = "oracle"


def histogram_plot(view: RunView, split: str) -> Figure | None:
    """Draw the mean histogram of every method over the target's, one panel per direction.

    Parameters
    ----------
    view : RunView
        The run.
    split : str
        Which subjects.

    Returns
    -------
    Figure or None
        None where no histograms were kept. At most twelve directions are drawn.
    """
    table = view.content.histograms
    table = table[table["split"] == split]
    directions = view.directions[:_MOST_PANELS]
    if table.empty or not directions:
        return None
    counted = _counted(table)
    columns = min(3, len(directions))
    rows = -(-len(directions) // columns)
    with house_style():
        figure = new_figure(3.2 * columns, 2.1 * rows + 0.5)
        grid = figure.subplots(rows, columns, squeeze=False, sharey=True)
        for axes, (source, target) in zip(grid.flat, directions, strict=False):
            _panel(axes, counted.get((source, target), {}), view)
            axes.set_title(head_of(view, split, (source, target)))
        for axes in grid.flat[len(directions) :]:
            axes.set_visible(False)
        _legend(figure)
        figure.supxlabel("standardized intensity", fontsize=9, color=INK)
        figure.supylabel("share of brain voxels per bin", fontsize=9, color=INK)
    return figure


def _counted(table: pd.DataFrame) -> dict[tuple[str, str], dict[str, pd.DataFrame]]:
    """Add up folds and seeds: by direction, then method, rows in the order of person and bin."""
    method = ["source", "target", "harmonizer"]
    bins = [*method, "subject", "bin_left", "bin_right"]
    found: dict[tuple[str, str], dict[str, pd.DataFrame]] = {}
    summed = table.groupby(bins)["count"].sum().reset_index()
    for (source, target, name), own in summed.groupby(method):
        found.setdefault((str(source), str(target)), {})[str(name)] = own
    return found


def _panel(axes: Axes, counted: dict[str, pd.DataFrame], view: RunView) -> None:
    styles = dashes(view.methods)
    for method in [_TARGET, *view.methods]:
        curve = _mean_curve(counted[method]) if method in counted else pd.DataFrame()
        if curve.empty:
            continue
        if method == _TARGET:
            axes.fill_between(
                curve["middle"], curve["share"], color=INK, alpha=0.14, lw=0, label="target scan"
            )
            continue
        colour = view.colours[method]
        axes.plot(
            curve["middle"],
            curve["share"],
            styles[method],
            color=colour,
            lw=1.3,
            label=short_label(method),
        )
    axes.set_ylim(bottom=0)


def _mean_curve(counted: pd.DataFrame) -> pd.DataFrame:
    """Average the subjects' histograms, each of which sums to one.

    The bins of two subjects need not be the same: every histogram is turned into a density,
    read off on the finest grid that spans them all, and averaged there.
    """
    bins = counted[["bin_left", "bin_right", "count"]].to_numpy(dtype=float)
    subjects = counted["subject"].to_numpy()
    people = np.split(bins, np.flatnonzero(subjects[1:] != subjects[:-1]) + 1)
    people = [own for own in people if own[:, 2].sum() > 0]
    if not people:
        return pd.DataFrame(columns=["middle", "share"])
    left, right, _ = np.concatenate(people).T
    width, low, high = float((right - left).min()), float(left.min()), float(right.max())
    steps = min(512, max(1, round((high - low) / width)))
    middle = low + (np.arange(steps) + 0.5) * (high - low) / steps
    curves = [_density(own, middle) for own in people]
    share = np.mean(curves, axis=0) * (high - low) / steps
    return pd.DataFrame({"middle": middle, "share": share})


def _density(own: Floats, at: Floats) -> Floats:
    left, right, count = np.ascontiguousarray(own.T)
    density = count / count.sum() / np.maximum(right - left, np.finfo(float).tiny)
    index = np.clip(np.searchsorted(left, at, side="right") - 1, 0, len(left) - 1)
    inside = (at >= left[index]) & (at <= right[index])
    return np.where(inside, density[index], 0.0)


def _legend(figure: Figure) -> None:
    handles: dict[str, Artist] = {}
    for axes in figure.axes:
        handles |= dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    figure.legend(
        list(handles.values()), list(handles), loc="outside upper center", ncols=4, fontsize=8
    )
