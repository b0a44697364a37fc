"""Volumes for the slice viewer: cropped, quantised, compressed, within a budget."""

import base64
import gzip
import importlib.resources
import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from phycharm.utils.arrays import Image, Mask

from ..run.names import label
from ..run.run_view import RunView
from ..run.slices import bounding_box, brightest, compare_images, worst_cases

_MOST_DIRECTIONS = 12
_MOST_VOXELS = 1_500_000
_FEWEST_METHODS = 2
_COARSEST = 4
# Of the element that holds a volume.
_ELEMENT = 70


@dataclass(frozen=True, kw_only=True)
class ViewerData:
    """What the page's viewer shows.

    Parameters
    ----------
    index : dict
        Grids and the list of volumes; goes into the page as JSON.
    volumes : list of str
        gzip in base64: of scans the grey levels, of harmonized images the difference from the
        target's grey levels modulo 256, which compresses far better.
    notes : list of str
        What was left out to keep the file small.
    """

    index: dict[str, Any]
    volumes: list[str]
    notes: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        """Characters in the page."""
        index = len(json.dumps(self.index))
        return index + sum(len(volume) + _ELEMENT for volume in self.volumes)


def niivue_script() -> str:
    """Return the NiiVue library, which the package carries (`vendor/niivue/`)."""
    folder = importlib.resources.files("phycharm.reports") / "vendor" / "niivue"
    return (folder / "niivue.umd.js").read_text(encoding="utf-8")


def pack(data: bytes) -> str:
    """Compress bytes for the page; the same bytes give the same text."""
    return base64.b64encode(gzip.compress(data, compresslevel=6, mtime=0)).decode("ascii")


def viewer_data(view: RunView, budget: int) -> ViewerData | None:
    """Gather the volumes of as many external subjects as the budget allows.

    Starts with the subject of the reference method's worst case. Where even one subject is too
    large, methods at the end of the list go first, then resolution.

    Parameters
    ----------
    view : RunView
        The run.
    budget : int
        Characters that the volumes and their index may take in the page.

    Returns
    -------
    ViewerData or None
        None where the run kept no images, or not even the smallest choice of them fits.
    """
    subjects = _subjects(view)
    methods = [m for m in view.methods if m != "none"]
    first = _first_that_fits(view, subjects, methods, budget)
    if first is None:
        return None
    data, methods, step = first
    left_out = []
    for subject in subjects:
        if subject == data.index["subjects"][0]["subject"]:
            continue
        more = _gather(view, subject, methods, step, offset=len(data.volumes))
        if more is None or data.size + more.size > budget:
            left_out.append(subject)
            continue
        data.index["subjects"] += more.index["subjects"]
        data.volumes.extend(more.volumes)
    data.notes.extend(_notes(view, methods, step, len(left_out)))
    return data


def _subjects(view: RunView) -> list[str]:
    """List the subjects, those of the worst cases first."""
    return list(dict.fromkeys([*_worst_directions(view), *view.subjects.get(view.split, [])]))


def _worst_directions(view: RunView) -> dict[str, tuple[str, str]]:
    """Find the direction in which the reference method served each subject worst, worst first."""
    worst: dict[str, tuple[str, str]] = {}
    for subject, *direction in worst_cases(view, view.split, view.reference, None):
        worst.setdefault(subject, (direction[0], direction[1]))
    return worst


def _first_that_fits(
    view: RunView, subjects: list[str], methods: list[str], budget: int
) -> tuple[ViewerData, list[str], int] | None:
    for subject in subjects:
        for step in range(1, _COARSEST + 1):
            if step < _COARSEST and _voxels(view, subject) > step**3 * _MOST_VOXELS:
                continue
            data = _gather(view, subject, methods, step)
            if data is None:
                break
            kept = _affordable(data, methods, budget)
            if kept is not None:
                return _restricted(data, kept), kept, step
    return None


def _voxels(view: RunView, subject: str) -> int:
    """Count the voxels of a box around a subject's brain."""
    for scanner in view.scanners:
        mask = view.images.mask(subject, scanner)
        if mask is not None and mask.any():
            return int(np.prod([s.stop - s.start for s in bounding_box(mask)]))
    return 0


def _affordable(data: ViewerData, methods: list[str], budget: int) -> list[str] | None:
    """Return the methods, from the first on, that fit the budget; None where too few do."""
    entry = data.index["subjects"][0]
    spent = len(json.dumps(data.index))
    spent += sum(len(data.volumes[number]) + _ELEMENT for number in entry["scans"].values())
    kept = []
    for method in methods:
        numbers = [d["images"][method] for d in entry["directions"] if method in d["images"]]
        spent += sum(len(data.volumes[number]) + _ELEMENT for number in numbers)
        if spent > budget:
            break
        kept.append(method)
    return kept if len(kept) >= min(_FEWEST_METHODS, len(methods)) and spent else None


