"""GM and WM of every method over the target's (Fig. 6 and 7)."""

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from phycharm.utils.arrays import Mask

from ..run.names import short_label
from ..run.run_view import RunView
from ..run.slices import Comparison, axial, axial_index, bounding_box, tissue_pair
from .picture_grid import PictureGrid, head_inches, note_inches
from .style import house_style

_TISSUES = (("GM", 2), ("WM", 3))
# Nothing, both, only in the method, only in the target: told apart by lightness as well.
_AGREE, _OURS, _THEIRS = "#b9bdc4", "#d55e00", "#0072b2"
_COLOURS = ListedColormap(["#00000000", _AGREE, _OURS, _THEIRS])
_PANEL_INCHES, _LEGEND_INCHES = 1.28, 0.26


def mask_picture(view: RunView, comparison: Comparison, split: str) -> Figure | None:
    """Draw where each method's GM and WM agree with the target scan's.

    Parameters
    ----------
    view : RunView
        The run.
    comparison : Comparison
        The subject's scans; harmonized images are not looked at, their segmentations are.
    split : str
        Split of the Dice scores under the panels.

    Returns
    -------
    Figure or None
        None where no segmentations were kept.
    """
    methods = ["none", *(m for m in view.methods if m != "none")]
    pairs = {m: tissue_pair(view, comparison, m) for m in methods}
    found = {m: pair for m, pair in pairs.items() if pair is not None}
    if not found:
        return None
    box, index = bounding_box(comparison.mask), axial_index(comparison.mask)
    with house_style():
        grid = PictureGrid(
            (_PANEL_INCHES * len(found) + 0.4, _PANEL_INCHES * 2.6 + 0.4),
            (2, len(found)),
            aspect=comparison.voxel_mm[1] / comparison.voxel_mm[0],
            left=0.18,
            top=head_inches(1),
            between=note_inches(1),
            bottom=note_inches(1) + _LEGEND_INCHES,
        )
        for column, (method, pair) in enumerate(found.items()):
            slices = [axial(labels, box, index) for labels in pair]
            grid.head(column, short_label(method), slices[0].shape)
            for row, (tissue, number) in enumerate(_TISSUES):
                _overlay(grid, (row, column), *(labels == number for labels in slices))
                dice = _dice(view, comparison, split, method, tissue)
                grid.note(row, column, dice, slices[0].shape)
        for row, (tissue, _) in enumerate(_TISSUES):
            grid.name_row(row, tissue)
        _legend(grid.figure)
    return grid.figure


def _overlay(grid: PictureGrid, place: tuple[int, int], ours: Mask, theirs: Mask) -> None:
    kinds = np.where(ours & theirs, 1, np.where(ours, 2, np.where(theirs, 3, 0)))
    grid.show(*place, kinds, cmap=_COLOURS, vmin=0, vmax=3)


def _dice(view: RunView, comparison: Comparison, split: str, method: str, tissue: str) -> str:
    measure = view.find("dice", tissue)
    if measure is None:
        return ""
    direction = (comparison.source, comparison.target)
    value = view.value(measure, split, direction, comparison.subject, method)
    return "" if np.isnan(value) else f"Dice {measure.text(value)}"


def _legend(figure: Figure) -> None:
    handles = [
        Patch(color=_AGREE, label="both"),
        Patch(color=_OURS, label="only in the harmonized image"),
        Patch(color=_THEIRS, label="only in the target scan"),
    ]
    figure.legend(handles=handles, loc="lower center", ncols=3, fontsize=8)
