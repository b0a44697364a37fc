"""Source, every method and target side by side, with zoom and error map (Fig. 4 and 5)."""

from dataclasses import dataclass
from textwrap import fill

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle

from phycharm.utils.arrays import Image, Mask

from ..run.names import short_label
from ..run.run_view import RunView
from ..run.slices import Comparison, axial, axial_index, bounding_box, busiest_window
from .style import bare, house_style, new_figure

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
    with house_style():
        figure = new_figure(_PANEL_INCHES * len(columns) + 0.5, _PANEL_INCHES * 3.55)
        grid = figure.subplots(3, len(columns), squeeze=False)
        error = None
        for column, name in enumerate(columns):
            image = cut.target if name == "target" else cut.images[name]
            _grey_panels(grid[:2, column], image, cut, comparison)
            grid[0, column].set_title(_heading(name, comparison), fontsize=8, loc="center")
            if name != "target":
                error = _error_panel(grid[2, column], image, cut, comparison)
                grid[2, column].set_xlabel(_scores(view, comparison, split, name), fontsize=7.5)
        _colour_bar(figure, grid[2, -1], error)
    return figure


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
    panels: npt.NDArray[np.object_], image: Image, cut: _Cut, comparison: Comparison
) -> None:
    whole, zoomed = panels
    rows, columns = cut.zoom
    for axes, pixels in ((whole, image), (zoomed, image[rows, columns])):
        axes.imshow(
            pixels,
            cmap="gray",
            vmin=0,
            vmax=comparison.window,
            interpolation="none",
            aspect=cut.aspect,
        )
        bare(axes)
    corner = (columns.start - 0.5, rows.start - 0.5)
    size = (columns.stop - columns.start, rows.stop - rows.start)
    whole.add_patch(Rectangle(corner, *size, fill=False, edgecolor="#e69f00", linewidth=0.9))


def _error_panel(axes: Axes, image: Image, cut: _Cut, comparison: Comparison) -> AxesImage:
    error = np.where(cut.mask, image - cut.target, np.nan)
    limit = comparison.error_limit
    shown = axes.imshow(
        error, cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="none", aspect=cut.aspect
    )
    bare(axes)
    return shown


def _scores(view: RunView, comparison: Comparison, split: str, name: str) -> str:
    method = "none" if name == "source" else name
    direction = (comparison.source, comparison.target)
    lines = []
    for measure in view.headline[:2]:
        value = view.value(measure, split, direction, comparison.subject, method)
        if not np.isnan(value):
            lines.append(f"{measure.label} {measure.text(value)}")
    return "\n".join(lines)


def _colour_bar(figure: Figure, empty: Axes, error: AxesImage | None) -> None:
    empty.set_axis_off()
    if error is None:
        return
    bar = figure.colorbar(error, cax=empty.inset_axes((0.12, 0.08, 0.09, 0.84)))
    bar.set_label("image − target", fontsize=7.5)
    bar.ax.tick_params(labelsize=7)
    bar.outline.set_visible(False)
