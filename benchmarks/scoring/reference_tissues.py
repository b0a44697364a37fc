"""Segmentations of the dataset's own scans, kept in the run's folder for whoever needs them."""

import hashlib
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from phycharm.data.scan import Scan
from phycharm.utils.atomic import atomic_file

from ..segmentation import TISSUES
from .tissues import TissuesInMask

_REVISION = "1"
_ENDING = "_tissues.npz"


def reference_identity(scan: Scan, engine: str) -> str:
    """Return what a segmentation follows from: the image in its mask, the grid, and the engine."""
    content = hashlib.sha256(f"{_REVISION} {engine} {scan.image.shape}".encode())
    for array in (scan.image[scan.mask], np.packbits(scan.mask), scan.affine):
        content.update(np.ascontiguousarray(array).tobytes())
    return content.hexdigest()


def write_reference(name: Path, tissues: TissuesInMask, identity: str) -> None:
    """Keep a segmentation in its mask.

    Parameters
    ----------
    name : Path
        Of its files, without ending.
    tissues : TissuesInMask
        The segmentation.
    identity : str
        From `reference_identity`.
    """
    with atomic_file(name.with_name(name.name + _ENDING)) as path:
        np.savez_compressed(
            path,
            identity=np.array(identity),
            labels=tissues.labels,
            pve_labels=tissues.pve_labels,
            partial_volumes=tissues.partial_volumes,
            volumes_ml=np.array([tissues.volumes_ml[tissue] for tissue in TISSUES]),
        )


def read_reference(name: Path, identity: str) -> TissuesInMask | None:
    """Read a segmentation that was kept.

    Returns
    -------
    TissuesInMask or None
        None where there is none of this identity, or none that can be read.
    """
    path = name.with_name(name.name + _ENDING)
    if not path.is_file():
        return None
    try:
        with np.load(path, allow_pickle=False) as kept:
            if str(kept["identity"]) != identity:
                return None
            volumes = zip(TISSUES, kept["volumes_ml"].tolist(), strict=True)
            return TissuesInMask(
                labels=kept["labels"],
                pve_labels=kept["pve_labels"],
                partial_volumes=kept["partial_volumes"],
                volumes_ml=dict(volumes),
            )
    except (OSError, ValueError, KeyError, BadZipFile, EOFError):
        return None
