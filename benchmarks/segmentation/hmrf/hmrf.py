"""The engine `hmrf`: tissues by a hidden Markov random field, on CPU or GPU, in seconds."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch

import phycharm
from phycharm.data.scan import Scan
from phycharm.errors import InputError

from ...metrics.gaussian import full_precision
from ..brain import brain_image, scan_name
from ..segmentation import Segmentation, tissue_volumes_ml
from ..segmenter import Segmenter
from .gaussians import Gaussians
from .meanfield import Neighbours
from .partial_volume import PartialVolumes, partial_volumes
from .stack import Stack
from .tissue_model import CLASSES, TissueFit, fit_tissues, start_classes

# On a GPU brains of a batch share the launches of many small kernels; on a CPU they would only
# take more memory.
_BATCH = {"cpu": 1}
_GPU_BATCH = 4


@contextmanager
def _one_thread() -> Iterator[None]:
    """Keep torch to one CPU thread.

    Threads that wait for each other at every small piece burn more time than they save, and
    sums would depend on their number.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class HmrfSegmenter(Segmenter):
    """Hidden Markov random field segmentation with partial volumes and bias field.

    An independent implementation, in torch, of the method of Zhang, Brady and Smith (IEEE TMI
    20(1):45-57, 2001) that agrees with FSL FAST's answer at FAST's default settings (one
    T1-weighted image, three classes, no priors). Voxels that are 0 inside the mask are left out,
    as FAST does.

    On a CPU it uses one thread, whatever torch is set to: the answer then does not depend on the
    machine's cores, and several scans are best segmented by several processes.

    Parameters
    ----------
    device : str
        `cpu`, `cuda` or `cuda:N`.
    batch_size : int, optional
        Scans that are segmented at once; 1 on a CPU and 4 on a GPU if not given. The answer does
        not depend on it.
    seed : int
        Of the random start of the mean-field steps.

    Raises
    ------
    InputError
        If there is no such device.
    """

    name: ClassVar[str] = "hmrf"

    def __init__(
        self, *, device: str = "cpu", batch_size: int | None = None, seed: int = 0
    ) -> None:
        self._device = _usable(device)
        self._batch = batch_size or _BATCH.get(self._device.type, _GPU_BATCH)
        self._seed = seed

    def segment(self, scan: Scan) -> Segmentation:
        """Segment one scan; see `Segmenter.segment`."""
        return self.segment_many([scan])[0]

    def segment_many(self, scans: Sequence[Scan]) -> list[Segmentation]:
        """Segment scans in their order, `batch_size` of them at once."""
        batches = [scans[i : i + self._batch] for i in range(0, len(scans), self._batch)]
        return [result for batch in batches for result in self._segment_batch(batch)]

    @_one_thread()
    @torch.inference_mode()
    def _segment_batch(self, scans: Sequence[Scan]) -> list[Segmentation]:
        images = [brain_image(scan) for scan in scans]
        stack = Stack.of(images, [scan.affine for scan in scans], device=self._device)
        neighbours = Neighbours(stack.spacing, stack.strides)
        with full_precision(self._device):
            fit = fit_tissues(stack, _start(stack, scans), neighbours, seed=self._seed)
            parts = partial_volumes(stack, fit, neighbours)
        return [_result(stack, fit, parts, index, scan) for index, scan in enumerate(scans)]


def _usable(device: str) -> torch.device:
    try:
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"Device {device!r} cannot be used ({reason}); use 'cpu'.") from error
    return torch.device(device)


def _start(stack: Stack, scans: Sequence[Scan]) -> Gaussians:
    """Fit each brain's first classes, and refuse a brain that has too few intensities."""
    found = []
    for row, scan in zip(stack.intensity, scans, strict=True):
        classes = start_classes(row[row > 0].log1p())
        if classes is None:
            raise InputError(
                f"{scan_name(scan)}: quartiles of the brain's intensities coincide, too few "
                f"distinct ones for {CLASSES} tissues; give the T1-weighted image, not labels."
            )
        found.append(classes)
    return Gaussians(
        means=torch.cat([classes.means for classes in found]),
        variances=torch.cat([classes.variances for classes in found]),
    )


def _result(
    stack: Stack, fit: TissueFit, parts: PartialVolumes, index: int, scan: Scan
) -> Segmentation:
    def volume(row: torch.Tensor, outside: float = 0) -> npt.NDArray[Any]:
        return stack.crops[index].paste(stack.unstack(row, index), outside=outside)

    inside = volume(stack.intensity[index] > 0)
    labels = volume(fit.posteriors[index].argmax(0))
    largest = volume(parts.fractions[index].argmax(0))
    fractions = volume(parts.fractions[index])
    return Segmentation(
        labels=np.where(inside, labels + 1, 0).astype(np.uint8),
        pve_labels=np.where(inside, largest + 1, 0).astype(np.uint8),
        partial_volumes=fractions,
        mixeltype=volume(parts.types[index]),
        bias=volume(fit.log_bias[index].exp(), outside=1),
        volumes_ml=tissue_volumes_ml(fractions, scan.affine),
        engine=f"hmrf {phycharm.__version__}",
    )
