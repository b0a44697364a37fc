"""First stage of a scan: RAS axes, no neck, and where its brain is."""

import time
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from scipy import ndimage

from ...data.nifti import other_grid, read_volume
from ...errors import InputError
from ...utils.arrays import Mask
from ..brain.brain_engines import brain_engine
from ..imaging.flat_regions import flat_regions
from ..imaging.neck_crop import crop_neck
from ..imaging.volume import Volume
from ..preprocess_settings import PreprocessSettings
from ..registration.head import Head
from ..source_scan import SourceScan
from .stage_cache import StageCache, file_digest

_STAGE, _REVISION = "brain", 1
_CREDIBLE_ML = (300.0, 2500.0)
_STRIPPED_ML = (600.0, 2200.0)
_STRIPPED_BACKGROUND = 0.5  # of the voxels, at exactly 0


@dataclass(frozen=True, kw_only=True)
class BrainRecord:
    """What the first stage found in a scan.

    Parameters
    ----------
    key : str
        Of the stage's result in the cache.
    lowest, highest : int
        Axial slices, in RAS order, between which the head was kept.
    volume_ml : float
        Of the brain mask.
    blank_ml : float
        What was left out of it because its voxels were blanked out (defacing).
    engine : str
        What found the brain.
    version : str
        Of that engine.
    seconds : float
        Time that it took.
    """

    key: str
    lowest: int
    highest: int
    volume_ml: float
    blank_ml: float
    engine: str
    version: str
    seconds: float

    def as_record(self) -> dict[str, Any]:
        """Return it as JSON keeps it."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Make it again from `as_record`."""
        return cls(**record)


def find_brain(scan: SourceScan, settings: PreprocessSettings, cache: StageCache) -> BrainRecord:
    """Find the brain of a scan, or take what was found before.

    Parameters
    ----------
    scan : SourceScan
        A T1w image.
    settings : PreprocessSettings
        Engines of crop and brain extraction.
    cache : StageCache
        Keeps the mask.

    Returns
    -------
    BrainRecord
        Its mask is in the cache.

    Raises
    ------
    InputError
        If the image cannot be read, or no credible brain is found in it.
    """
    given = scan.mask if settings.brain in ("auto", "given") else None
    engine = None if given else brain_engine(settings.brain)
    key = cache.key(
        stage=_STAGE,
        revision=_REVISION,
        image=file_digest(scan.path),
        mask=file_digest(given) if given else "",
        crop=settings.crop,
        engine="" if engine is None else [engine.name, engine.version, settings.brain == "auto"],
    )

    def compute() -> dict[str, Any]:
        began = time.monotonic()
        whole = Volume.read(scan.path)
        if given:
            box = (slice(None), slice(None), slice(0, whole.image.shape[2]))
            found, name, version = _given(scan, whole), "given", ""
        else:
            box = crop_neck(whole, engine=settings.crop)
            found, name, version = _extracted(scan, whole.crop(box), engine, settings)
        head = whole.crop(box)
        blank = found & flat_regions(head.image)
        mask = found & ~blank
        _require_credible(scan, mask, head)
        cache.keep_mask(_STAGE, key, mask, head.space)
        return BrainRecord(
            key=key,
            lowest=box[2].start,
            highest=box[2].stop,
            volume_ml=float(mask.sum()) * head.space.voxel_volume,
            blank_ml=float(blank.sum()) * head.space.voxel_volume,
            engine=name,
            version=version,
            seconds=time.monotonic() - began,
        ).as_record()

    return BrainRecord.from_record(cache.record(_STAGE, key, compute))


def open_head(scan: SourceScan, brain: BrainRecord, cache: StageCache) -> Head:
    """Read a scan again, cropped, with the mask that was found."""
    whole = Volume.read(scan.path)
    head = whole.crop((slice(None), slice(None), slice(brain.lowest, brain.highest)))
    return Head(volume=head, mask=cache.mask(_STAGE, brain.key))


def _given(scan: SourceScan, whole: Volume) -> Mask:
    assert scan.mask is not None
    mask, affine = read_volume(scan.mask, constant=True)
    if difference := other_grid(mask.shape, affine, whole.image.shape, whole.affine):
        raise InputError(
            f"{scan.mask}: is on another grid than {scan.path.name}, for it {difference}; resample "
            "the mask to the image, or name an engine (--brain template)."
        )
    return np.asarray(mask > 0.5)


def _extracted(
    scan: SourceScan, head: Volume, engine: Any, settings: PreprocessSettings
) -> tuple[Mask, str, str]:
    stripped = _already_extracted(head) if settings.brain == "auto" else None
    if stripped is not None:
        return stripped, "stripped", ""
    if engine is None:
        raise InputError(
            f"{scan.path}: has no brain mask (desc-brain_mask in derivatives/); add it, or name an "
            "engine (--brain template)."
        )
    try:
        return engine.mask(head), engine.name, engine.version
    except InputError as error:
        raise InputError(f"{scan.path}: {error}") from error


def _already_extracted(head: Volume) -> Mask | None:
    """Return the brain of a head whose skull is gone: all that is not exactly 0."""
    brain = head.image != 0
    volume = float(brain.sum()) * head.space.voxel_volume
    low, high = _STRIPPED_ML
    if not low < volume < high or brain.mean() > 1 - _STRIPPED_BACKGROUND:
        return None
    return np.asarray(ndimage.binary_fill_holes(brain))


def _require_credible(scan: SourceScan, mask: Mask, head: Volume) -> None:
    low, high = _CREDIBLE_ML
    volume = float(mask.sum()) * head.space.voxel_volume
    if not low <= volume <= high:
        raise InputError(
            f"{scan.path}: a brain of {volume:.0f} ml was found, and such brains there are not; "
            "give a mask, or take another engine (--brain)."
        )
