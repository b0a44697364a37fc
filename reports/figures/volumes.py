"""Tissue volumes before and after harmonization (Fig. 8 and S3) and their agreement."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..run.measures import Measure
from ..run.names import short_label
from ..run.people import head_of
from ..run.run_view import RunView
from .style import INK, house_style, new_figure

_MOST_PANELS = 12
_TISSUES = ("GM", "WM")


def volume_bars(view: RunView, split: str) -> Figure | None:
    """Draw the absolute volume difference from the target scan, before and after.

    Parameters
    ----------
    view : RunView
        The run.
    split : str
        Which subjects.

    Returns
    -------
    Figure or None
        A panel per direction: GM and WM, a bar per method (mean over subjects) and a point per
        subject. None where no volumes were measured; at most twelve directions.
    """
    measures = [view.find("abs_volume_difference_ml", tissue) for tissue in _TISSUES]
    found = [m for m in measures if m is not None and view.measured(m, split).size]
    directions = view.directions[:_MOST_PANELS]
    if not found or not directions:
        return None
    columns = min(3, len(directions))
    rows = -(-len(directions) // columns)
    with house_style():
        figure = new_figure(3.2 * columns, 1.9 * rows + 0.6)
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        for axes, direction in zip(grid.flat, directions, strict=False):
            _bars(axes, view, found, split, direction)
            axes.set_title(head_of(view, split, direction))
        for axes in grid.flat[len(directions) :]:
            axes.set_visible(False)
        handles, names = grid.flat[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=4, fontsize=8)
        figure.supylabel("|volume difference| (ml)", fontsize=9, color=INK)
    return figure


def _bars(
    axes: Axes, view: RunView, measures: list[Measure], split: str, direction: tuple[str, str]
) -> None:
    before_first = sorted(view.contestants, key=lambda m: m != "none")
    width = 0.8 / len(before_first)
    colours = [view.colours[method] for method in before_first]
    names = [short_label(m) + (" (before)" if m == "none" else "") for m in before_first]
    for group, measure in enumerate(measures):
        table = view.measured(measure, split, direction)[before_first]
        x = group + (np.arange(len(before_first)) - (len(before_first) - 1) / 2) * width
        # A bar of nought would look perfect: where nobody has a value the mean is none.
        look: Any = {"color": colours, "alpha": 0.75, "label": names if not group else ""}
        axes.bar(x, table.mean().to_numpy(), width * 0.92, **look)
        for place in x[table.isna().all()]:
            axes.annotate(
                "–", (place, 0), xytext=(0, 2), textcoords="offset points", ha="center", fontsize=8
            )
        places = np.broadcast_to(x, table.shape).T.ravel()
        axes.plot(places, table.to_numpy().T.ravel(), "o", ms=2, color=INK, alpha=0.5, mec="none")
    axes.set_xticks(range(len(measures)), [m.tissue for m in measures])
    axes.grid(visible=False, axis="x")


def bland_altman(view: RunView, split: str) -> Figure | None:
    """Draw volume differences over the target scan's volume, before and after.

    The target's volume is recovered from the two scores that hold it: the absolute difference
    in ml and in percent of it. The difference is on the target's volume, not on the mean of
    both, since the target is the reference (Krouwer 2008, doi:10.1002/sim.3086).

    Parameters
    ----------
    view : RunView
        The run.
    split : str
        Which subjects.

    Returns
    -------
    Figure or None
        A panel per tissue, `none` beside the reference method; None without volumes.
    """
    tables = {tissue: _agreement(view, split, tissue) for tissue in _TISSUES}
    tables = {tissue: table for tissue, table in tables.items() if not table.empty}
    if not tables:
        return None
    methods = list(dict.fromkeys(m for m in ("none", view.reference) if m in view.methods))
    with house_style():
        figure = new_figure(4.6 * len(tables), 2.1 * len(methods) + 0.3)
        grid = figure.subplots(len(methods), len(tables), squeeze=False, sharey="col", sharex="col")
        for column, (tissue, table) in enumerate(tables.items()):
            for row, method in enumerate(methods):
                axes = grid[row, column]
                _scatter(axes, table[table["harmonizer"] == method], view.colours[method])
                when = "before" if method == "none" else f"after {short_label(method)}"
                axes.set_title(f"{tissue}, {when}")
            grid[-1, column].set_xlabel(f"{tissue} of the target scan (ml)")
        figure.supylabel("difference (ml)", fontsize=9, color=INK)
    return figure


def _agreement(view: RunView, split: str, tissue: str) -> pd.DataFrame:
    rows = view.values
    rows = rows[(rows["split"] == split) & (rows["tissue"] == tissue)]
    keys = ["source", "target", "subject", "harmonizer"]
    wide = rows.pivot_table(index=keys, columns="metric", values="value").reset_index()
    needed = ["volume_difference_ml", "abs_volume_difference_ml", "abs_volume_difference_percent"]
    if wide.empty or not set(needed) <= set(wide):
        return pd.DataFrame(columns=[*keys, "volume", "difference"])
    percent = wide[needed[2]].where(wide[needed[2]] > 0)
    wide["volume"] = 100 * wide[needed[1]] / percent
    # A difference of nought hides the volume: the same target scan shows it elsewhere.
    known = wide.groupby(["subject", "target"])["volume"].transform("median")
    wide["volume"] = wide["volume"].fillna(known)
    wide["difference"] = wide[needed[0]]
    return wide.dropna(subset=["volume", "difference"])


def _scatter(axes: Axes, table: pd.DataFrame, colour: str) -> None:
    axes.axhline(0, color=INK, lw=0.8)
    axes.plot(table["volume"], table["difference"], "o", ms=4, color=colour, alpha=0.8, mec="none")
    if len(table) < 2:
        return
    mean, spread = table["difference"].mean(), table["difference"].std(ddof=1)
    axes.axhline(mean, color=colour, lw=1.2)
    for limit in (mean - 1.96 * spread, mean + 1.96 * spread):
        axes.axhline(limit, color=colour, lw=1, ls="--")
