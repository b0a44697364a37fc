"""What an image is in memory, in the whole package."""

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.float32]
"""Voxels in RAS order, shape (X, Y, Z) as a rule."""

Mask = npt.NDArray[np.bool_]
"""True inside, usually of the brain; shape of the image it belongs to."""

Labels = npt.NDArray[np.uint8]
"""A tissue per voxel, 0 outside the brain."""
