"""A protocol's view of a dataset."""

from itertools import permutations

import numpy as np
import pytest

from phycharm.benchmarks.protocol.run_data import RunData
from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.datasets.dataset_file import parse_dataset_file
from phycharm.data.intensity import STANDARDIZATIONS, intensity_scale
from phycharm.data.nifti import read_volume, write_volume
from phycharm.errors import InputError

from support import phantom
from support.bids_folder import sidecar_path, t1w_path, write_dataset
from support.faulty_files import flip_a_voxel
from support.tiny_protocols import pair_protocol, tiny_protocol


def data(root, protocol=None):
    return RunData(BidsDataset(root), protocol or tiny_protocol())


def test_every_scan_is_standardized(shared_dataset):
    one = data(shared_dataset)
    expected = phantom.cohort()
    for on in one.cohort.scanners:
        np.testing.assert_allclose(
            one.cohort.scan("01", on).image, expected.scan("01", on).image, rtol=1e-6
        )
    train, *_ = one.quantitative_parts()
    scan = train.read("Q1").scan
    assert np.percentile(scan.image[scan.mask], 99) == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize("name", list(STANDARDIZATIONS))
def test_one_standardization_for_all(tmp_path, shared_dataset, name):
    one = data(shared_dataset, tiny_protocol(standardization=name))
    train, *_ = one.quantitative_parts()
    scans = [one.cohort.scan("01", on) for on in one.cohort.scanners]
    for scan in (*scans, train.read("Q1").scan):
        assert scan.standardization == name
        assert intensity_scale(scan.image, scan.mask, name) == pytest.approx(1, rel=1e-5)


def test_scanners_of_the_protocol(shared_dataset):
    assert data(shared_dataset).scanner_names == ["GE", "Philips", "Siemens"]
    assert data(shared_dataset, pair_protocol()).scanner_names == ["GE", "Siemens"]


def test_fold_knows_its_own_subjects_only(shared_dataset):
    one = data(shared_dataset)
    train, validation = one.fold_cohorts(one.design.folds[0], ("Siemens", "GE"))
    assert (train.subjects, validation.subjects) == (("02",), ("01",))
    assert [on.name for on in train.scanners] == ["Siemens", "GE"]
    external = one.design.external[0]
    for cohort in (train, validation):
        with pytest.raises(KeyError):
            cohort.scan(external, cohort.scanners[0])


def test_people_with_maps_are_dealt_out(shared_dataset):
    train, validation, test = data(shared_dataset).quantitative_parts()
    assert (train.subjects, validation, test.subjects) == (("Q1",), None, ("Q2",))
    split = {"training": 2, "external": 1, "folds": [1], "quantitative_training": 1}
    protocol = tiny_protocol(split={**split, "quantitative_validation": 1})
    train, validation, test = data(shared_dataset, protocol).quantitative_parts()
    assert (train.subjects, validation.subjects, test.subjects) == (("Q1",), ("Q2",), ())


@pytest.mark.parametrize("people", [(), ("Q1",)])
def test_too_few_people_with_maps(tmp_path, people):
    root = write_dataset(tmp_path / "few", quantitative=people)
    split = {"training": 2, "external": 1, "folds": [1], "quantitative_training": 2}
    with pytest.raises(InputError) as error:
        data(root, tiny_protocol(split=split)).quantitative_parts()
    assert str(root) in str(error.value)
    assert "quantitative_training" in str(error.value)


def test_everything_is_read_before_anything_is_trained(dataset):
    t1w_path(dataset, "03", "Philips").write_bytes(b"damaged")
    with pytest.raises(InputError, match="sub-03_ses-Philips"):
        data(dataset).read_everything()
    # A scanner that takes no part may be damaged.
    data(dataset, pair_protocol()).read_everything()


def test_damaged_map_is_found_too(dataset):
    (path,) = dataset.rglob("*Q2*T1map.nii.gz")
    path.write_bytes(b"damaged")
    with pytest.raises(InputError, match="Q2"):
        data(dataset).read_everything()


def test_people_with_maps_are_not_looked_for_where_nobody_needs_them(dataset):
    for path in dataset.glob("sub-Q*/**/*_inv-2_MP2RAGE.*"):
        path.unlink()
    with pytest.raises(InputError, match="inv-2"):
        data(dataset).read_everything()
    data(dataset).read_everything(maps=False)


def test_what_the_mask_shows_must_be_an_image(dataset):
    path = t1w_path(dataset, "01", "GE")
    scan = phantom.raw_scan("01", phantom.GE)
    inside = scan.image[scan.mask]
    for image in (
        (scan.image - inside.mean()) / inside.std(),
        scan.image - 2 * scan.image.max(),
        np.where(scan.mask, 0, np.arange(scan.image.size).reshape(scan.image.shape)),
    ):
        write_volume(path, image.astype(np.float32), scan.affine)
        with pytest.raises(InputError, match=r"sub-01_ses-GE_T1w\.nii\.gz: .*(z-scored|no signal)"):
            data(dataset).read_everything()


