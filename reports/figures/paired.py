"""Every subject under every method: boxes, violins, and a line per subject."""

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cbook import boxplot_stats
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ..run.measures import Measure
from ..run.names import short_label
from ..run.people import head_of
from ..run.run_view import RunView
from .style import INK, house_style, new_figure

Floats = npt.NDArray[np.float64]

_MOST_PANELS = 12
_ENOUGH_FOR_VIOLINS = 8


def paired_plot(view: RunView, measure: Measure, split: str) -> Figure | None:
    """Draw the values of all subjects and methods, one panel per direction.

    Parameters
    ----------
    view : RunView
        The run.
    measure : Measure
        What is on the axis.
    split : str
        Which subjects.

    Returns
    -------
    Figure or None
        None where nothing was measured. With more than twelve directions, a single panel of
        the subjects' means over directions.
    """
    panels = _panels(view, measure, split)
    if not panels:
        return None
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    with house_style(), mpl.rc_context({"axes.grid.axis": "x"}):
        width = 9.6 if columns == 3 else 4.8 * columns
        figure = new_figure(width, (0.75 + 0.22 * len(view.contestants)) * rows + 0.45)
        grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
        subjects = view.subjects.get(split, [])
        for axes, (title, table) in zip(grid.flat, panels, strict=False):
            _panel(axes, table, view, subjects)
            axes.set_title(title)
        _name_rows(grid[0, 0], [short_label(method) for method in view.contestants])
        for axes in grid.flat[len(panels) :]:
            axes.set_visible(False)
        figure.supxlabel(f"{measure.title} {measure.arrow}".strip(), fontsize=9, color=INK)
    return figure


def _name_rows(axes: Axes, names: list[str]) -> None:
    """Write names left of the rows, in all panels, which share this axis."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)


def _panels(view: RunView, measure: Measure, split: str) -> list[tuple[str, pd.DataFrame]]:
    if len(view.directions) > _MOST_PANELS:
        panels = [("Mean over directions", view.measured(measure, split)[view.contestants])]
    else:
        panels = [
            (
                head_of(view, split, direction),
                view.measured(measure, split, direction)[view.contestants],
            )
            for direction in view.directions
        ]
    return [(title, table) for title, table in panels if table.notna().any(axis=None)]


def _violins(axes: Axes, table: pd.DataFrame, colours: dict[str, str]) -> None:
    # Few runs have enough people, and the import takes longer than the figure.
    import seaborn as sns

    long = table.melt(var_name="harmonizer", value_name="value").dropna()
    sns.violinplot(
        long,
        x="value",
        y="harmonizer",
        hue="harmonizer",
        order=list(table),
        palette=colours,
        ax=axes,
        orient="h",
        legend=False,
        inner=None,
        cut=0,
        linewidth=0,
        alpha=0.25,
    )


def _boxes(axes: Axes, table: pd.DataFrame, colours: dict[str, str]) -> None:
    columns = {str(name): values.dropna().to_numpy() for name, values in table.items()}
    rows = {name: row for row, name in enumerate(columns) if columns[name].size}
    lines = [_box(columns[name], row) for name, row in rows.items()]
    inks = [colours[name] for name in rows]
    # One artist for all of them: to make, measure and draw one a method takes ten times as long.
    axes.add_collection(LineCollection(lines, colors=inks, linewidths=1.1, zorder=2))
    places = [row for name, row in rows.items() for _ in columns[name]]
    dots = [colours[name] for name in rows for _ in columns[name]]
    values = np.concatenate([columns[name] for name in rows])
    axes.scatter(values, places, s=3.6**2, c=dots, linewidths=0, zorder=3)


def _box(values: Floats, row: int) -> list[tuple[float, float]]:
    """Outline a box plot as one line with gaps: `Axes.boxplot` makes seven, which takes longest."""
    known = boxplot_stats(values)[0]
    low, left, middle, right, high = (known[k] for k in ("whislo", "q1", "med", "q3", "whishi"))
    top, bottom, gap = row - 0.25, row + 0.25, np.nan
    box = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top), (gap, gap)]
    median = [(middle, top), (middle, bottom), (gap, gap)]
    whiskers = [(low, row), (left, row), (gap, gap), (right, row), (high, row), (gap, gap)]
    caps = [(low, row - 0.125), (low, row + 0.125), (gap, gap)]
    caps += [(high, row - 0.125), (high, row + 0.125)]
    return [*box, *median, *whiskers, *caps]


def _panel(axes: Axes, table: pd.DataFrame, view: RunView, subjects: list[str]) -> None:
    rows = np.arange(table.shape[1])
    if len(table) >= _ENOUGH_FOR_VIOLINS:
        _violins(axes, table, view.colours)
    _boxes(axes, table, view.colours)
    for subject, values in zip(table.index, table.to_numpy(), strict=True):
        gid = f"hit-{subjects.index(str(subject))}-line"
        axes.plot(values, rows, color=INK, alpha=0.28, linewidth=0.8, gid=gid, zorder=1)
    # Violins write the names of columns.
    axes.set(xlabel="", ylabel="")
