"""Reading, writing and simulating, beside nibabel and SciPy."""

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from phycharm import simulate_dataset
from phycharm.data.nifti import read_volume, write_volume

SHAPE = (96, 112, 96)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = Path(tmp_path_factory.mktemp("stored")) / "one_T1w.nii.gz"
    image = np.random.default_rng(0).integers(0, 1000, SHAPE).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(image, np.eye(4)), path)
    return path


def test_reading_beside_nibabel(beside: Any, stored: Path) -> None:
    def theirs() -> object:
        image: Any = nibabel.load(stored)
        return image.get_fdata(dtype=np.float32)

    beside(lambda: read_volume(stored), theirs, "nibabel")


def test_writing_beside_nibabel(beside: Any, stored: Path, tmp_path: Path) -> None:
    image, affine = read_volume(stored)
    other = nibabel.Nifti1Image(image, affine)
    beside(
        lambda: write_volume(tmp_path / "ours.nii.gz", image, affine),
        lambda: nibabel.save(other, tmp_path / "theirs.nii.gz"),
        "nibabel",
    )


def test_simulating_beside_a_blur(beside: Any, tmp_path: Path) -> None:
    """One person on two scanners at 4 mm, beside ten blurs of a volume at 1 mm."""
    image = np.random.default_rng(0).normal(size=(182, 218, 182)).astype(np.float32)
    folders = (tmp_path / str(n) for n in range(100))
    beside(
        lambda: simulate_dataset(
            next(folders),
            subjects=1,
            quantitative_subjects=0,
            voxel_size=4.0,
            scanners=["GE", "Siemens"],
        ),
        lambda: [gaussian_filter(image, 1.0) for _ in range(10)],
        "ten Gaussian blurs at 1 mm",
        rounds=3,
    )
