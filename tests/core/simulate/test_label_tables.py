"""Labels to tissues: names of the usual programs, tables where BIDS and FreeSurfer have them."""

import numpy as np
import pytest

from phycharm.data.nifti import write_volume
from phycharm.errors import InputError
from phycharm.simulate.people.anatomy import CLASSES, SURROUNDINGS
from phycharm.simulate.people.label_names import class_of_name
from phycharm.simulate.people.real_anatomies import people_anatomies

AFFINE = np.diag([4.0, 4.0, 4.0, 1.0])
SHAPE = (20, 22, 18)
DISTANCE = np.linalg.norm(np.indices(SHAPE).T - (np.array(SHAPE) - 1) / 2, axis=-1).T
# FreeSurfer's numbers: thalamus in white matter in a cortex that leaves its fluid without a label.
FREESURFER = np.select([DISTANCE < 2, DISTANCE < 4, DISTANCE < 6], [10, 2, 1003], 0)
TABLE = "index\tname\n0\tUnknown\n2\tLeft-Cerebral-White-Matter\n10\tLeft-Thalamus\n"
TABLE += "1003\tctx-lh-caudalmiddlefrontal\n4\tLeft-Lateral-Ventricle\n"


def write(path, labels=FREESURFER):
    write_volume(path, labels.astype(np.float32), AFFINE)


def placed(anatomy, data):
    """A map of an anatomy, which has no more air than it needs, where it lies in `SHAPE`."""
    start = np.rint(anatomy.affine[:3, 3] / 4).astype(int)
    whole = np.zeros((*data.shape[:-3], *SHAPE), dtype=data.dtype)
    box = tuple(slice(a, a + n) for a, n in zip(start, data.shape[-3:], strict=True))
    whole[(..., *box)] = data
    return whole


def classes(anatomy):
    """Class of every voxel; -1 outside the brain."""
    return (
        placed(anatomy, np.where(anatomy.brain > 0, anatomy.fractions.argmax(axis=0), -1) + 1) - 1
    )


@pytest.mark.parametrize(
    ("tissue", "names"),
    {
        "CSF": "CSF|Left-Inf-Lat-Vent|3rd-Ventricle|Left-choroid-plexus|temporal horn|Left-vessel",
        "WM": "Left-Cerebellum-White-Matter|Brain-Stem|CC_Mid_Posterior|wm-lh-insula|Left-VentralDC"
        "|non-WM-hypointensities|Left-UnsegmentedWhiteMatter|White Matter|Optic-Chiasm|fornix",
        "SGM": "Left-Thalamus-Proper|Right-Accumbens-area|Left-Pallidum|Right basal forebrain",
        "CGM": "ctx-rh-bankssts|Left-Cerebral-Cortex|Right-Hippocampus|Left-Amygdala|Gray Matter|GM"
        "|Right ACgG anterior cingulate gyrus|Cerebellar Vermal Lobules I-V|Left TMP temporal pole"
        "|left pars orbitalis|Left-Cerebellum-Cortex|Left LOrG lateral orbital gyrus",
        "B": "Skull|Compact_bone",
        "ST": "Muscle/Skin|Scalp|Dura matter",
        "FAT": "Fat|Bone marrow",
        "BG": "Unknown|Background|air",
        None: "Left-Cerebellum|Lesion|thing|Left-undetermined|",
    }.items(),
)
def test_names_of_the_usual_programs(tissue, names):
    assert {name: class_of_name(name) for name in names.split("|")} == dict.fromkeys(
        names.split("|"), tissue
    )


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("sub-1/anat/sub-1_desc-aseg_dseg.tsv", TABLE),
        ("desc-aseg_dseg.tsv", TABLE),
        ("dseg.tsv", TABLE),
        (
            "sub-1/FreeSurferColorLUT.txt",
            "#No. Label Name: R G B A\n\n0 Unknown 0 0 0 0\n2 Left-Cerebral-White-Matter 1 2 3 0\n"
            "10 Left-Thalamus 1 2 3 0\n1003 ctx-lh-caudalmiddlefrontal 1 2 3 0\n",
        ),
    ],
)
def test_tables_are_found_where_they_are_kept(tmp_path, place, text):
    write(tmp_path / "sub-1" / "anat" / "sub-1_desc-aseg_dseg.nii.gz")
    write(tmp_path / "sub-1" / "anat" / "sub-1_dseg.nii.gz", (DISTANCE < 4) + (DISTANCE < 2))
    (tmp_path / place).write_text(text)
    (tmp_path / "desc-other_dseg.tsv").write_text("index\tname\n1\tthing\n")  # not this map's
    (person,) = people_anatomies(tmp_path)
    assert person.name == "sub-1_desc-aseg"
    found = classes(person)
    assert (found[DISTANCE < 2] == CLASSES.index("SGM")).all()
    assert (found[(DISTANCE >= 2) & (DISTANCE < 4)] == CLASSES.index("WM")).all()
    assert (found[(DISTANCE >= 4) & (DISTANCE < 6)] == CLASSES.index("CGM")).all()
    assert person.surroundings is None


