"""What a scan looks like: three slices through the middle of its brain."""

from typing import TYPE_CHECKING, Any, NamedTuple

import nibabel
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from ..utils.arrays import Image, Mask
from ..utils.html_table import html_table
from ..utils.notebook_figure import NotebookFigure
from .data_tables import acquisition_text

if TYPE_CHECKING:
    from .scan import Scan

_PANEL_INCHES = 2.6
_EDGE = "#e69f00"


class _Plane(NamedTuple):
    """A cut through a volume in RAS order, where axes run to the right, to the front, and up."""

    name: str
    cut: int
    across: int
    up: int
    at_left: str
    at_right: str


_PLANES = (
    _Plane("Sagittal", 0, 1, 2, "P", "A"),
    _Plane("Coronal", 1, 0, 2, "L", "R"),
    _Plane("Axial", 2, 0, 1, "L", "R"),
)


def draw_scan(scan: "Scan") -> NotebookFigure:
    """Draw three orthogonal slices through the centre of mass of the mask.

    The patient's left is at the left, as in RAS coordinates. Voxels keep their proportions, and
    grey ends at the 99.5th percentile of the brain.

    Parameters
    ----------
    scan : Scan
        Its voxels may lie in any order: the affine says in which.

    Returns
    -------
    NotebookFigure
        Sagittal, coronal and axial slice, with the edge of the mask.
    """
    image, mask, size = _in_ras(scan)
    inside = np.argwhere(mask if mask.any() else np.ones_like(mask))
    centre = np.round(inside.mean(axis=0)).astype(int)
    limits = _grey_limits(image[mask] if mask.any() else image)
    figure = NotebookFigure(figsize=(3 * _PANEL_INCHES, _PANEL_INCHES + 0.5), layout="constrained")
    for axes, plane in zip(figure.subplots(1, 3), _PLANES, strict=True):
        axes.imshow(
            image.take(centre[plane.cut], plane.cut).T,  # rows go up: both left axes keep order
            cmap="gray",
            vmin=limits[0],
            vmax=limits[1],
            origin="lower",
            interpolation="none",
            aspect=size[plane.up] / size[plane.across],
        )
        _draw_edge(axes, mask.take(centre[plane.cut], plane.cut).T)
        _label(axes, plane)
    names = " · ".join(part for part in (scan.subject, scan.scanner.name) if part)
    # Names are data: a dollar sign in one is a dollar sign.
    figure.suptitle(names, fontsize=10, parse_math=False)
    return figure


def scan_html(scan: "Scan") -> str:
    """Return the picture and the facts of a scan for a notebook; names are escaped."""
    x, y, z = scan.voxel_size
    facts = {
        "Subject": scan.subject,
        "Session": scan.session,
        "Scanner": f"{scan.scanner.name} ({scan.scanner.manufacturer})",
        "Acquisition": acquisition_text(scan.scanner),
        "Voxel size": f"{x:.3g} × {y:.3g} × {z:.3g} mm",
        "Shape": " × ".join(map(str, scan.image.shape)),
        "Brain": f"{int(scan.mask.sum()) * x * y * z / 1000:.0f} ml",
    }
    picture = draw_scan(scan).inline_picture(f"Three slices of {scan.subject or 'the scan'}")
    return f"<div>{picture}{html_table((), [(k, v) for k, v in facts.items() if v])}</div>"


def _in_ras(scan: "Scan") -> tuple[Image, Mask, npt.NDArray[np.float64]]:
    """Return image, mask and voxel size with axes that run to the right, to the front and up."""
    order: Any = nibabel.io_orientation(scan.affine)
    size = np.empty(3)
    size[order[:, 0].astype(int)] = scan.voxel_size
    image = nibabel.apply_orientation(scan.image, order)
    return image, nibabel.apply_orientation(scan.mask, order), size


def _grey_limits(values: Image) -> tuple[float, float]:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return 0.0, 1.0
    low, high = np.percentile(finite, [0.5, 99.5])
    low = min(0.0, float(low))
    return low, max(float(high), low + 1e-6)


def _draw_edge(axes: Axes, mask: Mask) -> None:
    # Where all or nothing is brain there is no edge, and matplotlib would warn of that.
    if mask.any() and not mask.all():
        axes.contour(mask, levels=[0.5], colors=_EDGE, linewidths=0.8)


def _label(axes: Axes, plane: _Plane) -> None:
    axes.set_title(plane.name, fontsize=9)
    axes.set_xticks([])
    axes.set_yticks([])
    look: dict[str, Any] = {"color": _EDGE, "fontsize": 9, "transform": axes.transAxes}
    axes.text(0.02, 0.5, plane.at_left, va="center", **look)
    axes.text(0.98, 0.5, plane.at_right, va="center", ha="right", **look)
