"""Harmonizing files: whatever the file, its grid, header and scale come back; nothing is harmed."""

import json
import shutil
from dataclasses import replace

import nibabel
import numpy as np
import pytest
from nibabel.orientations import (
    apply_orientation,
    axcodes2ornt,
    inv_ornt_aff,
    io_orientation,
    ornt_transform,
)

from phycharm.application.apply import harmonize_inputs
from phycharm.application.file_harmonizer import FileHarmonizer
from phycharm.baselines.no_harmonization import NoHarmonization
from phycharm.baselines.unet import UNet
from phycharm.data.intensity import percentile_99
from phycharm.errors import InputError
from phycharm.harmonizers.card import MethodCard
from phycharm.harmonizers.harmonizer import Harmonizer

from support import bids_folder, phantom

AFFINE = phantom.AFFINE
OBLIQUE = np.array(
    [[4.6, -1.5, 0.9, -55], [1.6, 4.7, -0.5, -70], [-0.7, 0.8, 4.9, -15], [0, 0, 0, 1]]
)


class Ramp(Harmonizer):
    """Brighten along x, y and z by different amounts: wrong axes or signs show."""

    card = MethodCard(name="ramp", summary="For tests.")

    def apply(self, scan, target):
        self.seen = scan
        grids = np.meshgrid(*(np.arange(n) for n in scan.image.shape), indexing="ij")
        return scan.image * (1 + 0.01 * grids[0] + 0.02 * grids[1] + 0.04 * grids[2])

    @staticmethod
    def expected(image, mask):
        grids = np.meshgrid(*(np.arange(n) for n in image.shape), indexing="ij")
        return np.where(mask, image * (1 + 0.01 * grids[0] + 0.02 * grids[1] + 0.04 * grids[2]), 0)


@pytest.fixture(scope="module")
def brain():
    """A brain-extracted volume in scanner units, in RAS."""
    scan = phantom.raw_scan("07", phantom.GE)
    return np.round(scan.image).astype(np.float32)


@pytest.fixture(scope="module")
def none_model(tmp_path_factory, cohort):
    """The method that does nothing, as a folder that knows GE, Philips and Siemens."""
    folder = tmp_path_factory.mktemp("models") / "none"
    NoHarmonization().fit(cohort).save(folder)
    return folder


@pytest.fixture(scope="module")
def pair_model(tmp_path_factory, cohort):
    """The same for GE and Siemens alone."""
    folder = tmp_path_factory.mktemp("models") / "pair"
    NoHarmonization().fit(cohort.subset(scanners=[phantom.GE, phantom.SIEMENS])).save(folder)
    return folder


def store(path, volume, codes="RAS", *, affine=AFFINE, kind=nibabel.Nifti1Image, dtype=None):
    """Save a RAS volume in another voxel order."""
    turn = ornt_transform(io_orientation(affine), axcodes2ornt(codes))
    turned = apply_orientation(volume, turn)
    image = kind(turned, affine @ inv_ornt_aff(turn, volume.shape), dtype=dtype)
    nibabel.save(image, path)
    return path


def in_ras(path):
    return nibabel.as_closest_canonical(nibabel.load(path)).get_fdata(dtype=np.float32)


