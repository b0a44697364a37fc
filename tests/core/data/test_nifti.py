"""Volumes on disk: what comes back, and what is refused."""

import gzip

import nibabel
import numpy as np
import pytest

from phycharm.data.nifti import other_grid, read_image, read_volume, write_volume
from phycharm.errors import InputError

AFFINE = np.array([[2.0, 0, 0, -9], [0, 2.5, 0, -12], [0, 0, 3, -4], [0, 0, 0, 1]])


@pytest.fixture
def volume():
    return np.random.default_rng(0).random((5, 6, 4)).astype(np.float32)


@pytest.fixture
def file(tmp_path, volume):
    path = tmp_path / "brain.nii.gz"
    write_volume(path, volume, AFFINE)
    return path


def one_line(error):
    text = str(error.value)
    assert "\n" not in text
    return text


def test_round_trip_is_exact(file, volume):
    image, affine = read_volume(file)
    assert image.dtype == np.float32
    assert affine.dtype == np.float64
    np.testing.assert_array_equal(image, volume)
    np.testing.assert_allclose(affine, AFFINE, atol=1e-6)


def test_written_file_is_plain_nifti_for_others(file, volume):
    header = nibabel.load(file).header
    np.testing.assert_allclose(header.get_sform(), AFFINE, atol=1e-6)
    np.testing.assert_allclose(header.get_qform(), AFFINE, atol=1e-6)
    assert header.get_xyzt_units()[0] == "mm"
    assert header.get_data_dtype() == np.float32
    assert header["sform_code"] == header["qform_code"] == 1


def test_booleans_are_stored_as_bytes(tmp_path, volume):
    path = tmp_path / "mask.nii.gz"
    write_volume(path, volume > 0.5, AFFINE)
    assert nibabel.load(path).get_data_dtype() == np.uint8
    np.testing.assert_array_equal(read_volume(path)[0] > 0.5, volume > 0.5)


@pytest.mark.parametrize("codes", ["LPS", "LAS", "PIR", "SAL", "ARS"])
def test_every_orientation_is_read_as_the_same_ras_volume(tmp_path, file, codes):
    wanted, wanted_affine = read_volume(file)
    turned = nibabel.orientations.ornt_transform(
        nibabel.orientations.io_orientation(AFFINE), nibabel.orientations.axcodes2ornt(codes)
    )
    path = tmp_path / "turned.nii.gz"
    nibabel.save(nibabel.load(file).as_reoriented(turned), path)
    assert "".join(nibabel.aff2axcodes(nibabel.load(path).affine)) == codes
    image, affine = read_volume(path)
    np.testing.assert_array_equal(image, wanted)
    np.testing.assert_allclose(affine, wanted_affine, atol=1e-5)
    assert image.flags.c_contiguous


def test_scale_factors_of_the_header_are_applied(tmp_path):
    stored = nibabel.Nifti1Image(np.arange(24, dtype=np.int16).reshape(2, 3, 4), AFFINE)
    stored.header.set_slope_inter(0.5, 10)
    nibabel.save(stored, tmp_path / "scaled.nii")
    image, _ = read_volume(tmp_path / "scaled.nii")
    expected = nibabel.load(tmp_path / "scaled.nii").get_fdata()
    np.testing.assert_allclose(image, expected, rtol=1e-6)


def test_missing_file(tmp_path):
    with pytest.raises(InputError) as error:
        read_volume(tmp_path / "absent.nii.gz")
    assert "absent.nii.gz" in one_line(error)


@pytest.mark.parametrize("content", [b"", b"not a NIfTI file at all", b"\x1f\x8b\x08\x00broken"])
def test_file_of_another_kind(tmp_path, content):
    path = tmp_path / "strange.nii.gz"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_volume(path)
    assert "strange.nii.gz" in one_line(error)


@pytest.mark.parametrize("kept", [60, 400, -30])
def test_truncated_gzip(file, kept):
    # Noise does not compress, so every cut goes through header or voxels.
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(InputError) as error:
        read_volume(file)
    assert str(file) in one_line(error)
    assert "again" in str(error.value)


def test_flipped_bits_inside_the_gzip(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(bytes(content))
    with pytest.raises(InputError, match="again"):
        read_volume(file)


def test_truncated_without_compression(tmp_path, volume):
    path = tmp_path / "brain.nii"
    write_volume(path, volume, AFFINE)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="truncated"):
        read_volume(path)


def test_damaged_header(tmp_path, file):
    raw = bytearray(gzip.decompress(file.read_bytes()))
    raw[70:72] = (9999).to_bytes(2, "little")  # no such data type
    path = tmp_path / "header.nii"
    path.write_bytes(bytes(raw))
    with pytest.raises(InputError) as error:
        read_volume(path)
    assert "header.nii" in one_line(error)


