"""Source, every method and target side by side, with zoom and error map (Fig. 4 and 5)."""

from dataclasses import dataclass
from textwrap import fill

import numpy as np
from matplotlib.figure import Figure
from matplotlib.image import AxesImage

from phycharm.utils.arrays import Image, Mask

from ..run.names import short_label
from ..run.run_view import RunView
from ..run.slices import Comparison, axial, axial_index, bounding_box, busiest_window
from .picture_grid import PictureGrid, head_inches, note_inches
from .style import house_style

_PANEL_INCHES = 1.28
_HEADING = 16  # letters that a line above a panel holds


@dataclass(frozen=True, kw_only=True, eq=False)
class _Cut:
    """One slice of a comparison, ready to be drawn."""

    images: dict[str, Image]
    target: Image
    mask: Mask
    zoom: tuple[slice, slice]
    aspect: float


def picture(view: RunView, comparison: Comparison, split: str) -> Figure:
    """Draw one subject in one direction: image, zoom and signed error of every method.

    Parameters
    ----------
    view : RunView
        The run.
    comparison : Comparison
        The subject's volumes.
    split : str
        Split of its scores, which stand under the panels.

    Returns
    -------
    Figure
        Three rows; columns source, methods, target.
    """
    cut = _cut(comparison)
    columns = [*cut.images, "target"]
    heads = [_heading(name, comparison) for name in columns]
    scores = [_scores(view, comparison, split, name) for name in cut.images]
    with house_style():
        grid = PictureGrid(
            (_PANEL_INCHES * len(columns) + 0.5, _PANEL_INCHES * 3.55),
            (3, len(columns)),
            aspect=cut.aspect,
            top=head_inches(_lines(heads)),
            bottom=note_inches(_lines(scores)),
        )
        for column, (name, head) in enumerate(zip(columns, heads, strict=True)):
            image = cut.target if name == "target" else cut.images[name]
            _grey_panels(grid, column, image, cut, comparison)
            grid.head(column, head, image.shape)
        for column, (image, words) in enumerate(zip(cut.images.values(), scores, strict=True)):
            error = _error_panel(grid, column, image, cut, comparison)
            grid.note(2, column, words, image.shape)
        _colour_bar(grid, len(cut.images), error)
    return grid.figure


def _lines(texts: list[str]) -> int:
    return max(text.count("\n") + 1 for text in texts)


def _cut(comparison: Comparison) -> _Cut:
    box = bounding_box(comparison.mask)
    index = axial_index(comparison.mask)
    images = {"source": comparison.source_image, **comparison.images}
    # Doing nothing is the source itself: one column is enough.
    images.pop("none", None)
    target = axial(comparison.target_image, box, index)
    source = axial(comparison.source_image, box, index)
    mask = axial(comparison.mask, box, index)
    return _Cut(
        images={name: axial(image, box, index) for name, image in images.items()},
        target=target,
        mask=mask,
        zoom=busiest_window(np.abs(source - target) * mask),
        aspect=comparison.voxel_mm[1] / comparison.voxel_mm[0],
    )


def _heading(name: str, comparison: Comparison) -> str:
    if name == "source":
        return f"Source: {comparison.source}"
    if name == "target":
        return f"Target: {comparison.target}"
    return fill(short_label(name), _HEADING)


def _grey_panels(
    grid: PictureGrid, column: int, image: Image, cut: _Cut, comparison: Comparison
) -> None:
    for row, pixels in enumerate((image, image[cut.zoom])):
        grid.show(row, column, pixels, cmap="gray", vmin=0, vmax=comparison.window)
    grid.mark(0, column, image.shape, cut.zoom, edgecolor="#e69f00", linewidth=0.9)


def _error_panel(
    grid: PictureGrid, column: int, image: Image, cut: _Cut, comparison: Comparison
) -> AxesImage:
    error = np.where(cut.mask, image - cut.target, np.nan)
    limit = comparison.error_limit
    return grid.show(2, column, error, cmap="RdBu_r", vmin=-limit, vmax=limit)


def _scores(view: RunView, comparison: Comparison, split: str, name: str) -> str:
    method = "none" if name == "source" else name
    direction = (comparison.source, comparison.target)
    lines = []
    for measure in view.headline[:2]:
        value = view.value(measure, split, direction, comparison.subject, method)
        if not np.isnan(value):
            lines.append(f"{measure.label} {measure.text(value)}")
    return "\n".join(lines)


def _colour_bar(grid: PictureGrid, column: int, error: AxesImage) -> None:
    figure = grid.figure
    wide, high = figure.get_size_inches()
    x, y, width, height = grid.cell(2, column)
    place = ((x + 0.12 * width) / wide, 1 - (y + 0.92 * height) / high)
    axes = figure.add_axes((*place, 0.09 * width / wide, 0.84 * height / high))
    bar = figure.colorbar(error, cax=axes)
    bar.set_label("image − target", fontsize=7.5)
    bar.ax.tick_params(labelsize=7)
    bar.outline.set_visible(False)