def files_in(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def refused(*inputs, **options):
    """Harmonize what cannot be, and return the message: it has to be one line."""
    with pytest.raises(InputError) as error:
        harmonize_inputs(list(inputs), device="cpu", **options)
    assert "\n" not in str(error.value)
    return str(error.value)


# --- one file -------------------------------------------------------------------------------------


def ramp():
    return FileHarmonizer(method=Ramp(), source=phantom.GE, target=phantom.SIEMENS)


@pytest.mark.parametrize("codes", ["RAS", "LAS", "LPS", "PIR", "SAL", "ASR"])
def test_every_orientation_gives_the_same_brain_on_its_own_grid(tmp_path, brain, codes):
    path = store(tmp_path / "in.nii.gz", brain, codes)
    ramp().run(path, tmp_path / "out.nii.gz")
    written, given = nibabel.load(tmp_path / "out.nii.gz"), nibabel.load(path)
    assert "".join(nibabel.aff2axcodes(written.affine)) == codes
    assert written.shape == given.shape
    np.testing.assert_array_equal(written.affine, given.affine)
    np.testing.assert_allclose(
        in_ras(tmp_path / "out.nii.gz"), Ramp.expected(brain, brain > 0), rtol=1e-5
    )


@pytest.mark.parametrize("codes", ["RAS", "LPS", "ASL"])
def test_oblique_grids_stay_oblique(tmp_path, brain, codes):
    path = store(tmp_path / "in.nii.gz", brain, codes, affine=OBLIQUE)
    ramp().run(path, tmp_path / "out.nii.gz")
    np.testing.assert_array_equal(
        nibabel.load(tmp_path / "out.nii.gz").affine, nibabel.load(path).affine
    )
    np.testing.assert_allclose(
        in_ras(tmp_path / "out.nii.gz"), Ramp.expected(brain, brain > 0), rtol=1e-5
    )


def test_the_method_sees_a_standardized_scan_in_ras(tmp_path, brain):
    path = store(tmp_path / "sub-07_T1w.nii.gz", brain, "LPS")
    method = Ramp()
    FileHarmonizer(method=method, source=phantom.GE, target=phantom.SIEMENS).run(
        path, tmp_path / "out.nii.gz"
    )
    seen = method.seen
    assert seen.scanner == phantom.GE
    assert np.percentile(seen.image[seen.mask], 99) == pytest.approx(1, rel=1e-6)
    assert not seen.image[~seen.mask].any()
    np.testing.assert_array_equal(seen.mask, brain > 0)
    np.testing.assert_allclose(seen.affine, AFFINE, atol=1e-5)


@pytest.mark.parametrize(
    "dtype", ["uint8", "int16", "uint16", "int32", "float32", "float64", ">i2", ">f4"]
)
def test_every_type_becomes_float32_on_the_scale_of_the_input(tmp_path, brain, pair_model, dtype):
    top = 250 if dtype == "uint8" else brain.max()
    values = np.round(brain * (top / brain.max())).astype(dtype)
    header = nibabel.Nifti1Header(endianness=">" if dtype.startswith(">") else "<")
    header.set_data_dtype(dtype)
    nibabel.save(nibabel.Nifti1Image(values, AFFINE, header), tmp_path / "in.nii")
    harmonize_inputs(
        [tmp_path / "in.nii"], model=pair_model, target="Siemens", out=tmp_path / "out.nii"
    )
    written = nibabel.load(tmp_path / "out.nii")
    # The byte order is the input's.
    assert written.get_data_dtype() == np.dtype(np.float32).newbyteorder(values.dtype.byteorder)
    np.testing.assert_allclose(written.get_fdata(), values.astype(float), rtol=1e-6)


def test_scale_factors_are_applied_and_not_written_again(tmp_path, brain, pair_model):
    image = nibabel.Nifti1Image(brain.astype(np.int16), AFFINE)
    image.header.set_slope_inter(0.25, 0)
    nibabel.save(image, tmp_path / "in.nii")
    wanted = nibabel.load(tmp_path / "in.nii").get_fdata()
    harmonize_inputs(
        [tmp_path / "in.nii"], model=pair_model, target="Siemens", out=tmp_path / "out.nii"
    )
    written = nibabel.load(tmp_path / "out.nii")
    assert (written.dataobj.slope, written.dataobj.inter) == (1, 0)
    np.testing.assert_allclose(written.get_fdata(), wanted, rtol=1e-6)


def test_header_comes_back(tmp_path, brain):
    image = nibabel.Nifti1Image(brain.astype(np.int16), AFFINE)
    image.set_qform(AFFINE, code=1)
    image.set_sform(OBLIQUE, code=4)
    image.header.set_xyzt_units("mm", "sec")
    image.header["descrip"] = b"measured in the morning"
    image.header["cal_max"] = 4000
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"kept"))
    nibabel.save(image, tmp_path / "in.nii.gz")
    ramp().run(tmp_path / "in.nii.gz", tmp_path / "out.nii.gz")
    before, after = (nibabel.load(tmp_path / f"{name}.nii.gz").header for name in ("in", "out"))
    different = {key for key in before if not np.array_equal(before[key], after[key])}
    # NaN differs from itself, and the file's type and its first byte of data have to change.
    assert different <= {"datatype", "bitpix", "vox_offset", "scl_slope", "scl_inter"}
    assert [e.get_content() for e in after.extensions] == [b"kept"]


