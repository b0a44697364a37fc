"""Cohorts: lazy, checked, cut and mapped."""

from dataclasses import replace

import numpy as np
import pytest

from phycharm.data.cohort import Cohort
from phycharm.data.quantitative import QuantitativeCohort

from support import phantom


@pytest.fixture
def asked():
    return []


@pytest.fixture
def lazy(asked):
    def load(subject, on):
        asked.append((subject, on.name))
        return phantom.raw_scan(subject, on)

    return Cohort(subjects=["01", "02"], scanners=phantom.SCANNERS, load=load)


def test_scans_are_read_when_asked_for(lazy, asked):
    part = lazy.subset(subjects=["02"]).map(lambda scan: scan)
    scans = part.scans(phantom.GE)
    assert asked == []
    next(scans)
    assert asked == [("02", "GE")]


def test_all_six_directions(lazy):
    names = [(source.name, target.name) for source, target in lazy.directions()]
    assert len(names) == len(set(names)) == 6
    assert all(source != target for source, target in names)


def test_scans_come_in_the_order_of_the_subjects(lazy):
    assert [scan.subject for scan in lazy.scans(phantom.GE)] == ["01", "02"]
    turned = lazy.subset(subjects=["02", "01"])
    assert [scan.subject for scan in turned.scans(phantom.GE)] == ["02", "01"]


def test_subset_forgets_the_others(lazy):
    part = lazy.subset(subjects=["01"], scanners=[phantom.GE])
    assert part.scan("01", phantom.GE).subject == "01"
    for subject, on in (("02", phantom.GE), ("01", phantom.SIEMENS)):
        with pytest.raises(KeyError):
            part.scan(subject, on)


def test_unknown_subject_and_scanner(lazy):
    with pytest.raises(KeyError, match="04"):
        lazy.scan("04", phantom.GE)
    with pytest.raises(KeyError, match="QUANT"):
        lazy.scan("01", phantom.QUANT)
    for ask in (lazy.scanner, lambda name: lazy.scan("01", name)):
        with pytest.raises(KeyError, match="No scanner 'Simens'; did you mean 'Siemens'"):
            ask("Simens")
    assert lazy.scanner("Siemens") is phantom.SIEMENS


def test_a_scanner_may_be_given_by_its_name(lazy):
    assert lazy.scan("01", "Siemens").scanner is phantom.SIEMENS


def test_map_is_applied_to_every_scan_and_can_be_chained(lazy):
    doubled = lazy.map(lambda scan: scan.with_image(scan.image * 2))
    shifted = doubled.map(lambda scan: scan.with_image(scan.image + 1)).subset(subjects=["01"])
    original = lazy.scan("01", phantom.GE).image
    np.testing.assert_allclose(shifted.scan("01", phantom.GE).image, original * 2 + 1)
    np.testing.assert_array_equal(lazy.scan("01", phantom.GE).image, original)


def test_repr_names_people_and_scanners(lazy):
    assert repr(lazy) == ("Cohort(subjects=['01', '02'], scanners=['GE', 'Philips', 'Siemens'])")


def test_quantitative_cohort_maps_images_and_leaves_maps():
    people = QuantitativeCohort(subjects=["Q1", "Q2"], load=phantom.quantitative_scan)
    mapped = people.map(lambda scan: scan.with_image(scan.image * 3)).subset(["Q2"])
    one, original = mapped.read("Q2"), people.read("Q2")
    np.testing.assert_allclose(one.scan.image, original.scan.image * 3)
    np.testing.assert_array_equal(one.t1, original.t1)
    assert mapped.subjects == ("Q2",)
    with pytest.raises(KeyError, match="Q1"):
        mapped.read("Q1")


def test_voxel_size_is_read_off_an_oblique_affine():
    scan = phantom.raw_scan("01", phantom.GE)
    turn = np.array([[0.8, -0.6, 0], [0.6, 0.8, 0], [0, 0, 1]])
    affine = np.eye(4)
    affine[:3, :3] = turn @ np.diag([1.0, 2.0, 3.5])
    assert replace(scan, affine=affine).voxel_size == pytest.approx((1.0, 2.0, 3.5))


class TestWhereSomebodyLacksAScanner:
    LACKING = (("01", "Philips"), ("03", "GE"), ("03", "Philips"))

    @pytest.fixture
    def partial(self, asked):
        def load(subject, on):
            asked.append((subject, on.name))
            return phantom.raw_scan(subject, on)

        return Cohort(
            subjects=["01", "02", "03"],
            scanners=phantom.SCANNERS,
            load=load,
            has=lambda subject, name: (subject, name) not in self.LACKING,
        )

    def test_scans_leave_out_who_was_not_there(self, partial, asked):
        assert [scan.subject for scan in partial.scans(phantom.GE)] == ["01", "02"]
        assert [scan.subject for scan in partial.scans(phantom.PHILIPS)] == ["02"]
        assert asked == [("01", "GE"), ("02", "GE"), ("02", "Philips")]

    def test_who_was_where(self, partial):
        assert partial.people() == ("01", "02", "03")
        assert partial.people(phantom.GE, phantom.SIEMENS) == ("01", "02")
        assert partial.people("GE", "Philips") == ("02",)
        assert [on.name for on in partial.scanners_of("01")] == ["GE", "Siemens"]
        assert partial.has("03", "Siemens") and not partial.has("03", phantom.GE)

    def test_a_scan_that_does_not_exist_is_said_in_one_line(self, partial, asked):
        with pytest.raises(KeyError, match="sub-01 was not scanned on Philips") as error:
            partial.scan("01", "Philips")
        assert "\n" not in str(error.value)
        assert asked == []

    def test_parts_remember(self, partial):
        part = partial.map(lambda scan: scan).subset(subjects=["03", "01"])
        assert part.subjects == ("03", "01")
        assert part.people(phantom.GE) == ("01",)

    def test_a_part_with_few_scanners_leaves_out_who_has_none(self, partial):
        part = partial.subset(scanners=[phantom.GE, phantom.PHILIPS])
        assert part.subjects == ("01", "02")

    def test_by_default_everybody_was_everywhere(self, lazy):
        assert lazy.people(*lazy.scanners) == lazy.subjects
        assert lazy.scanners_of("02") == lazy.scanners

    def test_a_notebook_shows_who_was_where(self, partial, lazy):
        assert "✓" in partial._repr_html_() and "–" in partial._repr_html_()
        assert "each on every scanner" in lazy._repr_html_()
