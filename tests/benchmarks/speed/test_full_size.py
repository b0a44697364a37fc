"""What goals are measured by, at sizes that a test can afford."""

import os
import re
import shutil
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
# Tests run from an installed package too, which has no measurements: they need pytest.
needs_measurements = pytest.mark.skipif(
    not MEASUREMENTS.is_dir(), reason="measurements are not in the wheel"
)


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


def measured(*arguments, where):
    # A worker of pytest-xdist measures nothing, and its children take themselves for workers.
    own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "pytest", "-p", "no:cacheprovider", "-rs", *arguments],
        env=own | {"OMP_NUM_THREADS": "1"},
        cwd=where,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


# With a GPU the three are measured, and `nox -s speed` is their test.
@needs_measurements
@pytest.mark.skipif(torch.cuda.is_available(), reason="nothing is left out where there is a GPU")
def test_without_a_gpu_they_are_left_out_and_told_why():
    one = MEASUREMENTS / "test_speed_at_full_size.py"
    out = measured(one, where=MEASUREMENTS.parents[2])
    assert "3 skipped" in out
    assert "--full-size measures it all the same" in out


@needs_measurements
def test_the_table_has_the_goal_beside_the_seconds(tmp_path):
    shutil.copy(MEASUREMENTS / "conftest.py", tmp_path)
    (tmp_path / "test_one.py").write_text(
        "import time\n"
        "def test_one(goal, full_size):\n"
        "    assert goal(lambda: time.sleep(0.02), 0.01) < 0.55\n"
    )
    out = measured("--benchmark-enable", "--full-size", where=tmp_path)
    assert "| what | seconds | anchor | its seconds | ratio |" in out
    assert re.search(r"^\| test_one \| 0\.\d+ \| goal \| 0\.01 \| 0\.\d+ \|$", out, re.MULTILINE)
    assert re.search(r"^`nox -s speed` on .*, torch .*, phycharm \d", out, re.MULTILINE)