@pytest.mark.parametrize(("sform", "qform"), [(1, 0), (0, 1), (2, 1)])
def test_codes_of_the_affine_come_back(tmp_path, brain, sform, qform):
    image = nibabel.Nifti1Image(brain, AFFINE)
    image.set_sform(AFFINE, code=sform)
    image.set_qform(AFFINE, code=qform)
    nibabel.save(image, tmp_path / "in.nii.gz")
    ramp().run(tmp_path / "in.nii.gz", tmp_path / "out.nii.gz")
    header = nibabel.load(tmp_path / "out.nii.gz").header
    assert (header["sform_code"], header["qform_code"]) == (sform, qform)


@pytest.mark.parametrize("codes", ["RAS", "PIR"])
def test_further_axes_of_length_one_are_left_out(tmp_path, brain, codes):
    plain = nibabel.load(store(tmp_path / "plain.nii.gz", np.round(brain).astype(np.int16), codes))
    stored = np.asarray(plain.dataobj)[..., None]
    image = nibabel.Nifti1Image(stored, plain.affine, plain.header)
    image.header["descrip"] = b"from a converter"
    image.header.set_slope_inter(0.5, 0)
    nibabel.save(image, tmp_path / "in.nii.gz")
    nibabel.save(
        nibabel.Nifti1Image((brain > 0)[..., None].astype(np.uint8), AFFINE),
        tmp_path / "mask.nii.gz",
    )
    for mask in (None, tmp_path / "mask.nii.gz"):
        ramp().run(tmp_path / "in.nii.gz", tmp_path / "out.nii.gz", mask=mask)
        written = nibabel.load(tmp_path / "out.nii.gz")
        assert written.shape == plain.shape
        assert bytes(written.header["descrip"]).startswith(b"from a converter")
        assert written.header["dim"].tolist() == [3, *plain.shape, 1, 1, 1, 1]
        np.testing.assert_array_equal(written.affine, plain.affine)
        np.testing.assert_allclose(
            in_ras(tmp_path / "out.nii.gz"), Ramp.expected(brain / 2, brain > 0), rtol=1e-5
        )


def test_a_series_is_refused(tmp_path, brain, pair_model):
    image = nibabel.Nifti1Image(np.stack([brain, brain], axis=-1), AFFINE)
    nibabel.save(image, tmp_path / "series.nii.gz")
    options = {"model": pair_model, "target": "GE", "out": tmp_path / "o.nii"}
    message = refused(tmp_path / "series.nii.gz", **options)
    assert "series.nii.gz" in message
    assert "split" in message
    assert files_in(tmp_path) == ["series.nii.gz"]


def test_nifti_2_stays_nifti_2(tmp_path, brain):
    path = store(tmp_path / "in.nii", brain, "LAS", kind=nibabel.Nifti2Image)
    ramp().run(path, tmp_path / "out.nii")
    written = nibabel.load(tmp_path / "out.nii")
    assert isinstance(written, nibabel.Nifti2Image)
    np.testing.assert_allclose(
        in_ras(tmp_path / "out.nii"), Ramp.expected(brain, brain > 0), rtol=1e-5
    )


@pytest.mark.parametrize("gain", [1e-3, 40.0])
def test_result_follows_the_gain_of_the_input(tmp_path, brain, gain):
    for name, volume in (("one", brain), ("other", brain * np.float32(gain))):
        ramp().run(store(tmp_path / f"{name}.nii", volume), tmp_path / f"{name}_out.nii")
    one, other = (in_ras(tmp_path / f"{name}_out.nii") for name in ("one", "other"))
    np.testing.assert_allclose(other, one * gain, rtol=1e-4)