def add_repeats(root, subject, *, spoil):
    """Give a session a second run, which may be the same volume or another."""
    path = t1w_path(root, subject, "GE")
    again = path.with_name(path.name.replace("_T1w", "_run-2_T1w"))
    image, affine = read_volume(path)
    write_volume(again, spoil(image), affine)
    sidecar = sidecar_path(path)
    sidecar_path(again).write_bytes(sidecar.read_bytes())
    return again


def test_repeats_of_who_is_evaluated_are_read_too(dataset):
    one = data(dataset)
    who, other = one.design.external[0], one.design.folds[0].train[0]
    add_repeats(dataset, other, spoil=lambda image: -image)
    data(dataset).read_everything()  # nobody scores how repeatable who is learned from is
    again = add_repeats(dataset, who, spoil=lambda image: image * 1.01)
    data(dataset).read_everything()
    flip_a_voxel(again)
    with pytest.raises(InputError, match=r"run-2_T1w\.nii\.gz: .*damaged"):
        data(dataset).read_everything()
    add_repeats(dataset, who, spoil=lambda image: image - image.mean() * 9)
    with pytest.raises(InputError, match=r"run-2_T1w\.nii\.gz: .*z-scored"):
        data(dataset).read_everything()


def test_repeats_are_part_of_the_fingerprint(dataset):
    before = BidsDataset(dataset).fingerprint
    again = add_repeats(dataset, "01", spoil=lambda image: image * 1.01)
    with_repeat = BidsDataset(dataset)
    assert again.relative_to(dataset).as_posix() in with_repeat.checksums
    assert sidecar_path(again).relative_to(dataset).as_posix() in with_repeat.checksums
    add_repeats(dataset, "01", spoil=lambda image: image * 1.02)
    found = {before, with_repeat.fingerprint, BidsDataset(dataset).fingerprint}
    assert len(found) == 3


def test_what_is_not_there_has_a_fingerprint(dataset):
    (path,) = dataset.glob("sub-Q1/**/*_T1map.nii.gz")
    found = [BidsDataset(dataset).fingerprint]
    for key in ("MD5E-s1--0", "MD5E-s1--1"):
        path.unlink()
        path.symlink_to(f".git/annex/objects/{key}")
        found.append(BidsDataset(dataset).fingerprint)
    assert len(set(found)) == 3


def test_chosen_people_are_read_whatever_the_split(dataset):
    split = {"training": 2, "external": 0, "folds": [1], "quantitative_training": 1}
    t1w_path(dataset, "03", "GE").write_bytes(b"damaged")
    one = data(dataset, tiny_protocol(split=split))
    one.read_everything(["01", "02"])
    with pytest.raises(InputError, match="sub-03_ses-GE"):
        one.read_everything(["01", "02", "03"])
    far = {**split, "training": 30}
    data(dataset, tiny_protocol(split=far)).read_everything(["01"])


def test_truth_that_is_scored_against_is_read_too(dataset):
    who = data(dataset).design.external[0]
    folder = dataset / f"derivatives/truth/sub-{who}/anat"
    t1, m0, _ = phantom.person(who)
    maps = {"T1map": t1 / 1000, "M0map": m0}
    maps |= {f"label-{tissue}_probseg": m0 for tissue in ("CSF", "GM", "WM")}
    for name, volume in maps.items():
        path = folder / f"sub-{who}_{name}.nii.gz"
        write_volume(path, volume.astype(np.float32), phantom.AFFINE)
    segmented = tiny_protocol(segmenter="hmrf")
    data(dataset, segmented).read_everything()
    flip_a_voxel(folder / f"sub-{who}_label-GM_probseg.nii.gz")
    data(dataset).read_everything()  # without tissues nobody asks for them
    with pytest.raises(InputError, match="label-GM"):
        data(dataset, segmented).read_everything()
    flip_a_voxel(folder / f"sub-{who}_T1map.nii.gz")
    data(dataset).read_everything(maps=False)
    with pytest.raises(InputError, match=r"truth.*T1map"):
        data(dataset).read_everything()


def test_subjects_who_take_no_part_are_not_read(dataset):
    t1w_path(dataset, "03", "GE").write_bytes(b"damaged")
    split = {"training": 2, "external": 0, "folds": [1], "quantitative_training": 1}
    data(dataset, tiny_protocol(split=split)).read_everything()


