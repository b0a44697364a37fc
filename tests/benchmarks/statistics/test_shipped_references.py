"""The references of the package fit its protocols and metrics as they are now."""

import tomllib

import pytest

from phycharm.benchmarks.metrics import METRICS
from phycharm.benchmarks.protocol.loading import load_protocol
from phycharm.benchmarks.statistics import CONTROLS
from phycharm.benchmarks.statistics.regression import (
    compare_scores,
    read_score_set,
    reference_names,
    reference_path,
    tolerances_for,
)
from phycharm.benchmarks.statistics.regression.definitions import changed_definitions

RENEW = 'renew it: nox -s regression -- --bless "why the scores moved"'


@pytest.fixture(params=reference_names())
def folder(request):
    return reference_path(request.param)


@pytest.fixture
def protocol(folder):
    own = folder / "protocol.toml"
    return load_protocol(own if own.is_file() else folder.name)


def test_it_is_of_the_protocol_as_it_is(folder, protocol):
    scores = read_score_set(folder).scores
    assert scores["protocol"].unique().tolist() == [protocol.name]
    assert scores["protocol_version"].unique().tolist() == [protocol.version], RENEW
    assert {*scores["harmonizer"]} - {*CONTROLS} == {*protocol.harmonizers}, RENEW
    assert {*scores["metric"]} >= {*protocol.metrics}, RENEW


def test_its_metrics_are_defined_as_they_are(folder):
    now = {name: metric.as_record() for name, metric in METRICS.items()}
    assert changed_definitions(read_score_set(folder).metrics, now) == [], RENEW


def test_it_says_what_it_is(folder):
    found = read_score_set(folder)
    assert found.simulated
    assert found.notes == []
    about = tomllib.loads((folder / "reference.toml").read_text(encoding="utf-8"))
    for entry in about["history"]:
        assert entry["why"] and entry["when"] and entry["git_commit"] and entry["packages"]
    size = sum(path.stat().st_size for path in folder.iterdir())
    assert size < 500_000


def test_it_has_not_moved_from_itself(folder):
    found = read_score_set(folder)
    delta = compare_scores(found, found, tolerances_for(folder))
    assert not delta.moved
    assert delta.notes == []


def test_the_cheap_methods_may_hardly_move(folder):
    tolerances = tolerances_for(folder)
    for method in ("none", "linear", "histogram", "nyul", "oracle", "blurred", "constant"):
        assert tolerances.limit(method, "ssim") <= 2e-5, method
