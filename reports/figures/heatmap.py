"""Mean of a measure for every source and target scanner, one panel per method."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.image import AxesImage
from matplotlib.textpath import text_to_path

from ..run.measures import Measure
from ..run.names import short_label
from ..run.run_view import RunView
from .style import RULE, house_style, inch_axes, new_figure

_MOST_NUMBERS = 8
_MOST_UPRIGHT = 4  # names of scanners that stand beside each other below a panel
_PANEL_INCHES = (2.4, 2.15)
_BAR_INCHES = 0.8
_NAME_POINTS = 8
_MOST_INCHES = 1.0  # of a name: longer ones run over, for squares need room too
_GAP, _LINE, _HEAD = 0.06, 0.17, 0.26  # inches: beside words, of a line, above a panel

Grid = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class _Scale:
    """What the colours of a figure say, and how its numbers are printed."""

    measure: Measure
    low: float
    high: float

    @property
    def colours(self) -> str:
        return "viridis_r" if self.measure.higher_is_better is False else "viridis"

    def number(self, value: float) -> tuple[str, str]:
        """Print a value; in an ink that can be read on its colour."""
        if not np.isfinite(value):
            return "·", RULE
        place = 0.5 if self.high == self.low else (value - self.low) / (self.high - self.low)
        bright = place > 0.55 if self.colours == "viridis" else place < 0.45
        return self.measure.text(value), "#000001" if bright else "#ffffff"


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
    wide, high = _PANEL_INCHES
    scale = _Scale(
        measure=measure, low=float(np.nanmin(everything)), high=float(np.nanmax(everything))
    )
    with house_style():
        # An axes for each panel would cost many times as much.
        figure = new_figure(wide * columns + _BAR_INCHES, high * rows, layout=None)
        axes = inch_axes(figure)
        for place, (method, grid) in enumerate(grids.items()):
            row, column = divmod(place, columns)
            panel = _Panel(axes=axes, names=view.scanners, x=column * wide, y=row * high)
            shown = panel.draw(grid, scale)
            panel.name(short_label(method), view.colours[method])
        _colour_bar(figure, shown, f"{measure.title} {measure.arrow}".strip())
    return figure


def _grid(view: RunView, measure: Measure, split: str, method: str) -> Grid:
    names = view.scanners
    grid = np.full((len(names), len(names)), np.nan)
    for source, target in view.directions:
        mean = view.measured(measure, split, (source, target))[method].mean()
        grid[names.index(source), names.index(target)] = mean
    return grid


def _colour_bar(figure: Figure, shown: AxesImage, text: str) -> None:
    width = figure.get_figwidth()
    place = (1 - (_BAR_INCHES - 0.08) / width, 0.15, 0.13 / width, 0.7)
    bar = figure.colorbar(shown, cax=figure.add_axes(place))
    bar.set_label(text)
    bar.outline.set_visible(False)


@dataclass(frozen=True, kw_only=True)
class _Panel:
    """One method's means, with the names of scanners left of them and below."""

    axes: Axes
    names: list[str]
    x: float
    y: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, upper, right and lower end of the squares, in inches."""
        longest = min(_MOST_INCHES, max(map(_inches, self.names)))
        below = longest + _GAP if self._upwards else _LINE
        left = self.x + _LINE + longest + 2 * _GAP
        right, lower = self.x + _PANEL_INCHES[0], self.y + _PANEL_INCHES[1]
        return left, self.y + _HEAD, right - _GAP, lower - below - _LINE - _GAP

    @property
    def _upwards(self) -> bool:
        return len(self.names) > _MOST_UPRIGHT

    def name(self, text: str, colour: str) -> None:
        """Write the method above the squares."""
        left, upper, *_ = self.box
        look: Any = {"fontsize": 9.5, "fontweight": "bold", "color": colour}
        self.axes.text(left, upper - _GAP, text, va="bottom", **look)

    def draw(self, grid: Grid, scale: _Scale) -> AxesImage:
        """Draw the squares, their numbers if there is room, and what they are of."""
        left, upper, right, lower = self.box
        middles = (np.arange(len(grid)) + 0.5) / len(grid)
        columns = (left + (right - left) * middles).tolist()
        rows = (upper + (lower - upper) * middles).tolist()
        self._sides(columns, rows)
        if len(grid) <= _MOST_NUMBERS:
            for (row, column), value in np.ndenumerate(grid):
                words, ink = scale.number(value)
                look: Any = {"ha": "center", "va": "center", "color": ink}
                self.axes.text(columns[column], rows[row], words, **look)
        return self.axes.imshow(
            grid,
            cmap=scale.colours,
            vmin=scale.low,
            vmax=scale.high,
            extent=(left, right, lower, upper),
            aspect="auto",
        )

    def _sides(self, columns: list[float], rows: list[float]) -> None:
        left, upper, right, lower = self.box
        angle = 90 if self._upwards else 0
        for x, y, name in zip(columns, rows, self.names, strict=True):
            look: Any = {"fontsize": _NAME_POINTS}
            self.axes.text(left - _GAP, y, name, ha="right", va="center", **look)
            self.axes.text(x, lower + _GAP, name, ha="center", va="top", rotation=angle, **look)
        middle = (left + right) / 2, (upper + lower) / 2
        bottom = self.y + _PANEL_INCHES[1] - _GAP / 2
        self.axes.text(middle[0], bottom, "target", ha="center", va="bottom")
        self.axes.text(self.x + _GAP, middle[1], "source", ha="left", va="center", rotation=90)


def _inches(name: str) -> float:
    font = FontProperties(size=_NAME_POINTS)
    width, _, _ = text_to_path.get_text_width_height_descent(name, font, ismath=False)
    return float(width) / 72
