"""The engine hmrf against what the real FSL FAST answered."""

import nibabel
import numpy as np
import pytest

from phycharm.benchmarks.segmentation import get_segmenter, segment_file
from phycharm.benchmarks.segmentation.hmrf.hmrf import HmrfSegmenter

from support.segmentation_cases import CASES, case_path, case_scan, dice, fast_answer, truth


@pytest.fixture(scope="module")
def segmented():
    engine = get_segmenter("hmrf")
    return {case: engine.segment(case_scan(case)) for case in CASES}


@pytest.mark.parametrize("case", CASES)
class TestAgreementWithFast:
    def test_hard_labels(self, segmented, case):
        assert min(dice(segmented[case].labels, fast_answer(case).labels)) >= 0.999

    def test_partial_volume_labels(self, segmented, case):
        assert min(dice(segmented[case].pve_labels, fast_answer(case).pve_labels)) >= 0.999

    def test_partial_volumes(self, segmented, case):
        expected = fast_answer(case)
        inside = expected.labels > 0
        difference = np.abs(segmented[case].partial_volumes - expected.partial_volumes)
        assert difference[:, inside].mean(axis=1).max() <= 0.002
        assert not segmented[case].partial_volumes[:, ~inside].any()

    def test_mixeltypes(self, segmented, case):
        expected = fast_answer(case)
        inside = expected.labels > 0
        assert (segmented[case].mixeltype == expected.mixeltype)[inside].mean() >= 0.999

    def test_bias_field(self, segmented, case):
        ratio = np.log(segmented[case].bias) - fast_answer(case).log_bias
        assert np.abs(ratio).max() <= 1e-3

    def test_volumes(self, segmented, case):
        voxel_ml = np.abs(np.linalg.det(nibabel.load(case_path(case)).affine[:3, :3])) / 1000
        sums = fast_answer(case).partial_volumes.sum(axis=(1, 2, 3), dtype=np.float64)
        assert list(segmented[case].volumes_ml) == ["CSF", "GM", "WM"]
        found = list(segmented[case].volumes_ml.values())
        np.testing.assert_allclose(found, sums * voxel_ml, rtol=1e-3)


@pytest.mark.parametrize("kind", ["labels", "pve_labels"])
def test_truth_is_met_no_worse_than_by_fast(segmented, kind):
    case = "syn2_n3_b20"
    ours = dice(getattr(segmented[case], kind), truth())
    fasts = dice(getattr(fast_answer(case), kind), truth())
    # One ten-thousandth is some twenty voxels of a class.
    assert np.all(np.array(ours) >= np.array(fasts) - 1e-4)


@pytest.mark.parametrize("case", ["aniso_neg", "mni2_brain"])
def test_a_file_stored_the_other_way_round_gets_fasts_answer_too(case, tmp_path):
    """RAS and LAS files of one brain are visited in one physical order."""
    original = nibabel.load(case_path(case))
    flip = np.diag([-1.0, 1, 1, 1])
    flip[0, 3] = original.shape[0] - 1
    mirrored = nibabel.Nifti1Image(
        np.asarray(original.dataobj, dtype=np.float32)[::-1], original.affine @ flip
    )
    path = tmp_path / "mirrored.nii.gz"
    nibabel.save(mirrored, path)
    found = segment_file(path, tmp_path)
    expected = fast_answer(case)
    assert min(dice(found.pve_labels[::-1], expected.pve_labels)) >= 0.999
    assert min(dice(found.labels[::-1], expected.labels)) >= 0.999


def test_the_random_start_is_seeded_and_does_not_matter(segmented):
    first, scan = segmented["aniso_neg"], case_scan("aniso_neg")
    again = HmrfSegmenter().segment(scan)
    other = HmrfSegmenter(seed=1).segment(scan)
    for name in ("labels", "pve_labels", "partial_volumes", "mixeltype", "bias"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    assert not np.array_equal(first.bias, other.bias)
    assert min(dice(first.labels, other.labels)) >= 0.999
    assert min(dice(first.pve_labels, other.pve_labels)) >= 0.999


def test_scans_of_a_batch_do_not_feel_each_other(segmented):
    """Grids, voxel sizes and storage orders differ within the batch."""
    cases = ("mni2_brain", "aniso_neg")
    together = HmrfSegmenter(batch_size=2).segment_many([case_scan(case) for case in cases])
    for case, found in zip(cases, together, strict=True):
        assert min(dice(found.labels, segmented[case].labels)) >= 0.9999
        assert min(dice(found.pve_labels, segmented[case].pve_labels)) >= 0.9999
        np.testing.assert_allclose(found.bias, segmented[case].bias, atol=1e-5)
