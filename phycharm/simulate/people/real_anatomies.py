"""Anatomies of real people: tissue maps in a folder."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...data.nifti import read_image, read_volume
from ...errors import InputError
from ..grid import Floats
from .anatomy import TISSUES, Anatomy

_LABELS = {"GM": 1, "WM": 2, "CSF": 3}  # BIDS: common labels of discrete segmentations
_ENDINGS = (".nii.gz", ".nii")
_LEAST_BRAIN = 0.5  # sum of fractions that makes a voxel brain


def people_anatomies(folder: Path) -> list[Anatomy]:
    """Read the anatomies of all people in a folder and the folders in it.

    A person is either three maps `NAME_label-CSF_probseg`, `NAME_label-GM_probseg` and
    `NAME_label-WM_probseg`, or, where there are none, one map `NAME_dseg` with the BIDS labels
    1 grey matter, 2 white matter, 3 CSF (`.nii` or `.nii.gz`), in the person's own space: maps in
    a template space (`_space-` in the name) are passed over.

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
        If there is no such folder or no such map in it, a map of a person is missing, or maps of
        one person disagree in shape, place or range.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; --anatomy needs one with tissue maps.")
    probabilities = _people(folder, "_label-GM_probseg")
    segmentations = _people(folder, "_dseg")
    if not probabilities and not segmentations:
        raise InputError(
            f"{folder}: holds no tissue maps; --anatomy needs NAME_label-CSF_probseg.nii.gz, "
            "..GM.., ..WM.., or NAME_dseg.nii.gz with labels 1 GM, 2 WM, 3 CSF."
        )
    if probabilities:
        return [_from_probabilities(path) for path in probabilities]
    return [_from_segmentation(path) for path in segmentations]


def _people(folder: Path, suffix: str) -> list[Path]:
    found = (path for ending in _ENDINGS for path in folder.rglob(f"*{suffix}{ending}"))
    return sorted(path for path in found if "_space-" not in path.name)


def _from_probabilities(grey: Path) -> Anatomy:
    def beside(tissue: str) -> Path:
        return grey.with_name(grey.name.replace("label-GM", f"label-{tissue}"))

    paths = [beside(tissue) for tissue in TISSUES]
    paths += [beside("SGM")] * beside("SGM").is_file()
    maps, affines = zip(*(read_volume(path, constant=True) for path in paths), strict=True)
    for path, data, affine in zip(paths, maps, affines, strict=True):
        if data.shape != maps[1].shape or not np.allclose(affine, affines[1], atol=1e-3):
            raise InputError(f"{path}: lies on another grid than {grey.name}; resample it to that.")
        if data.min() < -0.01 or data.max() > 1.01:
            raise InputError(f"{path}: reaches beyond 0 to 1; give probabilities.")
    fluid, whole, white = maps[:3]
    deep = np.minimum(maps[3], whole) if len(maps) > 3 else np.zeros_like(whole)
    fractions = np.stack([fluid, whole - deep, white, deep])
    return _anatomy(grey.name.split("_label-")[0], fractions, affines[1])


def _from_segmentation(path: Path) -> Anatomy:
    image: Any = read_image(path)
    labels = np.rint(np.asarray(image.dataobj)).astype(np.int64)
    missing = [name for name, label in _LABELS.items() if not (labels == label).any()]
    if missing:
        raise InputError(
            f"{path}: has no {missing[0]}; label maps need 1 grey matter, 2 white matter, 3 CSF."
        )
    fluid, grey, white = (labels == _LABELS[name] for name in TISSUES)
    fractions = np.stack([fluid, grey, white, np.zeros_like(grey)]).astype(np.float32)
    return _anatomy(path.name.split("_dseg")[0], fractions, np.asarray(image.affine, dtype=float))


def _anatomy(name: str, fractions: Floats, affine: npt.NDArray[np.float64]) -> Anatomy:
    kept = np.clip(fractions, 0, 1)
    brain = (kept.sum(axis=0) >= _LEAST_BRAIN).astype(np.float32)
    return Anatomy(
        name=name,
        source=f"Tissue maps of {name}, given by the user.",
        fractions=kept * brain,
        brain=brain,
        affine=affine,
    )
