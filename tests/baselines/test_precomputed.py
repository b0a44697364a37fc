"""Images made elsewhere: names, grids, scales, and every way in which a folder can be wrong."""

import json

import nibabel
import numpy as np
import pytest

from phycharm.baselines.outside.precomputed import PrecomputedImages
from phycharm.baselines.outside.precomputed_common import PrecomputedCommonImages
from phycharm.data.intensity import STANDARDIZATIONS, percentile_99, standardize
from phycharm.data.nifti import write_volume
from phycharm.errors import InputError
from phycharm.harmonizers.common_domain import CommonDomainHarmonizer
from phycharm.harmonizers.external import create_harmonizer, load_harmonizer
from phycharm.laws.phantom import TESTED, Phantom

PHANTOM = Phantom()
ALPHA, BETA, GAMMA = PHANTOM.scanners


def scan(subject=TESTED[0], scanner=ALPHA):
    return PHANTOM.scan(subject, scanner)


def made(gain=1000.0):
    """What a foreign tool makes of a scan, in units of its own."""
    return (gain * (scan().image + 0.05 * scan().mask)).astype(np.float32)


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "haca3"
    write_volume(root / "sub-D_from-Alpha_to-Beta_T1w.nii.gz", made(), scan().affine)
    return root


def test_images_are_read_and_put_on_the_common_scale(folder):
    harmonizer = create_harmonizer(f"precomputed:{folder}").fit(PHANTOM.cohort(TESTED))
    image = harmonizer.harmonize(scan(), BETA)
    expected = percentile_99(scan().with_image(made())).image
    assert np.allclose(image, expected, atol=1e-6)
    assert np.isclose(np.percentile(image[scan().mask], 99), 1, atol=1e-5)


@pytest.mark.parametrize("name", list(STANDARDIZATIONS))
def test_units_are_those_of_the_scan_unless_another_scale_is_named(folder, name):
    raw = scan().with_image(scan().image * 40)
    one = STANDARDIZATIONS[name](raw)
    for scale, rule in (("scan", name), ("p99", "p99")):
        harmonizer = create_harmonizer(f"precomputed:{folder}", settings={"scale": scale})
        expected = standardize(made(), one.mask, rule)
        assert np.allclose(harmonizer.harmonize(one, BETA), expected, atol=1e-6)


def test_scale_none_takes_the_values_as_they_are(folder):
    harmonizer = create_harmonizer(f"precomputed:{folder}", settings={"scale": "none"})
    assert np.allclose(harmonizer.harmonize(scan(), BETA), made() * scan().mask, rtol=1e-6)
    with pytest.raises(InputError, match="one of scan, p99, none"):
        create_harmonizer(f"precomputed:{folder}", settings={"scale": "minmax"})


@pytest.mark.parametrize(
    "name",
    [
        "sub-D_from-Alpha_to-Beta_T1w.nii",
        "sub-D/anat/sub-D_from-Alpha_to-Beta_desc-haca3_T1w.nii.gz",
        "sub-D/ses-Alpha/anat/sub-D_ses-Alpha_to-Beta_T1w.nii.gz",
        "deep/er/sub-D_ses-visit1_from-Alpha_to-Beta_space-T1w_T1w.nii.gz",
    ],
)
def test_other_ways_to_call_the_file(tmp_path, name):
    write_volume(tmp_path / "mine" / name, made(), scan().affine)
    image = create_harmonizer(f"precomputed:{tmp_path / 'mine'}").harmonize(scan(), BETA)
    assert np.isclose(np.percentile(image[scan().mask], 99), 1, atol=1e-5)


def test_an_image_in_another_orientation_is_turned_to_ras(tmp_path):
    flipped = np.diag([-1.0, 1, 1, 1])
    flipped[0, 3] = made().shape[0] - 1
    image = nibabel.Nifti1Image(made()[::-1], scan().affine @ flipped)
    (tmp_path / "las").mkdir()
    nibabel.save(image, tmp_path / "las" / "sub-D_from-Alpha_to-Beta_T1w.nii.gz")
    settings = {"scale": "none"}
    harmonizer = create_harmonizer(f"precomputed:{tmp_path / 'las'}", settings=settings)
    assert np.allclose(harmonizer.harmonize(scan(), BETA), made() * scan().mask, rtol=1e-6)


def test_missing_files_are_listed_and_named(folder):
    harmonizer = create_harmonizer(f"precomputed:{folder}")
    assert harmonizer.check(["D"], [(ALPHA, BETA)]) == []
    assert harmonizer.check(["D", "E"], [(ALPHA, BETA), (BETA, ALPHA)]) == [
        "sub-D_from-Beta_to-Alpha_T1w.nii.gz",
        "sub-E_from-Alpha_to-Beta_T1w.nii.gz",
        "sub-E_from-Beta_to-Alpha_T1w.nii.gz",
    ]
    with pytest.raises(InputError) as caught:
        harmonizer.harmonize(scan("E"), BETA)
    assert "sub-E_from-Alpha_to-Beta_T1w.nii.gz: no such file" in str(caught.value)
    assert "The folder has Alpha to Beta." in str(caught.value)


