import numpy as np
import pytest

from phycharm.data.nifti import write_volume
from phycharm.errors import InputError
from phycharm.simulate.people.anatomy import TISSUES
from phycharm.simulate.people.real_anatomies import people_anatomies

AFFINE = np.diag([4.0, 4.0, 4.0, 1.0])


def head(shape=(20, 22, 18)):
    """Fractions of a ball of white in a shell of grey in a shell of fluid."""
    distance = np.linalg.norm(np.indices(shape).T - (np.array(shape) - 1) / 2, axis=-1).T
    edges = ((6, 8), (4, 6), (0, 4))
    return np.stack([(distance >= a) & (distance < b) for a, b in edges]).astype(np.float32)


def write_person(folder, name="sub-7", fractions=None, suffix="_probseg.nii.gz"):
    for tissue, data in zip(TISSUES, head() if fractions is None else fractions, strict=True):
        write_volume(folder / f"{name}_label-{tissue}{suffix}", data, AFFINE)


def test_probability_maps_of_several_people_are_found_in_order(tmp_path):
    write_person(tmp_path / "sub-9" / "anat", "sub-9")
    write_person(tmp_path / "sub-7" / "anat", "sub-7", suffix="_probseg.nii")
    write_person(tmp_path / "sub-7" / "anat", "sub-7_space-MNI152")
    people = people_anatomies(tmp_path)
    assert [person.name for person in people] == ["sub-7", "sub-9"]
    np.testing.assert_array_equal(people[0].fractions[:3], head())
    assert not people[0].fractions[3].any()  # who names no deep grey matter has none
    np.testing.assert_allclose(people[0].centre, [38.0, 42.0, 34.0])
    assert people[0].sharpness == 1
    assert people[0].individuality is None


def test_deep_grey_matter_is_a_part_of_the_grey(tmp_path):
    fluid, grey, white = head()
    core = np.linalg.norm(np.indices(grey.shape).T - (np.array(grey.shape) - 1) / 2, axis=-1).T < 2
    write_person(tmp_path, fractions=(fluid, grey + core, white - core))
    write_volume(tmp_path / "sub-7_label-SGM_probseg.nii.gz", core.astype(np.float32), AFFINE)
    (person,) = people_anatomies(tmp_path)
    np.testing.assert_array_equal(person.fractions, [fluid, grey, white - core, core])


def test_label_maps_follow_bids(tmp_path):
    fluid, grey, white = head()
    write_volume(tmp_path / "sub-3_dseg.nii.gz", (grey + 2 * white + 3 * fluid), AFFINE)
    (person,) = people_anatomies(tmp_path)
    assert person.name == "sub-3"
    np.testing.assert_array_equal(person.fractions[:3], head())


def test_missing_map(tmp_path):
    write_person(tmp_path)
    (tmp_path / "sub-7_label-CSF_probseg.nii.gz").unlink()
    with pytest.raises(InputError, match=r"sub-7_label-CSF_probseg\.nii\.gz: no such file"):
        people_anatomies(tmp_path)


def test_other_shape(tmp_path):
    write_person(tmp_path)
    write_volume(tmp_path / "sub-7_label-WM_probseg.nii.gz", head((20, 22, 20))[2], AFFINE)
    with pytest.raises(InputError, match=r"label-WM.* lies on another grid"):
        people_anatomies(tmp_path)


def test_not_probabilities(tmp_path):
    write_person(tmp_path, fractions=head() * 255)
    with pytest.raises(InputError, match="give probabilities"):
        people_anatomies(tmp_path)


def test_label_missing(tmp_path):
    _, grey, white = head()
    write_volume(tmp_path / "sub-3_dseg.nii.gz", grey + 2 * white, AFFINE)
    with pytest.raises(InputError, match="has no CSF"):
        people_anatomies(tmp_path)


def test_empty_folder(tmp_path):
    with pytest.raises(InputError, match="holds no tissue maps"):
        people_anatomies(tmp_path)


def test_air_around_a_head_is_left_out_and_the_head_stays_in_its_place(tmp_path):
    far = np.pad(head(), ((0, 0), (30, 5), (12, 40), (0, 25)))
    write_person(tmp_path / "near")
    write_person(tmp_path / "far", "sub-8", far)
    near, moved = people_anatomies(tmp_path / "near") + people_anatomies(tmp_path / "far")
    assert moved.brain.size < far[0].size / 10
    assert moved.brain.sum() == near.brain.sum()
    np.testing.assert_allclose(moved.centre - near.centre, 4.0 * np.array([30, 12, 0]))
