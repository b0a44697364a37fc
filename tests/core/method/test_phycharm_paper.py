"""PhyCHarm as printed: the constrained image of equations 7 to 10, and the method around it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from phycharm.data.cohort import Cohort
from phycharm.errors import InputError
from phycharm.harmonizers.external import load_harmonizer
from phycharm.method.maps import MapsGenerator
from phycharm.method.maps.preprint import over_4095
from phycharm.method.phycharm_paper import PhyCHarmPaper

from support import phantom
from support.phantom import TINY_FEATURES

QUICK = {"epochs": 1, "batch_size": 8}
PAIR = (phantom.GE, phantom.SIEMENS)
DIRECTIONS = phantom.cohort().directions()


class KnownMaps:
    """A generator that knows the truth in the preprint's units."""

    file_units = True

    def predict(self, scan):
        t1, m0, _ = phantom.person(scan.subject, shape=scan.image.shape)
        return t1.astype(np.float32), (400 * m0).astype(np.float32)


def method_with(generator):
    method = PhyCHarmPaper(features=TINY_FEATURES)
    method._generator = generator
    return method


def printed_f(t1, acquisition):
    """f(T1; TI, TR) in double precision; the readout's TR where TI is short."""
    tr = acquisition.repetition_time
    tr = tr if tr <= 2 * acquisition.inversion_time * 1.5 else acquisition.echo_spacing
    return 1 - 2 * np.exp(-acquisition.inversion_time / t1) + np.exp(-tr / t1)


@pytest.fixture(scope="module")
def generator():
    made = MapsGenerator(preset="paper", training=QUICK, features=TINY_FEATURES)
    return made.fit(phantom.quantitative_cohort(("Q1",)))


@pytest.fixture(scope="module")
def fitted(cohort, generator):
    pair = cohort.subset(subjects=["01", "02"], scanners=PAIR)
    return PhyCHarmPaper(training=QUICK, features=TINY_FEATURES).fit(pair, maps=generator)


@pytest.fixture(scope="module")
def scan(cohort):
    return cohort.scan("03", phantom.GE)


@pytest.mark.parametrize(("source", "target"), DIRECTIONS, ids=lambda on: on.name)
def test_constrained_image_is_that_of_the_printed_logarithm(cohort, source, target):
    scan = cohort.scan("01", source)
    raw = phantom.raw_scan("01", source)
    found = method_with(KnownMaps())._prepare(over_4095(scan), target)[0].numpy()
    seen = raw.mask & (raw.image > 0)
    t1, m0, _ = phantom.person("01")
    t1, m0, image = t1[seen], 400 * m0[seen], raw.image[seen].astype(float) / 4095
    c = image / (m0 * np.abs(printed_f(t1, source.acquisition)))
    t2_star = -source.acquisition.echo_time / np.log(c)
    decay = np.exp(-target.acquisition.echo_time / t2_star)
    expected = m0 * np.abs(printed_f(t1, target.acquisition)) * decay
    np.testing.assert_allclose(found[seen], expected, rtol=1e-3)
    assert not found[~seen].any()
    # Fault d, as printed: image and M0 are on two scales, and no tissue decays so fast.
    assert np.median(t2_star) < 1.0


def test_the_network_sees_nothing_else(cohort, scan):
    assert method_with(KnownMaps())._prepare(over_4095(scan), phantom.SIEMENS).shape[0] == 1


def test_wild_maps_give_finite_images(scan):
    class Wild:
        def predict(self, scan):
            rng = np.random.default_rng(0)
            return tuple(rng.normal(0, 1000, (2, *scan.image.shape)).astype(np.float32))

    image = method_with(Wild())._prepare(over_4095(scan), phantom.SIEMENS)
    assert image.isfinite().all()
    assert image.min() == 0


