"""Harmonizing a volume from disk beside the authors' manner, slice by slice."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from phycharm import Acquisition, Cohort, Scan, Scanner
from phycharm.baselines.unet import UNet
from phycharm.benchmarks.speed.anchors import (
    SlicePairs,
    authors_inference,
    made_up_pairs,
    plain_network,
)
from phycharm.data.nifti import read_volume

SIZES = {"height": 64, "width": 80, "depth": 64, "people": 1}
TIMING = Acquisition(inversion_time=900, repetition_time=2300, echo_time=3, flip_angle=9)
SCANNERS = [Scanner(name=name, acquisition=TIMING) for name in ("A", "B")]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> SlicePairs:
    return made_up_pairs(Path(tmp_path_factory.mktemp("one")), **SIZES)


def read(pairs: SlicePairs, scanner: Scanner) -> Scan:
    """Read a scan as the package does."""
    source, _, mask = pairs.files[0]
    image, affine = read_volume(source)
    inside, _ = read_volume(mask)
    return Scan(
        image=image.astype(np.float32),
        mask=inside > 0,
        affine=affine,
        scanner=scanner,
        subject="01",
    )


@pytest.fixture(scope="module")
def unet(pairs: SlicePairs) -> UNet:
    people = Cohort(subjects=["01"], scanners=SCANNERS, load=lambda _, on: read(pairs, on))
    return UNet(training={"steps": 1, "batch_size": 8}).fit(people)


def test_beside_the_authors_manner(beside: Any, pairs: SlicePairs, unet: UNet, device: str) -> None:
    network = plain_network().to(device)
    ratio = beside(
        lambda: unet.harmonize(read(pairs, SCANNERS[0]), SCANNERS[1]),
        lambda: authors_inference(network, pairs.files[0], SIZES["depth"], device),
        "authors' manner",
    )
    assert not ratio < 3
