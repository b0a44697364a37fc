"""Anatomies of real people: tissue maps in a folder."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ...data.brain import is_brain
from ...data.nifti import read_volume, read_voxels
from ...errors import InputError
from ...utils.arrays import Mask, box_around
from ..grid import Floats
from .anatomy import CLASSES, SURROUNDINGS, TISSUES, Anatomy
from .label_names import BACKGROUND
from .label_tables import find_table, read_classes

_LABELS = {1: "CGM", 2: "WM", 3: "CSF", 0: BACKGROUND}  # BIDS: of maps that need no table
_ENDINGS = (".nii.gz", ".nii")
_BOX_MARGIN = 4  # voxels of air that are kept around a head
_SULCUS = 6.0  # mm: how wide a gap between labels is a sulcus whose fluid has no label

Affine = npt.NDArray[np.float64]


def people_anatomies(folder: Path) -> list[Anatomy]:
    """Read the anatomies of all people in a folder and the folders in it.

    A person is either three maps `NAME_label-CSF_probseg`, `NAME_label-GM_probseg` and
    `NAME_label-WM_probseg`, or, where there are none, one map of labels `NAME_dseg` (`.nii` or
    `.nii.gz`), in the person's own space: maps in a template space (`_space-` in the name) are
    passed over. Beside the three maps may lie `label-SGM` (deep grey matter, part of the grey) and
    those of a head whose skull is kept, `label-B` (bone), `label-ST` (soft tissue) and `label-FAT`.

    Labels are explained by a lookup table (see `label_tables.find_table`), as FreeSurfer's are, or
    are the three of BIDS, 1 grey matter, 2 white matter, 3 CSF. Where fMRIPrep has laid maps of its
    own beside FreeSurfer's, `desc-aseg_dseg` is taken.

    Parameters
    ----------
    folder : Path
        Where the maps lie, for example the output of a BIDS segmentation.

    Returns
    -------
    list of Anatomy
        In the order of their names.

    Raises
    ------
    InputError
        If there is no such folder or no such map in it, a map of a person is missing, maps of one
        person disagree in shape, place or range, or a label is explained by no table or stands for
        no one tissue.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; --anatomy needs one with tissue maps.")
    probabilities = _people(folder, "_label-GM_probseg")
    if probabilities:
        return [_from_probabilities(path) for path in probabilities]
    segmentations = _people(folder, "_desc-aseg_dseg") or _people(folder, "_dseg")
    if segmentations:
        return [_from_labels(path, folder) for path in segmentations]
    raise InputError(
        f"{folder}: holds no tissue maps; --anatomy needs NAME_label-CSF_probseg.nii.gz, "
        "..GM.., ..WM.., or NAME_dseg.nii.gz with a lookup table or labels 1 GM, 2 WM, 3 CSF."
    )


def _people(folder: Path, suffix: str) -> list[Path]:
    found = (path for ending in _ENDINGS for path in folder.rglob(f"*{suffix}{ending}"))
    return sorted(path for path in found if "_space-" not in path.name)


def _from_probabilities(grey: Path) -> Anatomy:
    paths = {name: _beside(grey, name) for name in TISSUES}
    further = {name: _beside(grey, name) for name in ("SGM", *SURROUNDINGS)}
    paths |= {name: path for name, path in further.items() if path.is_file()}
    maps, affine = _on_one_grid(paths)
    whole, none = maps["GM"], np.zeros_like(maps["GM"])
    maps["SGM"] = np.minimum(maps.get("SGM", none), whole)
    maps["CGM"] = whole - maps["SGM"]
    around = np.stack([maps.get(name, none) for name in SURROUNDINGS])
    fractions = np.stack([maps[name] for name in CLASSES])
    return _anatomy(grey.name.split("_label-")[0], fractions, around, affine)


def _beside(grey: Path, tissue: str) -> Path:
    return grey.with_name(grey.name.replace("label-GM", f"label-{tissue}"))


