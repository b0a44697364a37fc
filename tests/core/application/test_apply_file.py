"""Harmonizing one file: orientation, type, header, scale."""

from dataclasses import replace

import nibabel
import numpy as np
import pytest

from phycharm.application.apply import harmonize_inputs
from phycharm.application.file_harmonizer import FileHarmonizer
from phycharm.baselines.linear import LinearScaling
from phycharm.baselines.unet import UNet
from phycharm.data.intensity import STANDARDIZATIONS, intensity_scale, percentile_99
from phycharm.errors import InputError
from phycharm.harmonizers.card import MethodCard
from phycharm.harmonizers.external import load_harmonizer
from phycharm.harmonizers.harmonizer import Harmonizer

from support import phantom
from support.model_files import AFFINE, files_in, in_ras, refused, store

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


class TestScale:
    """The method sees what it was trained on, and the result is on the scale of the input."""

    def run(self, tmp_path, brain, method):
        path = store(tmp_path / "sub-07_T1w.nii.gz", brain, "RAS")
        FileHarmonizer(method=method, source=phantom.GE, target=phantom.SIEMENS).run(
            path, tmp_path / "out.nii.gz"
        )

    @pytest.mark.parametrize("name", list(STANDARDIZATIONS))
    def test_of_the_training_scans(self, tmp_path, brain, name):
        people = phantom.raw_cohort().map(STANDARDIZATIONS[name])
        method = Ramp().fit(people)
        assert method.fitted_on["standardization"] == name
        self.run(tmp_path, brain, method)
        seen = method.seen
        assert seen.standardization == name
        assert intensity_scale(seen.image, seen.mask, name) == pytest.approx(1, rel=1e-5)
        np.testing.assert_allclose(
            in_ras(tmp_path / "out.nii.gz"), Ramp.expected(brain, brain > 0), rtol=1e-5
        )

    @pytest.mark.parametrize("fitted_on", [{}, {"standardization": ""}])
    def test_models_that_do_not_say_are_of_the_99th_percentile(self, tmp_path, brain, fitted_on):
        method = Ramp()
        method.fitted_on = fitted_on
        self.run(tmp_path, brain, method)
        assert method.seen.standardization == "p99"

    def test_a_rule_of_a_later_version(self, tmp_path, brain):
        method = Ramp()
        method.fitted_on = {"standardization": "p2030"}
        with pytest.raises(InputError, match=r"standardized by 'p2030'.*; update phycharm"):
            self.run(tmp_path, brain, method)
        assert not (tmp_path / "out.nii.gz").exists()

    @pytest.mark.parametrize("name", list(STANDARDIZATIONS))
    def test_survives_saving(self, tmp_path, name):
        people = phantom.raw_cohort().map(STANDARDIZATIONS[name])
        LinearScaling().fit(people).save(tmp_path / "model")
        loaded = load_harmonizer(tmp_path / "model")
        assert loaded.fitted_on["standardization"] == name


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
