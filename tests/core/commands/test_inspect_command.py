"""`phycharm inspect` and `phycharm datasets`: what is understood, and what to type next."""

import json

import pytest

from phycharm.data.bids import scan_reader
from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.datasets.dataset_file import load_dataset_file
from phycharm.data.datasets.shipped import shipped, shipped_names

from support import trees
from support.trees import GE, SIEMENS, TRIO, grow, masks, put, t1w

ANNEX = "../../../../.git/annex/objects/x1/MD5E-s3--a.nii.gz/MD5E-s3--a.nii.gz"
NINE = {t1w(f"{n}", s): f for n in range(9) for s, f in (("A", SIEMENS), ("B", GE))}


@pytest.fixture
def told(call):
    """Return what `inspect --json` says, and its exit code."""

    def run(*arguments):
        code, out, _ = call("inspect", *arguments, "--json")
        return json.loads(out), code

    return run


def test_text_says_scanners_people_and_the_next_command(call, tmp_path):
    root = grow(tmp_path / "d", trees.scanner_and_repeat())
    code, out, err = call("inspect", root)
    assert (code, err) == (0, "")
    assert r"(?P<scanner>.*\D)(?P<repeat>\d+)" in out
    row = next(line for line in out.splitlines() if line.startswith("LIP1PRI"))
    assert row.split()[1:5] == ["Siemens", "Prisma", "3", "T"]
    assert "4 people: JEN1ACH - JEN3GEM" in out
    assert "3 people: JEN1ACH - LIP3TRI" in out
    assert out.splitlines()[-1] == f"Next: phycharm preprocess {root} d-preprocessed"


def test_facts(told, tmp_path):
    facts, code = told(grow(tmp_path / "d", trees.scanner_and_repeat()))
    assert code == 0
    assert facts["people"]["10"] == {"JEN1ACH": 2, "JEN3GEM": 2, "LIP1PRI": 2, "LIP3TRI": 2}
    gem = facts["scanners"]["JEN3GEM"]
    assert gem["acquisition"]["inversion_time"]["value"] == 450
    assert gem["acquisition"]["inversion_time"]["from"].endswith("_T1w.json (InversionTime)")
    assert gem["acquisition"]["repetition_time"]["value"] is None
    assert gem["repeated"] == 1
    assert {"scanners": ["LIP1PRI", "LIP3TRI"], "people": 3} in facts["pairs"]
    assert facts["grids"]["sizes"] == {"6 x 5 x 4 of 3 x 3 x 3 mm": 15}
    assert facts["quantitative"]["people"] == []
    assert any("no brain mask" in line for line in facts["obstacles"])
    assert any("JEN1ACH: inversion_time" in note for note in facts["notes"])


def test_no_voxel_is_read(call, tmp_path, monkeypatch):
    root = grow(tmp_path / "d", NINE)
    masks(root)

    def never(*_, **__):
        raise AssertionError("a volume was read")

    monkeypatch.setattr(scan_reader, "read_volume", never)
    assert call("inspect", root)[0] == 0


def test_ready_for_a_benchmark(told, tmp_path):
    root = grow(tmp_path / "d", NINE)
    masks(root)
    facts, code = told(root)
    assert (code, facts["obstacles"]) == (0, [])
    assert facts["next"] == f"phycharm benchmark quick --dataset {root}"
    few = grow(tmp_path / "few", {k: v for k, v in NINE.items() if k < "sub-5"})
    masks(few)
    assert told(few)[0]["next"] == f"phycharm benchmark smoke --dataset {few}"


def test_content_that_is_not_there_is_told_from_damage(told, tmp_path):
    root = grow(tmp_path / "d", NINE)
    masks(root)
    path = root / t1w("0", "A")
    path.unlink()
    path.symlink_to(ANNEX)
    (root / t1w("1", "A")).write_bytes(b"damaged")
    facts, code = told(root)
    assert code == 0
    assert facts["content"]["not_fetched"] == [t1w("0", "A")]
    assert facts["next"] == f"(cd {root} && datalad get sub-*/*/*/*_T1w.nii.gz)"
    damaged = [line for line in facts["obstacles"] if t1w("1", "A") in line]
    assert damaged and "fetched" not in damaged[0]