def test_a_trained_network_gives_what_it_gives_in_memory(tmp_path, cohort, brain):
    method = UNet(training={"epochs": 1}, features=phantom.TINY_FEATURES).fit(
        cohort.subset(scanners=[phantom.GE, phantom.SIEMENS])
    )
    method.save(tmp_path / "model")
    path = store(tmp_path / "in.nii.gz", brain, "LPS")
    (written,) = harmonize_inputs(
        [path], model=tmp_path / "model", target="Siemens", out=tmp_path / "o.nii.gz", device="cpu"
    )
    scan = replace(phantom.raw_scan("07", phantom.GE), image=brain, mask=brain > 0)
    scale = np.percentile(brain[brain > 0], 99)
    expected = method.harmonize(percentile_99(scan), phantom.SIEMENS)
    np.testing.assert_allclose(
        in_ras(written), np.maximum(expected, 0) * scale, rtol=1e-4, atol=1e-4 * scale
    )


class Darken(Ramp):
    """Take so much away that some of the brain becomes negative."""

    def apply(self, scan, target):
        return scan.image - 0.6


def test_results_are_magnitudes(tmp_path, brain):
    path = store(tmp_path / "in.nii", brain)
    FileHarmonizer(method=Darken(), source=phantom.GE, target=phantom.SIEMENS).run(
        path, tmp_path / "out.nii"
    )
    scale = np.percentile(brain[brain > 0], 99)
    expected = np.where(brain > 0, np.maximum(brain - 0.6 * scale, 0), 0)
    assert 0.1 < (expected[brain > 0] == 0).mean() < 0.9
    np.testing.assert_allclose(in_ras(tmp_path / "out.nii"), expected, atol=1e-3 * scale)


# --- the brain ------------------------------------------------------------------------------------


@pytest.fixture
def head(brain):
    """A head: bright outside the brain too."""
    return np.where(brain > 0, brain, brain.max() * 3).astype(np.float32)


@pytest.mark.parametrize("codes", ["RAS", "PIR"])
def test_a_mask_in_any_orientation_cuts_the_brain_out(tmp_path, brain, head, pair_model, codes):
    image = store(tmp_path / "head.nii.gz", head, "LAS")
    mask = store(tmp_path / "mask.nii.gz", (brain > 0).astype(np.uint8), codes)
    (out,) = harmonize_inputs(
        [image], model=pair_model, target="GE", out=tmp_path / "o.nii.gz", mask=mask
    )
    np.testing.assert_allclose(in_ras(out), brain, rtol=1e-6)


def test_a_head_without_mask_is_refused(tmp_path, head, pair_model):
    path = store(tmp_path / "head.nii.gz", head)
    message = refused(path, model=pair_model, target="GE", out=tmp_path / "o.nii.gz")
    assert "head.nii.gz" in message
    assert "--mask" in message
    assert files_in(tmp_path) == ["head.nii.gz"]


@pytest.mark.parametrize("spoil", ["shape", "affine", "faint", "empty", "missing"])
def test_masks_that_cannot_be_used(tmp_path, brain, pair_model, spoil):
    image, mask = store(tmp_path / "in.nii.gz", brain), tmp_path / "mask.nii.gz"
    inside = (brain > 0).astype(np.float32)
    if spoil == "shape":
        store(mask, inside[:-1])
    elif spoil == "affine":
        store(mask, inside, affine=AFFINE + np.eye(4, k=3) * 5)
    elif spoil != "missing":
        store(mask, inside * np.float32(0.4 if spoil == "faint" else 0))
    message = refused(image, model=pair_model, target="GE", out=tmp_path / "o.nii", mask=mask)
    assert "mask.nii.gz" in message
    if spoil in ("shape", "affine"):
        assert "another grid than in.nii.gz" in message
        assert ("shape" in message) == (spoil == "shape")
    if spoil in ("faint", "empty"):
        assert "none is brain" in message
    assert not (tmp_path / "o.nii").exists()


