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
        "T1w.nii: no such file; check the path.",
    ),
    _image(
        "image-empty",
        "A file of no bytes.",
        lambda p: (p / "T1w.nii").touch(),
        "T1w.nii: not a readable NIfTI file, damaged or truncated "
        "([...]); copy or convert it again.",
    ),
    _image(
        "image-text",
        "Text under the name of an image.",
        lambda p: (p / "T1w.nii.gz").write_text("no image"),
        "T1w.nii.gz: not a readable NIfTI file, damaged or truncated "
        "([...]); copy or convert it again.",
        _SEGMENT,
    ),
    _image(
        "image-html",
        "The page of a failed download under the name of an image.",
        lambda p: (p / "T1w.nii").write_text("<!DOCTYPE html><html>" * 40),
        "T1w.nii: not a readable NIfTI file, damaged or truncated "
        "([...]); copy or convert it again.",
    ),
    _image(
        "image-folder",
        "A folder of that name.",
        lambda p: (p / "T1w.nii.gz").mkdir(),
        "T1w.nii.gz: is a folder; name a file.",
        _SEGMENT,
    ),
    _image(
        "image-fifo",
        "A pipe (FIFO).",
        lambda p: os.mkfifo(p / "T1w.nii"),
        "T1w.nii: is no file; copy its content into one.",
    ),
    _image(
        "image-link-broken",
        "A link to nothing.",
        lambda p: (p / "T1w.nii").symlink_to("gone.nii"),
        "T1w.nii: is a link to gone.nii, which is not there; copy the file, or mend the link.",
    ),
    _image(
        "image-link-loop",
        "A link to itself.",
        lambda p: (p / "T1w.nii").symlink_to("T1w.nii"),
        "T1w.nii: is a link that leads to itself; copy the file again.",
    ),
    _image(
        "image-link-annex",
        "A link of git-annex whose content was never fetched.",
        lambda p: (p / "T1w.nii").symlink_to(".git/annex/objects/x.nii"),
        "T1w.nii: content not fetched; run `datalad get T1w.nii`.",
    ),
    _image(
        "image-lfs-pointer",
        "A pointer of Git LFS in the place of the content.",
        lambda p: (p / "T1w.nii").write_text("version https://git-lfs.github.com/spec/v1\n"),
        "T1w.nii: content not fetched; run `git lfs pull --include T1w.nii`.",
    ),
    _image(
        "image-gzip-truncated",
        "A compressed file of which half is there.",
        cut,
        "T1w.nii.gz: not a readable NIfTI file, damaged or truncated "
        "([...]); copy or convert it again.",
        _SEGMENT,
    ),
    _image(
        "image-gzip-cut-in-header",
        "A compressed file cut in its header.",
        lambda p: cut(p, 0.01),
        "T1w.nii.gz: not a readable NIfTI file, damaged or truncated "
        "([...]); copy or convert it again.",
        _SEGMENT,
    ),
    _image(
        "image-gzip-flipped",
        "One bit of a voxel flipped inside the compressed stream.",
        lambda p: flip_a_voxel(good(p)),
        "T1w.nii.gz: not a readable NIfTI file, damaged or truncated "
        "([...]); copy or convert it again.",
        _SEGMENT,
    ),
    _image(
        "image-gzip-bomb",
        "300 MB of zeros behind a header that announces 24 kB (a gzip bomb).",
        lambda p: bomb(p, megabytes=300),
        "T1w.nii.gz: holds more than its header announces, so it is damaged, or was made to fill "
        "the memory; copy or convert it again.",
        _SEGMENT,
    ),
    _image(
        "image-gzip-bomb-announced",
        "The same, announced by the header: 30000 voxels along each axis.",
        lambda p: bomb(p, megabytes=64, dim=dim(30000, 30000, 30000)),
        "T1w.nii.gz: its header claims 30000 x 30000 x 30000 voxels, "
        "more than any head has, so it is damaged; copy or convert it "
        "again.",
        _SEGMENT,
    ),
    _image(
        "image-gzip-in-plain",
        "A compressed file without `.gz` in its name.",
        lambda p: (p / "T1w.nii").write_bytes(good(p).read_bytes()),
        "T1w.nii: not a readable NIfTI file, damaged or truncated "
        "([...]); copy or convert it again.",
    ),
    _image(
        "image-plain-in-gzip",
        "An uncompressed file with `.gz` in its name.",
        lambda p: (p / "T1w.nii.gz").write_bytes(bytes(raw_image())),
        "T1w.nii.gz: not a readable NIfTI file, damaged or truncated "
        "([...]); copy or convert it again.",
        _SEGMENT,
    ),
    _image(
        "image-truncated",
        "An uncompressed file of which half is there.",
        lambda p: (p / "T1w.nii").write_bytes(bytes(raw_image()[:9000])),
        "T1w.nii: not a readable NIfTI file, damaged or truncated "
        "([...]); copy or convert it again.",
    ),
    _image(
        "image-header-alone",
        "A header without voxels.",
        lambda p: (p / "T1w.nii").write_bytes(bytes(raw_image()[:352])),
        "T1w.nii: not a readable NIfTI file, damaged or truncated "
        "([...]); copy or convert it again.",
    ),
    _image(
        "image-dim-huge",
        "A header of 30000 voxels along each axis.",
        headed(dim=dim(30000, 30000, 30000)),
        "T1w.nii: its header claims 30000 x 30000 x 30000 voxels, more "
        "than any head has, so it is damaged; copy or convert it again.",
    ),
    _image(
        "image-dim-zero",
        "No voxels along one axis.",
        headed(dim=dim(24, 0, 8)),
        "T1w.nii: has shape (24, 0, 8), so no voxels; convert it again.",
    ),
    _image(
        "image-dim-fourth-zero",
        "A fourth axis of no length.",
        lambda p: with_a_fourth_axis_of_no_length(p / "T1w.nii", BRAIN),
        "T1w.nii: has shape (24, 32, 8, 0), so no voxels; convert it again.",
    ),
    _image(
        "image-dim-negative",
        "A negative number of voxels.",
        headed(dim=dim(24, -32, 8)),
        "T1w.nii: not a readable NIfTI file, damaged or truncated "
        "([...]); copy or convert it again.",
    ),
    _image(
        "image-dim-count",
        "A header of 9 axes.",
        headed(dim=[9, 24, 32, 8, 1, 1, 1, 1]),
        "T1w.nii: not a readable NIfTI file, damaged or truncated "
        "([...]); copy or convert it again.",
    ),
    _image(
        "image-2d",
        "One slice.",
        stored(BRAIN[:, :, 4]),
        "T1w.nii: has shape (24, 32); one volume (X, Y, Z) is needed, so convert the whole series.",
    ),
    _image(
        "image-4d",
        "A series of 40 volumes.",
        stored(np.stack([BRAIN] * 40, axis=-1)),
        "T1w.nii: has shape (24, 32, 8, 40); one volume (X, Y, Z) is needed, so split the file.",
    ),
    _image(
        "image-5d",
        "A vector field.",
        stored(np.stack([BRAIN] * 3, axis=-1)[:, :, :, None]),
        "T1w.nii: has shape (24, 32, 8, 1, 3); one volume (X, Y, Z) is needed, so split the file.",
    ),
    _image(
        "image-complex",
        "Complex voxels.",
        stored(BRAIN.astype(np.complex64)),
        "T1w.nii: has voxels of type complex64; give a volume of plain "
        "numbers, of a complex image the magnitude.",
    ),
    _image(
        "image-rgb",
        "A colour image.",
        rgb,
        "T1w.nii: has voxels of type [('R', 'u1'), ('G', 'u1'), ('B', "
        "'u1')]; give a volume of plain numbers, of a complex image the "
        "magnitude.",
    ),
    _image(
        "image-datatype-unknown",
        "A type of voxels that NIfTI does not know.",
        headed(datatype=77),
        "T1w.nii: not a readable NIfTI file, damaged or truncated "
        "([...]); copy or convert it again.",
    ),
    _image(
        "image-magic",
        "Letters at the end of the header that are no NIfTI's.",
        headed(magic=b"xyz"),
        "T1w.nii: not a readable NIfTI file, damaged or truncated "
        "([...]); copy or convert it again.",
    ),
    _image(
        "image-vox-offset",
        "Voxels that would begin behind the end of the file.",
        headed(vox_offset=1e9),
        "T1w.nii: its header says that the voxels begin at byte "
        "1000000000, so it is damaged; copy or convert it again.",
    ),
    _image(
        "image-vox-offset-negative",
        "Voxels that would begin before the file.",
        headed(vox_offset=-400),
        "T1w.nii: not a readable NIfTI file, damaged or truncated "
        "([...]); copy or convert it again.",
    ),
    _image(
        "image-vox-offset-nan",
        "Voxels that would begin at NaN.",
        headed(vox_offset=np.nan),
        "T1w.nii: not a readable NIfTI file, damaged or truncated "
        "([...]); copy or convert it again.",
    ),
    _image(
        "image-slope-huge",
        "A scale factor beyond single precision.",
        headed(scl_slope=3e38, scl_inter=0),
        "T1w.nii: holds NaN or infinite voxels; replace them and try again.",
    ),
    _image(
        "image-slope-negative",
        "A negative scale factor.",
        headed(scl_slope=-1, scl_inter=0),
        "T1w.nii: much of the brain is negative, as in a z-scored image; "
        "give it as the scanner made it, or with a brain mask (--mask).",
    ),
    _image(
        "image-inter-nan",
        "NaN to be added to every voxel.",
        headed(scl_slope=1, scl_inter=np.nan),
        "T1w.nii: not a readable NIfTI file, damaged or truncated "
        "([...]); copy or convert it again.",
    ),
    _image(
        "image-affine-nan",
        "NaN in the affine.",
        headed(srow_x=[np.nan, 0, 0, 0]),
        "T1w.nii: its affine is no orientation (an axis has no length, "
        "or is not finite); correct sform or qform in the header.",
    ),
    _image(
        "image-affine-singular",
        "An affine whose first axis has no length.",
        headed(srow_x=[0, 0, 0, 5]),
        "T1w.nii: its affine is no orientation (an axis has no length, "
        "or is not finite); correct sform or qform in the header.",
    ),
    _image(
        "image-affine-micrometres",
        "Voxels of 5000 mm: micrometres were written.",
        lambda p: nibabel.save(
            nibabel.Nifti1Image(BRAIN, AFFINE * np.array([[1e3], [1e3], [1e3], [1]])), p / "T1w.nii"
        ),
        "T1w.nii: its voxels would be 5000 x 5000 x 5000 mm; correct the header, whose unit is mm.",
    ),
    _image(
        "image-nan",
        "A voxel that is NaN.",
        stored(holding(np.nan)),
        "T1w.nii: holds NaN or infinite voxels; replace them and try again.",
    ),
    _image(
        "image-infinite",
        "A voxel that is infinite.",
        stored(holding(np.inf)),
        "T1w.nii: holds NaN or infinite voxels; replace them and try again.",
    ),
    _image(
        "image-constant",
        "The same value everywhere.",
        stored(np.full_like(BRAIN, 7)),
        "T1w.nii: every voxel has the same value; this is no image.",
    ),
    _image(
        "image-z-scored",
        "A z-scored image.",
        stored(np.where(BRAIN > 0, BRAIN - 2000, 0)),
        "T1w.nii: much of the brain is negative, as in a z-scored image; "
        "give it as the scanner made it, or with a brain mask (--mask).",
    ),
    _image(
        "image-negative",
        "An image that is negative everywhere.",
        stored(BRAIN - 2 * BRAIN.max()),
        "T1w.nii: much of the brain is negative, as in a z-scored image; "
        "give it as the scanner made it, or with a brain mask (--mask).",
    ),
    _image(
        "image-head",
        "A head whose brain has not been extracted, without a mask.",
        stored(BRAIN + 5),
        "T1w.nii: has hardly any voxel at 0, so its brain has not been "
        "extracted; give a brain mask (--mask, or in derivatives/ of a "
        "BIDS folder).",
    ),
    _image(
        "image-other-format",
        "A picture.",
        lambda p: (p / "T1w.png").write_bytes(b"\x89PNG\r\n\x1a\n"),
        "T1w.png: not a readable NIfTI file, damaged or truncated "
        "([...]); copy or convert it again.",
        "segment T1w.png out",
    ),
    _image(
        "image-analyze",
        "The header of a pair whose voxels are gone.",
        lambda p: (
            nibabel.save(nibabel.Nifti1Pair(BRAIN, AFFINE), p / "T1w.hdr"),
            (p / "T1w.img").unlink(),
        ),
        "T1w.hdr: not a readable NIfTI file, damaged or truncated "
        "([...]); copy or convert it again.",
        "segment T1w.hdr out",
    ),
)
