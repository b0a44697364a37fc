import csv
import hashlib
import json
import shutil
import subprocess
import sysconfig
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.nifti import read_image, read_volume
from phycharm.errors import InputError
from phycharm.simulate import simulate_dataset
from phycharm.simulate.people.anatomy import TISSUES

SMALL = {"subjects": 1, "quantitative_subjects": 0, "voxel_size": 8.0, "scanners": ("GE",)}


def checksums(folder):
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def anat(dataset, subject, session, suffix):
    person = f"sub-{subject}"
    return dataset / person / f"ses-{session}" / "anat" / f"{person}_ses-{session}_{suffix}"


def test_everything_lies_where_bids_has_it(dataset):
    files = set(checksums(dataset))
    expected = {"README", "dataset_description.json", "participants.json", "participants.tsv"}
    for subject in ("01", "02"):
        for session in ("GE", "Siemens"):
            stem = f"sub-{subject}/ses-{session}/anat/sub-{subject}_ses-{session}"
            expected |= {f"{stem}_T1w.nii.gz", f"{stem}_T1w.json"}
            mask = f"derivatives/masks/{stem}_desc-brain_mask"
            expected |= {f"{mask}.nii.gz", f"{mask}.json"}
    stem = "sub-Q01/ses-QUANT/anat/sub-Q01_ses-QUANT"
    for suffix in ("T1w", "inv-1_MP2RAGE", "inv-2_MP2RAGE", "T1map"):
        expected |= {f"{stem}_{suffix}.nii.gz", f"{stem}_{suffix}.json"}
    mask = f"derivatives/masks/{stem}_desc-brain_mask"
    expected |= {f"{mask}.nii.gz", f"{mask}.json"}
    for subject in ("01", "02", "Q01"):
        for name in (
            "T1map",
            "M0map",
            "T2starmap",
            *(f"label-{t}_probseg" for t in (*TISSUES, "SGM")),
        ):
            stem = f"derivatives/truth/sub-{subject}/anat/sub-{subject}_{name}"
            expected |= {f"{stem}.nii.gz", f"{stem}.json"}
    expected |= {f"derivatives/{name}/dataset_description.json" for name in ("masks", "truth")}
    assert files == expected


def test_participants_and_descriptions_say_who_is_simulated(dataset):
    with (dataset / "participants.tsv").open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [(row["participant_id"], row["group"], row["anatomy"]) for row in rows] == [
        ("sub-01", "travelling", "MNI152"),
        ("sub-02", "travelling", "MNI152"),
        ("sub-Q01", "quantitative", "MNI152"),
    ]
    assert {row["atrophy"] for row in rows} == {"0"}
    description = json.loads((dataset / "dataset_description.json").read_text())
    assert description["GeneratedBy"][0]["Name"] == "phycharm simulate"
    assert "seed 3" in description["GeneratedBy"][0]["Description"]
    readme = (dataset / "README").read_text()
    assert "SIMULATED" in readme
    assert "McConnell Brain Imaging" in readme


def test_sidecars_speak_like_their_makers(dataset):
    """Times are those of the protocol, up to two per cent from one visit to the next."""
    near = partial(pytest.approx, rel=0.0201)
    ge = json.loads(anat(dataset, "01", "GE", "T1w.json").read_text())
    assert (ge["Manufacturer"], ge["MagneticFieldStrength"]) == ("GE", 3)
    assert ge["InversionTime"] == near(0.45)
    assert ge["RepetitionTime"] == ge["RepetitionTimeExcitation"] == 0.008232
    assert ge["RepetitionTimePreparation"] == near(2.0)
    assert ge["EchoTime"] == near(0.003192)
    assert ge["NumberShots"] == 166
    siemens = json.loads(anat(dataset, "01", "Siemens", "T1w.json").read_text())
    assert siemens["InversionTime"] == near(1.2)
    assert siemens["RepetitionTime"] == siemens["RepetitionTimePreparation"] == near(2.4)
    assert siemens["EchoTime"] == near(0.00212)
    second = json.loads(anat(dataset, "Q01", "QUANT", "inv-2_MP2RAGE.json").read_text())
    times = (second["InversionTime"], second["RepetitionTimePreparation"], second["EchoTime"])
    assert times == near((2.83, 5.0, 0.0029))
    assert second["FlipAngle"] == 5.0
    other = json.loads(anat(dataset, "02", "GE", "T1w.json").read_text())
    for key in ("InversionTime", "RepetitionTimePreparation", "EchoTime"):
        assert other[key] != ge[key]


