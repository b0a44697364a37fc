"""Reading what simulated people were made of."""

import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ...utils.arrays import Image
from ..nifti import read_volume
from ..scan import Scan
from .scan_reader import ScanReader


class TruthReader:
    """Reads the truth of a simulated dataset; of any other there is none.

    Parameters
    ----------
    root : Path
        Of the dataset.
    reader : ScanReader
        Of its volumes.
    """

    def __init__(self, root: Path, reader: ScanReader) -> None:
        self._folder = root / "derivatives" / "truth"
        self._root = root
        self._reader = reader

    def fingerprint(self) -> str:
        """SHA-256 over the truth that simulated people were made of; empty where none is known."""
        files = sorted(self._folder.rglob("*.nii.gz"))
        if not files:
            return ""
        content = hashlib.sha256()
        for path in files:
            content.update(path.relative_to(self._root).as_posix().encode())
            content.update(hashlib.sha256(path.read_bytes()).digest())
        return content.hexdigest()

    def fractions(self, subject: str) -> npt.NDArray[np.float32] | None:
        """Read tissue fractions; see `BidsDataset.true_fractions`."""
        folder = self._of(subject)
        paths = [folder / f"sub-{subject}_label-{t}_probseg.nii.gz" for t in ("CSF", "GM", "WM")]
        if not all(path.is_file() for path in paths):
            return None
        return np.stack([read_volume(path)[0] for path in paths])

    def maps(self, scan: Scan) -> tuple[Image, Image] | None:
        """Read maps; see `BidsDataset.true_maps`."""
        folder = self._of(scan.subject)
        paths = [folder / f"sub-{scan.subject}_{name}map.nii.gz" for name in ("T1", "M0")]
        if not all(path.is_file() for path in paths):
            return None
        t1, m0 = (self._reader.on_grid(path, scan.image.shape, scan.affine) for path in paths)
        return t1 * np.float32(1000), m0

    def _of(self, subject: str) -> Path:
        return self._folder / f"sub-{subject}" / "anat"
