"""Second stage: a scan is registered to the person's reference scan."""

import time
from typing import Any

import numpy as np

from ...errors import InputError
from ..imaging.space import Matrix
from ..imaging.volume import Volume
from ..preprocess_settings import PreprocessSettings
from ..registration.aligners import aligner
from ..registration.alignment import Alignment
from ..registration.companion import align_companion
from ..registration.search import align_checked
from ..source_scan import SourceScan
from .brain_stage import BrainRecord, open_head
from .stage_cache import StageCache, file_digest

_STAGE, _REVISION = "registration", 1


def align_scan(
    fixed: tuple[SourceScan, BrainRecord],
    moving: tuple[SourceScan, BrainRecord],
    settings: PreprocessSettings,
    cache: StageCache,
) -> tuple[Alignment, float]:
    """Register a scan to the person's reference, or take what was found before.

    Parameters
    ----------
    fixed, moving : (SourceScan, BrainRecord)
        The reference, and the scan that is brought to it.
    settings : PreprocessSettings
        Engine and kind of registration.
    cache : StageCache
        Keeps the map.

    Returns
    -------
    alignment : Alignment
        Good, or with its `problem`.
    seconds : float
        Time that it took.

    Raises
    ------
    InputError
        If the engine is not there or gives no result at all.
    """
    engine = aligner(settings.engine)
    affine = settings.registration == "affine"
    key = cache.key(
        stage=_STAGE,
        revision=_REVISION,
        fixed=fixed[1].key,
        moving=moving[1].key,
        engine=[engine.name, engine.version],
        affine=affine,
    )

    def compute() -> dict[str, Any]:
        began = time.monotonic()
        heads = (open_head(*fixed, cache), open_head(*moving, cache))
        try:
            found = align_checked(engine, *heads, affine=affine)
        except InputError as error:
            raise InputError(f"{moving[0].path}: {error}") from error
        return {"alignment": found.as_record(), "seconds": time.monotonic() - began}

    record = cache.record(_STAGE, key, compute)
    return Alignment.from_record(record["alignment"]), float(record["seconds"])


def align_map(
    fixed: tuple[SourceScan, BrainRecord], moving: SourceScan, cache: StageCache
) -> tuple[Matrix, str]:
    """Bring another image of the same session (MP2RAGE's second inversion) to the person's T1w.

    Parameters
    ----------
    fixed : (SourceScan, BrainRecord)
        The T1w scan.
    moving : SourceScan
        The image, without a mask of its own.
    cache : StageCache
        Keeps the map.

    Returns
    -------
    matrix : ndarray of float64, shape (4, 4)
        World coordinates of the T1w scan to those of the image.
    note : str
        Empty, or why the headers were trusted instead of the registration.
    """
    key = cache.key(
        stage="companion", revision=_REVISION, fixed=fixed[1].key, moving=file_digest(moving.path)
    )

    def compute() -> dict[str, Any]:
        matrix, note = align_companion(open_head(*fixed, cache), Volume.read(moving.path))
        return {"matrix": matrix.tolist(), "note": note}

    record = cache.record("companion", key, compute)
    return np.array(record["matrix"]), str(record["note"])
