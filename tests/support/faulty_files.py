"""Image files as accidents leave them."""

import gzip
import struct

import nibabel
import numpy as np

from .phantom import AFFINE


def flip_a_voxel(path):
    """Change one bit of a voxel inside the gzip stream, and leave the checksum as it was."""
    raw = gzip.decompress(path.read_bytes())
    # Stored and not deflated, so that nothing but the voxel changes.
    packed = bytearray(gzip.compress(raw, compresslevel=0, mtime=0))
    packed[len(packed) // 2] ^= 0x40
    path.write_bytes(bytes(packed))
    return path


def with_header(path, volume, *, affine=AFFINE, **fields):
    """Write an uncompressed file whose header has its fields (`dim`, ...) replaced afterwards."""
    image = nibabel.Nifti1Image(volume, affine)
    raw = bytearray(image.to_bytes())
    header = np.frombuffer(raw, dtype=nibabel.nifti1.header_dtype, count=1)
    for name, value in fields.items():
        header[name] = value
    path.write_bytes(bytes(raw))
    return path


def without_place(path, volume):
    """Write a file that has neither sform nor qform."""
    return with_header(path, volume, sform_code=0, qform_code=0)


def with_a_fourth_axis_of_no_length(path, volume):
    raw = bytearray(nibabel.Nifti1Image(volume, AFFINE).to_bytes())
    struct.pack_into("<h", raw, 40, 4)
    struct.pack_into("<h", raw, 48, 0)
    path.write_bytes(bytes(raw))
    return path


def head_of(brain, *, background):
    """A brain (0 outside) with bright skin around it; `background` fills what is left."""
    from scipy.ndimage import binary_dilation

    mask = brain > 0
    skull = binary_dilation(mask, iterations=2)
    skin = binary_dilation(skull, iterations=2)
    head = np.where(skin, np.float32(brain.max()), np.float32(background))
    head[skull & ~mask] = brain.max() / 10
    return np.where(mask, brain, head).astype(np.float32)
