"""The engine `fsl-fast`: FSL FAST itself, from the user's own FSL."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import numpy as np

from phycharm.data.nifti import write_volume
from phycharm.data.scan import Scan
from phycharm.data.stored_image import told_of_damage, whole_image
from phycharm.errors import InputError
from phycharm.utils.arrays import Image, Mask
from phycharm.utils.atomic import atomic_folder, write_text

from .brain import brain_image, scan_name
from .segmentation import Segmentation, tissue_volumes_ml
from .segmenter import Segmenter

_INPUT = "T1w.nii.gz"
_OUTPUT = "fast"
# Three classes, T1-weighted, bias field written; everything else as FAST has it.
_OPTIONS = ("--class=3", "--type=1", "-b", f"--out={_OUTPUT}")


class FslFastSegmenter(Segmenter):
    """Segmenter that runs `$FSLDIR/bin/fast` with the same options on every scan.

    FAST's partial-volume mixeltypes are undefined outside the brain; they are set to 0 there.

    Parameters
    ----------
    keep_in : Path, optional
        Folder under which FAST's input, outputs and log are kept, in one folder a scan
        (`<subject>_<session>_<scanner>`); an older one of that name is replaced. If not given,
        they are removed.

    Raises
    ------
    InputError
        If `$FSLDIR` is not set or holds no `bin/fast`.
    """

    name: ClassVar[str] = "fsl-fast"

    def __init__(self, *, keep_in: Path | None = None) -> None:
        self._fsldir = _find_fsl()
        self._keep_in = keep_in

    def segment(self, scan: Scan) -> Segmentation:
        """Segment one scan; see `Segmenter.segment`."""
        image = brain_image(scan)
        with self._folder(scan) as folder:
            write_volume(folder / _INPUT, image, scan.affine)
            self._run(folder, scan)
            return self._read(folder, scan, inside=image > 0)

    @contextmanager
    def _folder(self, scan: Scan) -> Iterator[Path]:
        if self._keep_in is None:
            with tempfile.TemporaryDirectory() as temporary:
                yield Path(temporary)
        else:
            with atomic_folder(self._keep_in / scan_name(scan).replace(" ", "_")) as kept:
                yield kept

    def _run(self, folder: Path, scan: Scan) -> None:
        from fsl.utils.run import runfsl

        environment = {**os.environ, "FSLDIR": str(self._fsldir), "FSLOUTPUTTYPE": "NIFTI_GZ"}
        quiet = {"stderr": True, "exitcode": True, "log": {"tee": False}}
        try:
            output, errors, code = runfsl(
                ["fast", *_OPTIONS, _INPUT], **quiet, cwd=folder, env=environment
            )
        except OSError as error:
            raise InputError(
                f"{self._fsldir}/bin/fast cannot be started ({error}); install FSL for this "
                "machine, or use the engine 'hmrf'."
            ) from error
        write_text(folder / "fast.log", output + errors)
        if code != 0:
            last = (errors + output).strip().splitlines()[-1:] or ["it said nothing"]
            raise InputError(
                f"{scan_name(scan)}: {self._fsldir}/bin/fast ended with exit code {code} "
                f"({last[0]}); run it by hand on this image, or use the engine 'hmrf'."
            )

    def _read(self, folder: Path, scan: Scan, *, inside: Mask) -> Segmentation:
        def load(suffix: str) -> Image:
            return _read_output(folder / f"{_OUTPUT}_{suffix}.nii.gz", scan)

        fractions = np.stack([load(f"pve_{k}") for k in range(3)])
        return Segmentation(
            labels=load("seg").astype(np.uint8),
            pve_labels=load("pveseg").astype(np.uint8),
            partial_volumes=fractions,
            mixeltype=np.where(inside, load("mixeltype"), 0).astype(np.uint8),
            bias=load("bias"),
            volumes_ml=tissue_volumes_ml(fractions, scan.affine),
            engine=f"fsl-fast {_version(self._fsldir)}",
        )


def _find_fsl() -> Path:
    remedy = "install FSL and set FSLDIR to its folder, or use the engine 'hmrf'."
    given = os.environ.get("FSLDIR", "").strip()
    if not given:
        raise InputError(f"Engine 'fsl-fast': $FSLDIR is not set; {remedy}")
    program = Path(given) / "bin" / "fast"
    if not program.is_file() or not os.access(program, os.X_OK):
        raise InputError(f"Engine 'fsl-fast': $FSLDIR has no program {program}; {remedy}")
    return Path(given)


def _version(fsldir: Path) -> str:
    written = fsldir / "etc" / "fslversion"
    # Newer releases append a hash after a colon.
    return written.read_text().split(":")[0].strip() if written.is_file() else "unknown version"


def _read_output(path: Path, scan: Scan) -> Image:
    if not path.is_file():
        raise InputError(
            f"{scan_name(scan)}: fast ended without writing {path.name}; run it by hand on this "
            "image, or use the engine 'hmrf'."
        )
    try:
        image = whole_image(path)
        with told_of_damage(path):
            data = np.asarray(image.dataobj, dtype=np.float32)
    except InputError as error:
        raise InputError(
            f"{scan_name(scan)}: fast left {path.name} damaged; free disk space and try again."
        ) from error
    if not np.isfinite(data).all():
        raise InputError(
            f"{scan_name(scan)}: fast wrote NaN or infinity to {path.name}; look at the image, or "
            "use the engine 'hmrf'."
        )
    if data.shape != scan.image.shape:
        raise InputError(
            f"{scan_name(scan)}: fast wrote {path.name} with shape {data.shape} for an image of "
            f"shape {scan.image.shape}; check that $FSLDIR is FSL."
        )
    return data
