"""Every standardization: doing nothing, all methods and the target are on one scale."""

import numpy as np
import pytest

from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.benchmarks.scoring.tables.scores import read_scores
from phycharm.data.intensity import STANDARDIZATIONS, intensity_scale
from phycharm.data.nifti import read_volume
from phycharm.harmonizers.external import load_harmonizer

from support import phantom
from support.benchmark_runs import read_json
from support.tiny_protocols import pair_protocol

SOURCE, TARGET = phantom.GE, phantom.SIEMENS
IMAGE = "images/sub-03_from-GE_to-Siemens_T1w.nii.gz"
# Methods that learned what the target looks like; none gives the source as it is.
LEARNED = ("linear", "histogram")


@pytest.fixture(scope="module", params=list(STANDARDIZATIONS))
def named(request, shared_dataset, tmp_path_factory):
    """A standardization, and a run by it."""
    out = tmp_path_factory.mktemp("standardized") / "run"
    protocol = pair_protocol(standardization=request.param)
    harmonizers = ["none", *LEARNED]
    done = run_benchmark(
        protocol, out=out, dataset=shared_dataset, harmonizers=harmonizers, device="cpu"
    )
    assert not done.failed
    return request.param, out


def written(path):
    image, _ = read_volume(path)
    return image


def standardized(name, on):
    return STANDARDIZATIONS[name](phantom.raw_scan("03", on))


def test_doing_nothing_is_the_source_by_the_same_rule(named):
    name, out = named
    image = written(out / "cells" / "none_all_fold-1_seed-0" / IMAGE)
    np.testing.assert_allclose(image, standardized(name, SOURCE).image, rtol=1e-5)


def test_so_are_the_scans_that_everything_is_compared_with(named):
    name, out = named
    for on in (SOURCE, TARGET):
        image = written(out / "scans" / f"sub-03_ses-{on.name}_T1w.nii.gz")
        np.testing.assert_allclose(image, standardized(name, on).image, rtol=1e-5)


@pytest.mark.parametrize("method", LEARNED)
def test_methods_answer_on_that_scale(named, method):
    name, out = named
    folder = out / "cells" / f"{method}_all_fold-1_seed-0"
    image, target = written(folder / IMAGE), standardized(name, TARGET)
    assert intensity_scale(image, target.mask, name) == pytest.approx(1, abs=0.1)
    assert load_harmonizer(folder / "model").fitted_on["standardization"] == name


def test_the_target_itself_is_perfect(named):
    _, out = named
    scores = read_scores(out / "scores.parquet")
    oracle = scores[(scores["harmonizer"] == "oracle") & (scores["metric"] == "nrmse")]
    assert len(oracle)
    assert (oracle["value"] == 0).all()


def test_the_manifest_says_which(named):
    name, out = named
    assert read_json(out / "run.json")["protocol"]["standardization"] == name
