"""Datasets as they are published: names become scanners, repeats and people by rules."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.datasets.dataset_file import DatasetFile, parse_dataset_file
from phycharm.data.datasets.shipped import shipped, shipped_names
from phycharm.errors import InputError

from support import bids_folder, trees
from support.trees import GE, PHILIPS, SIEMENS, TRIO, grow, masks, put, t1w


def refusal(action):
    with pytest.raises(InputError) as error:
        action()
    text = str(error.value)
    assert "\n" not in text
    return text


def names(cohort):
    return [scanner.name for scanner in cohort.scanners]


class TestScannerAndRepeat:
    @pytest.fixture
    def opened(self, tmp_path):
        return BidsDataset(grow(tmp_path / "d", trees.scanner_and_repeat()))

    def test_scanners_and_people(self, opened):
        cohort = opened.travelling()
        assert names(cohort) == ["JEN1ACH", "JEN3GEM", "LIP1PRI", "LIP3TRI"]
        assert cohort.subjects == ("10", "11", "12", "13")
        assert cohort.people("LIP1PRI", "LIP3TRI") == ("10", "11", "12")

    def test_only_repeats_are_repeats(self, opened):
        assert opened.has_repeat("10", "LIP1PRI")
        assert not opened.has_repeat("11", "LIP1PRI")
        assert not opened.files("mask")

    def test_times_are_what_sidecars_say_or_unknown(self, opened):
        known = {s.name: s.acquisition for s in opened.travelling().scanners}
        assert known["LIP1PRI"].missing == ()
        assert known["JEN3GEM"].missing == ("repetition_time",)
        assert known["JEN1ACH"].missing == ("inversion_time", "repetition_time")
        assert known["JEN1ACH"].readouts == 208

    def test_only_first_visits(self, tmp_path):
        files = {k: v for k, v in trees.scanner_and_repeat().items() if "002" not in k}
        assert "LIP1PRI" in names(BidsDataset(grow(tmp_path / "d", files)).travelling())

    def test_a_repeat_is_read(self, tmp_path):
        root = grow(tmp_path / "d", trees.scanner_and_repeat())
        masks(root)
        opened = BidsDataset(root)
        again = opened.rescan(opened.travelling().scan("10", "LIP1PRI"))
        assert (again.session, again.scanner.name) == ("LIP1PRI002", "LIP1PRI")


def test_year_and_site(tmp_path):
    opened = BidsDataset(grow(tmp_path / "d", trees.year_and_site()))
    cohort = opened.travelling()
    assert names(cohort) == ["BER", "ULM", "ULP"]
    assert cohort.people("BER") == ("01", "02", "03")  # the third from the second year
    again = opened.contents.repeat("01", "ULM")
    assert (again.session, again.run) == ("Y1ULM", 2)
    assert opened.contents.repeat("01", "BER").session == "Y2BER"


def test_a_site_whose_scanner_changed_is_not_merged(tmp_path):
    # The same label in both years, and another machine: then years are no repeats.
    files = trees.year_and_site()
    files |= {key.replace("Y3ULP", "Y3ULM"): v for key, v in files.items() if "Y3ULP" in key}
    files = {key: value for key, value in files.items() if "Y3ULP" not in key}
    opened = BidsDataset(grow(tmp_path / "d", files))
    assert "Y3ULM" in names(opened.travelling())


def test_person_in_the_session_label(tmp_path):
    opened = BidsDataset(grow(tmp_path / "d", trees.person_in_session()))
    assert names(opened.travelling()) == ["CCF", "JHU"]
    again = opened.contents.repeat("THQ0001", "CCF")
    assert (again.session, again.run) == ("THQ0001CCF1", 2)


class TestUnknownShapes:
    def test_plain_labels_stay_scanners(self, tmp_path):
        files = {t1w(p, s): {} for p in ("1", "2") for s in ("GE", "Siemens1", "Siemens2")}
        opened = BidsDataset(grow(tmp_path / "d", files))
        assert names(opened.travelling()) == ["GE", "Siemens1", "Siemens2"]

    def test_two_machines_of_one_model_by_serial_number(self, tmp_path):
        files = {}
        for person in ("1", "2"):
            for label in ("PRI1", "PRI2", "TRI1", "TRI2"):
                own = SIEMENS if "PRI" in label else TRIO
                files[t1w(person, label)] = own | {"DeviceSerialNumber": f"9{label}"}
        assert len(BidsDataset(grow(tmp_path / "d", files)).travelling().scanners) == 4

    def test_test_and_retest(self, tmp_path):
        files = {t1w("1", s + r): {} for s in ("Trio", "Signa") for r in ("test", "retest")}
        opened = BidsDataset(grow(tmp_path / "d", files))
        assert names(opened.travelling()) == ["Signa", "Trio"]
        assert opened.has_repeat("1", "Trio")

    def test_sessions_that_count_are_named_by_sidecars(self, tmp_path):
        order = {"01": (GE, SIEMENS, PHILIPS), "02": (PHILIPS, GE, SIEMENS), "03": (GE, GE, TRIO)}
        files = {
            t1w(person, f"{number:02d}"): fields
            for person, own in order.items()
            for number, fields in enumerate(own, start=1)
        }
        opened = BidsDataset(grow(tmp_path / "d", files))
        cohort = opened.travelling()
        assert len(cohort.scanners) == 4
        assert cohort.people("GEDISCOVERYMR750") == ("01", "02", "03")
        assert opened.has_repeat("03", "GEDISCOVERYMR750")
        assert "sidecars" in opened.rules_source

    def test_follow_up_on_one_machine_is_no_scanner(self, tmp_path):
        files = {t1w(p, f"{n}"): SIEMENS for p in ("1", "2") for n in (1, 2)}
        assert "no scanner pair" in refusal(BidsDataset(grow(tmp_path / "d", files)).travelling)

    def test_scanners_as_acq_without_sessions(self, tmp_path):
        files = {
            t1w(person, "", f"acq-{name}"): fields
            for person in ("1", "2")
            for name, fields in (("ge", GE), ("siemens", SIEMENS))
        }
        assert names(BidsDataset(grow(tmp_path / "d", files)).travelling()) == ["ge", "siemens"]

    def test_scanner_in_the_person_s_label(self, tmp_path):
        files = {t1w(f"P0{n}{site}", ""): {} for n in (1, 2) for site in ("Bonn", "Ulm")}
        root = grow(tmp_path / "d", files)
        masks(root)
        cohort = BidsDataset(root).travelling()
        assert cohort.subjects == ("P01", "P02")
        assert names(cohort) == ["Bonn", "Ulm"]
        assert cohort.scan("P01", "Ulm").mask.any()

    def test_no_description(self, tmp_path):
        root = grow(tmp_path / "d", {t1w(p, s): {} for p in ("1", "2") for s in ("A", "B")})
        (root / "dataset_description.json").unlink()
        assert names(BidsDataset(root).travelling()) == ["A", "B"]


class TestTwoSequences:
    @pytest.fixture
    def root(self, tmp_path):
        return grow(tmp_path / "d", trees.two_sequences())

    def test_nobody_s_choice_is_refused(self, root):
        said = refusal(BidsDataset(root).travelling)
        assert "acq-fspgr, acq-mprage" in said
        assert "--dataset-file" in said

    @pytest.mark.parametrize(("chosen", "time"), [("acq-mprage", 1060.0), ("acq-fspgr", 450.0)])
    def test_a_dataset_file_chooses(self, root, chosen, time):
        rules = DatasetFile.model_validate({
            "sessions": {"pattern": r"(?P<scanner>north|south)(?P<repeat>\d)"},
            "scanners": {"north": {"sequence": chosen}},
        })  # fmt: skip
        opened = BidsDataset(root, rules=rules)
        assert opened.travelling().scanner("north").acquisition.inversion_time == time
        again = opened.contents.repeat("01", "north")
        assert chosen in again.path.name
        assert again.session == "north2"

    def test_fallback_of_a_preference(self, root):
        rules = DatasetFile.model_validate({"sequence": ["acq-fspgr", "acq-mprage"]})
        files = BidsDataset(root, rules=rules).files("T1w")
        assert "acq-fspgr" in files["01", "north1"].name
        assert "acq-mprage" in files["01", "south1"].name

    def test_people_with_different_sequences_are_told(self, tmp_path):
        files = {t1w(p, s, f"acq-{p}"): {} for p in ("x", "y") for s in ("A", "B")}
        with pytest.warns(UserWarning, match="different sequences") as caught:
            BidsDataset(grow(tmp_path / "d", files)).travelling()
        told = [str(one.message) for one in caught]
        assert ["on A" in told[0], "on B" in told[1], "acq-x" in told[0]] == [True] * 3

    def test_contrast_agent_is_passed_over(self, tmp_path):
        files = [t1w("1", s, e) for s in ("A", "B") for e in ("", "ce-gad")]
        opened = BidsDataset(grow(tmp_path / "d", files))
        assert all("ce-" not in path.name for path in opened.files("T1w").values())
        assert not opened.has_repeat("1", "A")


class TestOddNames:
    @pytest.fixture
    def root(self, tmp_path):
        root = grow(tmp_path / "d", {t1w(p, s): {} for p in ("1", "2") for s in ("A", "B")})
        masks(root)
        return root

    @pytest.mark.parametrize(
        "odd",
        ["part-phase", "part-real", "echo-2", "desc-preproc", "space-MNI", "dir-AP", "new-1"],
    )
    def test_what_is_no_plain_t1w_is_no_repeat(self, root, odd):
        put(root / t1w("1", "A", odd))
        opened = BidsDataset(root)
        assert not opened.has_repeat("1", "A")
        assert odd not in opened.files("T1w")["1", "A"].name
        assert [image.path.name for image in opened.contents.scans.passed_over]

    def test_magnitude_is_the_image(self, root):
        for suffix in (".nii.gz", ".json"):
            old = root / t1w("1", "A", extension=suffix)
            old.rename(root / t1w("1", "A", "part-mag", extension=suffix))
        put(root / t1w("1", "A", "part-phase"))
        opened = BidsDataset(root)
        assert "part-mag" in opened.files("T1w")["1", "A"].name
        assert opened.travelling().scan("1", "A").mask.any()
        assert not opened.has_repeat("1", "A")

    @pytest.mark.parametrize(
        "litter",
        [
            "sub-1/ses-A/anat/msub-1_ses-A_T1w.nii",
            "sub-1/ses-A/anat/._sub-1_ses-A_T1w.nii.gz",
            "sub-1/ses-A/anat/sub-1_ses-A_T1w_brain.nii.gz",
            "sub-1/ses-A/anat/sub-1_ses-A_T1w.nii.gz.bak",
            "sub-1/ses-A/anat/old/sub-1_ses-A_T1w.nii.gz",
            "sub-1/ses-A_old/anat/sub-1_ses-A_T1w.nii.gz",
            "sub-1_old/ses-A/anat/sub-1_ses-A_run-2_T1w.nii.gz",
            "sub-1/ses-A/func/sub-1_ses-A_run-2_T1w.nii.gz",
        ],
    )
    def test_litter_is_ignored(self, root, litter):
        before = BidsDataset(root).checksums
        put(root / litter)
        opened = BidsDataset(root)
        assert opened.checksums == before
        assert names(opened.travelling()) == ["A", "B"]

    @pytest.mark.parametrize("twin", ["", "run-1", "run-01"])
    def test_two_files_of_one_image_are_refused(self, root, twin):
        if twin:
            put(root / t1w("1", "A", "run-1"))
            put(root / t1w("1", "A", "run-001"))
        else:
            put(root / t1w("1", "A", extension=".nii"))
        assert "remove one" in refusal(BidsDataset(root).travelling)

    def test_runs_are_counted_as_numbers(self, root):
        for run in (10, 2):
            put(root / t1w("1", "A", f"run-{run}"))
        assert BidsDataset(root).contents.repeat("1", "A").run == 2


class TestMasks:
    @pytest.fixture
    def root(self, tmp_path):
        return grow(tmp_path / "d", {t1w(p, s): {} for p in ("1", "2") for s in ("A", "B")})

    def mask(self, root, name, pipeline="x"):
        return put(root / "derivatives" / pipeline / "sub-1" / "anat" / f"{name}_mask.nii.gz")

    @pytest.mark.parametrize("odd", ["task-rest", "space-MNI152", "res-2", "label-GM"])
    def test_masks_of_something_else(self, root, odd):
        self.mask(root, f"sub-1_ses-A_{odd}_desc-brain")
        said = refusal(lambda: BidsDataset(root).travelling().scan("1", "A"))
        assert "no brain mask" in said
        assert "mask of something else" in said

    def test_a_mask_of_the_person_is_taken_and_told(self, root):
        own = self.mask(root, "sub-1_desc-brain")
        cohort = BidsDataset(root).travelling()
        with pytest.warns(UserWarning, match=f"{own.name}.* no ses-") as caught:
            assert all(cohort.scan("1", on).mask.any() for on in ("A", "B"))
        assert len(caught) == 1

    def test_the_closest_mask_is_taken(self, root):
        put(root / t1w("1", "A", "run-1"))
        (root / t1w("1", "A")).unlink()
        self.mask(root, "sub-1_desc-brain")
        self.mask(root, "sub-1_ses-A_desc-brain")
        own = self.mask(root, "sub-1_ses-A_run-01_desc-brain")
        self.mask(root, "sub-1_ses-A_run-02_desc-brain")
        assert BidsDataset(root).files("mask")["1", "A"] == own

    def test_two_pipelines_are_told_and_one_chosen(self, root):
        masks(root, pipeline="hdbet")
        masks(root, pipeline="fmriprep")
        said = refusal(lambda: BidsDataset(root).files("mask"))
        assert "derivatives/fmriprep" in said and "derivatives/hdbet" in said
        rules = DatasetFile.model_validate({"masks": {"folder": "derivatives/hdbet"}})
        found = BidsDataset(root, rules=rules).files("mask")
        assert {path.relative_to(root).parts[1] for path in found.values()} == {"hdbet"}

    def test_masks_beside_the_images_of_a_derivative(self, root):
        grow(root, {}, DatasetType="derivative")
        put(root / "sub-1/ses-A/anat/sub-1_ses-A_desc-brain_mask.nii.gz")
        assert BidsDataset(root).files("mask").keys() == {("1", "A")}


class TestMaps:
    def test_maps_by_acq(self, tmp_path):
        root = grow(tmp_path / "d", trees.maps_by_acq())
        masks(root)
        rules = {"quantitative": {"inversion_time": 2830, "repetition_time": 5000}}
        opened = BidsDataset(root, rules=DatasetFile.model_validate(rules))
        assert opened.quantitative().subjects == ("P001", "P002")
        assert opened.files("T1map")["P001", "01"].name.endswith("acq-mp2rage_T1map.nii.gz")
        assert opened.files("inv-2")["P001", "01"].name.endswith("acq-inv2_T1map.nii.gz")
        assert np.isfinite(opened.quantitative().read("P001").m0).all()
        assert "T1 map" in refusal(opened.travelling)

    def test_inversion_times_that_nobody_says(self, tmp_path):
        root = grow(tmp_path / "d", trees.maps_by_acq())
        masks(root)
        said = refusal(lambda: BidsDataset(root).quantitative().read("P001"))
        assert "inversion_time" in said and "acq-inv2" in said

    @pytest.mark.parametrize("names", [("inv-1", "inv-2"), ("inv-1_part-mag", "inv-2_part-mag")])
    def test_bids_of_today(self, tmp_path, names):
        files = [t1w("Q", "1"), t1w("Q", "1", suffix="UNIT1"), t1w("Q", "1", suffix="T1map")]
        files += [t1w("Q", "1", name, suffix="MP2RAGE") for name in names]
        files += [t1w("Q", "1", "inv-2_part-phase", suffix="MP2RAGE")]
        root = grow(tmp_path / "d", files)
        masks(root)
        times = '{"InversionTime": [0.94, 2.83], "RepetitionTimePreparation": 5}'
        (root / "MP2RAGE.json").write_text(times)
        opened = BidsDataset(root)
        assert names[1] in opened.files("inv-2")["Q", "1"].name
        assert opened.quantitative().read("Q").t1.any()

    def test_maps_of_derivatives(self, tmp_path):
        root = grow(tmp_path / "d", [t1w("Q", "1"), t1w("Q", "1", "inv-2", suffix="MP2RAGE")])
        own = put(root / "derivatives/qmri" / t1w("Q", "1", suffix="T1map"))
        put(root / "derivatives/truth/sub-1/anat/sub-1_T1map.nii.gz")
        opened = BidsDataset(root)
        assert opened.quantitative().subjects == ("Q",)
        assert opened.files("T1map") == {("Q", "1"): own}

    def test_two_folders_of_maps(self, tmp_path):
        root = grow(tmp_path / "d", [t1w("Q", "1"), t1w("Q", "1", "inv-2", suffix="MP2RAGE")])
        for pipeline in ("a", "b"):
            put(root / "derivatives" / pipeline / t1w("Q", "1", suffix="T1map"))
        assert "several T1map" in refusal(BidsDataset(root).quantitative)
        rules = DatasetFile.model_validate({"quantitative": {"folder": "derivatives/b"}})
        opened = BidsDataset(root, rules=rules)
        assert "/b/" in opened.files("T1map")["Q", "1"].as_posix()

    def test_travellers_with_maps_can_travel(self, tmp_path):
        files = [t1w("1", s, suffix=x) for s in ("A", "B") for x in ("T1w", "T1map")]
        root = grow(tmp_path / "d", files)
        assert "all 1 people" in refusal(BidsDataset(root).travelling)
        rules = DatasetFile.model_validate({"quantitative": {"people": []}})
        assert BidsDataset(root, rules=rules).travelling().subjects == ("1",)


class TestLayout:
    @pytest.fixture
    def root(self, tmp_path):
        root = tmp_path / "data"
        for person in ("Sub1", "Sub2"):
            for scanner in ("GE", "Philips", "Siemens"):
                put(root / f"T1w/{person}/{scanner}/{person}_{scanner[0]}.nii.gz", SIEMENS)
                put(root / f"mask/{person}/{scanner}/{person}_{scanner[0]}_mask.nii.gz")
        return root

    def test_is_recognised_and_read(self, root):
        opened = BidsDataset(root)
        cohort = opened.travelling()
        assert cohort.subjects == ("Sub1", "Sub2")
        assert names(cohort) == ["GE", "Philips", "Siemens"]
        assert cohort.scanner("GE").acquisition.inversion_time == 900.0
        assert cohort.scan("Sub1", "GE").mask.any()
        assert len(opened.checksums) == 18

    def test_one_mask_for_a_person(self, root):
        shutil.rmtree(root / "mask")
        put(root / "mask/Sub1/Sub1_mask.nii.gz")
        with pytest.warns(UserWarning, match="no ses-"):
            assert BidsDataset(root).travelling().scan("Sub1", "GE").mask.any()


NINE = {t1w(p, s): SIEMENS for p in ("1", "2", "3") for s in ("A", "B", "C")}


DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "datasets.md"


@pytest.mark.skipif(not DOCUMENT.is_file(), reason="the wheel has no documents")
def test_the_document_s_examples_are_dataset_files():
    blocks = re.findall(r"^```toml\n(.*?)^```", DOCUMENT.read_text("utf-8"), re.M | re.S)
    example, layout = (parse_dataset_file(block, place="datasets.md") for block in blocks)
    # What the example leaves out, the other one shows, or a shipped file has.
    shown = {key for one in (example, layout) for key in one.record()}
    assert shown == set(DatasetFile.model_fields) - {"about", "recognise"}


class TestDatasetFile:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("nmae = 'x'", "nmae"),
            ("[sessions]\npattern = '('", "regular expression"),
            ("[sessions]\npattern = '.*'", "scanner"),
            ("[scanners.A]\ninversion = 3", "inversion"),
            ("[[divide]]\nscanner='A'\ninto='B'", "divide"),
            ("name = ", "TOML"),
        ],
    )
    def test_what_it_cannot_say(self, text, said):
        assert said in refusal(lambda: parse_dataset_file(text, place="x.toml"))

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("[scanners.D]\nmanufacturer = 'GE'", "scanners.D"),
            ("sequence = 'acq-mprage'", "acq-mprage"),
            ("[exclude]\npeople = ['9']", "'9'"),
            ("[split]\ntraining = ['1', '7']", "'7'"),
            ("[masks]\nfolder = 'derivatives/none'", "none"),
            ("[[divide]]\nscanner='A'\ninto='A2'\nsessions=['Z']", "A2"),
        ],
    )
    def test_what_is_not_there(self, tmp_path, text, said):
        root = grow(tmp_path / "d", NINE)
        file = tmp_path / "rules.toml"
        file.write_text(text)
        text = refusal(lambda: BidsDataset(root, rules=file))
        assert said in text and "rules.toml" in text

    def test_no_such_file(self, tmp_path):
        root = grow(tmp_path / "d", NINE)
        assert "inspect" in refusal(lambda: BidsDataset(root, rules=tmp_path / "no.toml"))

    def test_pattern_that_fits_nothing(self, tmp_path):
        root = grow(tmp_path / "d", NINE)
        rules = DatasetFile.model_validate({"sessions": {"pattern": "(?P<scanner>Z)"}})
        assert "9 T1w images are of no scanner" in refusal(
            BidsDataset(root, rules=rules).travelling
        )

    def test_exclusions(self, tmp_path):
        root = grow(tmp_path / "d", NINE)
        out = {"people": ["3"], "sessions": ["sub-1/ses-A"], "files": ["sub-2/ses-B/*/*.nii.gz"]}
        cohort = BidsDataset(root, rules=DatasetFile.model_validate({"exclude": out})).travelling()
        assert cohort.subjects == ("1", "2")
        held = {(who, on) for who in "12" for on in "ABC" if cohort.has(who, on)}
        assert held == {("1", "B"), ("1", "C"), ("2", "A"), ("2", "C")}

    def test_acquisitions_and_who_wins(self, tmp_path):
        root = grow(tmp_path / "d", NINE)
        given = {"inversion_time": 880, "manufacturer": "Signa"}
        rules = DatasetFile.model_validate({"scanners": {"A": given}})
        opened = BidsDataset(root, rules=rules, acquisitions={"A": {"echo_time": 5.0}})
        scanner = opened.travelling().scanner("A")
        assert scanner.manufacturer == "Signa"
        assert scanner.acquisition.inversion_time == 880
        assert scanner.acquisition.echo_time == 5.0
        assert scanner.acquisition.repetition_time == 2300.0

    @pytest.mark.parametrize(
        "which", [{"where": {"InversionTime": 1.1}}, {"people": ["3"]}, {"sessions": ["A"]}]
    )
    def test_a_scanner_that_changed_is_divided(self, tmp_path, which):
        files = NINE | {t1w("3", "A"): SIEMENS | {"InversionTime": 1.105}}
        root = grow(tmp_path / "d", files)
        with pytest.warns(UserWarning, match="sub-3_ses-A"):
            BidsDataset(root).travelling()
        rules = {"divide": [{"scanner": "A", "into": "A2", **which}]}
        opened = BidsDataset(root, rules=DatasetFile.model_validate(rules))
        held = {who for who in "123" if opened.contents.scans.chosen.get((who, "A2"))}
        assert held == ({"1", "2", "3"} if "sessions" in which else {"3"})

    def test_it_is_part_of_the_fingerprint(self, tmp_path):
        root = grow(tmp_path / "d", NINE)
        rules = DatasetFile.model_validate({"scanners": {"A": {"inversion_time": 880}}})
        assert BidsDataset(root).fingerprint != BidsDataset(root, rules=rules).fingerprint


def test_times_that_wander_by_a_per_cent_are_one_protocol(tmp_path):
    files = {
        t1w(f"{n}", s): PHILIPS | {"EchoTime": 0.0032 * (1 + n / 100)}
        for n in range(4)
        for s in ("A", "B")
    }
    assert len(BidsDataset(grow(tmp_path / "d", files)).travelling().scanners) == 2


@pytest.mark.parametrize("name", [n for n in shipped_names() if shipped(n).recognise.names])
def test_what_was_preprocessed_is_read_by_its_own_names(tmp_path, name):
    """Its title is still the raw dataset's, whose dataset file would look for other names."""
    signs = shipped(name).recognise
    root = bids_folder.write_dataset(tmp_path / "brains")
    description = {
        "Name": f"{signs.names[0]}, preprocessed",
        "BIDSVersion": "1.10.0",
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "phycharm preprocess"}],
    }
    bids_folder.write_json(root / "dataset_description.json", description)
    dataset = BidsDataset(root)
    assert dataset.quantitative_people == {"Q1", "Q2"}
    assert {scanner.name for scanner in dataset.travelling().scanners} == {
        "GE", "Philips", "Siemens",
    }  # fmt: skip