def test_colour_image(tmp_path):
    colours = np.zeros((3, 3, 3), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    colours["R"][0] = 7
    nibabel.save(nibabel.Nifti1Image(colours, AFFINE), tmp_path / "rgb.nii.gz")
    with pytest.raises(InputError) as error:
        read_volume(tmp_path / "rgb.nii.gz")
    assert "rgb.nii.gz" in one_line(error)


def test_complex_image(tmp_path, volume):
    nibabel.save(nibabel.Nifti1Image(volume.astype(np.complex64), AFFINE), tmp_path / "k.nii.gz")
    with pytest.raises(InputError, match="magnitude") as error:
        read_volume(tmp_path / "k.nii.gz")
    assert "k.nii.gz" in one_line(error)


@pytest.mark.parametrize("bad", ["flat", "nan", "infinite"])
def test_voxels_without_size_or_place(tmp_path, volume, bad):
    path = tmp_path / "nowhere.nii"
    write_volume(path, volume, AFFINE)
    raw = bytearray(path.read_bytes())
    # The sform's first row: bytes 280 to 295 of the header.
    row = {"flat": [0, 0, 0, 5], "nan": [np.nan, 0, 0, 5], "infinite": [np.inf, 0, 0, 5]}[bad]
    raw[280:296] = np.array(row, "<f4").tobytes()
    path.write_bytes(bytes(raw))
    with pytest.raises(InputError, match="affine") as error:
        read_image(path)
    assert "nowhere.nii" in one_line(error)
    assert "sform" in str(error.value)


def test_how_grids_differ():
    moved = AFFINE + 0.1 * np.eye(4, k=3)
    assert other_grid((4, 5, 6), AFFINE, (4, 5, 6), AFFINE + 1e-3) == ""
    assert "(4, 5, 6) and not (4, 5, 7)" in other_grid((4, 5, 6), AFFINE, (4, 5, 7), moved)
    assert "elsewhere" in other_grid((4, 5, 6), AFFINE, (4, 5, 6), moved)


@pytest.mark.parametrize(
    ("shape", "remedy"),
    [((4, 5), "whole series"), ((4, 5, 6, 2), "split"), ((4, 5, 6, 1, 3), "split")],
)
def test_other_dimensions(tmp_path, shape, remedy):
    nibabel.save(nibabel.Nifti1Image(np.ones(shape, np.float32), AFFINE), tmp_path / "series.nii")
    with pytest.raises(InputError) as error:
        read_image(tmp_path / "series.nii")
    assert "series.nii" in one_line(error)
    assert remedy in str(error.value)


@pytest.mark.parametrize("further", [(1,), (1, 1), (1, 1, 1)])
@pytest.mark.parametrize("codes", ["RAS", "LPS"])
def test_further_axes_of_length_one_are_left_out(tmp_path, file, codes, further):
    turned = nibabel.orientations.ornt_transform(
        nibabel.orientations.io_orientation(AFFINE), nibabel.orientations.axcodes2ornt(codes)
    )
    whole = nibabel.load(file).as_reoriented(turned)
    stored = np.round(whole.get_fdata() * 1000).astype(np.int16)
    image = nibabel.Nifti1Image(stored.reshape((*stored.shape, *further)), whole.affine)
    image.header.set_slope_inter(0.25, 3)
    nibabel.save(image, tmp_path / "further.nii.gz")
    found, affine = read_volume(tmp_path / "further.nii.gz")
    wanted, wanted_affine = read_volume(file)
    np.testing.assert_allclose(found, np.round(wanted * 1000) * 0.25 + 3, rtol=1e-6)
    np.testing.assert_allclose(affine, wanted_affine, atol=1e-5)
    opened = read_image(tmp_path / "further.nii.gz")
    assert opened.shape == wanted.shape
    assert len(opened.header.get_zooms()) == 3


def test_a_single_slice_stays_a_volume(tmp_path):
    stored = np.arange(20, dtype=np.float32).reshape(4, 5, 1, 1)
    nibabel.save(nibabel.Nifti1Image(stored, AFFINE), tmp_path / "slice.nii")
    assert read_volume(tmp_path / "slice.nii")[0].shape == (4, 5, 1)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_voxels_that_are_not_finite(tmp_path, volume, bad):
    volume[1, 2, 3] = bad
    write_volume(tmp_path / "holes.nii.gz", volume, AFFINE)
    with pytest.raises(InputError, match="NaN or infinite") as error:
        read_volume(tmp_path / "holes.nii.gz")
    assert "holes.nii.gz" in one_line(error)


def test_constant_volume(tmp_path, volume):
    write_volume(tmp_path / "flat.nii.gz", np.full_like(volume, 3), AFFINE)
    with pytest.raises(InputError, match="same value") as error:
        read_volume(tmp_path / "flat.nii.gz")
    assert "flat.nii.gz" in one_line(error)
    # A mask may be full, or empty: what that means is for its reader to say.
    assert (read_volume(tmp_path / "flat.nii.gz", constant=True)[0] == 3).all()


def test_opening_does_not_read_the_voxels(file):
    # The header survives the cut: only the voxels are damaged.
    noise = np.random.default_rng(1).random((20, 20, 20)).astype(np.float32)
    write_volume(file, noise, AFFINE)
    file.write_bytes(file.read_bytes()[:-2000])
    assert read_image(file).shape == (20, 20, 20)
    with pytest.raises(InputError):
        read_volume(file)
