"""Doing nothing in the domain of a method that maps to a common one is scored beside it."""

import json

import numpy as np
import pytest

from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.benchmarks.scoring.tables.scores import read_scores

from support.tiny_protocols import pair_protocol

WHO = ["harmonizer", "source", "target", "subject", "metric", "tissue"]


@pytest.fixture(scope="module")
def out(shared_dataset, tmp_path_factory):
    folder = tmp_path_factory.mktemp("untold") / "run"
    run_benchmark(
        pair_protocol(),
        out=folder,
        dataset=shared_dataset,
        harmonizers=["none", *(f"support.tiny_methods:{name}" for name in ("Mush", "MeanOne"))],
        device="cpu",
    )
    return folder


def values(out, name):
    scores = read_scores(out / "scores.parquet")
    own = scores[scores["harmonizer"] == name].drop(columns="harmonizer")
    return own.set_index(WHO[1:])["value"].sort_index()


def test_what_makes_everything_alike_makes_doing_nothing_alike(out):
    mush, nothing = values(out, "mush"), values(out, "none-in-mush")
    assert len(mush) > 0
    np.testing.assert_array_equal(mush.to_numpy(), nothing.to_numpy())


def test_a_scan_is_taken_to_be_from_the_scanner_of_its_target(out):
    """Source and reference divided by one number: SSIM, whose range is the reference's, stays."""
    nothing, untold = values(out, "none"), values(out, "none-in-mean-one")
    ssim = [table.xs("ssim", level="metric") for table in (nothing, untold)]
    np.testing.assert_allclose(*ssim, rtol=1e-5)
    told = values(out, "mean-one").xs("ssim", level="metric")
    assert (np.abs(told - ssim[0]) > 1e-4).all()


def test_it_is_a_control_and_keeps_no_images(out):
    cards = json.loads((out / "methods.json").read_text(encoding="utf-8"))
    assert cards["none-in-mush"]["control"] is True
    stems = {path.name for path in out.glob("cells/m*/images/*.nii.gz")}
    assert stems
    assert not any("untold" in stem for stem in stems)
    assert np.isfinite(values(out, "none-in-mean-one").xs("ssim", level="metric")).all()
