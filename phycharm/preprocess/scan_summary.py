"""What the quality page shows of a scan."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from .registration.alignment import Alignment
from .result_files import ResultFiles
from .source_scan import SourceScan
from .stages.brain_stage import BrainRecord


@dataclass(frozen=True, kw_only=True)
class ScanSummary:
    """Numbers of a scan that was preprocessed.

    Parameters
    ----------
    subject, scanner : str
        Labels.
    run : int
        1, or 2 for a repeat.
    image, view, mask_view : str
        Files, relative to the dataset: the result, and pictures of the scan and its own mask.
    engine : str
        What found the brain.
    volume_ml : float
        Of the scan's own brain mask.
    common_ml : float
        Of the brain that all scans of the person show.
    blank_ml : float
        Left out of the mask, because it was blanked out.
    reference : bool
        Whether the person's other scans were registered to this one.
    dice, correlation, rotation, shift : float or None
        Of the registration, in degrees and mm; None for the reference.
    attempts : int
        Starts that the registration took; 0 for the reference.
    seconds : float
        Time of all stages.
    """

    subject: str
    scanner: str
    run: int
    image: str
    view: str
    mask_view: str
    engine: str
    volume_ml: float
    common_ml: float
    blank_ml: float
    reference: bool
    dice: float | None
    correlation: float | None
    rotation: float | None
    shift: float | None
    attempts: int
    seconds: float

    @classmethod
    def of(
        cls,
        scan: SourceScan,
        brain: BrainRecord,
        *,
        alignment: Alignment | None,
        common_ml: float,
        seconds: float,
    ) -> Self:
        """Gather the numbers; `alignment` is None for the reference."""
        files = ResultFiles(Path(), scan)
        aligned = alignment
        return cls(
            subject=scan.subject,
            scanner=scan.scanner,
            run=scan.run,
            image=files.image.as_posix(),
            view="" if files.view is None else files.view.as_posix(),
            mask_view="" if files.mask_view is None else files.mask_view.as_posix(),
            engine=brain.engine,
            volume_ml=brain.volume_ml,
            common_ml=common_ml,
            blank_ml=brain.blank_ml,
            reference=aligned is None,
            dice=None if aligned is None else aligned.dice,
            correlation=None if aligned is None else aligned.correlation,
            rotation=None if aligned is None else aligned.rotation,
            shift=None if aligned is None else aligned.shift,
            attempts=0 if aligned is None else aligned.attempts,
            seconds=seconds,
        )

    def as_record(self) -> dict[str, Any]:
        """Return it as JSON keeps it."""
        return asdict(self)
