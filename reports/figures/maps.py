"""T1 and M0 maps: measured, predicted, difference (Fig. 3)."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from phycharm.utils.arrays import Image

from ..run.run_view import RunView
from ..run.slices import axial, axial_index, bounding_box, brightest
from .style import bare, house_style, new_figure

_MAPS = (("T1", "T1 (ms)"), ("M0", "M0 (a.u.)"))
_PANEL_INCHES = 1.75


def maps_picture(view: RunView) -> tuple[Figure, str] | None:
    """Draw one subject's maps beside what the Quantitative Maps Generator made of them.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    (Figure, str) or None
        The figure, and whose maps of which fit it shows; None where no maps were kept.
    """
    # The maps that the methods work with come before those of other loss cases.
    fits = sorted(view.images.map_fits(), key=lambda fit: fit.case != view.maps_case)
    for fit in fits:
        for subject in sorted({_subject(name) for name in fit.files}):
            found = _load(view, fit.name, subject)
            if found:
                return _draw(found), f"subject {subject}, fit {fit.name}"
    return None


def _subject(file: str) -> str:
    return file.removeprefix("images/").removeprefix("sub-").rsplit("_", 1)[0]


def _load(view: RunView, fit: str, subject: str) -> dict[str, tuple[Image, Image, Image]]:
    cell = next(c for c in view.images.map_fits() if c.name == fit)
    mask = view.images.true_map_mask(subject)
    found = {}
    for name, _ in _MAPS:
        truth = view.images.true_map(subject, name)
        made = view.images.predicted_map(cell, subject, name)
        if truth is None or made is None or truth.shape != made.shape:
            continue
        brain = mask if mask is not None and mask.shape == truth.shape else truth > 0
        if brain.any():
            found[name] = (truth, made, brain.astype(np.float32))
    return found


def _draw(found: dict[str, tuple[Image, Image, Image]]) -> Figure:
    with house_style():
        figure = new_figure(_PANEL_INCHES * 3 + 1.3, _PANEL_INCHES * len(found) * 1.1 + 0.2)
        grid = figure.subplots(len(found), 3, squeeze=False)
        for row, (name, title) in enumerate((n, t) for n, t in _MAPS if n in found):
            _row(list(grid[row]), found[name], title)
        for axes, heading in zip(grid[0], ("measured", "predicted", "difference"), strict=True):
            axes.set_title(heading, loc="center")
    return figure


def _row(panels: list[Axes], volumes: tuple[Image, Image, Image], title: str) -> None:
    truth, made, brain = volumes
    mask = brain > 0
    box, index = bounding_box(mask), axial_index(mask)
    inside = axial(mask, box, index)
    images = [np.where(inside, axial(v, box, index), np.nan) for v in (truth, made)]
    top = brightest(truth[mask], 99)
    limit = float(np.percentile(np.abs(made - truth)[mask], 98)) or 1.0
    scale: Any = {"cmap": "viridis", "vmin": 0, "vmax": top, "interpolation": "none"}
    panels[0].imshow(images[0], **scale)
    shown = panels[1].imshow(images[1], **scale)
    difference = panels[2].imshow(
        images[1] - images[0], cmap="RdBu_r", vmin=-limit, vmax=limit, interpolation="none"
    )
    for axes in panels:
        bare(axes)
    for axes, mappable, text in (
        (panels[1], shown, title),
        (panels[2], difference, "predicted − measured"),
    ):
        bar = axes.figure.colorbar(mappable, ax=axes, shrink=0.8, pad=0.02, aspect=16)
        bar.set_label(text, fontsize=7.5)
        bar.outline.set_visible(False)
