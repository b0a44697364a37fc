"""One image that is to be preprocessed."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

SourceKind = Literal["T1w", "inv-2", "T1map"]


@dataclass(frozen=True, kw_only=True)
class SourceScan:
    """An image of a raw dataset, with what the dataset says of it.

    Parameters
    ----------
    subject, scanner : str
        Who, and where; labels without `sub-` and `ses-`.
    path : Path
        NIfTI file.
    relative : str
        Its path in the dataset.
    run : int
        1, or 2 for a repeat.
    kind : {"T1w", "inv-2", "T1map"}
        What it is; the last two belong to a person with quantitative maps.
    mask : Path, optional
        The dataset's own brain mask of it.
    sidecar : dict
        BIDS metadata, the sidecars of all levels merged.
    repeated : bool
        Whether the scanner has several runs of the person, so that names must tell them apart.
    """

    subject: str
    scanner: str
    path: Path
    relative: str
    run: int = 1
    kind: SourceKind = "T1w"
    mask: Path | None = None
    sidecar: dict[str, Any] = field(default_factory=dict)
    repeated: bool = False

    @property
    def name(self) -> str:
        """What it is called where a person reads it."""
        run = f" run-{self.run}" if self.repeated else ""
        kind = "" if self.kind == "T1w" else f" {self.kind}"
        return f"sub-{self.subject} {self.scanner or 'T1w'}{run}{kind}"

    @property
    def stem(self) -> str:
        """What its results' file names begin with."""
        session = f"_ses-{self.scanner}" if self.scanner else ""
        run = f"_run-{self.run}" if self.repeated else ""
        return f"sub-{self.subject}{session}{run}"

    @property
    def folder(self) -> Path:
        """Folder of its results, relative to a dataset."""
        session = f"ses-{self.scanner}" if self.scanner else ""
        return Path(f"sub-{self.subject}") / session / "anat"