def test_a_full_mask_is_a_mask(tmp_path, brain, pair_model):
    image = store(tmp_path / "in.nii.gz", brain + 1)
    mask = store(tmp_path / "mask.nii.gz", np.ones(brain.shape, np.uint8))
    (out,) = harmonize_inputs(
        [image], model=pair_model, target="GE", out=tmp_path / "o.nii", mask=mask
    )
    np.testing.assert_allclose(in_ras(out), brain + 1, rtol=1e-5)


@pytest.mark.parametrize("with_mask", [False, True])
def test_z_scored_images_are_refused(tmp_path, brain, pair_model, with_mask):
    inside = brain > 0
    scored = np.where(inside, (brain - brain[inside].mean()) / brain[inside].std(), 0)
    image = store(tmp_path / "z.nii.gz", scored.astype(np.float32))
    mask = store(tmp_path / "mask.nii.gz", inside.astype(np.uint8)) if with_mask else None
    message = refused(image, model=pair_model, target="GE", out=tmp_path / "o.nii", mask=mask)
    assert "z.nii.gz" in message
    assert "z-scored" in message
    # A negative background alone (an offset in the header) is cured by a mask.
    assert ("--mask" in message) != with_mask


def test_a_few_negative_voxels_are_no_harm(tmp_path, brain, pair_model):
    ringing = brain.copy()
    ringing[0, :, 0] = -3
    image = store(tmp_path / "in.nii", ringing)
    (out,) = harmonize_inputs([image], model=pair_model, target="GE", out=tmp_path / "o.nii")
    np.testing.assert_allclose(in_ras(out), np.where(ringing > 0, ringing, 0), rtol=1e-6)


def test_a_brain_without_signal_is_refused(tmp_path, brain, pair_model):
    image = store(tmp_path / "in.nii", brain)
    mask = store(tmp_path / "mask.nii", (brain == 0).astype(np.uint8))
    message = refused(image, model=pair_model, target="GE", out=tmp_path / "o.nii", mask=mask)
    assert "no signal" in message


# --- several files --------------------------------------------------------------------------------


def test_several_files_go_into_a_folder(tmp_path, brain, pair_model):
    paths = [store(tmp_path / f"{name}.nii.gz", brain * n) for n, name in ((1, "a"), (2, "b"))]
    written = harmonize_inputs(paths, model=pair_model, target="GE", out=tmp_path / "deep" / "out")
    assert written == [tmp_path / "deep" / "out" / f"{name}.nii.gz" for name in "ab"]
    for path, out in zip(paths, written, strict=True):
        np.testing.assert_allclose(in_ras(out), in_ras(path), rtol=1e-6)


@pytest.mark.parametrize("out", ["folder", "results-1.2"])
def test_one_file_into_a_folder_keeps_its_name(tmp_path, brain, pair_model, out):
    path = store(tmp_path / "a.nii.gz", brain)
    written = harmonize_inputs([path], model=pair_model, target="GE", out=tmp_path / out)
    assert written == [tmp_path / out / "a.nii.gz"]


def test_the_source_is_asked_for_only_where_it_is_needed(tmp_path, brain, none_model):
    path = store(tmp_path / "a.nii.gz", brain)
    options = {"model": none_model, "target": "GE", "out": tmp_path / "o.nii.gz"}
    message = refused(path, **options)
    assert "--from" in message
    assert "Philips, Siemens" in message
    harmonize_inputs([path], **options, source="Siemens")
    assert (tmp_path / "o.nii.gz").is_file()


def test_scanners_that_the_model_does_not_know(tmp_path, brain, none_model):
    path = store(tmp_path / "a.nii.gz", brain)
    place = {"model": none_model, "out": tmp_path / "o.nii.gz"}
    assert "did you mean 'Siemens'" in refused(path, **place, target="Simens", source="GE")
    assert "did you mean 'GE'" in refused(path, **place, target="Siemens", source="GEE")
    same = refused(path, **place, target="GE", source="GE")
    assert "does not go from GE to GE" in same
    assert "Philips, Siemens" in same


