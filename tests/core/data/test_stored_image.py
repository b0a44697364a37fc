"""Opening files: every damage is one line, and nothing damaged is read as other data."""

import gzip
import io
import os
import tracemalloc
import zlib
from contextlib import contextmanager
from pathlib import Path

import nibabel
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phycharm.data import nifti
from phycharm.data.nifti import read_image, read_volume, read_voxels, write_volume
from phycharm.data.stored_image import open_image, require_file, unpacked, whole_image
from phycharm.errors import InputError

from support.faulty_files import flip_a_voxel, with_a_fourth_axis_of_no_length, without_place
from support.phantom import AFFINE

VOLUME = np.random.default_rng(0).integers(1, 900, (6, 7, 8)).astype(np.float32)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "brain.nii.gz"
    write_volume(path, VOLUME, AFFINE)
    return path


def told(call, *words):
    with pytest.raises(InputError) as error:
        call()
    text = str(error.value)
    assert "\n" not in text
    assert all(word in text for word in words), text
    return text


class TestCompressedStreams:
    @pytest.mark.parametrize("read", [read_volume, read_voxels, whole_image])
    def test_a_flipped_bit_is_not_read_as_other_data(self, file, read):
        flip_a_voxel(file)
        # The very thing that used to happen: nibabel alone sees nothing.
        assert not np.array_equal(nibabel.load(file).get_fdata(), VOLUME)
        told(lambda: read(file), str(file), "damaged", "copy")

    def test_of_another_case_of_letters(self, tmp_path, file):
        path = file.rename(tmp_path / "BRAIN.NII.GZ")
        np.testing.assert_array_equal(read_volume(path)[0], VOLUME)
        told(lambda: read_volume(flip_a_voxel(path)), "BRAIN.NII.GZ", "damaged")

    @pytest.mark.parametrize("ending", [".mgz", ".img.gz"])
    def test_of_other_formats(self, tmp_path, ending):
        kind = nibabel.MGHImage if ending == ".mgz" else nibabel.Nifti1Pair
        path = tmp_path / f"brain{ending}"
        nibabel.save(kind(VOLUME, AFFINE), path)
        np.testing.assert_array_equal(read_volume(path)[0], VOLUME)
        told(lambda: read_volume(flip_a_voxel(path)), f"brain{ending}", "damaged")

    @pytest.mark.parametrize("place", [-1, -5])
    def test_a_wrong_length_or_checksum(self, file, place):
        content = bytearray(file.read_bytes())
        content[place] ^= 1
        file.write_bytes(bytes(content))
        told(lambda: read_volume(file), "damaged")

    @pytest.mark.parametrize("kept", [0.1, 0.5, 0.9, 0.999])
    def test_a_stream_that_ends_too_early(self, file, kept):
        content = file.read_bytes()
        file.write_bytes(content[: int(kept * len(content))])
        told(lambda: read_volume(file), str(file), "copy")

    def test_several_members_and_what_follows_them(self, file):
        raw = gzip.decompress(file.read_bytes())
        parts = gzip.compress(raw[:500]) + gzip.compress(raw[500:])
        for rest in (b"", bytes(512), b"not of the stream"):
            file.write_bytes(parts + rest)
            np.testing.assert_array_equal(read_volume(file)[0], VOLUME)

    def test_the_second_member_is_checked_too(self):
        members = gzip.compress(b"grey"), bytearray(gzip.compress(b"matter"))
        members[1][-6] ^= 1
        with pytest.raises(Exception, match="incorrect data check"):
            unpacked(io.BytesIO(members[0] + bytes(members[1])), limit=100)

    @pytest.mark.parametrize("members", [1, 3])
    @pytest.mark.parametrize("length", [0, 1, 65536, 2**20, 2**20 + 1, 2**21])
    def test_any_length_comes_back_whole(self, length, members):
        content = np.random.default_rng(length).integers(0, 4, length, np.uint8).tobytes()
        packed = gzip.compress(content) * members
        assert unpacked(io.BytesIO(packed), limit=members * length) == content * members
        with pytest.raises(OverflowError):
            unpacked(io.BytesIO(packed + gzip.compress(b"more")), limit=members * length)
        with pytest.raises(EOFError):
            unpacked(io.BytesIO(packed[:-9]), limit=members * length)


