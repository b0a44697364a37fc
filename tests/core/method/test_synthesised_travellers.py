"""People with maps on every scanner: what the fitted physics makes of them."""

import numpy as np
import pytest

from phycharm.data.cohort import Cohort
from phycharm.method.constrained_images import ConstrainedImages
from phycharm.method.synthesised_travellers import MOST_PEOPLE, synthesised_travellers

from support import phantom
from support.known_maps import KnownMaps

PEOPLE = phantom.quantitative_cohort(("Q1", "Q2"))


@pytest.fixture(scope="module")
def physics(cohort):
    fitted = ConstrainedImages()
    fitted.learn(cohort, KnownMaps())
    return fitted


@pytest.fixture(scope="module")
def made(cohort, physics):
    return synthesised_travellers(PEOPLE, cohort, physics, seed=3)


def test_everybody_is_on_every_scanner(made, cohort):
    assert set(made.subjects) == {"synthesised-Q1", "synthesised-Q2"}
    assert made.scanners == cohort.scanners
    assert all(made.people(a, b) == made.subjects for a, b in made.directions())


@pytest.mark.parametrize("scanner", phantom.SCANNERS, ids=lambda one: one.name)
def test_contrast_is_the_scanners(made, scanner):
    """The phantom plays every pulse; nothing of the package is in its images."""
    for label in PEOPLE.subjects:
        scan, real = made.scan(f"synthesised-{label}", scanner), phantom.raw_scan(label, scanner)
        t1, _, mask = phantom.person(label)
        white, grey = mask & (t1 < 1000), mask & (t1 > 1200) & (t1 < 2000)
        ratios = [one.image[white].mean() / one.image[grey].mean() for one in (scan, real)]
        assert ratios[0] == pytest.approx(ratios[1], rel=0.06)
        assert np.corrcoef(scan.image[mask], real.image[mask])[0, 1] > 0.9


def test_scale_is_that_of_the_scanners_training_images(made, cohort):
    for scanner in cohort.scanners:
        wanted = np.mean([np.percentile(s.image[s.mask], 90) for s in cohort.scans(scanner)])
        for scan in made.scans(scanner):
            assert np.percentile(scan.image[scan.mask], 90) == pytest.approx(wanted, rel=0.05)
            assert not scan.image[~scan.mask].any()
            assert scan.image.min() >= 0


def test_seed_decides_shading_and_noise_alone(made, cohort, physics):
    same = synthesised_travellers(PEOPLE, cohort, physics, seed=3)
    other = synthesised_travellers(PEOPLE, cohort, physics, seed=4)
    images = [one.scan("synthesised-Q1", phantom.GE).image for one in (made, same, other)]
    np.testing.assert_array_equal(images[0], images[1])
    brain = images[0] > 0
    differences = np.abs(images[2] - images[0])[brain] / images[0][brain].mean()
    assert 0.005 < np.median(differences) < 0.15


def test_scanners_of_a_person_do_not_share_noise(made):
    a, b = (made.scan("synthesised-Q1", one) for one in (phantom.GE, phantom.SIEMENS))
    assert not np.allclose(a.image, b.image, atol=0.02)


def test_no_more_people_than_memory_is_for(cohort, physics):
    many = phantom.quantitative_cohort([f"Q{n}" for n in range(MOST_PEOPLE + 3)])
    made = synthesised_travellers(many, cohort, physics, seed=0)
    assert len(set(made.subjects)) == MOST_PEOPLE


def test_scanner_that_nobody_was_on_is_left_out(cohort, physics):
    """Its intensity scale is unknown."""
    partial = Cohort(
        subjects=cohort.subjects,
        scanners=cohort.scanners,
        load=cohort.scan,
        has=lambda _, name: name != "Philips",
    )
    made = synthesised_travellers(PEOPLE, partial, physics, seed=0)
    assert made.people(phantom.PHILIPS) == ()
    assert len(made.people(phantom.GE, phantom.SIEMENS)) == 2


def test_voxels_without_t1_are_no_brain(cohort, physics):
    """Brain extraction of the maps ends elsewhere than that of the image."""
    one = phantom.quantitative_scan("Q1")
    t1 = one.t1.copy()
    t1[:12] = 0
    holed = PEOPLE.subset(["Q1"])
    holed._load = lambda _: type(one)(scan=one.scan, t1=t1, m0=one.m0)
    made = synthesised_travellers(holed, cohort, physics, seed=0)
    scan = made.scan("synthesised-Q1", phantom.GE)
    assert not scan.mask[:12].any()
    assert scan.mask[12:].any()
    assert np.isfinite(scan.image).all()