def test_a_model_that_was_never_fitted(tmp_path, brain):
    NoHarmonization().save(tmp_path / "model")
    path = store(tmp_path / "a.nii.gz", brain)
    message = refused(path, model=tmp_path / "model", target="GE", out=tmp_path / "o.nii.gz")
    assert "was fitted to no scanner" in message


def test_a_folder_without_model(tmp_path, brain):
    path = store(tmp_path / "a.nii.gz", brain)
    message = refused(path, model=tmp_path, target="GE", out=tmp_path / "o.nii.gz")
    assert str(tmp_path) in message
    assert "phycharm train" in message


def test_inputs_are_never_overwritten(tmp_path, brain, pair_model):
    path = store(tmp_path / "a.nii.gz", brain)
    mask = store(tmp_path / "mask.nii.gz", (brain > 0).astype(np.uint8))
    before = {name: (tmp_path / name).read_bytes() for name in files_in(tmp_path)}
    model = {"model": pair_model, "target": "GE"}
    assert "a.nii.gz" in refused(path, **model, out=path)
    assert "a.nii.gz" in refused(path, **model, out=tmp_path)
    assert "mask.nii.gz" in refused(path, **model, out=mask, mask=mask)
    (tmp_path / "link").symlink_to(tmp_path)
    assert "a.nii.gz" in refused(path, **model, out=tmp_path / "link")
    (tmp_path / "link").unlink()
    assert {name: (tmp_path / name).read_bytes() for name in files_in(tmp_path)} == before


def test_results_never_overwrite_each_other(tmp_path, brain, pair_model):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        store(tmp_path / name / "t1.nii.gz", brain)
    paths = [tmp_path / name / "t1.nii.gz" for name in ("one", "two")]
    message = refused(*paths, model=pair_model, target="GE", out=tmp_path / "out")
    assert "two" in message
    assert not (tmp_path / "out").exists()


def test_what_does_not_fit_together(tmp_path, brain, pair_model):
    a, b = (store(tmp_path / f"{name}.nii.gz", brain) for name in "ab")
    model = {"model": pair_model, "target": "GE"}
    assert "give a folder" in refused(a, b, **model, out=tmp_path / "o.nii.gz")
    assert "one by one" in refused(a, b, **model, out=tmp_path / "o", mask=a)
    assert "give it alone" in refused(a, tmp_path, **model, out=tmp_path / "o")
    assert "No image" in refused(**model, out=tmp_path / "o")
    assert "is a file" in refused(a, **model, out=b / "o.nii.gz")
    assert "no such file" in refused(a, tmp_path / "c.nii.gz", **model, out=tmp_path / "o")
    shutil.copy(a, tmp_path / "a.mgz")
    assert "convert" in refused(tmp_path / "a.mgz", **model, out=tmp_path / "o")
    assert files_in(tmp_path) == ["a.mgz", "a.nii.gz", "b.nii.gz"]


def test_a_damaged_file_costs_only_itself(tmp_path, brain, pair_model):
    paths = [store(tmp_path / f"{name}.nii.gz", brain) for name in "abc"]
    paths[1].write_bytes(paths[1].read_bytes()[:-200])
    message = refused(*paths, model=pair_model, target="GE", out=tmp_path / "out")
    assert "b.nii.gz" in message
    assert files_in(tmp_path / "out") == ["a.nii.gz"]


# --- BIDS folders ---------------------------------------------------------------------------------


def out_name(subject, session, target="Siemens"):
    stem = f"sub-{subject}_ses-{session}_desc-harmonizedTo{target}_T1w.nii.gz"
    return f"sub-{subject}/ses-{session}/anat/{stem}"


