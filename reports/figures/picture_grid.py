"""Pictures in rows and columns with words above and below, all drawn in one axes."""

from typing import Any

import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

from .style import inch_axes, new_figure

_POINT = 1 / 72
_LINE = 1.2 * _POINT
_GAP = 6 * _POINT

Box = tuple[float, float, float, float]


class PictureGrid:
    """A figure of pictures, laid out by hand: an axes for each of them costs many times as much.

    Parameters
    ----------
    size : (float, float)
        Width and height in inches.
    shape : (int, int)
        Rows and columns of pictures.
    aspect : float
        Height of a pixel over its width.
    left, top, between, bottom : float
        Inches that words need beside the pictures: left of all, above the first row, below every
        row but the last one, and below that.
    """

    def __init__(
        self,
        size: tuple[float, float],
        shape: tuple[int, int],
        *,
        aspect: float,
        left: float = 0.0,
        top: float = 0.0,
        between: float = 0.0,
        bottom: float = 0.0,
    ) -> None:
        (width, height), (rows, columns) = size, shape
        self.figure: Figure = new_figure(width, height, layout=None)
        self._axes = inch_axes(self.figure)
        self._left, self._top, self._aspect = left, top, aspect
        self._step_x = (width - left) / columns
        used = top + bottom + between * (rows - 1)
        self._cell = self._step_x - _GAP, (height - used) / rows - _GAP
        self._step_y = (height - used) / rows + between

    def cell(self, row: int, column: int) -> Box:
        """Return left edge, upper edge, width and height of a place, in inches from upper left."""
        x = self._left + column * self._step_x + _GAP / 2
        return x, self._top + row * self._step_y + _GAP / 2, *self._cell

    def frame(self, row: int, column: int, shape: tuple[int, ...]) -> Box:
        """Return where a picture of so many rows and columns lies; as `cell` does."""
        x, y, width, height = self.cell(row, column)
        scale = min(width / shape[1], height / (shape[0] * self._aspect))
        own = scale * shape[1], scale * shape[0] * self._aspect
        return x + (width - own[0]) / 2, y + (height - own[1]) / 2, *own

    def show(self, row: int, column: int, pixels: npt.NDArray[Any], **look: Any) -> AxesImage:
        """Draw a picture as large as its place allows; `look` goes to `imshow`."""
        x, y, width, height = self.frame(row, column, pixels.shape)
        extent = (x, x + width, y + height, y)
        return self._axes.imshow(pixels, extent=extent, aspect="auto", interpolation="none", **look)

    def mark(
        self, row: int, column: int, shape: tuple[int, ...], part: tuple[slice, slice], **look: Any
    ) -> None:
        """Draw a frame around a part of a picture of so many rows and columns."""
        x, y, width, height = self.frame(row, column, shape)
        rows, columns = part
        high, wide = height / shape[0], width / shape[1]
        corner = (x + columns.start * wide, y + rows.start * high)
        size = ((columns.stop - columns.start) * wide, (rows.stop - rows.start) * high)
        self._axes.add_patch(Rectangle(corner, *size, fill=False, **look))

    def head(self, column: int, text: str, shape: tuple[int, ...]) -> None:
        """Write above a column whose first picture has so many rows and columns."""
        x, y, width, _ = self.frame(0, column, shape)
        place = (x + width / 2, y - 6 * _POINT)
        self._axes.text(*place, text, ha="center", va="baseline", fontsize=8, fontweight="bold")

    def note(self, row: int, column: int, text: str, shape: tuple[int, ...]) -> None:
        """Write below a picture of so many rows and columns."""
        x, y, width, height = self.frame(row, column, shape)
        place = (x + width / 2, y + height + 4 * _POINT)
        self._axes.text(*place, text, ha="center", va="top", fontsize=7.5)

    def name_row(self, row: int, text: str) -> None:
        """Write left of a row, upwards."""
        _, y, _, height = self.cell(row, 0)
        place = (self._left - 2 * _POINT, y + height / 2)
        self._axes.text(
            *place, text, ha="right", va="center", rotation=90, fontsize=9, fontweight="bold"
        )


def head_inches(lines: int) -> float:
    """Return the height that a heading of so many lines takes."""
    return 6 * _POINT + 8 * _LINE * lines


def note_inches(lines: int) -> float:
    """Return the height that a note of so many lines takes."""
    return 4 * _POINT + 7.5 * _LINE * lines