@pytest.fixture(scope="module")
def partial(tmp_path_factory):
    """05 was on GE alone, 06 nowhere; 01 and 02 lack Philips, 03 lacks GE."""
    root = tmp_path_factory.mktemp("partial") / "dataset"
    write_dataset(root, subjects=("01", "02", "03", "04", "05", "06"), quantitative=())
    lost = [("01", "Philips"), ("02", "Philips"), ("03", "GE"), ("05", "Philips")]
    lost += [("05", "Siemens"), *(("06", on.name) for on in phantom.SCANNERS)]
    for subject, name in lost:
        t1w_path(root, subject, name).unlink()
    return data(root, tiny_protocol(split={"training": ("01", "02", "03"), "folds": (1, 2, 3)}))


class TestWherePeopleLackScanners:
    def test_who_takes_part(self, partial):
        assert partial.cohort.subjects == ("01", "02", "03", "04")
        assert partial.lacking == {"01": ["Philips"], "02": ["Philips"], "03": ["GE"]}
        assert partial.design.external == ("04",)
        assert partial.bystanders == [
            "sub-05 was scanned on GE alone here and takes no part.",
            "sub-06 has no T1w image of a scanner of the run and takes no part.",
        ]

    def test_a_pair_has_the_people_who_were_on_both(self, partial):
        first, _, third = partial.design.folds
        train, validation = partial.fold_cohorts(first, ("GE", "Siemens"))
        assert (train.subjects, validation.subjects) == (("02",), ("01",))
        train, validation = partial.fold_cohorts(first, ("Philips", "Siemens"))
        assert (train.subjects, validation) == (("03",), None)
        train, validation = partial.fold_cohorts(third, ("Philips", "Siemens"))
        assert (train.subjects, validation.subjects) == ((), ("03",))

    def test_a_method_of_all_scanners_has_everybody_it_can_learn_from(self, partial):
        names = tuple(partial.scanner_names)
        first, _, third = partial.design.folds
        train, validation = partial.fold_cohorts(first, names, whole=True)
        assert (train.subjects, validation.subjects) == (("02", "03"), ("01",))
        train, validation = partial.fold_cohorts(third, names, whole=True)
        assert [on.name for on in train.scanners] == ["GE", "Siemens"]
        # Of the two scanners that can be learned 03 was on one: nobody to choose by.
        assert validation is None

    def test_what_nobody_can_teach_is_said(self, partial):
        first, _, third = partial.design.folds
        assert partial.untrained(first, ("GE", "Siemens")) == {}
        found = partial.untrained(first, ("GE", "Philips"))
        assert list(found) == [("GE", "Philips"), ("Philips", "GE")]
        assert {*found.values()} == {"not trained: 1 person has both, none to learn from"}
        whole = partial.untrained(third, ("GE", "Philips", "Siemens"), whole=True)
        assert {*whole} == {
            (a, b) for a, b in permutations(("GE", "Philips", "Siemens"), 2) if "Philips" in (a, b)
        }
        assert partial.untrained(first, ("GE", "Philips", "Siemens"), whole=True) == {}

    def test_everything_that_is_there_is_read_and_no_more(self, partial):
        partial.read_everything()

    def test_nobody_on_two_scanners(self, tmp_path):
        root = write_dataset(tmp_path / "apart", subjects=("01", "02"), quantitative=())
        for subject, kept in (("01", "GE"), ("02", "Siemens")):
            for on in phantom.SCANNERS:
                if on.name != kept:
                    t1w_path(root, subject, on.name).unlink()
        with pytest.raises(InputError, match="nobody was on two of the scanners") as error:
            _ = data(root, pair_protocol()).cohort
        assert "\n" not in str(error.value)


class TestSplitOfTheDataset:
    """A dataset file names who is learned from and who is evaluated."""

    RULES = "[split]\ntraining = ['03', '01']\nexternal = ['02']\n"

    def dealt(self, root, *, rules=RULES, **split):
        opened = BidsDataset(root, rules=parse_dataset_file(rules, place="rules.toml"))
        asked = {"quantitative_training": 1, "quantitative_validation": 0} | split
        return RunData(opened, tiny_protocol(split=asked)).design

    def test_it_takes_the_place_of_numbers(self, shared_dataset):
        design = self.dealt(shared_dataset, training=2, external=1, folds=[1])
        assert set(design.folds[0].train + design.folds[0].validation) == {"01", "03"}
        assert design.external == ("02",)

    def test_names_in_the_protocol_come_first(self, shared_dataset):
        names = {"training": ["01", "02"], "external": ["03"], "folds": [1]}
        assert self.dealt(shared_dataset, **names).external == ("03",)

    def test_who_asks_for_nobody_gets_nobody(self, shared_dataset):
        assert self.dealt(shared_dataset, training=2, external=0, folds=[1]).external == ()

    def test_somebody_who_is_not_there(self, shared_dataset):
        wrong = "[split]\ntraining = ['01', '77']\n"
        with pytest.raises(InputError, match="77"):
            self.dealt(shared_dataset, rules=wrong, training=2, external="rest", folds=[1])
