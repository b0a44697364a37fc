"""One raw head on its way to a model's grid, and the harmonized brain on its way back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import numpy as np
from scipy import ndimage

from ..utils.arrays import Image, Mask
from .imaging.space import Space, bounding_box, resample
from .imaging.volume import Volume
from .preprocess_settings import PreprocessSettings
from .result_files import ResultFiles
from .source_scan import SourceScan
from .stages.brain_stage import find_brain, open_head
from .stages.finish_stage import Finisher
from .stages.person_plan import plan_person
from .stages.stage_cache import StageCache

_MARGIN = 3  # voxels around the brain, so that splines have something to hold on to


@dataclass(frozen=True, kw_only=True, eq=False)
class NativeHead:
    """A head that was preprocessed along its own axes.

    Parameters
    ----------
    whole : Volume
        The head as it was stored, in RAS order.
    brain : ndarray of bool
        Its brain, of the head's shape.
    image, mask : Path
        The preprocessed brain and its mask, on the model's grid.
    """

    whole: Volume
    brain: Mask
    image: Path
    mask: Path

    @classmethod
    @contextmanager
    def prepared(
        cls, image: Path, settings: PreprocessSettings, *, mask: Path | None = None
    ) -> Iterator[Self]:
        """Preprocess a head into files that are there until the block ends.

        Parameters
        ----------
        image : Path
            A raw T1w image.
        settings : PreprocessSettings
            Voxel size and engines.
        mask : Path, optional
            Its brain mask, on its grid.

        Raises
        ------
        InputError
            If the head cannot be read, or no brain is found in it.
        """
        scan = SourceScan(subject="head", scanner="", path=image, relative=image.name, mask=mask)
        with TemporaryDirectory(prefix="phycharm-") as temporary:
            folder = Path(temporary)
            cache = StageCache(folder / "cache")
            brain = find_brain(scan, settings, cache)
            head = open_head(scan, brain, cache)
            plan = plan_person([(scan, brain, np.eye(4))], settings, cache)
            Finisher(out=folder, settings=settings, cache=cache).finish(scan, np.eye(4), plan)
            whole = Volume.read(image)
            own = np.zeros(whole.image.shape, dtype=np.bool_)
            own[:, :, brain.lowest : brain.highest] = head.mask
            files = ResultFiles(folder, scan)
            assert files.mask is not None
            yield cls(whole=whole, brain=own, image=files.image, mask=files.mask)

    def restored(self, harmonized: Volume, *, keep_outside: bool) -> Image:
        """Bring a harmonized brain back into the head, by one interpolation.

        Parameters
        ----------
        harmonized : Volume
            On the model's grid, 0 outside the brain.
        keep_outside : bool
            Whether what lies around the brain stays as it was, or becomes 0.

        Returns
        -------
        ndarray of float32
            Of the head's shape.
        """
        inside = harmonized.image > 0
        if not inside.any():
            return self.whole.image if keep_outside else np.zeros_like(self.whole.image)
        box = bounding_box(inside, margin=_MARGIN)
        part = _continued(harmonized.image[box], inside[box])
        native = bounding_box(self.brain)
        found = resample(part, harmonized.space.crop(box), self.whole.space.crop(native), order=3)
        covered = _within(harmonized.space, self.whole.space.crop(native))
        brain = self.brain[native] & covered
        result = self.whole.image.copy() if keep_outside else np.zeros_like(self.whole.image)
        result[native][brain] = np.maximum(found[brain], 0)
        return result


def _continued(image: Image, inside: Mask) -> Image:
    """Go on outside a brain with the value of its nearest voxel: splines know no edge then."""
    nearest = ndimage.distance_transform_edt(~inside, return_distances=False, return_indices=True)
    return np.asarray(image[tuple(nearest)], dtype=np.float32)


def _within(grid: Space, target: Space) -> Mask:
    """Tell which voxels of a grid lie in the field of view of another."""
    ones = np.ones(grid.shape, dtype=np.float32)
    return resample(ones, grid, target, order=1) > 0.5