def test_a_bids_folder_becomes_a_derivative(tmp_path, shared_dataset, none_model):
    written = harmonize_inputs(
        [shared_dataset], model=none_model, target="Siemens", out=tmp_path / "out", device="cpu"
    )
    wanted = [out_name(s, on) for s in ("01", "02", "03") for on in ("GE", "Philips")]
    assert [str(path.relative_to(tmp_path / "out")) for path in written] == wanted
    assert files_in(tmp_path / "out") == sorted([*wanted, "dataset_description.json"])
    description = json.loads((tmp_path / "out" / "dataset_description.json").read_text())
    assert description["DatasetType"] == "derivative"
    assert description["GeneratedBy"][0]["Name"] == "phycharm harmonize"
    scan = phantom.raw_scan("02", phantom.GE)
    expected = np.where(scan.mask, scan.image, 0)
    np.testing.assert_allclose(in_ras(tmp_path / "out" / out_name("02", "GE")), expected, rtol=1e-5)


def test_masks_of_the_dataset_are_used(tmp_path, dataset, none_model):
    mask = bids_folder.mask_path(dataset, "02", "GE")
    image = nibabel.load(mask)
    smaller = image.get_fdata() > 0
    smaller[:12] = False
    nibabel.save(nibabel.Nifti1Image(smaller.astype(np.uint8), image.affine), mask)
    harmonize_inputs([dataset], model=none_model, target="Siemens", out=tmp_path / "out")
    scan = phantom.raw_scan("02", phantom.GE)
    expected = np.where(smaller, scan.image, 0)
    np.testing.assert_allclose(in_ras(tmp_path / "out" / out_name("02", "GE")), expected, rtol=1e-5)


def test_the_source_narrows_a_bids_folder_down(tmp_path, shared_dataset, none_model):
    written = harmonize_inputs(
        [shared_dataset], model=none_model, target="Siemens", out=tmp_path / "out", source="GE"
    )
    sessions = {path.relative_to(tmp_path / "out").parts[1] for path in written}
    # QUANT is no scanner of the model: who gives --from vouches for it.
    assert sessions == {"ses-GE", "ses-QUANT"}


def test_a_dataset_of_one_scanner_needs_no_sessions(tmp_path, brain, none_model):
    root = tmp_path / "data"
    bids_folder.write_json(root / "dataset_description.json", {"Name": "x", "BIDSVersion": "1.10"})
    anat = root / "sub-A" / "anat"
    anat.mkdir(parents=True)
    store(anat / "sub-A_acq-fast_T1w.nii.gz", brain)
    options = {"model": none_model, "target": "Siemens", "out": tmp_path / "out"}
    message = refused(root, **options)
    assert "ses-GE, ses-Philips" in message
    assert "--from" in message
    assert not (tmp_path / "out").exists()
    (written,) = harmonize_inputs([root], **options, source="GE")
    name = "sub-A/anat/sub-A_acq-fast_desc-harmonizedToSiemens_T1w.nii.gz"
    assert written == tmp_path / "out" / name
    np.testing.assert_allclose(in_ras(written), brain, rtol=1e-6)


def test_derivatives_are_not_harmonized_again(tmp_path, dataset, none_model):
    out = dataset / "derivatives" / "harmonized"
    options = {"model": none_model, "target": "Siemens", "out": out}
    first = harmonize_inputs([dataset], **options)
    assert harmonize_inputs([dataset], **options) == first


def test_raw_data_stay_as_they_are(dataset, none_model):
    before = files_in(dataset)
    for out in (dataset, dataset / "harmonized", dataset / "sub-01"):
        message = refused(dataset, model=none_model, target="Siemens", out=out)
        assert "raw data" in message
        assert "derivatives" in message
    assert files_in(dataset) == before


def test_folders_that_are_no_bids_dataset(tmp_path, brain, none_model):
    (tmp_path / "plain").mkdir()
    store(tmp_path / "plain" / "a.nii.gz", brain)
    message = refused(tmp_path / "plain", model=none_model, target="GE", out=tmp_path / "out")
    assert "dataset_description.json" in message


def test_one_mask_for_a_bids_folder(tmp_path, shared_dataset, none_model):
    mask = bids_folder.mask_path(shared_dataset, "01", "GE")
    message = refused(
        shared_dataset, model=none_model, target="GE", out=tmp_path / "out", mask=mask
    )
    assert "leave --mask out" in message