def test_nothing_can_be_done(call, told, tmp_path):
    facts, code = told(grow(tmp_path / "d", {t1w("1", "A"): {}}))
    assert (code, facts["usable"], facts["next"]) == (2, False, "")
    assert call("inspect", grow(tmp_path / "empty", {}))[0] == 2


def test_no_dataset(refused, tmp_path):
    assert "no such folder" in refused("inspect", tmp_path / "none")
    (tmp_path / "empty").mkdir()
    assert "dataset_description.json" in refused("inspect", tmp_path / "empty")


def test_values_in_other_units_stand_in_the_way(told, tmp_path):
    files = NINE | {t1w("3", "B"): GE | {"InversionTime": 450}}
    facts, _ = told(grow(tmp_path / "d", files))
    assert any("seems to be in ms" in line for line in facts["obstacles"])


def test_maps_only(told, tmp_path):
    facts, code = told(grow(tmp_path / "d", trees.maps_by_acq()))
    assert code == 0
    assert facts["quantitative"]["people"] == ["P001", "P002"]
    assert facts["quantitative"]["maps_from"] == {"raw data": 2}
    assert any("no travellers" in line for line in facts["obstacles"])
    masked = grow(tmp_path / "masked", trees.maps_by_acq())
    masks(masked)
    assert told(masked)[0]["next"].startswith("phycharm train-maps")


def test_a_changed_protocol_is_told_with_its_scans(told, tmp_path):
    files = NINE | {t1w("3", "A"): SIEMENS | {"InversionTime": 1.1}}
    facts, _ = told(grow(tmp_path / "d", files))
    assert any(t1w("3", "A") in note and "[[divide]]" in note for note in facts["notes"])
    first, second = facts["scanners"]["A"]["protocols"]
    assert (first["inversion_time"], second["inversion_time"]) == (900, 1100)
    assert second["scans"] == [t1w("3", "A")]


def test_one_machine_under_two_labels_is_told(told, tmp_path):
    serial = {"DeviceSerialNumber": "4711"}
    files = {t1w("1", s): SIEMENS | serial for s in ("before", "after")}
    notes = told(grow(tmp_path / "d", files))[0]["notes"]
    assert any("after and before are one machine" in note and "4711" in note for note in notes)


def test_what_is_left_out_is_told(told, tmp_path):
    root = grow(tmp_path / "d", NINE)
    put(root / t1w("1", "A", "part-phase"))
    put(root / "sub-1/ses-A/anat/msub-1_ses-A_T1w.nii")
    facts, _ = told(root)
    assert facts["left_out"]["no_plain_t1w"] == [t1w("1", "A", "part-phase")]
    assert facts["left_out"]["names_not_of_bids"] == ["sub-1/ses-A/anat/msub-1_ses-A_T1w.nii"]


