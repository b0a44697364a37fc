"""The engine atropos, where antspyx is installed, and the words where it is not."""

import sys

import numpy as np
import pytest

from phycharm.benchmarks.segmentation import get_segmenter, write_segmentation
from phycharm.errors import InputError

from support.segmentation_cases import case_scan, dice, truth


def test_without_antspyx(monkeypatch):
    monkeypatch.setitem(sys.modules, "ants", None)
    with pytest.raises(InputError, match=r"antspyx is not installed; pip install .*'hmrf'"):
        get_segmenter("atropos")


def test_segments_the_simulated_brain(tmp_path):
    pytest.importorskip("ants", exc_type=ImportError)
    scan = case_scan("syn2_n3_b20")
    found = get_segmenter("atropos").segment(scan)
    csf, gm, wm = dice(found.labels, truth())
    assert csf > 0.85
    assert min(gm, wm) > 0.95
    inside = scan.image > 0
    np.testing.assert_allclose(found.partial_volumes.sum(0)[inside], 1, atol=1e-4)
    assert not found.pve_labels[~inside].any()
    np.testing.assert_array_equal(found.bias[~inside], 1)
    assert found.bias[inside].std() > 0.01
    assert found.engine.startswith("atropos (antspyx ")
    names = [path.name for path in write_segmentation(found, scan, tmp_path, "x")]
    assert "x_mixeltype.nii.gz" not in names
    assert "x_pve_2.nii.gz" in names