def test_images_of_a_subject_share_the_grid_and_have_masks_of_their_own(dataset):
    found = []
    for subject, session in (("01", "GE"), ("01", "Siemens"), ("Q01", "QUANT")):
        image, affine = read_volume(anat(dataset, subject, session, "T1w.nii.gz"))
        masks = anat(dataset / "derivatives" / "masks", subject, session, "desc-brain_mask.nii.gz")
        mask = read_image(masks)
        truth = dataset / "derivatives" / "truth" / f"sub-{subject}" / "anat"
        t1, t1_affine = read_volume(truth / f"sub-{subject}_T1map.nii.gz")
        assert image.shape == mask.shape == t1.shape == (32, 32, 30)
        np.testing.assert_allclose(affine, mask.affine)
        np.testing.assert_allclose(affine, t1_affine)
        inside = np.asarray(mask.dataobj).astype(bool)
        assert not image[~inside].any()
        assert (image[inside] > 0).mean() > 0.999
        assert 0.5 < np.median(t1[t1 > 0]) < 2.0  # seconds
        found.append(inside)
    assert (found[0] != found[1]).any()


def test_every_image_of_a_quantitative_session_has_its_mask(dataset):
    masks = anat(dataset / "derivatives" / "masks", "Q01", "QUANT", "desc-brain_mask.nii.gz")
    inside = np.asarray(read_image(masks).dataobj).astype(bool)
    for suffix in ("T1w", "inv-2_MP2RAGE", "T1map"):
        image, _ = read_volume(anat(dataset, "Q01", "QUANT", f"{suffix}.nii.gz"))
        assert not image[~inside].any()


def test_rescans_are_second_runs_and_leave_the_first_as_it_is(tmp_path):
    company = SMALL | {"scanners": ("GE", "Siemens"), "seed": 5}
    once = simulate_dataset(tmp_path / "once", **(company | {"scanners": ("GE",)}))
    twice = simulate_dataset(tmp_path / "twice", rescans=True, **company)
    single, _ = read_volume(anat(once, "01", "GE", "T1w.nii.gz"))
    second, _ = read_volume(anat(twice, "01", "GE", "run-2_T1w.nii.gz"))
    dataset = BidsDataset(twice)
    scan = dataset.travelling().scan("01", "GE")
    np.testing.assert_array_equal(scan.image, single)
    np.testing.assert_array_equal(dataset.rescan(scan).image, second)
    both = (single > 0) & (second > 0)
    assert 0.9 < np.corrcoef(single[both], second[both])[0, 1] < 0.9999


def test_measured_t1_map_is_in_seconds_and_near_the_truth(dataset):
    measured, _ = read_volume(anat(dataset, "Q01", "QUANT", "T1map.nii.gz"))
    truth, _ = read_volume(
        dataset / "derivatives" / "truth" / "sub-Q01" / "anat" / "sub-Q01_T1map.nii.gz"
    )
    inside = (truth > 0) & (measured > 0)
    assert np.corrcoef(measured[inside], truth[inside])[0, 1] > 0.85
    assert np.median(measured[inside] / truth[inside]) == pytest.approx(1, abs=0.1)


def test_same_seed_same_bytes_and_company_does_not_matter(tmp_path):
    first = checksums(simulate_dataset(tmp_path / "a", seed=5, **SMALL))
    again = checksums(simulate_dataset(tmp_path / "b", seed=5, **SMALL))
    assert first == again
    company = SMALL | {"subjects": 2, "scanners": ("Siemens", "GE")}
    larger = checksums(simulate_dataset(tmp_path / "c", seed=5, **company))
    shared = [name for name in first if name.endswith(".nii.gz")]
    assert len(shared) == 9
    assert {name: larger[name] for name in shared} == {name: first[name] for name in shared}
    other = checksums(simulate_dataset(tmp_path / "d", seed=6, **SMALL))
    assert all(other[name] != first[name] for name in shared)


def test_atrophy_of_one_is_known_and_leaves_the_others_alone(tmp_path):
    pair = SMALL | {"subjects": 2, "seed": 5}
    whole = simulate_dataset(tmp_path / "whole", **pair)
    thin = simulate_dataset(tmp_path / "thin", atrophy={"02": 0.2}, **pair)
    with (thin / "participants.tsv").open(newline="") as file:
        rows = csv.DictReader(file, delimiter="\t")
        assert {row["participant_id"]: row["atrophy"] for row in rows} == {
            "sub-01": "0",
            "sub-02": "0.2",
        }
    before, after = checksums(whole), checksums(thin)
    changed = {name for name in before if before[name] != after[name] and name.endswith("nii.gz")}
    assert changed
    assert all("sub-02" in name for name in changed)
    # The brain's outline stays: what tissue has left is fluid.
    assert not [name for name in changed if name.endswith("mask.nii.gz")]
    place = "derivatives/truth/sub-02/anat/sub-02_label-GM_probseg.nii.gz"
    lost = 1 - read_volume(thin / place)[0].sum() / read_volume(whole / place)[0].sum()
    assert lost == pytest.approx(0.2, abs=0.001)


