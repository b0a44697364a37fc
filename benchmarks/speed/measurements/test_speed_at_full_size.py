"""Volumes of 240 x 240 x 224 beside the goals that are set for a GPU."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from phycharm import Scan
from phycharm.benchmarks.metrics import score_image
from phycharm.benchmarks.segmentation import get_segmenter
from phycharm.benchmarks.speed.full_size import (
    SHAPE,
    different_scans,
    fitted_phycharm,
    scan_of,
)
from phycharm.benchmarks.speed.shells import noisy_shells
from phycharm.laws.phantom import Phantom
from phycharm.utils.arrays import Image, Mask

ROUNDS = 3

pytestmark = pytest.mark.usefixtures("full_size")


@pytest.fixture(scope="module")
def brain() -> tuple[Image, Image, Mask]:
    """Two images of a ball that fills the field of view: every slice is full."""
    return noisy_shells(SHAPE, margin=1.0)


@pytest.fixture
def scans(brain: tuple[Image, Image, Mask]) -> Iterator[Scan]:
    """Each with voxels of its own, one for every call."""
    return iter([*different_scans(brain[0], brain[2], ROUNDS + 1)])


def test_harmonizing_with_maps(goal: Any, scans: Iterator[Scan], device: str) -> None:
    """PhyCHarm, the maps that it predicts among it; from an image in memory to one in memory."""
    method, target = fitted_phycharm(device), Phantom().scanners[1]
    goal(lambda: method.harmonize(next(scans), target), 0.3, rounds=ROUNDS)


def test_ssim_psnr_and_nrmse(goal: Any, brain: Any, device: str) -> None:
    tensors = [torch.from_numpy(volume).to(device) for volume in brain]
    names = ("ssim", "psnr", "nrmse")
    goal(lambda: score_image(*tensors, names=names), 0.03, rounds=ROUNDS)


def test_hmrf(goal: Any, brain: Any, device: str) -> None:
    segmenter = get_segmenter("hmrf", device=device)
    scan = scan_of(brain[0], brain[2])
    goal(lambda: segmenter.segment(scan), 2.0, rounds=ROUNDS)