def _restricted(data: ViewerData, methods: list[str]) -> ViewerData:
    """Drop the volumes of all other methods and number the rest anew."""
    volumes: list[str] = []

    def move(numbers: dict[str, int]) -> dict[str, int]:
        start = len(volumes)
        volumes.extend(data.volumes[number] for number in numbers.values())
        return {name: start + i for i, name in enumerate(numbers)}

    entry = dict(data.index["subjects"][0])
    entry["scans"] = move(entry["scans"])
    entry["directions"] = [
        {**d, "images": move({m: n for m, n in d["images"].items() if m in methods})}
        for d in entry["directions"]
    ]
    names = {m: name for m, name in data.index["methods"].items() if m in methods}
    return ViewerData(index={"methods": names, "subjects": [entry]}, volumes=volumes)


def _gather(
    view: RunView, subject: str, methods: list[str], step: int, *, offset: int = 0
) -> ViewerData | None:
    """Pack one subject; None where it lacks scans."""
    library = view.images
    scans = {name: library.scan(subject, name) for name in view.scanners}
    found = {name: scan for name, scan in scans.items() if scan is not None}
    brains = {n: _brain(view, subject, n, v) for n, v in found.items()}
    brains = {n: b for n, b in brains.items() if b.any() and b.shape == _common(brains)}
    if len(brains) < 2:
        return None
    known = {name: found[name] for name in brains}
    box = bounding_box(np.logical_or.reduce(list(brains.values())), margin=1)
    scale = 1.1 * max(brightest(v[brains[n]], 99.5) for n, v in known.items())
    packer = _Packer(box=box, step=step, scale=scale, offset=offset)
    numbers = {name: packer.scan(image) for name, image in known.items()}
    limit, pairs = 0.0, []
    for source, target in view.directions[:_MOST_DIRECTIONS]:
        shown = compare_images(view, subject, source, target, methods)
        if shown is None or not {source, target} <= set(numbers):
            continue
        limit = max(limit, shown.error_limit)
        images = {m: packer.residual(v, shown.target_image) for m, v in shown.images.items()}
        pairs.append({"source": source, "target": target, "images": images})
    worst = _worst_directions(view).get(subject)
    known_pairs = [(pair["source"], pair["target"]) for pair in pairs]
    entry = {
        "subject": subject,
        "start": known_pairs.index(worst) if worst in known_pairs else 0,
        "shape": list(packer.shape),
        "voxel": [edge * step for edge in library.voxel_size(subject, next(iter(known)))],
        "limit": max(1, round(255 * limit / scale)),
        "scans": numbers,
        "directions": pairs,
    }
    names = {m: label(m) for m in methods}
    index = {"methods": names, "subjects": [entry]}
    return ViewerData(index=index, volumes=packer.volumes) if pairs else None


def _brain(view: RunView, subject: str, scanner: str, scan: Image) -> Mask:
    mask = view.images.mask(subject, scanner)
    return mask if mask is not None and mask.shape == scan.shape else scan > 0


def _common(brains: dict[str, Mask]) -> tuple[int, ...]:
    return next((brain.shape for brain in brains.values()), ())


@dataclass(kw_only=True, eq=False)
class _Packer:
    box: tuple[slice, slice, slice]
    step: int
    scale: float
    offset: int
    volumes: list[str] = field(default_factory=list)
    shape: tuple[int, ...] = ()

    def scan(self, image: Image) -> int:
        """Store a scan; return its number."""
        return self._store(self._levels(image))

    def residual(self, image: Image, target: Image) -> int:
        """Store a harmonized image as its difference from the target; return its number."""
        return self._store(self._levels(image) - self._levels(target))

    def _levels(self, image: Image) -> npt.NDArray[np.uint8]:
        small = block_mean(image[self.box], self.step)
        self.shape = small.shape
        return np.asarray(np.rint(255 * np.clip(small / self.scale, 0, 1)), dtype=np.uint8)

    def _store(self, levels: npt.NDArray[np.uint8]) -> int:
        # NIfTI stores the first axis fastest.
        self.volumes.append(pack(levels.tobytes(order="F")))
        return self.offset + len(self.volumes) - 1


def block_mean(image: Image, step: int) -> Image:
    """Average blocks of voxels; what does not fill a block at the far end is cut off."""
    if step == 1:
        return image
    x, y, z = (n // step * step for n in image.shape)
    blocks = image[:x, :y, :z].reshape(x // step, step, y // step, step, z // step, step)
    return np.asarray(blocks.mean(axis=(1, 3, 5)), dtype=np.float32)


def _notes(view: RunView, methods: list[str], step: int, left_out: int) -> list[str]:
    notes = []
    dropped = [label(m) for m in view.methods if m not in (*methods, "none")]
    if dropped:
        notes.append(f"To keep the file small the viewer leaves out {', '.join(dropped)}.")
    if step > 1:
        notes.append(f"To keep the file small its voxels are averaged in blocks of {step}³.")
    if left_out:
        notes.append(f"{left_out} more subjects are in the results folder, not in this file.")
    if len(view.directions) > _MOST_DIRECTIONS:
        notes.append(f"The viewer holds the first {_MOST_DIRECTIONS} directions.")
    return notes
