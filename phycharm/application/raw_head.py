"""Raw heads: preprocessed, harmonized, and put back where they came from."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..preprocess import PreprocessSettings
from ..preprocess.imaging.volume import Volume
from ..preprocess.native_head import NativeHead
from .file_harmonizer import FileHarmonizer, write_like

Outside = Literal["keep", "zero"]


@dataclass(frozen=True, kw_only=True)
class RawHeadHarmonizer:
    """Apply a fitted method to whole heads in their native space.

    Parameters
    ----------
    applied : FileHarmonizer
        Method, source and target.
    settings : PreprocessSettings
        Voxel size of the scans that the method learned from, and engines.
    outside : {"keep", "zero"}
        What becomes of the head around its brain.
    """

    applied: FileHarmonizer
    settings: PreprocessSettings
    outside: Outside = "keep"

    def run(self, image: Path, out: Path, *, mask: Path | None = None) -> None:
        """Harmonize one head.

        The brain is brought to a grid along the head's own axes, its receive field is corrected, it
        is harmonized, and brought back: one interpolation there and one back. The result has the
        head's grid and header, and its units.

        Parameters
        ----------
        image : Path
            T1-weighted NIfTI file, a whole head.
        out : Path
            File to write.
        mask : Path, optional
            Brain mask on the same grid.

        Raises
        ------
        InputError
            If a file cannot be used, or no brain is found.
        """
        with NativeHead.prepared(image, self.settings, mask=mask) as head:
            harmonized = head.image.with_name("harmonized.nii.gz")
            self.applied.run(head.image, harmonized, mask=head.mask)
            restored = head.restored(Volume.read(harmonized), keep_outside=self.outside == "keep")
        write_like(image, out, restored)
