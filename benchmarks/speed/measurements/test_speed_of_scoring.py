"""Metrics and segmentation beside scikit-image, MONAI and scikit-learn."""

from typing import Any

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity
from sklearn.mixture import GaussianMixture

from phycharm import Acquisition, Scan, Scanner
from phycharm.benchmarks.metrics import score_image, ssim
from phycharm.benchmarks.segmentation import get_segmenter

SHAPE = (96, 112, 96)
TIMING = Acquisition(inversion_time=900, repetition_time=2300, echo_time=3, flip_angle=9)
_MEANS = (0.3, 0.7, 1.0)


@pytest.fixture(scope="module")
def volumes() -> tuple[Any, Any, Any]:
    """Two noisy images of a ball of three shells, and its mask."""
    axes = [np.linspace(-1.1, 1.1, size) for size in SHAPE]
    radius = np.sqrt(sum(a**2 for a in np.meshgrid(*axes, indexing="ij")))
    mask = radius < 1
    clean = np.select([radius < 0.6, radius < 0.85, mask], _MEANS[::-1], 0.0)
    draw = np.random.default_rng(0)
    noisy = [np.where(mask, clean + draw.normal(0, 0.05, SHAPE), 0) for _ in range(2)]
    return noisy[0].astype(np.float32), noisy[1].astype(np.float32), mask


def test_ssim_beside_scikit_image(beside: Any, volumes: Any, device: str) -> None:
    one, other, _ = volumes
    tensors = [torch.from_numpy(volume).to(device) for volume in (one, other)]
    ratio = beside(
        lambda: ssim(*tensors, data_range=1.0),
        lambda: structural_similarity(
            one, other, data_range=1.0, gaussian_weights=True, use_sample_covariance=False
        ),
        "scikit-image",
    )
    assert not ratio < 1


def test_ssim_beside_monai(beside: Any, volumes: Any, device: str) -> None:
    from monai.metrics.regression import SSIMMetric

    one, other, _ = (torch.from_numpy(volume).to(device) for volume in volumes)
    metric = SSIMMetric(spatial_dims=3, data_range=1.0)
    beside(
        lambda: ssim(one, other, data_range=1.0),
        lambda: metric(one[None, None], other[None, None]),
        "MONAI SSIMMetric",
    )


def test_all_metrics_beside_scikit_image_s_ssim(beside: Any, volumes: Any, device: str) -> None:
    one, other, mask = volumes
    tensors = [torch.from_numpy(volume).to(device) for volume in (one, other, mask)]
    beside(
        lambda: score_image(*tensors, source=tensors[1]),
        lambda: structural_similarity(
            one, other, data_range=1.0, gaussian_weights=True, use_sample_covariance=False
        ),
        "scikit-image's SSIM alone",
        rounds=3,
    )


def test_hmrf_beside_a_mixture_of_gaussians(beside: Any, volumes: Any, device: str) -> None:
    image, _, mask = volumes
    scanner = Scanner(name="A", acquisition=TIMING)
    scan = Scan(
        image=image, mask=mask, affine=np.diag([2.0, 2.0, 2.0, 1.0]), scanner=scanner, subject="01"
    )
    segmenter = get_segmenter("hmrf", device=device)
    values = image[mask].reshape(-1, 1)
    beside(
        lambda: segmenter.segment(scan),
        lambda: GaussianMixture(3, random_state=0).fit(values),
        "scikit-learn GaussianMixture",
        rounds=3,
    )
