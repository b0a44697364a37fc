"""The place of a run's cells: what is done there lands whole or not at all."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from phycharm.data.intensity import STANDARDIZATION_REVISION
from phycharm.errors import InputError
from phycharm.networks.curves import curves_in
from phycharm.networks.keeping.kept_fit import kept_in, seconds_before
from phycharm.utils.atomic import atomic_folder, is_full, write_json
from phycharm.utils.device import flushed_denormals
from phycharm.utils.memory import peak_memory

from ...metrics import as_records
from ...protocol.cells import fingerprint
from ...protocol.run_data import RunData
from ...scoring.image_scorer import ImageScorer
from ...scoring.tissue_scorer import TissueScorer
from ...scoring.tissues import TISSUE_METRICS
from ...scoring.unsegmented import segmentation_failures
from ..environment import environment, hardware
from ..run_folder import FORMAT, TENSORBOARD, RunFolder, file_sizes
from .fitted_ahead import FittedAhead


@dataclass(kw_only=True)
class CellPlace:
    """Puts the cells of one run in their places.

    Parameters
    ----------
    data : RunData
        Data and protocol.
    run : RunFolder
        Where results go.
    configuration : str
        Fingerprint of the run.
    device : str
        `cpu` or `cuda`.
    tissues : TissueScorer, optional
        Where the protocol names a segmenter.
    hopeless : dict of str to str
        Why cells cannot be done, by their names.
    tensorboard : bool
        Whether to write training curves for TensorBoard too.
    """

    data: RunData
    run: RunFolder
    configuration: str
    device: str
    tissues: TissueScorer | None
    hopeless: dict[str, str]
    tensorboard: bool

    def is_done(self, name: str, content: dict[str, Any]) -> bool:
        """Whether the run has finished a cell, and as it would be made now.

        Parameters
        ----------
        name : str
            Of the cell.
        content : dict
            What decides its results, besides the run and how it is scored.
        """
        return self.run.is_done(name, self._fingerprint(content))

    def finish(
        self,
        name: str,
        content: dict[str, Any],
        work: Callable[[Path], dict[str, Any]],
        *,
        about: dict[str, Any],
    ) -> None:
        """Do a cell's work unless it is done, and put the cell in its place.

        Parameters
        ----------
        name, content
            See `is_done`.
        work : callable
            `work(folder)` does it in a folder, and returns what the cell's record says of it.
        about : dict
            What the record says of the cell, whatever becomes of it.

        Raises
        ------
        OSError
            If the disk is full; any other failure is the cell's own, and stands in its record.
        """
        wanted = self._fingerprint(content)
        if self.run.is_done(name, wanted):
            return
        record = {"format": FORMAT, "cell": name, **about, "fingerprint": wanted}
        with self._kept(name, wanted), atomic_folder(self.run.cells / name) as folder:
            result = self._done(name, work, folder)
            measured = {
                "device": self.device,
                "peak_memory_mb": round(peak_memory() / 1024**2, 1),
                "environment": environment(),
                "hardware": hardware(self.device),
            }
            write_json(
                folder / "cell.json", record | measured | result | {"files": file_sizes(folder)}
            )
        if result["status"] != "failed":  # what was learned before a failure is of use once more
            self.run.forget_unfinished(name)

    def _done(
        self, name: str, work: Callable[[Path], dict[str, Any]], folder: Path
    ) -> dict[str, Any]:
        try:
            if name in self.hopeless:
                raise InputError(self.hopeless[name])
            result = {"status": "done", "error": "", **work(folder)}
            result["warnings"] = segmentation_failures(folder)
        except (Exception, SystemExit) as error:  # an outsider's method may raise anything
            if is_full(error):
                raise  # nobody's fault, and every further cell would end alike
            shutil.rmtree(folder)
            folder.mkdir()
            result = {"status": "failed", "error": one_line(error), "warnings": []}
        return result

    def ahead(self, name: str, content: dict[str, Any], fit: Callable[[], Any]) -> FittedAhead:
        """Fit what a cell is of, before the cell is begun.

        Parameters
        ----------
        name, content
            See `is_done`.
        fit : callable
            Returns what it has fitted.
        """
        # Which numbers count as zero is a thread's own affair.
        with self._kept(name, self._fingerprint(content)), flushed_denormals():
            return FittedAhead(fit(), seconds_before(), 1)

    @contextmanager
    def _kept(self, name: str, wanted: str) -> Iterator[None]:
        """Keep the trainings of a cell until it is in its place, and draw their curves."""
        with ExitStack() as stack:
            stack.enter_context(kept_in(self.run.unfinished / name / wanted[:16]))
            if self.tensorboard:
                stack.enter_context(curves_in(self.run.root / TENSORBOARD / name))
            yield

    def _fingerprint(self, content: dict[str, Any]) -> str:
        return fingerprint(
            {"configuration": self.configuration, "scoring": self._scoring, **content}
        )

    @cached_property
    def _scoring(self) -> dict[str, Any]:
        """What decides scores besides method and images: who measures, how, and against what."""
        wanted = self.data.protocol.metrics
        tissues = self.tissues
        names = [*wanted, *(TISSUE_METRICS if tissues else ())]
        return {
            "scorer": ImageScorer.revision,
            "standardization": STANDARDIZATION_REVISION,
            "segmenter": f"{tissues.segmenter.name} {tissues.segmenter.revision}"
            if tissues
            else "",
            "metrics": as_records(names),
            "truth": self.data.dataset.truth_fingerprint,
        }


def one_line(error: BaseException) -> str:
    """Say in one line what went wrong."""
    text = " ".join(str(error).split())
    kind = type(error).__name__
    return text if kind == "InputError" else f"{kind}: {text}"
