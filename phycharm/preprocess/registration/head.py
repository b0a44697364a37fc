"""What a registration sees of a head: its brain, at one modest resolution."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ...utils.arrays import Image, Mask
from ..imaging.space import Space, bounding_box, resample
from ..imaging.volume import Volume

_RESOLUTION = 2.0  # mm: finer samples cost time and move no brain by a tenth of a millimetre
_MARGIN = 12.0  # mm around the brain
_TOP = 99.5  # percentile at which intensities end, so that no vessel rules the histogram


@dataclass(frozen=True, kw_only=True, eq=False)
class Head:
    """A scan with its brain mask, as the engines of registration take it.

    Parameters
    ----------
    volume : Volume
        The scan in its own space.
    mask : ndarray of bool
        Its brain, of the volume's shape; not empty.
    """

    volume: Volume
    mask: Mask

    @cached_property
    def centre(self) -> npt.NDArray[np.float64]:
        """Centre of mass of the mask in mm, shape (3,)."""
        return self.volume.space.world(np.argwhere(self.mask).mean(axis=0))

    @cached_property
    def middle(self) -> npt.NDArray[np.float64]:
        """Middle of the box around the mask in mm, shape (3,)."""
        voxels = np.argwhere(self.mask)
        return self.volume.space.world((voxels.min(axis=0) + voxels.max(axis=0)) / 2)

    @cached_property
    def space(self) -> Space:
        """Grid along the world's axes that holds the brain and a margin."""
        voxel_size = max(_RESOLUTION, self.volume.space.voxel_volume ** (1 / 3) * 10)
        corners = self.volume.space.world(np.argwhere(self.mask))
        low, high = corners.min(axis=0) - _MARGIN, corners.max(axis=0) + _MARGIN
        shape = np.ceil((high - low) / voxel_size).astype(int) + 1
        return Space.around((low + high) / 2, shape=shape, voxel_size=voxel_size)

    @cached_property
    def coarse_mask(self) -> Image:
        """Part of every voxel of `space` that is brain, between 0 and 1."""
        box = bounding_box(self.mask, margin=2)
        part = self.mask[box].astype(np.float32)
        return np.clip(resample(part, self.volume.space.crop(box), self.space, order=1), 0, 1)

    @cached_property
    def image(self) -> Image:
        """The whole head on `space`; 1 is where its brain's intensities end, and so does fat."""
        top = max(float(np.percentile(self.volume.image[self.mask], _TOP)), 1e-6)
        image = resample(self.volume.image, self.volume.space, self.space, order=1)
        return np.clip(image / top, 0, 1).astype(np.float32)

    @cached_property
    def brain(self) -> Image:
        """The brain on `space`, 0 around it; its 99.5th percentile is 1."""
        return self.image * self.coarse_mask
