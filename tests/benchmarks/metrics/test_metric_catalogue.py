"""The catalogue: complete, light, and the same after a trip through JSON."""

import json
import subprocess
import sys

import pytest

from phycharm.benchmarks import metrics
from phycharm.benchmarks.metrics.image_scores import MEASURES
from phycharm.errors import InputError

TISSUE = {
    "dice",
    "dice_hard",
    "dice_pve",
    "dice_truth",
    "volume_difference_ml",
    "abs_volume_difference_ml",
    "abs_volume_difference_percent",
}


def test_every_metric_that_is_computed_is_described():
    assert set(metrics.METRICS) == set(MEASURES) | TISSUE


@pytest.mark.parametrize("metric", metrics.METRICS.values(), ids=lambda metric: metric.name)
def test_a_description_is_complete(metric):
    assert metric.definition[0].isupper()
    assert metric.definition.endswith(".")
    low, high = metric.bounds
    assert metric.best is not None
    assert (low is None or low <= metric.best) and (high is None or metric.best <= high)
    merits = metric.merit([metric.best, metric.best - 0.1, metric.best + 0.1])
    assert merits[0] > merits[1] or merits[0] > merits[2]
    if metric.higher_is_better is None:
        assert merits[0] > max(merits[1:])


def test_definitions_follow_the_constants():
    from phycharm.benchmarks.metrics import constants

    assert f"capped at {constants.PSNR_CAP:g} dB" in metrics.METRICS["psnr"].definition
    assert "sigma 1.5 voxels, radius 5" in metrics.METRICS["ssim"].definition
    assert "P99.9 - min(0, P0.1)" in metrics.METRICS["ssim"].definition


def test_records_survive_json():
    records = json.loads(json.dumps(metrics.as_records()))
    assert metrics.from_records(records) == dict(metrics.METRICS)
    assert [record["name"] for record in metrics.as_records(["psnr", "ssim"])] == ["psnr", "ssim"]


@pytest.mark.parametrize(
    "record",
    [
        {"name": "x"},
        {"name": "x", "definition": "X.", "higher_is_better": None},
        {"name": "x", "definition": "X.", "higher_is_better": True, "bounds": [0]},
    ],
)
def test_an_unusable_record_is_refused(record):
    with pytest.raises(InputError, match="metric record"):
        metrics.from_records([record])


def test_an_unknown_name_is_refused():
    with pytest.raises(InputError, match="unknown metric 'sim': choose from ssim"):
        metrics.as_records(["sim"])
    with pytest.raises(AttributeError, match="attribute lpips"):
        _ = metrics.lpips


def test_the_catalogue_needs_no_torch():
    code = (
        "import sys, phycharm.benchmarks.metrics as m; m.as_records(); "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_public_name_can_be_had():
    for name in metrics.__all__:
        assert getattr(metrics, name) is not None
