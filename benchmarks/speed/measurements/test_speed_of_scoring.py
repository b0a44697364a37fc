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
from phycharm.benchmarks.speed.shells import noisy_shells

SHAPE = (96, 112, 96)
TIMING = Acquisition(inversion_time=900, repetition_time=2300, echo_time=3, flip_angle=9)


@pytest.fixture(scope="module")
def volumes() -> tuple[Any, Any, Any]:
    return noisy_shells(SHAPE)


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
