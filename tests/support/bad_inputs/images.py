"""Volumes that are none, are damaged, or claim what cannot be."""

import gzip
import os
import zlib

import nibabel
import numpy as np

from phycharm.data.nifti import write_volume

from .bad_input import BadInput
from support import phantom
from support.faulty_files import flip_a_voxel, with_a_fourth_axis_of_no_length, with_header

AFFINE = phantom.AFFINE
BRAIN = phantom.raw_scan("07", phantom.GE).image
_SEGMENT = "segment T1w.nii.gz out"
_PLAIN = "segment T1w.nii out"


def packed(place, raw):
    (place / "T1w.nii.gz").write_bytes(gzip.compress(raw, 1))


def good(place):
    write_volume(place / "T1w.nii.gz", BRAIN, AFFINE)
    return place / "T1w.nii.gz"


def raw_image(**fields):
    raw = bytearray(nibabel.Nifti1Image(BRAIN, AFFINE).to_bytes())
    header = np.frombuffer(raw, dtype=nibabel.nifti1.header_dtype, count=1)
    for name, value in fields.items():
        header[name] = value
    return raw


def headed(**fields):
    """A plain file whose header has some fields replaced."""
    return lambda place: with_header(place / "T1w.nii", BRAIN, **fields)


def stored(volume, **options):
    def make(place):
        nibabel.save(nibabel.Nifti1Image(volume, AFFINE, **options), place / "T1w.nii")

    return make


def cut(place, kept=0.5):
    path = good(place)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])


def bomb(place, *, megabytes, **fields):
    """A stream of many zeros behind a header; it takes a thousandth on disk."""
    stream = zlib.compressobj(9, wbits=31)
    with (place / "T1w.nii.gz").open("wb") as file:
        file.write(stream.compress(bytes(raw_image(**fields)[:352])))
        for _ in range(megabytes):
            file.write(stream.compress(bytes(2**20)))
        file.write(stream.flush())


