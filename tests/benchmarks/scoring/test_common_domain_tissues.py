"""Tissue scores of methods that map to a common domain."""

import math

import nibabel
import numpy as np
import pytest

from phycharm.benchmarks.scoring.controls import constant

from support.tissue_engines import Threshold, common, scans, table


def test_common_images_are_compared_with_each_other(data, scorer, engine, tmp_path):
    ge, siemens = scans(data)
    names = [tmp_path / "a", tmp_path / "b"]
    images = [common(siemens), common(ge)]
    found = scorer.score(images, [common(siemens), common(ge)], names, common_domain=True)
    # An image against itself; against the scans, whose contrast is the other way round, it fails.
    assert [table(one)["dice", "WM"] for one in found] == [1, 1]
    (against_scan,) = scorer.score([common(siemens)], [siemens], [tmp_path / "c"])
    assert table(against_scan)["dice", "WM"] < 0.2


@pytest.mark.parametrize("common_first", [True, False])
def test_common_images_never_become_other_methods_references(data, scorer, tmp_path, common_first):
    _, siemens = scans(data)

    def judge_common():
        scorer.score(
            [common(siemens)], [common(siemens)], [tmp_path / "common"], common_domain=True
        )

    if common_first:
        judge_common()
    (first,) = scorer.score([siemens], [siemens], [tmp_path / "a"])
    if not common_first:
        judge_common()
    (second,) = scorer.score([siemens], [siemens], [tmp_path / "b"])
    assert table(first)["dice", "WM"] == table(second)["dice", "WM"] == 1
    kept = nibabel.load(tmp_path / "scans" / "sub-03_ses-Siemens_seg.nii.gz")
    np.testing.assert_array_equal(np.asarray(kept.dataobj), Threshold().segment(siemens).labels)


def test_common_images_without_tissues_are_the_methods_fault(data, scorer, tmp_path):
    _, siemens = scans(data)
    flat = siemens.with_image(constant(siemens))
    (scores,) = scorer.score([siemens], [flat], [tmp_path / "a"], common_domain=True)
    assert all(math.isnan(value) for _, _, value in scores.scores)


def test_negative_common_images_are_cut_like_the_judged_ones(data, scorer, engine, tmp_path):
    _, siemens = scans(data)
    lowered = siemens.with_image(siemens.image - np.float32(0.6))
    scorer.score([siemens], [lowered], [tmp_path / "a"], common_domain=True)
    assert all(image.min() >= 0 for image in engine.images)
