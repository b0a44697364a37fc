"""Nyul: landmarks go to the target's landmarks, as the library that defines them says."""

from dataclasses import replace

import numpy as np
import pytest
from intensity_normalization import NyulNormalizer, create_image

from phycharm.baselines.nyul import Nyul, piecewise_linear
from phycharm.errors import InputError

from support.toy_cohort import A, B, C, toy_cohort, toy_scan

PERCENTILES = [1, 10, 20, 30, 40, 50, 60, 70, 80, 90, 99]
TRAIN = ("01", "02", "03")


def fitted():
    return Nyul().fit(toy_cohort(*TRAIN))


def test_agrees_with_the_library_on_the_targets_scale():
    ends = [np.percentile((s := toy_scan(n, B)).image[s.mask], [1, 99]) for n in TRAIN]
    low, high = np.mean(ends, axis=0)
    library = NyulNormalizer(output_min_value=low, output_max_value=high)
    scans = [toy_scan(name, B) for name in TRAIN]
    library.fit_population(
        [create_image(s.image) for s in scans], [create_image(s.mask) for s in scans]
    )
    scan = toy_scan("04", A)
    expected = library.transform(create_image(scan.image), create_image(scan.mask)).get_data()
    made = fitted().harmonize(scan, B)
    np.testing.assert_allclose(made[scan.mask], expected[scan.mask], atol=2e-6)


def test_landmarks_become_the_mean_landmarks_of_the_target():
    scan = toy_scan("04", A)
    made = fitted().harmonize(scan, B)[scan.mask]
    spans, landmarks = [], []
    for name in TRAIN:
        brain = (reference := toy_scan(name, B)).image[reference.mask]
        spans.append(np.percentile(brain, [1, 99]))
        landmarks.append(np.percentile(brain, PERCENTILES))
    low, high = np.mean(spans, axis=0)
    unit = [(m - s[0]) / (s[1] - s[0]) for m, s in zip(landmarks, spans, strict=True)]
    expected = low + np.mean(unit, axis=0) * (high - low)
    np.testing.assert_allclose(np.percentile(made, PERCENTILES), expected, atol=2e-3)


def test_the_order_of_grey_values_is_kept():
    scan = toy_scan("04", A)
    made = fitted().harmonize(scan, B)
    order = np.argsort(scan.image[scan.mask])
    assert (np.diff(made[scan.mask][order]) >= -1e-6).all()


def test_equal_landmarks_count_once():
    scan = toy_scan("04", A)
    # A loose mask: a quarter of it is empty, so that the first three landmarks are all 0.
    emptied = np.where(scan.image < np.percentile(scan.image[scan.mask], 25), 0, scan.image)
    made = fitted().harmonize(replace(scan, image=emptied.astype(np.float32)), B)
    assert np.isfinite(made).all()
    assert np.unique(made[scan.mask & (emptied == 0)]).size == 1
    assert made[scan.mask].std() > 0.1


def test_a_constant_brain_takes_the_middle_of_the_target():
    scan = toy_scan("04", A)
    made = fitted().harmonize(replace(scan, image=scan.mask.astype(np.float32)), B)
    median = np.median(toy_scan("01", B).image[scan.mask])
    assert np.ptp(made[scan.mask]) == 0
    assert made[scan.mask][0] == pytest.approx(median, abs=0.1)


def test_piecewise_linear_goes_on_straight_beyond_the_landmarks():
    own, wanted = np.array([1.0, 2.0, 4.0]), np.array([10.0, 30.0, 40.0])
    values = np.array([0.0, 1.5, 3.0, 6.0])
    np.testing.assert_allclose(piecewise_linear(values, own, wanted), [-10, 20, 35, 50])


def test_one_fit_serves_every_scanner():
    nyul = Nyul().fit(toy_cohort(*TRAIN, scanners=(A, B, C)))
    scan = toy_scan("04", A)
    for target in (B, C):
        reference = toy_scan("04", target)
        made = nyul.harmonize(scan, target)
        np.testing.assert_allclose(
            np.percentile(made[scan.mask], 50),
            np.percentile(reference.image[reference.mask], 50),
            atol=0.1,
        )


def test_saved_and_loaded_equals_itself(tmp_path):
    nyul = fitted()
    nyul.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "harmonizer.json",
        "state.safetensors",
    ]
    scan = toy_scan("04", A)
    np.testing.assert_array_equal(Nyul.load(tmp_path).harmonize(scan, B), nyul.harmonize(scan, B))


def test_a_training_scan_without_contrast_is_refused():
    blank = toy_cohort(*TRAIN).map(lambda s: replace(s, image=s.mask.astype(np.float32)))
    with pytest.raises(InputError, match="one intensity throughout"):
        Nyul().fit(blank)


def test_an_unknown_target_is_refused():
    with pytest.raises(ValueError, match="not fitted to C"):
        fitted().harmonize(toy_scan("04", A), C)