def test_the_truth_of_one_dataset_is_an_anatomy_for_the_next(dataset, tmp_path):
    truth = dataset / "derivatives" / "truth"
    out = simulate_dataset(tmp_path / "real people", anatomy=truth, **SMALL)
    with (out / "participants.tsv").open(newline="") as file:
        (row,) = csv.DictReader(file, delimiter="\t")
    assert row["anatomy"] == "sub-01"
    assert "McConnell" not in (out / "README").read_text()
    made, _ = read_volume(
        out / "derivatives" / "truth" / "sub-01" / "anat" / "sub-01_label-WM_probseg.nii.gz"
    )
    given, _ = read_volume(truth / "sub-01" / "anat" / "sub-01_label-WM_probseg.nii.gz")
    assert made.sum() * 8.0**3 == pytest.approx(given.sum() * 6.0**3, rel=0.3)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"subjects": 0, "quantitative_subjects": 0}, "nobody to simulate"),
        ({"subjects": -1}, "nobody to simulate"),
        ({"quantitative_subjects": -1}, "nobody to simulate"),
        ({"seed": -1}, "seed -1"),
        ({"voxel_size": 100.0}, "voxel size"),
        ({"scanners": ("Toshiba",)}, "'Toshiba'"),
        ({"anatomy": Path("nowhere")}, "nowhere: no such folder"),
        ({"atrophy": {"07": 0.1}}, "atrophy 07=0.1: nobody has this label; there are 01"),
        ({"atrophy": {"01": 0.6}}, "atrophy 01=0.6: give a fraction between 0 and 0.5"),
        ({"atrophy": {"01": -0.1}}, "between 0 and 0.5"),
        ({"atrophy": {"01": float("nan")}}, "between 0 and 0.5"),
    ],
)
def test_wrong_arguments_leave_nothing_behind(tmp_path, change, complaint):
    with pytest.raises(InputError, match=complaint):
        simulate_dataset(tmp_path / "out", **(SMALL | change))
    assert not any(tmp_path.iterdir())


def test_an_existing_folder_is_never_overwritten(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="exists already"):
        simulate_dataset(tmp_path, **SMALL)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_an_interrupted_simulation_leaves_no_dataset(tmp_path, monkeypatch):
    def stop(*_arguments, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("phycharm.simulate.dataset.write_travelling", stop)
    with pytest.raises(KeyboardInterrupt):
        simulate_dataset(tmp_path / "out", **SMALL)
    assert not any(tmp_path.iterdir())


def test_bids_validator_finds_no_error(dataset):
    validator = Path(sysconfig.get_path("scripts")) / "bids-validator-deno"
    found = shutil.which(validator) or shutil.which("bids-validator-deno")
    assert found, "bids-validator-deno belongs to the tests dependency group"
    result = subprocess.run(
        [found, "--recursive", "--ignoreWarnings", "--format", "json", str(dataset)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    report = json.loads(result.stdout)
    errors = [issue for issue in report["issues"]["issues"] if issue["severity"] == "error"]
    assert not errors
    assert result.returncode == 0, result.stdout + result.stderr


def test_bids_validator_would_see_an_error(dataset, tmp_path):
    """The check above can fail: a dataset with a broken name is refused."""
    broken = tmp_path / "broken"
    shutil.copytree(dataset, broken)
    image = anat(broken, "01", "GE", "T1w.nii.gz")
    image.rename(image.with_name("sub-01_ses-GE_T1.nii.gz"))
    validator = shutil.which(Path(sysconfig.get_path("scripts")) / "bids-validator-deno")
    result = subprocess.run(
        [validator or "bids-validator-deno", "--ignoreWarnings", str(broken)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert result.returncode != 0


def test_threads_change_no_file(tmp_path):
    people = {"subjects": 2, "quantitative_subjects": 1, "voxel_size": 8.0, "scanners": ("GE",)}
    before = torch.get_num_threads()
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            simulate_dataset(tmp_path / str(threads), **people)
    finally:
        torch.set_num_threads(before)
    assert checksums(tmp_path / "1") == checksums(tmp_path / "3")
