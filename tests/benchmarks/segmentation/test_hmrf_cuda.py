"""The engine hmrf on a GPU gives the CPU's answer."""

import time

import numpy as np
import pytest
import torch
from nilearn.image import resample_img

from phycharm.benchmarks.segmentation.hmrf.hmrf import HmrfSegmenter

from support.segmentation_cases import CASES, brain_of_template, case_scan, dice, scan_of

pytestmark = pytest.mark.cuda


def test_gpu_and_cpu_agree():
    scans = [case_scan(case) for case in CASES]
    on_cpu = HmrfSegmenter().segment_many(scans)
    on_gpu = HmrfSegmenter(device="cuda").segment_many(scans)
    for one, other in zip(on_gpu, on_cpu, strict=True):
        assert min(dice(one.labels, other.labels)) >= 0.9999
        assert min(dice(one.pve_labels, other.pve_labels)) >= 0.9999
        assert np.abs(one.partial_volumes - other.partial_volumes).mean() < 1e-4
        np.testing.assert_allclose(one.bias, other.bias, atol=1e-4)


def test_a_volume_of_08_mm_takes_two_seconds():
    template = brain_of_template(1)
    affine = np.diag([0.8, 0.8, 0.8, 1.0])
    affine[:3, 3] = (-96, -128, -72)
    fine = resample_img(
        template,
        target_affine=affine,
        target_shape=(240, 240, 224),
        force_resample=True,
        copy_header=True,
    )
    # Interpolation rings around the brain; CSF is above 200.
    image = np.asarray(fine.dataobj)
    scan = scan_of(image, mask=image > 150, affine=fine.affine)
    engine = HmrfSegmenter(device="cuda")
    engine.segment(scan)
    torch.cuda.synchronize()
    start = time.perf_counter()
    engine.segment(scan)
    assert time.perf_counter() - start <= 2.0