@pytest.mark.parametrize("wrong", ["shape", "affine"])
def test_another_grid_is_refused(tmp_path, wrong):
    image, affine = made(), scan().affine.copy()
    if wrong == "shape":
        image = image[:-1]
    else:
        affine[0, 3] += 1.0
    path = tmp_path / "off" / "sub-D_from-Alpha_to-Beta_T1w.nii.gz"
    write_volume(path, image, affine)
    harmonizer = create_harmonizer(f"precomputed:{path.parent}")
    with pytest.raises(InputError, match=f"{wrong}.*resample it to the grid"):
        harmonizer.harmonize(scan(), BETA)


def test_damaged_and_doubled_files_are_named(folder):
    path = folder / "sub-D_from-Alpha_to-Beta_T1w.nii.gz"
    write_volume(folder / "again" / path.name, made(), scan().affine)
    with pytest.raises(InputError, match="keep one of them"):
        create_harmonizer(f"precomputed:{folder}").harmonize(scan(), BETA)
    (folder / "again" / path.name).unlink()
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match=r"sub-D_from-Alpha_to-Beta_T1w.nii.gz: "):
        create_harmonizer(f"precomputed:{folder}").harmonize(scan(), BETA)


def test_folders_without_images_are_refused(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        create_harmonizer(f"precomputed:{tmp_path / 'nowhere'}")
    with pytest.raises(InputError, match="must be called sub-<subject>_from-<source>_to-<target>"):
        create_harmonizer(f"precomputed:{tmp_path}")


def test_the_name_is_the_folders_unless_told(folder, monkeypatch):
    assert create_harmonizer(f"precomputed:{folder}").card.name == "haca3"
    monkeypatch.chdir(folder)
    assert create_harmonizer("precomputed:.").card.name == "haca3"
    assert create_harmonizer(f"best=precomputed:{folder}").card.name == "best"
    taken = folder.rename(folder.with_name("unet"))
    with pytest.raises(InputError, match="that of a registered method"):
        create_harmonizer(f"precomputed:{taken}")


def test_card_json_says_what_nobody_here_can_know(folder):
    facts = {"name": "HACA3", "license": "Apache-2.0", "trained_on": ["IXI", "OASIS3"]}
    (folder / "card.json").write_text(json.dumps(facts))
    card = create_harmonizer(f"precomputed:{folder}").card
    assert (card.name, card.license, card.trained_on) == ("HACA3", "Apache-2.0", ("IXI", "OASIS3"))
    assert (card.scope, card.supervision) == ("all", "none")
    for text, said in (
        ("{", "not valid JSON"),
        ("[]", "holds no object"),
        ('{"x": 1}', "no field 'x'"),
    ):
        (folder / "card.json").write_text(text)
        with pytest.raises(InputError, match=said):
            create_harmonizer(f"precomputed:{folder}")


def test_remade_images_are_another_revision(folder):
    before = create_harmonizer(f"precomputed:{folder}").card.revision
    assert create_harmonizer(f"precomputed:{folder}").card.revision == before
    path = folder / "sub-D_from-Alpha_to-Beta_T1w.nii.gz"
    write_volume(path, made(gain=2000.0), scan().affine)
    assert create_harmonizer(f"precomputed:{folder}").card.revision != before


def test_saved_and_loaded(folder, tmp_path):
    harmonizer = create_harmonizer(f"best=precomputed:{folder}").fit(PHANTOM.cohort(TESTED))
    harmonizer.save(tmp_path / "model")
    again = load_harmonizer(tmp_path / "model")
    assert type(again) is PrecomputedImages
    assert again.card == harmonizer.card
    assert np.array_equal(again.harmonize(scan(), BETA), harmonizer.harmonize(scan(), BETA))


@pytest.mark.parametrize("name", ["sub-D_from-{}_to-common_T1w.nii.gz", "sub-D_ses-{}_T1w.nii.gz"])
def test_common_domain_images_serve_every_target(tmp_path, name):
    root = tmp_path / "mispel"
    for scanner in (ALPHA, BETA):
        image = percentile_99(scan(scanner=scanner)).image * 50
        write_volume(root / name.format(scanner.name), image, scan().affine)
    harmonizer = create_harmonizer(f"precomputed-common:{root}")
    assert isinstance(harmonizer, PrecomputedCommonImages)
    assert isinstance(harmonizer, CommonDomainHarmonizer)
    assert harmonizer.card.scope == "common-domain"
    common = harmonizer.to_common(scan())
    assert np.allclose(common, scan().image, atol=1e-5)
    assert np.array_equal(harmonizer.harmonize(scan(), GAMMA), common)
    assert harmonizer.check(["D"], [(ALPHA, BETA), (BETA, GAMMA)]) == [
        "sub-D_from-Gamma_to-common_T1w.nii.gz"
    ]
    with pytest.raises(InputError, match="has Alpha to common, Beta to common"):
        create_harmonizer(f"x=precomputed:{root}").harmonize(scan(), BETA)
