"""What a user can choose of the preprocessing."""

import re
from dataclasses import asdict, dataclass
from functools import cached_property
from math import ceil, prod
from typing import Any, Literal

from ..data.stored_image import MOST_VOXELS
from ..errors import InputError
from ..utils.suggestions import did_you_mean

FIELD_OF_VIEW = (192.0, 192.0, 179.2)
"""Edges in mm of the box that holds a brain: 240 x 240 x 224 voxels of 0.8 mm, the preprint's."""
CROPS = ("auto", "builtin", "robustfov", "none")
REGISTRATIONS = ("rigid", "affine")
_VOXEL_SIZES = (0.3, 12.0)  # mm
_LEAST_SIDE = 8  # voxels
_SIZE = re.compile(r"(\d{1,5})[x×,](\d{1,5})[x×,](\d{1,5})")

Registration = Literal["rigid", "affine"]


@dataclass(frozen=True, kw_only=True)
class PreprocessSettings:
    """Settings of every stage.

    Parameters
    ----------
    voxel_size : float
        Edge of the result's voxels in mm.
    size : str
        Voxels of the result along x, y and z, such as `240x240x224`; empty for as many as the
        preprint's field of view of 192 x 192 x 179.2 mm holds.
    reference : str
        Scanner to whose scans a person's others are registered; empty for the one that most people
        have, the first by name where several have as many.
    crop : str
        Engine of the neck crop, see `neck_crop.crop_neck`.
    brain : str
        Engine of brain extraction, see `brain.engines.brain_engine`. Masks of the dataset go
        before `auto`; any other engine replaces them.
    engine : str
        Engine of registration, see `registration.engines.aligner`.
    registration : {"affine", "rigid"}
        Whether scales and shears are fitted after the rigid map.
    mid_space : bool
        Whether a person's scans meet half-way, so that all are interpolated alike, and not on the
        reference's axes.
    bias : {"n4", "none"}
        Correction of the receive field.

    Raises
    ------
    InputError
        If a setting makes no sense.

    Examples
    --------
    >>> PreprocessSettings(voxel_size=0.8).grid_shape
    (240, 240, 224)
    >>> PreprocessSettings(voxel_size=4, size="48x50x45").grid_shape
    (48, 50, 45)
    """

    voxel_size: float = 0.8
    size: str = ""
    reference: str = ""
    crop: str = "auto"
    brain: str = "auto"
    engine: str = "simpleitk"
    registration: str = "affine"
    mid_space: bool = False
    bias: str = "n4"

    def __post_init__(self) -> None:
        low, high = _VOXEL_SIZES
        if not low <= self.voxel_size <= high:
            raise InputError(
                f"--voxel-size {self.voxel_size:g}: choose one between {low:g} and {high:g} mm."
            )
        if self.size and (not _SIZE.fullmatch(self.size) or min(self.grid_shape) < _LEAST_SIDE):
            raise InputError(
                f"--size {self.size}: give voxels along x, y and z, such as 240x240x224, "
                f"{_LEAST_SIDE} at least."
            )
        if prod(self.grid_shape) > MOST_VOXELS:
            raise InputError(f"--size {self.size}: more voxels than any head has; give fewer.")
        for option, value, known in (
            ("--crop", self.crop, CROPS),
            ("--registration", self.registration, REGISTRATIONS),
            ("--bias", self.bias, ("n4", "none")),
        ):
            if value not in known:
                raise InputError(f"{option} {value}: no such choice; {did_you_mean(value, known)}")

    @cached_property
    def grid_shape(self) -> tuple[int, int, int]:
        """Voxels of the result along each axis."""
        found = _SIZE.fullmatch(self.size)
        if found:
            x, y, z = map(int, found.groups())
        else:
            x, y, z = (ceil(edge / self.voxel_size - 1e-6) for edge in FIELD_OF_VIEW)
        return x, y, z

    def as_record(self) -> dict[str, Any]:
        """Return it as JSON keeps it."""
        return {**asdict(self), "size": "x".join(map(str, self.grid_shape))}
