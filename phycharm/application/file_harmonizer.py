"""Harmonizing one file in its own orientation and on its own intensity scale."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from nibabel.orientations import apply_orientation, axcodes2ornt, io_orientation, ornt_transform

from ..data.brain import extracted_brain, read_mask, require_magnitudes
from ..data.intensity import DEFAULT_STANDARDIZATION, STANDARDIZATIONS, intensity_scale
from ..data.nifti import read_volume
from ..data.scan import Scan
from ..data.scanner import Scanner
from ..data.stored_image import open_image
from ..errors import InputError
from ..harmonizers.harmonizer import Harmonizer
from ..utils.arrays import Image
from ..utils.atomic import atomic_file


@dataclass(frozen=True, kw_only=True)
class FileHarmonizer:
    """Apply a fitted method to image files.

    Parameters
    ----------
    method : Harmonizer
        Fitted or loaded.
    source, target : Scanner
        What the files come from, and what they shall look like.
    """

    method: Harmonizer
    source: Scanner
    target: Scanner

    def run(self, image: Path, out: Path, *, mask: Path | None = None) -> None:
        """Harmonize one file.

        The input is standardized as the scans were that the method learned from. The result has the
        input's grid, orientation and header, and its intensity scale too: the number by which the
        input was divided is multiplied in again, since what a harmonized image is in the target's
        own units no method can know. It is float32, 0 outside the brain and nowhere negative, as
        scanners give magnitudes.

        Parameters
        ----------
        image : Path
            T1-weighted NIfTI file.
        out : Path
            File to write.
        mask : Path, optional
            Brain mask on the same grid (above 0.5 inside); without it the voxels above 0, if the
            brain has been extracted.

        Raises
        ------
        InputError
            If a file cannot be used.
        """
        scan = self._read(image, mask)
        name = self._standardization()
        standardize = STANDARDIZATIONS[name]
        scale = np.float32(intensity_scale(scan.image, scan.mask, name))
        if scale <= 0:
            raise InputError(f"{image}: the brain has no signal; check the image and its mask.")
        standardized = standardize(scan)
        harmonized = standardized.with_image(self.method.harmonize(standardized, self.target))
        if not self.method.fitted_on.get("standardized", True):
            # A method that was not trained on standardized images answers on a scale of its own.
            harmonized = standardize(harmonized)
        write_like(image, out, np.maximum(harmonized.image, 0) * scale)

    def _standardization(self) -> str:
        """Name of what the method's training scans were standardized by."""
        name = str(self.method.fitted_on.get("standardization") or DEFAULT_STANDARDIZATION)
        if name not in STANDARDIZATIONS:
            raise InputError(
                f"{self.method.card.name}: learned from scans standardized by {name!r}, which this "
                "version does not know; update phycharm."
            )
        return name

    def _read(self, image: Path, mask: Path | None) -> Scan:
        voxels, affine = read_volume(image)
        if mask is None:
            brain = extracted_brain(voxels, affine, image)
        else:
            brain = read_mask(mask, shape=voxels.shape, affine=affine, of=image)
            require_magnitudes(voxels, brain, image)
        return Scan(
            image=voxels,
            mask=brain,
            affine=affine,
            scanner=self.source,
            subject=image.name.partition(".")[0],
        )


def write_like(original: Path, out: Path, image: Image) -> None:
    """Write a RAS volume in the orientation, and with the header, of another file.

    Parameters
    ----------
    original : Path
        Where grid and header come from.
    out : Path
        File to write.
    image : ndarray of float32, shape (X, Y, Z)
        Voxels in RAS order.
    """
    template: Any = open_image(original)
    to_original = ornt_transform(axcodes2ornt("RAS"), io_orientation(template.affine))
    # A NIfTI-2 file stays one; any other format becomes NIfTI-1.
    second = isinstance(template, nibabel.Nifti2Image)
    kind: Any = nibabel.Nifti2Image if second else nibabel.Nifti1Image
    result = kind(
        np.asarray(apply_orientation(image, to_original), dtype=np.float32),
        template.affine,
        template.header,
        dtype=np.float32,
    )
    # The stored scale factors belong to the input's integers.
    result.header.set_slope_inter(1, 0)
    with atomic_file(out) as temporary:
        nibabel.save(result, temporary)