class TestWriting:
    def test_what_is_written_means_the_same(self, call, told, tmp_path):
        root = grow(tmp_path / "d", trees.person_in_session())
        file = tmp_path / "rules.toml"
        code, out, _ = call("inspect", root, "--write", file)
        assert (code, out.splitlines()[-1]) == (0, f"Dataset file: {file}")
        before, after = BidsDataset(root), BidsDataset(root, rules=file)
        assert before.contents.scans.chosen == after.contents.scans.chosen
        facts, _ = told(root, "--dataset-file", file)
        assert facts["next"].endswith(f"--dataset-file {file}")

    def test_comments_become_rules_when_uncovered(self, call, tmp_path):
        files = NINE | {t1w("3", "A"): SIEMENS | {"InversionTime": 1.1}}
        root = grow(tmp_path / "d", files)
        file = tmp_path / "rules.toml"
        call("inspect", root, "--write", file)
        text = file.read_text()
        for line in ("[[divide]]", "scanner =", "into =", "where =", "[split]", "training ="):
            assert f"# {line}" in text
            text = text.replace(f"# {line}", line)
        file.write_text(text)
        opened = BidsDataset(root, rules=file)
        assert ("3", "Aprotocol2") in opened.contents.scans.chosen
        assert opened.rules.split.training == ("0", "1", "2", "3")

    def test_two_machines_under_one_label_can_be_divided(self, call, told, tmp_path):
        files = NINE | {t1w("3", "A"): TRIO}
        root = grow(tmp_path / "d", files)
        assert any("several machines" in note for note in told(root)[0]["notes"])
        file = tmp_path / "rules.toml"
        call("inspect", root, "--write", file)
        text = file.read_text()
        for line in ("[[divide]]", "scanner =", "into =", "where ="):
            text = text.replace(f"# {line}", line)
        file.write_text(text)
        facts, _ = told(root, "--dataset-file", file)
        assert facts["scanners"]["ATrioTim"]["people"] == 1

    def test_a_choice_of_sequence_is_offered(self, call, told, tmp_path):
        root = grow(tmp_path / "d", trees.two_sequences())
        facts, code = told(root)
        assert code == 0
        assert "acq-fspgr, acq-mprage" in facts["obstacles"][0]
        assert facts["next"] == f"phycharm inspect {root} --write d.toml"
        file = tmp_path / "rules.toml"
        call("inspect", root, "--write", file)
        file.write_text(
            file.read_text().replace('# sequence = "acq-..."', 'sequence = "acq-mprage"')
        )
        facts, _ = told(root, "--dataset-file", file)
        assert facts["conflicts"] == []
        assert set(facts["scanners"]) == {"north", "south"}

    def test_a_file_that_is_there_is_kept(self, refused, tmp_path):
        root = grow(tmp_path / "d", NINE)
        file = tmp_path / "rules.toml"
        file.write_text("name = 'mine'")
        assert "there already" in refused("inspect", root, "--write", file)
        assert load_dataset_file(file).name == "mine"


class TestShipped:
    @pytest.mark.parametrize(
        ("name", "session", "scanner", "repeat"),
        [
            ("on-harmony", "OXF3TRI002", "OXF3TRI", "002"),
            ("spins", "Y3MRP", "MRP", "3"),
            ("sdsu-ts", "cfmri2", "cfmri", "2"),
            ("thp", "THP0001CCF1", "CCF", "1"),
            ("srpbs-ts", "siteATT", "ATT", ""),
        ],
    )
    def test_sessions(self, tmp_path, name, session, scanner, repeat):
        person = "THP0001" if name == "thp" else "01"
        sequence = "acq-mprage" if name == "sdsu-ts" else ""
        root = grow(tmp_path / "d", [t1w(person, session, sequence)])
        ((key, (scan,)),) = BidsDataset(root, rules=shipped(name)).contents.scans.chosen.items()
        assert (key, scan.repeat) == ((person, scanner), repeat)

    @pytest.mark.parametrize(
        ("path", "name", "description"),
        [
            (t1w("01", "OXF3TRI001"), "ON-Harmony", {}),
            (t1w("01", "Y1CMH", "run-1"), "SPINS travelling human phantoms", {}),
            (t1w("THP0001", "THP0001CCF1", "run-01"), "Traveling Human Phantom", {}),
            (t1w("ts001", "cfmri1", "acq-mprage"), "SDSU-TS", {}),
            (t1w("HC001", "01", "run-1"), "MICA-MICs", {}),
            (t1w("01", "a"), "ON-Harmony", {"DatasetDOI": "doi:10.18112/openneuro.ds004712.v2"}),
        ],
    )
    def test_recognised(self, tmp_path, path, name, description):
        opened = BidsDataset(grow(tmp_path / "d", [path], **description))
        told, _ = opened.contents._told
        assert told.name == name

    def test_a_file_that_places_nothing_gives_way_to_the_labels(self, tmp_path):
        files = [t1w(p, s) for p in ("1", "2") for s in ("north", "south")]
        opened = BidsDataset(grow(tmp_path / "d", files, name="ON-Harmony, renamed"))
        assert [s.name for s in opened.travelling().scanners] == ["north", "south"]

    def test_catalogue(self, call):
        code, out, err = call("datasets")
        assert (code, err) == (0, "")
        assert all(f"{name}: " in out for name in shipped_names())
        assert "openneuro-py download --dataset=ds004712" in out
        assert "Size: not stated" in out
