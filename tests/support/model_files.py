"""A model, a brain and files of it, for the tests that harmonize files."""

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
from phycharm.errors import InputError

from support import phantom

AFFINE = phantom.AFFINE


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