def test_a_mapping_decides_before_the_name(tmp_path):
    write(tmp_path / "sub-1_dseg.nii.gz")
    rows = "index\tname\tmapping\n0\tx\t0\n2\tx\t2\n10\tx\t9\n1003\tctx-lh-insula\tn/a\n"
    (tmp_path / "sub-1_dseg.tsv").write_text(rows)
    (person,) = people_anatomies(tmp_path)
    assert (classes(person)[DISTANCE < 2] == CLASSES.index("SGM")).all()


def test_a_sulcus_without_a_label_is_fluid_and_the_outside_is_not(tmp_path):
    x = np.indices(SHAPE)[0]
    sulcus = (x == SHAPE[0] // 2) & (DISTANCE > 4.5)  # 4 mm wide, open to the outside
    write(tmp_path / "sub-1_dseg.nii.gz", np.where(sulcus, 0, FREESURFER))
    (tmp_path / "dseg.tsv").write_text(TABLE)
    (person,) = people_anatomies(tmp_path)
    inside = sulcus & (DISTANCE < 5.5)
    assert (classes(person)[inside] == CLASSES.index("CSF")).mean() > 0.6
    assert (classes(person)[DISTANCE > 7] == -1).all()


def test_heads_keep_their_skull(tmp_path):
    labels = np.select([DISTANCE < 6, DISTANCE < 7, DISTANCE < 8], [FREESURFER, 500, 501], 0)
    write(tmp_path / "sub-1_dseg.nii.gz", labels)
    (tmp_path / "dseg.tsv").write_text(TABLE + "500\tSkull\n501\tScalp\n")
    (person,) = people_anatomies(tmp_path)
    bone, soft, fat = placed(person, person.surroundings)
    np.testing.assert_array_equal(bone > 0, labels == 500)
    np.testing.assert_array_equal(soft > 0, labels == 501)
    assert not fat.any()
    np.testing.assert_array_equal(placed(person, person.brain) > 0, DISTANCE < 6)
    assert len(SURROUNDINGS) == 3


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        (None, r"sub-1_dseg\.nii\.gz: no lookup table explains its label 10; lay sub-1_dseg\.tsv"),
        ("index\tname\n2\tWM\n", r"dseg\.tsv: does not explain label 10; add a row"),
        (TABLE.replace("Left-Thalamus", "Thing"), r"label 10, 'Thing', is of no one .* mapping"),
        ("number\tname\n2\tWM\n", "needs columns index and name"),
        ("index\tname\ntwo\tWM\n", "index 'two' is no number"),
        (
            "index\tname\tmapping\n0\tx\t0\n2\tWM\tb\n10\tx\t9\n1003\tx\t8\n",
            "mapping 'b' is no num",
        ),
        (
            "index\tname\tmapping\n0\tx\t0\n2\tWM\t7\n10\tx\t9\n1003\tx\t8\n",
            "label 2, '7', is of no",
        ),
        (TABLE.replace("ctx-lh-caudalmiddlefrontal", "WM"), "none of its labels is CGM"),
    ],
)
def test_labels_that_nobody_explains(tmp_path, table, complaint):
    write(tmp_path / "sub-1_dseg.nii.gz")
    if table:
        (tmp_path / "dseg.tsv").write_text(table)
    with pytest.raises(InputError, match=complaint) as error:
        people_anatomies(tmp_path)
    assert "\n" not in str(error.value)


def test_a_table_that_is_no_text(tmp_path):
    write(tmp_path / "sub-1_dseg.nii.gz")
    (tmp_path / "dseg.tsv").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(InputError, match="not a readable text file"):
        people_anatomies(tmp_path)
