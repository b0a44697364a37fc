"""Heads whose skull is kept: they give signal, and the brain is as without."""

import json

import numpy as np
import pytest
from scipy import ndimage

from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.nifti import read_volume, write_volume
from phycharm.simulate import simulate_dataset
from phycharm.simulate.grid import ScanGrid
from phycharm.simulate.people.anatomy import SURROUNDINGS, Anatomy
from phycharm.simulate.people.subject import make_subject
from phycharm.simulate.scanners.scanner_models import GE
from phycharm.simulate.scanners.scanning import noisy_scan
from phycharm.simulate.scanners.visit import Visit

AFFINE = np.diag([4.0, 4.0, 4.0, 1.0])
SHAPE = (46, 46, 44)
RADIUS = np.linalg.norm(np.indices(SHAPE).T - (np.array(SHAPE) - 1) / 2, axis=-1).T * 4  # mm
EDGES = {"WM": 40, "CGM": 60, "CSF": 66, "B": 72, "FAT": 77, "ST": 82}
INSIDE = dict(zip(EDGES, (0, *EDGES.values()), strict=False))


def shell(name):
    return ((INSIDE[name] <= RADIUS) & (EDGES[name] > RADIUS)).astype(np.float32)


def anatomy(*, skull):
    none = np.zeros(SHAPE, dtype=np.float32)
    fractions = np.stack([shell("CSF"), shell("CGM"), shell("WM"), none])
    return Anatomy(
        name="ball",
        source="",
        fractions=fractions,
        brain=fractions.sum(axis=0),
        affine=AFFINE,
        surroundings=np.stack([shell(name) for name in SURROUNDINGS]) if skull else None,
    )


@pytest.fixture(scope="module")
def pair():
    grid = ScanGrid(voxel_size=6.0)
    return [
        make_subject("01", anatomy=anatomy(skull=skull), grid=grid, seed=2)
        for skull in (True, False)
    ]


def test_the_brain_is_as_without_a_skull(pair):
    head, stripped = pair
    assert (head.skull_stripped, stripped.skull_stripped) == (False, True)
    np.testing.assert_array_equal(head.mask, stripped.mask)
    inner = ndimage.binary_erosion(head.mask, iterations=2)
    np.testing.assert_allclose(head.fraction_maps[:, inner], stripped.fraction_maps[:, inner])
    assert not head.truth_maps()["T1map"][~head.mask].any()
    assert (head.fractions.sum(axis=0) <= 1 + 1e-5).all()


def test_bone_is_dark_and_fat_bright(pair):
    head, stripped = pair
    image, bare = (
        noisy_scan(Visit(subject=person, scanner=GE)).magnitudes[0] for person in (head, stripped)
    )
    outside = ~ndimage.binary_dilation(head.mask, iterations=1)
    # Brain extraction errs by a voxel.
    assert not bare[~ndimage.binary_dilation(head.mask, iterations=2)].any()
    around = dict(zip(SURROUNDINGS, head.fractions[-3:], strict=True))
    share = {name: head.grid.average(head.volume(part)) for name, part in around.items()}
    white = np.median(image[head.fraction_maps[2] > 0.99])
    fat = np.average(image[outside], weights=share["FAT"][outside] ** 4)
    bone = np.average(np.abs(image)[head.mask ^ ~outside], weights=share["B"][head.mask ^ ~outside])
    assert fat > 0.6 * white
    assert bone < 0.7 * fat
    air = sum(share.values()) + head.fraction_maps.sum(axis=0) < 1e-6
    far = ndimage.binary_erosion(air, iterations=3)
    assert far.any()
    assert np.abs(image[far]).mean() < 0.1 * white  # noise and artefacts


def test_a_dataset_of_heads_says_that_the_skull_is_there(tmp_path):
    folder = tmp_path / "heads"
    for name in ("CSF", "WM", "B", "FAT", "ST"):
        write_volume(folder / f"sub-7_label-{name}_probseg.nii.gz", shell(name), AFFINE)
    write_volume(folder / "sub-7_label-GM_probseg.nii.gz", shell("CGM"), AFFINE)
    out = simulate_dataset(
        tmp_path / "out",
        subjects=1,
        quantitative_subjects=1,
        voxel_size=8.0,
        scanners=("GE", "Siemens"),
        anatomy=folder,
    )
    for session, subject, name in (("GE", "01", "T1w"), ("QUANT", "Q01", "inv-2_MP2RAGE")):
        stem = f"sub-{subject}/ses-{session}/anat/sub-{subject}_ses-{session}_{name}"
        assert json.loads((out / f"{stem}.json").read_text())["SkullStripped"] is False
    image, _ = read_volume(out / "sub-01/ses-GE/anat/sub-01_ses-GE_T1w.nii.gz")
    place = out / "derivatives/masks/sub-01/ses-GE/anat/sub-01_ses-GE_desc-brain_mask.nii.gz"
    mask = read_volume(place)[0] > 0
    assert np.median(image[ndimage.binary_dilation(mask, iterations=2) & ~mask]) > 0.1 * image.max()
    # Whoever reads it takes the brain alone.
    scan = BidsDataset(out).travelling().scan("01", "GE")
    np.testing.assert_array_equal(scan.mask, mask)