def rgb(place):
    voxels = np.zeros(BRAIN.shape, dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    nibabel.save(nibabel.Nifti1Image(voxels, AFFINE), place / "T1w.nii")


def dim(*lengths):
    return [len(lengths), *lengths, *([1] * (7 - len(lengths)))]


def holding(value):
    volume = BRAIN.copy()
    volume[12, 16, 4] = value
    return volume


def _image(id, what, make, line, command=_PLAIN):
    return BadInput(id=id, area="Images", what=what, make=make, command=command, line=line)


IMAGES = (
    _image(
        "image-missing",
        "No such file.",
        lambda place: None,
        "",
    ),
    _image("image-empty", "A file of no bytes.", lambda p: (p / "T1w.nii").touch(), ""),
    _image(
        "image-text",
        "Text under the name of an image.",
        lambda p: (p / "T1w.nii.gz").write_text("no image"),
        "",
        _SEGMENT,
    ),
    _image(
        "image-html",
        "The page of a failed download under the name of an image.",
        lambda p: (p / "T1w.nii").write_text("<!DOCTYPE html><html>" * 40),
        "",
    ),
    _image(
        "image-folder", "A folder of that name.", lambda p: (p / "T1w.nii.gz").mkdir(), "", _SEGMENT
    ),
    _image("image-fifo", "A pipe (FIFO).", lambda p: os.mkfifo(p / "T1w.nii"), ""),
    _image(
        "image-link-broken",
        "A link to nothing.",
        lambda p: (p / "T1w.nii").symlink_to("gone.nii"),
        "",
    ),
    _image(
        "image-link-loop", "A link to itself.", lambda p: (p / "T1w.nii").symlink_to("T1w.nii"), ""
    ),
    _image(
        "image-link-annex",
        "A link of git-annex whose content was never fetched.",
        lambda p: (p / "T1w.nii").symlink_to(".git/annex/objects/x.nii"),
        "",
    ),
    _image(
        "image-lfs-pointer",
        "A pointer of Git LFS in the place of the content.",
        lambda p: (p / "T1w.nii").write_text("version https://git-lfs.github.com/spec/v1\n"),
        "",
    ),
    _image("image-gzip-truncated", "A compressed file of which half is there.", cut, "", _SEGMENT),
    _image(
        "image-gzip-cut-in-header",
        "A compressed file cut in its header.",
        lambda p: cut(p, 0.01),
        "",
        _SEGMENT,
    ),
    _image(
        "image-gzip-flipped",
        "One bit of a voxel flipped inside the compressed stream.",
        lambda p: flip_a_voxel(good(p)),
        "",
        _SEGMENT,
    ),
    _image(
        "image-gzip-bomb",
        "300 MB of zeros behind a header that announces 24 kB (a gzip bomb).",
        lambda p: bomb(p, megabytes=300),
        "",
        _SEGMENT,
    ),
    _image(
        "image-gzip-bomb-announced",
        "The same, announced by the header: 30000 voxels along each axis.",
        lambda p: bomb(p, megabytes=64, dim=dim(30000, 30000, 30000)),
        "",
        _SEGMENT,
    ),
    _image(
        "image-gzip-in-plain",
        "A compressed file without `.gz` in its name.",
        lambda p: (p / "T1w.nii").write_bytes(good(p).read_bytes()),
        "",
    ),
    _image(
        "image-plain-in-gzip",
        "An uncompressed file with `.gz` in its name.",
        lambda p: (p / "T1w.nii.gz").write_bytes(bytes(raw_image())),
        "",
        _SEGMENT,
    ),
    _image(
        "image-truncated",
        "An uncompressed file of which half is there.",
        lambda p: (p / "T1w.nii").write_bytes(bytes(raw_image()[:9000])),
        "",
    ),
    _image(
        "image-header-alone",
        "A header without voxels.",
        lambda p: (p / "T1w.nii").write_bytes(bytes(raw_image()[:352])),
        "",
    ),
    _image(
        "image-dim-huge",
        "A header of 30000 voxels along each axis.",
        headed(dim=dim(30000, 30000, 30000)),
        "",
    ),
    _image("image-dim-zero", "No voxels along one axis.", headed(dim=dim(24, 0, 8)), ""),
    _image(
        "image-dim-fourth-zero",
        "A fourth axis of no length.",
        lambda p: with_a_fourth_axis_of_no_length(p / "T1w.nii", BRAIN),
        "",
    ),
    _image("image-dim-negative", "A negative number of voxels.", headed(dim=dim(24, -32, 8)), ""),
    _image("image-dim-count", "A header of 9 axes.", headed(dim=[9, 24, 32, 8, 1, 1, 1, 1]), ""),
    _image("image-2d", "One slice.", stored(BRAIN[:, :, 4]), ""),
    _image("image-4d", "A series of 40 volumes.", stored(np.stack([BRAIN] * 40, axis=-1)), ""),
    _image(
        "image-5d", "A vector field.", stored(np.stack([BRAIN] * 3, axis=-1)[:, :, :, None]), ""
    ),
    _image("image-complex", "Complex voxels.", stored(BRAIN.astype(np.complex64)), ""),
    _image("image-rgb", "A colour image.", rgb, ""),
    _image(
        "image-datatype-unknown",
        "A type of voxels that NIfTI does not know.",
        headed(datatype=77),
        "",
    ),
    _image("image-bitpix", "A number of bits that does not fit the type.", headed(bitpix=8), ""),
    _image(
        "image-magic",
        "Letters at the end of the header that are no NIfTI's.",
        headed(magic=b"xyz"),
        "",
    ),
    _image("image-header-size", "A header that says it has 100 bytes.", headed(sizeof_hdr=100), ""),
    _image(
        "image-vox-offset",
        "Voxels that would begin behind the end of the file.",
        headed(vox_offset=1e9),
        "",
    ),
    _image(
        "image-vox-offset-negative",
        "Voxels that would begin before the file.",
        headed(vox_offset=-400),
        "",
    ),
    _image(
        "image-vox-offset-nan", "Voxels that would begin at NaN.", headed(vox_offset=np.nan), ""
    ),
    _image(
        "image-slope-infinite",
        "An infinite scale factor.",
        headed(scl_slope=np.inf, scl_inter=0),
        "",
    ),
    _image(
        "image-slope-huge",
        "A scale factor beyond single precision.",
        headed(scl_slope=3e38, scl_inter=0),
        "",
    ),
    _image(
        "image-slope-negative", "A negative scale factor.", headed(scl_slope=-1, scl_inter=0), ""
    ),
    _image(
        "image-inter-nan",
        "NaN to be added to every voxel.",
        headed(scl_slope=1, scl_inter=np.nan),
        "",
    ),
    _image("image-affine-nan", "NaN in the affine.", headed(srow_x=[np.nan, 0, 0, 0]), ""),
    _image(
        "image-affine-singular",
        "An affine whose first axis has no length.",
        headed(srow_x=[0, 0, 0, 5]),
        "",
    ),
    _image(
        "image-affine-micrometres",
        "Voxels of 5000 mm: micrometres were written.",
        lambda p: nibabel.save(
            nibabel.Nifti1Image(BRAIN, AFFINE * np.array([[1e3], [1e3], [1e3], [1]])), p / "T1w.nii"
        ),
        "",
    ),
    _image("image-nan", "A voxel that is NaN.", stored(holding(np.nan)), ""),
    _image("image-infinite", "A voxel that is infinite.", stored(holding(np.inf)), ""),
    _image("image-constant", "The same value everywhere.", stored(np.full_like(BRAIN, 7)), ""),
    _image("image-z-scored", "A z-scored image.", stored(np.where(BRAIN > 0, BRAIN - 2000, 0)), ""),
    _image(
        "image-negative",
        "An image that is negative everywhere.",
        stored(BRAIN - 2 * BRAIN.max()),
        "",
    ),
    _image(
        "image-head",
        "A head whose brain has not been extracted, without a mask.",
        stored(BRAIN + 5),
        "",
    ),
    _image(
        "image-other-format",
        "A picture.",
        lambda p: (p / "T1w.png").write_bytes(b"\x89PNG\r\n\x1a\n"),
        "",
        "segment T1w.png out",
    ),
    _image(
        "image-analyze",
        "The header of a pair whose voxels are gone.",
        lambda p: (
            nibabel.save(nibabel.Nifti1Pair(BRAIN, AFFINE), p / "T1w.hdr"),
            (p / "T1w.img").unlink(),
        ),
        "",
        "segment T1w.hdr out",
    ),
    _image(
        "image-json-extension",
        "A header extension that is longer than the file.",
        lambda p: (p / "T1w.nii").write_bytes(extended()),
        "",
    ),
)


def extended():
    raw = raw_image()
    raw[348:352] = b"\x01\0\0\0"
    return (
        bytes(raw[:352])
        + (2**31 - 16).to_bytes(4, "little")
        + (6).to_bytes(4, "little")
        + bytes(raw[352:])
    )
