"""Maps that were predicted a moment ago are not predicted again, and are the same."""

from dataclasses import replace

import numpy as np
import pytest

from phycharm.method.maps import MapsGenerator, predictions
from phycharm.method.maps.predictions import Predictions, digest_of_arrays

from support import phantom

MAP = np.ones((4, 5, 6), np.float32)


def counting(calls, value=1.0):
    def compute():
        calls.append(value)
        return MAP * np.float32(value), MAP * np.float32(2 * value)

    return compute


def test_the_same_question_is_answered_from_memory():
    memory, calls = Predictions(), []
    first = memory.recall("a", counting(calls))
    again = memory.recall("a", counting(calls, 9.0))
    assert calls == [1.0]
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_who_writes_into_an_answer_spoils_nobody_elses():
    memory = Predictions()
    memory.recall("a", counting([]))[0][:] = -1
    np.testing.assert_array_equal(memory.recall("a", counting([]))[0], MAP)


def test_the_oldest_is_forgotten():
    memory, calls = Predictions(most_bytes=4 * MAP.nbytes), []
    for key in ("a", "b", "a", "c"):  # two fit; b was used longer ago than a
        memory.recall(key, counting(calls))
    memory.recall("a", counting(calls))
    assert len(calls) == 3
    memory.recall("b", counting(calls))
    assert len(calls) == 4


def test_what_is_larger_than_the_bound_is_not_kept():
    memory, calls = Predictions(most_bytes=1), []
    memory.recall("a", counting(calls))
    memory.recall("a", counting(calls))
    assert len(calls) == 2
    assert memory._bytes == 0


def test_arrays_of_other_shapes_are_told_apart():
    flat = MAP.reshape(20, 6)
    assert digest_of_arrays("", MAP) != digest_of_arrays("", flat)
    assert digest_of_arrays("", MAP) != digest_of_arrays("x", MAP)


@pytest.fixture
def memory(monkeypatch):
    own = Predictions()
    monkeypatch.setattr("phycharm.method.maps.generator.PREDICTIONS", own)
    return own


@pytest.fixture(scope="module")
def generator():
    train = phantom.quantitative_cohort(("Q1",))
    made = MapsGenerator(training={"epochs": 1, "batch_size": 8}, features=phantom.TINY_FEATURES)
    return made.fit(train, scanners=phantom.SCANNERS)


@pytest.fixture(scope="module")
def scan():
    return phantom.cohort().scan("01", phantom.GE)


class TestGenerator:
    def test_image_mask_and_weights_decide(self, generator, scan, memory):
        before = generator.predict(scan)
        assert len(memory._known) == 1
        brighter = replace(scan, image=scan.image * np.float32(1.5))
        narrower = replace(
            scan, mask=scan.mask & (np.arange(scan.mask.shape[0]) > 8)[:, None, None]
        )
        for other in (brighter, narrower):
            assert not np.array_equal(generator.predict(other)[0], before[0])
        assert len(memory._known) == 3
        again = generator.predict(scan)
        np.testing.assert_array_equal(again[0], before[0])
        assert len(memory._known) == 3

    def test_another_generator_of_the_same_weights_shares(self, generator, scan, memory, tmp_path):
        wanted = generator.predict(scan)
        generator.save(tmp_path / "maps")
        loaded = type(generator).load(tmp_path / "maps")
        np.testing.assert_array_equal(loaded.predict(scan)[0], wanted[0])
        assert len(memory._known) == 1

    def test_memory_and_computing_agree(self, generator, scan, memory, monkeypatch):
        known = generator.predict(scan)
        monkeypatch.setattr("phycharm.method.maps.generator.PREDICTIONS", Predictions())
        np.testing.assert_array_equal(generator.predict(scan)[1], known[1])


def test_the_bound_is_what_the_text_says():
    assert predictions.MOST_BYTES // (2 * 4 * 61 * 73 * 61) >= 200
