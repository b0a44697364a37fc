"""Image scores do not depend on the scale that all scans of a run were put on."""

from dataclasses import replace

import numpy as np
import pytest

from phycharm.benchmarks.metrics import METRICS
from phycharm.benchmarks.scoring.image_scorer import ImageScorer

from support import phantom

IMAGE_METRICS = [name for name, metric in METRICS.items() if metric.group != "tissue"]
# Volumes that every metric can be computed on, the windowed ones too.
SHAPE = (32, 36, 16)


@pytest.fixture(scope="module")
def scans():
    """A source and a target scan of one person, with white matter near 1."""
    people = phantom.cohort(shape=SHAPE)
    return [people.scan("01", on) for on in (phantom.GE, phantom.SIEMENS)]


def scored(scans, factor):
    source, target = (replace(s, image=s.image * np.float32(factor)) for s in scans)
    scorer = ImageScorer(metrics=IMAGE_METRICS, device="cpu")
    image = (0.8 * source.image + 0.2 * target.image).astype(np.float32)
    return scorer.score(image, source, target), scorer.histogram(image, target)


@pytest.mark.parametrize("factor", [0.01, 1.11, 4000.0])
def test_no_score_depends_on_the_scale(scans, factor):
    before, _ = scored(scans, 1.0)
    after, _ = scored(scans, factor)
    assert set(before) == set(IMAGE_METRICS)
    assert np.isfinite(list(before.values())).all()
    assert after == pytest.approx(before, rel=2e-4)


@pytest.mark.parametrize("factor", [0.5, 4.0])
def test_histograms_stretch_with_it(scans, factor):
    # Powers of two: no voxel crosses the edge of a bin by rounding.
    (_, before), (_, after) = scored(scans, 1.0), scored(scans, factor)
    np.testing.assert_array_equal(after.counts, before.counts)
    np.testing.assert_allclose(after.edges, before.edges * factor, rtol=1e-6, atol=1e-9)


def test_metrics_that_are_asked_for_alone(scans):
    source, target = scans
    scorer = ImageScorer(metrics=IMAGE_METRICS, device="cpu")
    every = scorer.score(source.image, source, target)
    some = scorer.score(source.image, source, target, metrics=["structure"])
    assert some == {"structure": every["structure"]}
