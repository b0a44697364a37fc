"""Links, permissions and content that was never fetched are told apart from absence and damage."""

import os

import pytest

from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.content import absence, is_fetched
from phycharm.errors import InputError

from support.trees import grow, masks, put, t1w

ANNEX = "../../../../.git/annex/objects/x1/MD5E-s3--a.nii.gz/MD5E-s3--a.nii.gz"


def refusal(action):
    with pytest.raises(InputError) as error:
        action()
    text = str(error.value)
    assert "\n" not in text
    return text


@pytest.fixture
def root(tmp_path):
    root = grow(tmp_path / "d", {t1w(p, s): {} for p in ("1", "2") for s in ("A", "B")})
    masks(root)
    return root


def never_fetched(path, target=ANNEX):
    path.unlink()
    path.symlink_to(target)


class TestLinks:
    @pytest.mark.parametrize(
        "place", ["sub-1", "sub-1/ses-A", "sub-1/ses-A/anat", "derivatives", "derivatives/masks"]
    )
    def test_linked_folders_are_followed(self, root, tmp_path, place):
        before = BidsDataset(root).checksums
        (root / place).rename(tmp_path / "store")
        (root / place).symlink_to(tmp_path / "store")
        opened = BidsDataset(root)
        assert opened.checksums == before
        assert opened.travelling().scan("1", "A").mask.any()

    def test_a_loop_ends(self, root):
        (root / "derivatives" / "masks" / "back").symlink_to(root / "derivatives")
        (root / "sub-1" / "ses-A" / "anat" / "ses-A").symlink_to(root / "sub-1")
        assert len(BidsDataset(root).files("mask")) == 4

    @pytest.mark.parametrize("place", ["derivatives", "derivatives/masks"])
    def test_a_folder_that_is_a_link_to_nothing(self, root, place):
        (root / place).rename(root / "elsewhere")
        (root / place).symlink_to("nowhere")
        said = refusal(lambda: BidsDataset(root).travelling().scan("1", "A"))
        assert "no brain mask" in said
        assert place != "derivatives" or "is a link to nothing" in said


class TestPermissions:
    @pytest.mark.parametrize("place", ["sub-1/ses-A/anat", "sub-1", "derivatives/masks"])
    def test_a_folder_that_may_not_be_read(self, root, monkeypatch, place):
        scandir = os.scandir

        def refusing(folder):
            if str(folder) == str(root / place):
                raise PermissionError(13, "Permission denied", str(folder))
            return scandir(folder)

        monkeypatch.setattr(os, "scandir", refusing)
        said = refusal(lambda: BidsDataset(root).files("mask"))
        assert str(root / place) in said
        assert "permission denied" in said


class TestContent:
    def test_an_image_that_was_not_fetched(self, root):
        never_fetched(root / t1w("2", "A"))
        opened = BidsDataset(root)
        cohort = opened.travelling()
        assert cohort.scan("1", "A").image.any()
        said = refusal(lambda: cohort.scan("2", "A"))
        assert "not fetched" in said and "datalad get" in said
        assert opened.checksums[t1w("2", "A")].startswith("not fetched: ")

    def test_a_mask_and_a_sidecar(self, root):
        never_fetched(root / "derivatives/masks" / t1w("1", "A", "desc-brain", suffix="mask"))
        opened = BidsDataset(root)
        assert "datalad get" in refusal(lambda: opened.travelling().scan("1", "A"))
        never_fetched(root / t1w("1", "B", extension=".json"))
        said = refusal(BidsDataset(root).travelling)
        assert "datalad get" in said and ".json" in said

    @pytest.mark.parametrize(
        ("start", "command"),
        [
            (b"/annex/objects/MD5E-s22--ab.nii.gz\n", "datalad get"),
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:ab\n", "git lfs pull"),
        ],
    )
    def test_pointers_in_place_of_content(self, root, start, command):
        path = root / t1w("1", "A")
        path.write_bytes(start)
        assert command in absence(path)
        assert command in refusal(lambda: BidsDataset(root).travelling().scan("1", "A"))

    def test_a_link_to_nothing_is_no_annex(self, root):
        path = root / t1w("1", "A")
        never_fetched(path, "../../elsewhere.nii.gz")
        assert "elsewhere.nii.gz" in absence(path)
        assert "datalad" not in absence(path)

    def test_a_link_to_itself(self, root):
        path = root / t1w("1", "A")
        never_fetched(path, path.name)
        assert "itself" in absence(path)

    def test_damage_is_no_absence(self, root):
        path = root / t1w("1", "A")
        path.write_bytes(b"damaged")
        assert is_fetched(path)
        said = refusal(lambda: BidsDataset(root).travelling().scan("1", "A"))
        assert "fetched" not in said

    def test_people_whom_nobody_needs(self, root):
        for suffix, entities in (("T1w", ""), ("T1map", ""), ("MP2RAGE", "inv-2")):
            never_fetched(put(root / t1w("Q", "C", entities, suffix=suffix)))
        opened = BidsDataset(root)
        assert opened.travelling().scan("1", "A").image.any()
        assert any(one.startswith("not fetched: ") for one in opened.checksums.values())


@pytest.mark.parametrize("made_by", ["a string", {"Name": "phycharm simulate"}, [3], [["x"]], 7])
def test_a_description_of_other_types(tmp_path, made_by):
    opened = BidsDataset(grow(tmp_path / "d", {t1w("1", "A"): {}}, name=7, GeneratedBy=made_by))
    assert opened.name == "7"
    assert opened.simulated == isinstance(made_by, dict)


def test_a_description_with_a_byte_order_mark(root):
    path = root / "dataset_description.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert BidsDataset(root).name == "A dataset of its own"
