"""Rows of small pictures: source, methods, target, and their errors, for any subject."""

import base64
import io
from dataclasses import dataclass

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from PIL import Image as Picture

from phycharm.utils.arrays import Image, Mask

from ..run.names import label
from ..run.run_view import RunView
from ..run.slices import Comparison, axial, axial_index, bounding_box

_HEIGHT = 112


@dataclass(frozen=True, kw_only=True)
class Thumbnails:
    """One subject in one direction, as a picture that every browser can show.

    Parameters
    ----------
    split, subject, source, target : str
        Who, and from where to where.
    heads : list of str
        What stands in each column.
    data : str
        `data:` address of a WebP image: greys above, errors below.
    size : (int, int)
        Its width and height in pixels, so that the page keeps its place before it is there.
    """

    split: str
    subject: str
    source: str
    target: str
    heads: list[str]
    data: str
    size: tuple[int, int]


def make_thumbnails(view: RunView, comparison: Comparison, split: str) -> Thumbnails:
    """Draw one axial slice of everything in a row, and the signed errors below.

    Parameters
    ----------
    view : RunView
        The run.
    comparison : Comparison
        The subject's volumes.
    split : str
        Which split the subject belongs to.

    Returns
    -------
    Thumbnails
        Columns source, methods, target.
    """
    box, index = bounding_box(comparison.mask), axial_index(comparison.mask)
    volumes = {"source": comparison.source_image, **comparison.images}
    volumes.pop("none", None)
    slices = [axial(volume, box, index) for volume in volumes.values()]
    target, mask = axial(comparison.target_image, box, index), axial(comparison.mask, box, index)
    greys = [_grey(image / comparison.window) for image in (*slices, target)]
    errors = [_coloured((image - target) / comparison.error_limit, mask) for image in slices]
    rows = np.vstack([np.hstack(greys), np.hstack([*errors, np.zeros_like(greys[-1])])])
    names = ["Source" if name == "source" else label(name) for name in volumes]
    data, size = _encode(rows, columns=len(greys))
    return Thumbnails(
        split=split,
        subject=comparison.subject,
        source=comparison.source,
        target=comparison.target,
        heads=[*names, "Target"],
        data=data,
        size=size,
    )


def _grey(image: Image) -> npt.NDArray[np.uint8]:
    pixels = np.rint(255 * np.clip(image, 0, 1)).astype(np.uint8)
    return np.repeat(pixels[..., None], 3, axis=2)


def _coloured(error: Image, mask: Mask) -> npt.NDArray[np.uint8]:
    colours = mpl.colormaps["RdBu_r"](np.clip(error / 2 + 0.5, 0, 1), bytes=True)[..., :3]
    return np.where(mask[..., None], colours, 0).astype(np.uint8)


def _encode(pixels: npt.NDArray[np.uint8], *, columns: int) -> tuple[str, tuple[int, int]]:
    image = Picture.fromarray(pixels)
    # Large matrices are shrunk to what the page shows; small ones are left to the browser.
    scale = min(1.0, 2 * _HEIGHT / pixels.shape[0], 150 * columns / pixels.shape[1])
    if scale < 1:
        size = (round(pixels.shape[1] * scale), round(pixels.shape[0] * scale))
        image = image.resize(size, Picture.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, format="WEBP", quality=82, method=4)
    code = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f"data:image/webp;base64,{code}", image.size
