"""Where the results of a scan stand."""

from dataclasses import dataclass
from pathlib import Path

from .source_scan import SourceScan

MASKS = Path("derivatives") / "masks"
PREPROCESSING = Path("derivatives") / "preprocessing"
_SUFFIXES = {"T1w": "T1w", "inv-2": "inv-2_MP2RAGE", "T1map": "T1map"}


@dataclass(frozen=True)
class ResultFiles:
    """Names of the files that one scan becomes.

    Parameters
    ----------
    out : Path
        The preprocessed dataset.
    scan : SourceScan
        What they come from.
    """

    out: Path
    scan: SourceScan

    @property
    def image(self) -> Path:
        """The image, named as a raw one is."""
        return self._named(Path(), f"{_SUFFIXES[self.scan.kind]}.nii.gz")

    @property
    def sidecar(self) -> Path:
        """Its metadata."""
        return self._named(Path(), f"{_SUFFIXES[self.scan.kind]}.json")

    @property
    def mask(self) -> Path | None:
        """The brain mask of a T1w scan."""
        return self._of_t1w(MASKS, "desc-brain_mask.nii.gz")

    @property
    def mask_sidecar(self) -> Path | None:
        """The mask's metadata."""
        return self._of_t1w(MASKS, "desc-brain_mask.json")

    @property
    def transform(self) -> Path:
        """ITK's transform (LPS+) from points of the grid to points of the raw scan."""
        kind = "" if self.scan.kind == "T1w" else f"desc-{self.scan.kind.replace('-', '')}_"
        return self._named(PREPROCESSING, f"{kind}from-grid_to-raw_mode-image_xfm.tfm")

    @property
    def view(self) -> Path | None:
        """Slices of a T1w scan with its skull, on the grid."""
        return self._of_t1w(PREPROCESSING, "desc-slices_T1w.png")

    @property
    def mask_view(self) -> Path | None:
        """The scan's own mask on these slices."""
        return self._of_t1w(PREPROCESSING, "desc-slices_mask.png")

    @property
    def paths(self) -> list[Path]:
        """All of them."""
        written = (self.image, self.sidecar, self.mask, self.mask_sidecar, self.transform)
        found = (*written, self.view, self.mask_view)
        return [path for path in found if path is not None]

    def _of_t1w(self, place: Path, ending: str) -> Path | None:
        return self._named(place, ending) if self.scan.kind == "T1w" else None

    def _named(self, place: Path, ending: str) -> Path:
        return self.out / place / self.scan.folder / f"{self.scan.stem}_{ending}"