def test_answer_is_standardized_as_every_scan_is(fitted, cohort):
    for source, target in ((phantom.GE, phantom.SIEMENS), (phantom.SIEMENS, phantom.GE)):
        scan = cohort.scan("03", source)
        image = fitted.harmonize(scan, target)
        assert np.percentile(image[scan.mask], 99) == pytest.approx(1, rel=1e-5)
        assert not image[~scan.mask].any()


def test_what_is_learned_is_the_targets_file_over_4095(cohort, fitted):
    people = cohort.subset(subjects=["01"], scanners=PAIR).map(over_4095)
    slices = fitted._matched_slices(people, *PAIR)
    raw = phantom.raw_scan("01", phantom.SIEMENS)
    inside = np.where(raw.mask, raw.image, 0) / 4095
    assert len(slices) == raw.image.shape[2]
    assert slices.wanted.sum().item() == pytest.approx(inside.sum(), rel=1e-4)


def test_inputs_do_not_change_with_the_target(cohort, fitted):
    """Fault b: the target's image may be anything, the input stays the same."""

    def load(subject, on):
        scan = cohort.scan(subject, on)
        return scan if on is phantom.GE else scan.with_image(scan.image[::-1] * 0.3)

    changed = Cohort(subjects=cohort.subjects, scanners=cohort.scanners, load=load)
    before, after = (fitted._matched_slices(people, *PAIR) for people in (cohort, changed))
    assert torch.equal(after.inputs, before.inputs)
    assert not torch.equal(after.wanted, before.wanted)


def test_validation_people_choose_the_state(cohort, generator):
    people = cohort.subset(scanners=PAIR)
    method = PhyCHarmPaper(training=QUICK, features=TINY_FEATURES)
    method.fit(people.subset(subjects=["01"]), people.subset(subjects=["02"]), maps=generator)
    assert {row["split"] for row in method.history} == {"train", "validation"}


def test_saved_and_loaded_is_the_same(fitted, scan, tmp_path):
    fitted.save(tmp_path / "model")
    loaded = load_harmonizer(tmp_path / "model")
    assert type(loaded) is PhyCHarmPaper
    assert loaded.settings() == fitted.settings()
    assert loaded.deviations == fitted.deviations
    assert loaded._generator.deviations == fitted._generator.deviations
    np.testing.assert_array_equal(
        loaded.harmonize(scan, phantom.SIEMENS), fitted.harmonize(scan, phantom.SIEMENS)
    )


def test_it_makes_its_own_generator_from_quantitative_people(cohort):
    method = PhyCHarmPaper(
        training=QUICK, features=TINY_FEATURES, maps={"training": QUICK, "features": TINY_FEATURES}
    )
    pair = cohort.subset(subjects=["01"], scanners=PAIR)
    method.fit(pair, quantitative=phantom.quantitative_cohort(("Q1",)))
    assert {row["network"] for row in method.history} == {"QMG", "HN"}
    assert (method._generator.preset, method._generator.case) == ("paper", 4)


def test_without_quantitative_people_it_says_what_is_missing(cohort):
    with pytest.raises(InputError, match="quantitative cohort") as failure:
        PhyCHarmPaper(features=TINY_FEATURES).fit(cohort)
    assert "\n" not in str(failure.value)


def test_maps_on_standardized_images_are_refused(cohort):
    with pytest.raises(InputError, match="train-maps --preset paper") as failure:
        PhyCHarmPaper().fit(cohort, maps=MapsGenerator())
    assert "\n" not in str(failure.value)
    with pytest.raises(InputError, match="'corrected'"):
        PhyCHarmPaper(maps={"preset": "corrected"}).fit(
            cohort, quantitative=phantom.quantitative_cohort()
        )


def test_larger_fields_of_view_than_it_learned_on(fitted):
    large = phantom.cohort(("07",), shape=(52, 60, 4)).scan("07", phantom.GE)
    assert np.isfinite(fitted.harmonize(large, phantom.SIEMENS)).all()
    one = replace(large, mask=large.mask & (np.arange(4) == 1))
    assert fitted.harmonize(one, phantom.SIEMENS)[..., 1].any()