class TestWhatIsNotThere:
    def test_a_link_to_content_that_was_not_fetched(self, tmp_path):
        link = tmp_path / "sub-01_T1w.nii.gz"
        link.symlink_to("../.git/annex/objects/xx/MD5E-s9--0.nii.gz")
        told(lambda: read_volume(link), "sub-01_T1w.nii.gz", "not fetched", "datalad get")

    @pytest.mark.parametrize(
        ("content", "remedy"),
        [
            ("/annex/objects/MD5E-s9--0.nii.gz\n", "datalad get"),
            ("version https://git-lfs.github.com/\n", "git lfs pull"),
        ],
    )
    def test_a_pointer_in_the_place_of_content(self, tmp_path, content, remedy):
        path = tmp_path / "sub-01_T1w.nii.gz"
        path.write_text(content)
        told(lambda: read_image(path), "not fetched", remedy)

    def test_a_link_that_leads_to_itself(self, tmp_path):
        (tmp_path / "loop.nii").symlink_to("loop.nii")
        told(lambda: read_image(tmp_path / "loop.nii"), "loop.nii", "leads to itself")

    def test_permission(self, file, monkeypatch):
        def denied(*_, **__):
            raise PermissionError(13, "Permission denied", str(file))

        monkeypatch.setattr(Path, "open", denied)
        told(lambda: require_file(file), str(file), "permission denied")

    def test_no_file_at_all(self, tmp_path):
        told(lambda: require_file(tmp_path), "is a folder")
        told(lambda: require_file(tmp_path / "absent.nii"), "no such file")
        os.mkfifo(tmp_path / "pipe.nii")
        told(lambda: require_file(tmp_path / "pipe.nii"), "is no file")

    def test_a_file_for_a_folder_on_the_way(self, file):
        told(lambda: require_file(file / "inside.nii"), "no such file")


class TestHeaders:
    def test_an_axis_of_no_length(self, tmp_path):
        path = with_a_fourth_axis_of_no_length(tmp_path / "dim4.nii", VOLUME)
        for read in (read_image, read_volume, read_voxels):
            told(lambda read=read: read(path), "dim4.nii", "(6, 7, 8, 0)")

    @settings(
        max_examples=60,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        changes=st.lists(
            st.tuples(st.integers(0, 351), st.integers(0, 255)), min_size=1, max_size=4
        ),
        packed=st.booleans(),
    )
    @pytest.mark.filterwarnings("ignore:.*which side is left:UserWarning")
    def test_any_bytes(self, tmp_path, capfd, changes, packed):
        raw = bytearray(nibabel.Nifti1Image(VOLUME, AFFINE).to_bytes())
        for place, value in changes:
            raw[place] = value
        path = tmp_path / ("any.nii.gz" if packed else "any.nii")
        path.write_bytes(gzip.compress(bytes(raw), 1) if packed else bytes(raw))
        for read in (read_volume, read_voxels, lambda one: read_image(one).shape):
            try:
                read(path)
            except InputError as error:
                assert "\n" not in str(error)
                assert str(path) in str(error)
        # What nibabel repairs is not told line by line.
        assert capfd.readouterr().err == ""

    @settings(max_examples=30, deadline=None)
    @given(content=st.binary(max_size=600))
    def test_any_content(self, tmp_path_factory, content):
        path = tmp_path_factory.mktemp("any") / "any.nii.gz"
        path.write_bytes(content)
        with pytest.raises(InputError):
            read_volume(path)

    @settings(
        max_examples=80,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )
    @given(
        shape=st.lists(st.integers(-32768, 32767), min_size=8, max_size=8),
        offset=st.floats(width=32),
        kind=st.sampled_from([2, 4, 8, 16, 32, 64, 128, 256, 512, 768, 1024, 1536, 2304]),
        scale=st.tuples(st.floats(width=32), st.floats(width=32)),
        order=st.sampled_from("<>"),
        second=st.booleans(),
        packed=st.booleans(),
    )
    @pytest.mark.filterwarnings("ignore:.*which side is left:UserWarning")
    def test_any_numbers(self, tmp_path, shape, offset, kind, scale, order, second, packed):
        image = (nibabel.Nifti2Image if second else nibabel.Nifti1Image)(VOLUME, AFFINE)
        length = 540 if second else 348
        header = np.frombuffer(bytearray(image.to_bytes()[:length]), image.header.template_dtype)
        header = header.astype(header.dtype.newbyteorder(order))
        header["dim"], header["datatype"] = shape, kind
        with np.errstate(all="ignore"):
            usable = np.nan_to_num(offset, posinf=2**62, neginf=-(2**62))
            header["vox_offset"] = np.clip(usable, -(2.0**62), 2.0**62) if second else offset
        header["scl_slope"], header["scl_inter"] = scale
        raw = header.tobytes() + image.to_bytes()[length:]
        path = tmp_path / ("any.nii.gz" if packed else "any.nii")
        path.write_bytes(gzip.compress(raw, 1) if packed else raw)
        with within(megabytes=200):
            for read in (read_volume, read_voxels, lambda one: read_image(one).shape):
                try:
                    read(path)
                except InputError as error:
                    assert "\n" not in str(error)
                    assert str(path) in str(error)

    @settings(max_examples=3000, deadline=None)
    @given(content=st.binary(max_size=600), offset=st.integers(0, 351))
    @pytest.mark.slow
    @pytest.mark.filterwarnings("ignore:.*which side is left:UserWarning")
    def test_any_bytes_at_length(self, tmp_path_factory, content, offset):
        raw = bytearray(nibabel.Nifti1Image(VOLUME, AFFINE).to_bytes())
        raw[offset : offset + len(content)] = content
        path = tmp_path_factory.mktemp("any") / "any.nii.gz"
        for packed in (gzip.compress(bytes(raw), 1), bytes(raw)):
            path.write_bytes(packed)
            with within(megabytes=200):
                try:
                    read_volume(path)
                except InputError as error:
                    assert "\n" not in str(error)

    def test_larger_than_any_memory(self, tmp_path):
        raw = bytearray(nibabel.Nifti1Image(VOLUME, AFFINE).to_bytes())
        raw[42:48] = (32767).to_bytes(2, "little") * 3
        (tmp_path / "huge.nii").write_bytes(bytes(raw))
        told(lambda: read_volume(tmp_path / "huge.nii"), "huge.nii", "copy")


