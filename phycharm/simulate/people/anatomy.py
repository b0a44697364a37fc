"""Whose brains are simulated: maps of the tissues, from the MNI152 template or from real people."""

from dataclasses import dataclass, field
from functools import cache, cached_property

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ...data.brain import is_brain
from ..grid import Floats
from .deep_grey import split_deep_grey
from .individuality import Individuality, ventricle_widening

TISSUES = ("CSF", "GM", "WM")  # what a segmentation tells apart
# What people are made of: cortical grey, white and subcortical grey matter, by the names of BIDS.
CLASSES = ("CSF", "CGM", "WM", "SGM")
# What lies around a brain whose skull is kept: bone, soft tissue and fat.
SURROUNDINGS = ("B", "ST", "FAT")

_TEMPLATE_NOTICE = """\
MNI152 (ICBM 2009a, nonlinear, symmetric) tissue maps, as shipped by nilearn. Fonov V, Evans AC,
Botteron K, Almli CR, McKinstry RC, Collins DL. NeuroImage 2011;54:313-327.
Copyright (C) 1993-2009 Louis Collins, McConnell Brain Imaging Centre, Montreal Neurological
Institute, McGill University. Permission to use, copy, modify and distribute for any purpose and
without fee is granted, provided that this notice appears in all copies; without any warranty."""

_INDIVIDUALITY = Individuality(sulci=0.45, fluid=0.2, white=0.1, regions=0.2, ventricles=1.5)


@dataclass(frozen=True, kw_only=True)
class Anatomy:
    """Where which tissue lies in one head.

    Parameters
    ----------
    name : str
        Whose anatomy this is.
    source : str
        Where it comes from, with its terms, for the README of what is made from it.
    fractions : ndarray of float32, shape (4, X, Y, Z)
        Fractions of `CLASSES`, between 0 and 1; 0 outside the brain.
    brain : ndarray of float32, shape (X, Y, Z)
        1 inside the brain, 0 outside.
    affine : ndarray of float64, shape (4, 4)
        Voxel indices to world coordinates in mm.
    sharpness : float
        Power that the fractions are raised to before they are normalised again: 1 leaves the
        maps of a person as they are, more makes the voxels of an average as pure as a person's.
    surroundings : ndarray of float32, shape (3, X, Y, Z), optional
        Fractions of `SURROUNDINGS` outside the brain; what they lack of 1 is air. None for a head
        without its skull.
    individuality : Individuality, optional
        How the subjects made from an average differ, beyond their warps; None for a real person.
    scale : float
        Mean size of the subjects made from it, relative to this head.
    fluid_bias : float
        Added to the log fraction of CSF before the fractions are sharpened.
    """

    name: str
    source: str
    fractions: Floats
    brain: Floats
    affine: npt.NDArray[np.float64]
    surroundings: Floats | None = None
    sharpness: float = 1.0
    individuality: Individuality | None = None
    scale: float = 1.0
    fluid_bias: float = 0.0
    centre: npt.NDArray[np.float64] = field(init=False)

    def __post_init__(self) -> None:
        inside = np.argwhere(is_brain(self.brain))
        middle = (inside.min(axis=0) + inside.max(axis=0)) / 2
        object.__setattr__(self, "centre", self.affine[:3, :3] @ middle + self.affine[:3, 3])

    @cached_property
    def widening(self) -> Floats:
        """Where to look for wider ventricles; see `individuality.ventricle_widening`."""
        return ventricle_widening(self.fractions[0], self.brain, self.affine)


@cache
def template_anatomy() -> Anatomy:
    """Return the MNI152 template that nilearn ships (ICBM 2009a, nonlinear, symmetric, 1 mm).

    Returns
    -------
    Anatomy
        Grey and white matter as in the template, deep grey matter split off them, CSF the rest of
        the brain mask.

    Notes
    -----
    Fonov V, Evans AC, Botteron K, Almli CR, McKinstry RC, Collins DL. NeuroImage
    2011;54:313-327; Fonov VS, Evans AC, McKinstry RC, Almli CR, Collins DL. NeuroImage
    2009;47 Suppl 1:S102.
    The maps are averages over 152 people, so they are sharpened; the template's head is larger
    than the average head, so subjects are made smaller. CSF is favoured a little, because
    sulci that lie elsewhere in everybody vanish from an average.
    """
    from nilearn import datasets

    grey = datasets.load_mni152_gm_template(resolution=1)
    white = datasets.load_mni152_wm_template(resolution=1)
    mask = datasets.load_mni152_brain_mask(resolution=1).get_fdata() > 0
    brain = ndimage.binary_fill_holes(mask).astype(np.float32)
    fractions = np.zeros((3, *brain.shape), dtype=np.float32)
    fractions[1] = grey.get_fdata(dtype=np.float32) * brain
    fractions[2] = white.get_fdata(dtype=np.float32) * brain
    fractions[0] = np.clip(brain - fractions[1] - fractions[2], 0, 1)
    affine = np.asarray(grey.affine, dtype=np.float64)
    return Anatomy(
        name="MNI152",
        source=_TEMPLATE_NOTICE,
        fractions=split_deep_grey(fractions, affine),
        brain=brain,
        affine=affine,
        sharpness=2.5,
        individuality=_INDIVIDUALITY,
        scale=0.93,
        fluid_bias=0.9,
    )