def _on_one_grid(paths: Mapping[str, Path]) -> tuple[dict[str, Floats], Affine]:
    maps: dict[str, Floats] = {}
    shape, place = (), np.eye(4)
    for name, path in sorted(paths.items(), key=lambda item: item[0] != "GM"):  # grey matter first
        data, affine = read_volume(path, constant=True)
        if not maps:
            shape, place = data.shape, affine
        if data.shape != shape or not np.allclose(affine, place, atol=1e-3):
            grey = paths["GM"].name
            raise InputError(f"{path}: lies on another grid than {grey}; resample it to that.")
        if data.min() < -0.01 or data.max() > 1.01:
            raise InputError(f"{path}: reaches beyond 0 to 1; give probabilities.")
        maps[name] = data
    return maps, place


def _from_labels(path: Path, folder: Path) -> Anatomy:
    voxels, affine = read_voxels(path)
    labels = np.rint(voxels).astype(np.int64)
    present = [int(label) for label in np.unique(labels)]
    table = find_table(path, folder)
    classes = _bids_labels(path, present) if table is None else read_classes(table, present)
    maps = {
        name: np.isin(labels, [label for label in present if classes[label] == name])
        for name in (*CLASSES, *SURROUNDINGS)
    }
    for needed in ("CGM", "WM"):
        if not maps[needed].any():
            raise InputError(f"{path}: none of its labels is {needed}; an anatomy needs some.")
    if table is not None:
        size = np.linalg.norm(affine[:3, :3], axis=0)
        maps["CSF"] |= _unlabelled_fluid(maps, size)
    fractions, around = (
        np.stack([maps[name] for name in names]).astype(np.float32)
        for names in (CLASSES, SURROUNDINGS)
    )
    name = path.name.split("_dseg")[0]
    return _anatomy(name, fractions, around, affine)


def _bids_labels(path: Path, present: list[int]) -> Mapping[int, str]:
    """Return the classes of the three labels that need no table."""
    unknown = [label for label in present if label not in _LABELS]
    if unknown:
        raise InputError(
            f"{path}: no lookup table explains its label {unknown[0]}; lay "
            f"{path.name.split('.')[0]}.tsv (columns index, name) or FreeSurferColorLUT.txt beside "
            "it, or give labels 1 grey matter, 2 white matter, 3 CSF alone."
        )
    for label, name in ((1, "GM"), (2, "WM"), (3, "CSF")):
        if label not in present:
            raise InputError(
                f"{path}: has no {name}; label maps need 1 grey matter, 2 white matter, 3 CSF, or "
                "a lookup table."
            )
    return _LABELS


def _unlabelled_fluid(maps: Mapping[str, Mask], size: npt.NDArray[np.float64]) -> Mask:
    """Find the fluid of sulci, which many label maps leave without a label.

    It is what closing the brain by half a sulcus adds, where there is no label.
    """
    brain = np.any([maps[name] for name in CLASSES], axis=0)
    reach = (_SULCUS + float(size.mean())) / 2  # from centre to centre of voxels
    grown = ndimage.distance_transform_edt(~np.pad(brain, _margin(reach, size)), sampling=size)
    closed = ndimage.distance_transform_edt(grown <= reach, sampling=size) > reach
    closed = ndimage.binary_fill_holes(closed)
    inner = tuple(slice(before, -after) for before, after in _margin(reach, size))
    labelled = np.any([*maps.values()], axis=0)
    fluid: Mask = closed[inner] & ~labelled
    return fluid


def _margin(reach: float, size: npt.NDArray[np.float64]) -> list[tuple[int, int]]:
    return [(int(np.ceil(reach / edge)) + 1,) * 2 for edge in size]


def _anatomy(name: str, fractions: Floats, around: Floats, affine: Affine) -> Anatomy:
    kept = np.clip(fractions, 0, 1)
    brain = is_brain(kept.sum(axis=0)).astype(np.float32)
    kept *= brain
    around = np.clip(around, 0, 1) * (1 - brain)
    # The air around a head would fill the memory when there are many.
    box = box_around((kept.sum(axis=0) + around.sum(axis=0)) > 0, (_BOX_MARGIN,) * 3)
    origin = affine.copy()
    origin[:3, 3] += affine[:3, :3] @ [part.start for part in box]
    inside = (slice(None), *box)
    return Anatomy(
        name=name,
        source=f"Tissue maps of {name}, given by the user.",
        fractions=kept[inside].copy(),
        surroundings=around[inside].copy() if around.any() else None,
        brain=brain[box].copy(),
        affine=origin,
    )
