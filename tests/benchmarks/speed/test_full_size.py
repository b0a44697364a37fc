"""What goals are measured by, at sizes that a test can afford."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from phycharm.benchmarks.metrics import score_image
from phycharm.benchmarks.segmentation import get_segmenter
from phycharm.benchmarks.speed import full_size
from phycharm.benchmarks.speed.shells import noisy_shells
from phycharm.laws.phantom import Phantom
from phycharm.method.maps.generator import MapsGenerator

SMALL = (64, 48, 6)
MEASUREMENTS = Path(__file__).resolve().parents[3] / "benchmarks" / "speed" / "measurements"


@pytest.fixture(scope="module")
def brain():
    return noisy_shells(SMALL, margin=1.0)


def test_a_ball_fills_the_field(brain):
    one, other, mask = brain
    assert one.shape == other.shape == mask.shape == SMALL
    assert 0.3 < noisy_shells((40, 40, 40), margin=1.0)[2].mean() < 0.53
    assert not np.array_equal(one, other)
    assert (one[~mask] == 0).all()


def test_maps_are_predicted_in_every_call(brain, monkeypatch):
    predicted, predict = [], MapsGenerator._predict

    def watched(self, image, mask):
        predicted.append(image.shape)
        return predict(self, image, mask)

    method, target = full_size.fitted_phycharm("cpu"), Phantom().scanners[1]
    monkeypatch.setattr(MapsGenerator, "_predict", watched)
    for scan in full_size.different_scans(brain[0], brain[2], 2):
        assert method.harmonize(scan, target).shape == SMALL
    assert predicted == [SMALL] * 2


def test_what_is_scored_and_segmented(brain):
    tensors = [torch.from_numpy(volume) for volume in noisy_shells((24, 24, 24), margin=1.0)]
    found = score_image(*tensors, names=("ssim", "psnr", "nrmse"))
    assert all(np.isfinite(list(found.values())))
    one, _, mask = noisy_shells((24, 24, 24), margin=1.0)
    assert get_segmenter("hmrf").segment(full_size.scan_of(one, mask)) is not None


@pytest.mark.skipif(not MEASUREMENTS.is_dir(), reason="measurements are not in the wheel")
@pytest.mark.skipif(torch.cuda.is_available(), reason="nothing is left out where there is a GPU")
def test_without_a_gpu_they_are_left_out_and_told_why():
    done = subprocess.run(
        [
            sys.executable, "-P", "-m", "pytest", "-p", "no:cacheprovider", "-rs",
            str(MEASUREMENTS / "test_speed_at_full_size.py"),
        ],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        cwd=MEASUREMENTS.parents[2],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert "3 skipped" in done.stdout, done.stdout + done.stderr
    assert "--full-size measures it all the same" in done.stdout
