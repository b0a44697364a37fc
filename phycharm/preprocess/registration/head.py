"""What a registration sees of a head: its brain, at one modest resolution."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from ...utils.arrays import Image, Mask
from ..imaging.space import Space, bounding_box, resample
from ..imaging.volume import Volume

_RESOLUTION = 2.0  # mm: finer samples cost time and move no brain by a tenth of a millimetre
# Of the edge of a large voxel: on grids as coarse as the image, metrics like half-voxel shifts.
_FINER = 0.5
_MARGIN = 12.0  # mm around the brain
_EVEN_MM = 20.0  # receive fields are smoother than that, anatomy is not
_LITTLE = 0.01
_BRIGHTEST = 2.5  # times the brain's mean: fat and vessels shall not rule the histogram


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
        voxel_size = max(_RESOLUTION, _FINER * 10 * self.volume.space.voxel_volume ** (1 / 3))
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
        """The whole head on `space`, evened out: 1 is the brain's local mean, and fat is cut."""
        image = resample(self.volume.image, self.volume.space, self.space)
        sigma = _EVEN_MM / self.space.voxel_size
        weight = ndimage.gaussian_filter(self.coarse_mask, sigma) + np.float32(_LITTLE)
        mean = float(image[self.coarse_mask > 0.5].mean())
        # Far from the brain, where there is no local mean, the whole brain's is taken.
        local = ndimage.gaussian_filter(image * self.coarse_mask, sigma) + np.float32(
            _LITTLE * mean
        )
        even = image * weight / np.maximum(local, 1e-6 * max(mean, 1e-6))
        return np.clip(even, 0, _BRIGHTEST).astype(np.float32)

    @cached_property
    def brain(self) -> Image:
        """The brain on `space`, evened out like `image`, and 0 around it."""
        return self.image * self.coarse_mask
