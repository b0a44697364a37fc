"""The tissue scores of one image."""

import math
from dataclasses import replace

import numpy as np
import pytest

from phycharm.benchmarks.metrics import METRICS
from phycharm.benchmarks.scoring.tissues import (
    TISSUE_METRICS,
    TissuesInMask,
    tissue_scores,
    undefined_scores,
)
from phycharm.benchmarks.segmentation import TISSUES

from support import phantom
from support.tissue_engines import NAN, Threshold, table


def in_mask(pve_labels, labels, fractions, voxel_ml=0.5):
    fractions = np.array(fractions, np.float32)
    return TissuesInMask(
        labels=np.array(labels, np.uint8),
        pve_labels=np.array(pve_labels, np.uint8),
        partial_volumes=fractions,
        volumes_ml=dict(zip(TISSUES, fractions.sum(1, dtype=float) * voxel_ml, strict=True)),
    )


FOUND = in_mask(
    [1, 2, 2, 3],
    [1, 2, 3, 3],
    [[0.8, 0.1, 0.0, 0.0], [0.2, 0.9, 0.6, 0.0], [0.0, 0.0, 0.4, 1.0]],
)

REFERENCE = in_mask(
    [2, 2, 3, 3],
    [2, 2, 3, 3],
    [[0.4, 0.0, 0.0, 0.0], [0.6, 1.0, 0.2, 0.0], [0.0, 0.0, 0.8, 1.0]],
)

TRUTH = np.array([[1, 0, 0, 0], [0, 1, 0.5, 0], [0, 0, 0.5, 1]], np.float32)

BY_HAND = {
    ("dice", "CSF"): 0,
    ("dice", "GM"): 2 * 1 / 4,
    ("dice", "WM"): 2 * 1 / 3,
    ("dice_hard", "CSF"): 0,
    ("dice_hard", "GM"): 2 * 1 / 3,
    ("dice_hard", "WM"): 1,
    ("dice_pve", "CSF"): 2 * 0.4 / 1.3,
    ("dice_pve", "GM"): 2 * (0.2 + 0.9 + 0.2) / 3.5,
    ("dice_pve", "WM"): 2 * (0.4 + 1) / 3.2,
    ("dice_truth", "CSF"): 2 * 0.8 / 1.9,
    ("dice_truth", "GM"): 2 * (0.9 + 0.5) / 3.2,
    ("dice_truth", "WM"): 2 * (0.4 + 1) / 2.9,
    ("volume_difference_ml", "CSF"): 0.25,
    ("volume_difference_ml", "GM"): -0.05,
    ("volume_difference_ml", "WM"): -0.2,
    ("abs_volume_difference_ml", "CSF"): 0.25,
    ("abs_volume_difference_ml", "GM"): 0.05,
    ("abs_volume_difference_ml", "WM"): 0.2,
    ("abs_volume_difference_percent", "CSF"): 125,
    ("abs_volume_difference_percent", "GM"): 100 * 0.05 / 0.9,
    ("abs_volume_difference_percent", "WM"): 100 * 0.2 / 0.9,
}


def test_scores_worked_by_hand():
    found = table(tissue_scores(FOUND, REFERENCE, TRUTH))
    assert found == pytest.approx(BY_HAND, rel=1e-5)


def test_an_image_of_the_target_itself():
    found = table(tissue_scores(REFERENCE, REFERENCE))
    for (metric, tissue), value in found.items():
        # Nobody has CSF in the reference's labels, so there is no overlap to speak of.
        empty = tissue == "CSF" and metric in ("dice", "dice_hard")
        wanted = NAN if empty else float(metric.startswith("dice"))
        assert value == pytest.approx(wanted, nan_ok=True), (metric, tissue)


def test_truth_is_scored_only_where_it_is_known():
    with_truth, without = (table(tissue_scores(FOUND, REFERENCE, truth)) for truth in (TRUTH, None))
    assert {metric for metric, _ in with_truth} == set(TISSUE_METRICS)
    assert {metric for metric, _ in without} == set(TISSUE_METRICS) - {"dice_truth"}


def test_a_tissue_that_the_target_lacks_has_no_percentage():
    lacking = replace(REFERENCE, volumes_ml={**REFERENCE.volumes_ml, "CSF": 0.0})
    found = table(tissue_scores(FOUND, lacking))
    assert math.isnan(found["abs_volume_difference_percent", "CSF"])
    assert found["volume_difference_ml", "CSF"] == pytest.approx(0.45)


@pytest.mark.parametrize("truth", [True, False])
def test_undefined_scores_stand_where_the_others_would(truth):
    undefined = table(undefined_scores(truth=truth))
    defined = table(tissue_scores(FOUND, REFERENCE, TRUTH if truth else None))
    assert undefined.keys() == defined.keys()
    assert all(math.isnan(value) for value in undefined.values())


def test_every_tissue_metric_is_in_the_catalogue_and_within_its_bounds():
    catalogue = {name: metric for name, metric in METRICS.items() if metric.group == "tissue"}
    assert set(catalogue) == set(TISSUE_METRICS)
    for (name, _), value in BY_HAND.items():
        low, high = catalogue[name].bounds
        assert (low is None or value >= low) and (high is None or value <= high)


def test_only_the_mask_is_judged():
    scan = phantom.raw_scan("01", phantom.GE)
    found = Threshold().segment(scan)
    inside = TissuesInMask.of(found, scan.mask)
    assert inside.labels.shape == (scan.mask.sum(),)
    assert inside.partial_volumes.shape == (3, scan.mask.sum())
    whole = TissuesInMask.of(found, np.ones_like(scan.mask))
    other = Threshold().segment(phantom.raw_scan("01", phantom.SIEMENS))
    # Nothing is segmented outside the mask, so the scores are those of the whole volume.
    assert table(tissue_scores(inside, TissuesInMask.of(other, scan.mask))) == table(
        tissue_scores(whole, TissuesInMask.of(other, np.ones_like(scan.mask)))
    )
