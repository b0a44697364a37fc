"""One person on the page: pictures of all scans, and their numbers."""

import base64
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image as Picture
from scipy import ndimage

_WIDTH = 1080  # pixels of a picture: three slices side by side
_EDGE = (230, 159, 0, 255)

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class ScanView:
    """One scan.

    Parameters
    ----------
    name : str
        Scanner, and run where there are several.
    facts : dict of str to str
        Its numbers, for a person.
    picture, edge : str
        `data:` addresses of the slices and of the edge of its mask; empty where the files are gone.
    size : (int, int)
        Width and height of both, in pixels.
    """

    name: str
    facts: dict[str, str]
    picture: str
    edge: str
    size: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class PersonView:
    """One person.

    Parameters
    ----------
    name : str
        Label with `sub-`.
    scans : tuple of ScanView
        The reference first, then the worst registration first.
    worst : float
        Lowest correlation of a registration; 1 where nothing was registered.
    """

    name: str
    scans: tuple[ScanView, ...]
    worst: float


def person_views(root: Path, records: Iterable[Mapping[str, Any]]) -> list[PersonView]:
    """Gather people, the one with the worst registration first.

    Parameters
    ----------
    root : Path
        The preprocessed dataset.
    records : iterable of mapping
        Scans as its summary has them.
    """
    people: dict[str, list[Mapping[str, Any]]] = {}
    for record in records:
        people.setdefault(str(record["subject"]), []).append(record)
    views = [
        PersonView(
            name=f"sub-{name}",
            scans=tuple(_scan(root, one) for one in sorted(scans, key=badness)),
            worst=min((badness(one)[1] for one in scans), default=1.0),
        )
        for name, scans in people.items()
    ]
    return sorted(views, key=lambda person: (person.worst, person.name))


def badness(record: Mapping[str, Any]) -> tuple[bool, float]:
    """Return what scans are sorted by: references first, then by their correlation, rising."""
    correlation = record["correlation"]
    return not record["reference"], 1.0 if correlation is None else float(correlation)


def scan_name(record: Mapping[str, Any]) -> str:
    """Return the scanner of a scan, and which repeat it is."""
    repeat = f", run {record['run']}" if record["run"] > 1 else ""
    return f"{record['scanner'] or 'T1w'}{repeat}"


def _scan(root: Path, record: Mapping[str, Any]) -> ScanView:
    picture, edge, size = "", "", (0, 0)
    view, mask = root / record["view"], root / record["mask_view"]
    if view.is_file() and mask.is_file():
        grey = _sized(Picture.open(view).convert("L"))
        picture, size = _address(grey), grey.size
        edge = _address(_outline(_sized(Picture.open(mask).convert("L"))))
    return ScanView(
        name=scan_name(record), facts=_facts(record), picture=picture, edge=edge, size=size
    )


def _facts(record: Mapping[str, Any]) -> dict[str, str]:
    facts = {"Brain": f"{record['volume_ml']:.0f} ml by {record['engine']}"}
    if record["blank_ml"] >= 1:
        facts["Blanked out"] = f"{record['blank_ml']:.0f} ml"
    if record["reference"]:
        return facts | {"Registration": "reference"}
    tried = "" if record["attempts"] == 1 else f", start {record['attempts']}"
    return facts | {
        "Correlation": f"{record['correlation']:.3f}{tried}",
        "Dice": f"{record['dice']:.3f}",
        "Rotation": f"{record['rotation']:.1f}°",
        "Shift": f"{record['shift']:.1f} mm",
    }


def _sized(picture: Picture.Image) -> Picture.Image:
    scale = _WIDTH / picture.width
    return picture.resize((_WIDTH, round(picture.height * scale)), Picture.Resampling.BILINEAR)


def _outline(mask: Picture.Image) -> Picture.Image:
    inside = np.asarray(mask) > 127
    edge = ndimage.binary_dilation(inside) & ~ndimage.binary_erosion(inside)
    pixels = np.zeros((*inside.shape, 4), dtype=np.uint8)
    pixels[edge] = _EDGE
    return Picture.fromarray(pixels)


def _address(picture: Picture.Image) -> str:
    buffer = io.BytesIO()
    # Lines of two pixels must stay lines: only greys may lose something.
    picture.save(buffer, format="WEBP", quality=75, lossless=picture.mode == "RGBA", method=4)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
