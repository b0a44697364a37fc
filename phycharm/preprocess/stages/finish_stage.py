"""Last stage of a scan: one interpolation to the person's grid, N4, and the files."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ... import __version__
from ...data.nifti import write_volume
from ...utils.atomic import atomic_file, write_json
from ..imaging.bias_field import correct_bias
from ..imaging.itk import itk_version, simple_itk, to_affine_transform
from ..imaging.space import Matrix, bounding_box, resample
from ..imaging.volume import Volume
from ..preprocess_settings import PreprocessSettings
from ..result_files import ResultFiles
from ..source_scan import SourceScan
from .brain_stage import BrainRecord, open_head
from .person_plan import PersonPlan
from .slice_views import write_slice_views
from .stage_cache import StageCache, file_digest

_STAGE, _REVISION = "finish", 1
_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
_MASK_SIDECAR = {"Type": "Brain", "Description": "Brain that all scans of the person show"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Finisher:
    """Writes what benchmarks read.

    Parameters
    ----------
    out : Path
        Dataset to write into.
    settings : PreprocessSettings
        Whether the receive field is corrected, and what the sidecars tell.
    cache : StageCache
        Says what was written before.
    """

    out: Path
    settings: PreprocessSettings
    cache: StageCache

    def finish(
        self,
        scan: SourceScan,
        matrix: Matrix,
        plan: PersonPlan,
        brain: BrainRecord | None = None,
    ) -> float:
        """Bring an image to the person's grid and write it, unless that was done before.

        Images are interpolated by cubic splines and cut at 0, where splines swing below; T1 maps
        linearly, lest values arise that no tissue has. Nothing is shown outside the common brain.

        Parameters
        ----------
        scan : SourceScan
            A T1w scan, or another image of a person with quantitative maps.
        matrix : ndarray of float64, shape (4, 4)
            World coordinates (RAS+, mm) of the grid to those of the image.
        plan : PersonPlan
            The grid and the common brain.
        brain : BrainRecord, optional
            Where the scan's own brain is, of a T1w scan.

        Returns
        -------
        float
            Seconds that it took, now or when it was done.
        """
        files = ResultFiles(self.out, scan)
        key = self.cache.key(
            stage=_STAGE,
            revision=_REVISION,
            image=file_digest(scan.path),
            matrix=matrix.tolist(),
            plan=plan.key,
            bias=[self.settings.bias, itk_version()],
            out=files.image.relative_to(self.out).as_posix(),
            sidecar=scan.sidecar,
            version=__version__,
        )
        done = self.cache.done(_STAGE, key)
        if done is not None and done["files"] == _sizes(files.paths, self.out):
            return float(done["seconds"])
        began = time.monotonic()
        self._write(scan, matrix, plan, files)
        if brain is not None:
            self._show(scan, brain, matrix, plan, files)
        seconds = time.monotonic() - began
        record = {"seconds": seconds, "files": _sizes(files.paths, self.out)}
        self.cache.replace(_STAGE, key, record)
        return seconds

    def _write(
        self, scan: SourceScan, matrix: Matrix, plan: PersonPlan, files: ResultFiles
    ) -> None:
        mask = plan.mask(self.cache)
        box, volume = bounding_box(mask), Volume.read(scan.path)
        inside = mask[box]
        part = resample(
            volume.image,
            volume.space,
            plan.space.crop(box),
            matrix=matrix,
            order=1 if scan.kind == "T1map" else 3,
        )
        image = np.zeros(plan.space.shape, dtype=np.float32)
        image[box] = np.where(inside, np.maximum(part, 0), 0)
        if scan.kind != "T1map" and self.settings.bias == "n4":
            image = correct_bias(image, mask, plan.space)
        write_volume(files.image, image, plan.space.affine)
        write_json(files.sidecar, self._sidecar(scan, plan))
        if files.mask is not None and files.mask_sidecar is not None:
            write_volume(files.mask, mask, plan.space.affine)
            write_json(files.mask_sidecar, _MASK_SIDECAR)
        with atomic_file(files.transform) as temporary:
            transform = to_affine_transform(_LPS @ matrix @ _LPS)
            simple_itk().WriteTransform(transform, str(temporary))

    def _show(
        self,
        scan: SourceScan,
        brain: BrainRecord,
        matrix: Matrix,
        plan: PersonPlan,
        files: ResultFiles,
    ) -> None:
        assert files.view is not None and files.mask_view is not None
        head = open_head(scan, brain, self.cache)
        write_slice_views(
            files.view,
            files.mask_view,
            head=Volume.read(scan.path),
            own_mask=head.mask.astype(np.float32),
            own_space=head.volume.space,
            matrix=matrix,
            space=plan.space,
            common=plan.mask(self.cache),
        )

    def _sidecar(self, scan: SourceScan, plan: PersonPlan) -> dict[str, Any]:
        reference = plan.scans[0].scan
        steps = ["reoriented to RAS", f"interpolated once, on the grid of {reference.name}"]
        if scan.kind != "T1map" and self.settings.bias == "n4":
            steps.append("receive field corrected by N4")
        return {
            **scan.sidecar,
            "SkullStripped": True,
            "Sources": [f"bids:raw:{scan.relative}"],
            "Preprocessing": f"phycharm preprocess {__version__}: {', '.join(steps)}",
        }


def _sizes(paths: list[Path], out: Path) -> dict[str, int]:
    """Return the size of every file, in a form that shows which are missing."""
    return {
        path.relative_to(out).as_posix(): path.stat().st_size if path.is_file() else -1
        for path in paths
    }