@contextmanager
def within(*, megabytes):
    """Hold the block to an amount of memory, whoever asks for it."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < megabytes * 2**20, f"{peak / 2**20:.0f} MiB were taken"


def headed(**fields):
    raw = bytearray(nibabel.Nifti1Image(VOLUME, AFFINE).to_bytes())
    header = np.frombuffer(raw, dtype=nibabel.nifti1.header_dtype, count=1)
    for name, value in fields.items():
        header[name] = value
    return bytes(raw)


def bomb(path, start, megabytes):
    """Write a file of many zeros, which takes a thousandth on disk."""
    stream = zlib.compressobj(9, wbits=31)
    with path.open("wb") as file:
        file.write(stream.compress(start))
        for _ in range(megabytes):
            file.write(stream.compress(bytes(2**20)))
        file.write(stream.flush())
    return path


class TestMemory:
    """What would fill the memory is refused before it is taken."""

    HUGE = (3, 30000, 30000, 30000, 1, 1, 1, 1)

    @pytest.mark.parametrize("read", [read_volume, read_voxels, whole_image])
    def test_more_zeros_than_the_header_announces(self, tmp_path, read):
        path = bomb(tmp_path / "bomb.nii.gz", headed()[:352], 150)
        assert path.stat().st_size < 500_000
        # Header, extensions and voxels may take 64 MiB; what is read is held twice for a moment.
        with within(megabytes=150):
            told(lambda: read(path), "bomb.nii.gz", "more than its header announces")

    @pytest.mark.parametrize("read", [read_volume, read_voxels, read_image])
    @pytest.mark.parametrize("packed", [True, False])
    def test_a_header_that_claims_what_no_head_has(self, tmp_path, read, packed):
        path = tmp_path / ("huge.nii.gz" if packed else "huge.nii")
        if packed:
            bomb(path, headed(dim=self.HUGE)[:352], 20)
        else:
            path.write_bytes(headed(dim=self.HUGE))
            os.truncate(path, 2**41)  # a sparse file: it takes no room, and is as long as it says
        with within(megabytes=20):
            told(lambda: read(path), "huge.nii", "30000 x 30000 x 30000", "copy")

    @pytest.mark.parametrize("packed", [True, False])
    def test_extensions_that_fill_the_memory(self, tmp_path, packed):
        start = bytearray(headed(vox_offset=2.0**30)[:352])
        start[348] = 1
        start += (2**30 - 352).to_bytes(4, "little") + (6).to_bytes(4, "little")
        path = tmp_path / ("long.nii.gz" if packed else "long.nii")
        if packed:
            bomb(path, bytes(start), 300)
        else:
            path.write_bytes(start)
            os.truncate(path, 2**31)
        with within(megabytes=20):
            told(lambda: read_volume(path), "long.nii", "1073741824", "copy")

    @pytest.mark.parametrize("shape", [(240, 240, 224), (400, 500, 500), (640, 880, 850)])
    def test_honest_sizes_are_opened(self, tmp_path, shape):
        path = tmp_path / "head.nii"
        path.write_bytes(headed(dim=(3, *shape, 1, 1, 1, 1)))
        assert open_image(path).shape == shape

    def test_extensions_of_some_length_are_read(self, tmp_path):
        image = nibabel.Nifti1Image(VOLUME, AFFINE)
        image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"x" * 10**6))
        nibabel.save(image, tmp_path / "said.nii.gz")
        np.testing.assert_array_equal(read_volume(tmp_path / "said.nii.gz")[0], VOLUME)


class TestPlace:
    def test_unknown_left_and_right_are_told_once_a_file(self, tmp_path):
        path = without_place(tmp_path / "lost.nii", VOLUME)
        with pytest.warns(
            UserWarning, match=r"lost\.nii: .*which side is left is not known"
        ) as found:
            read_volume(path)
            read_image(path)
            read_volume(path)
        assert len(found) == 1
        with pytest.warns(UserWarning, match=r"other\.nii"):
            read_image(without_place(tmp_path / "other.nii", VOLUME))

    @pytest.mark.parametrize(("sform", "qform"), [(1, 0), (0, 1), (4, 1)])
    def test_known_ones_are_not(self, tmp_path, sform, qform):
        image = nibabel.Nifti1Image(VOLUME, AFFINE)
        image.set_sform(AFFINE, code=sform)
        image.set_qform(AFFINE, code=qform)
        nibabel.save(image, tmp_path / "found.nii")
        read_volume(tmp_path / "found.nii")

    def test_two_places_that_differ_in_left_and_right(self, tmp_path):
        image = nibabel.Nifti1Image(VOLUME, AFFINE)
        image.set_sform(AFFINE, code=1)
        image.set_qform(AFFINE @ np.diag([-1, 1, 1, 1]), code=1)
        nibabel.save(image, tmp_path / "torn.nii")
        with pytest.warns(UserWarning, match=r"torn\.nii: its sform and qform differ"):
            np.testing.assert_array_equal(read_volume(tmp_path / "torn.nii")[0], VOLUME)

    def test_opening_alone_says_nothing(self, tmp_path):
        open_image(without_place(tmp_path / "lost.nii", VOLUME))
        assert tmp_path / "lost.nii" not in nifti._told_of_place


@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_voxels_in_another_unit_than_mm(tmp_path, unit):
    affine = AFFINE * np.array([[unit], [unit], [unit], [1]])
    nibabel.save(nibabel.Nifti1Image(VOLUME, affine), tmp_path / "unit.nii")
    told(lambda: read_image(tmp_path / "unit.nii"), "unit.nii", f"{5 * unit:g} x", "unit is mm")


def test_labels_keep_their_type(tmp_path):
    labels = np.arange(336, dtype=np.int32).reshape(6, 7, 8)
    nibabel.save(nibabel.Nifti1Image(labels, AFFINE), tmp_path / "labels.nii.gz")
    found, affine = read_voxels(tmp_path / "labels.nii.gz")
    assert found.dtype == np.int32
    np.testing.assert_array_equal(found, labels)
    np.testing.assert_allclose(affine, AFFINE)


def test_numbers_that_float32_cannot_hold(tmp_path):
    volume = VOLUME.astype(np.float64)
    volume[1, 2, 3] = 1e300
    nibabel.save(nibabel.Nifti1Image(volume, AFFINE), tmp_path / "large.nii")
    told(lambda: read_volume(tmp_path / "large.nii"), "large.nii", "infinite")
