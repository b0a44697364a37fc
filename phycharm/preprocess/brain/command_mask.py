"""Any program as the engine: one run per head, in a temporary folder."""

import shlex
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from typing_extensions import override

from ...data.nifti import other_grid, read_volume, write_volume
from ...errors import InputError
from ...utils.arrays import Mask
from ..imaging.program import Program
from ..imaging.volume import Volume
from .brain_engine import BrainEngine


class CommandMask(BrainEngine):
    """Run a command line that finds the brain.

    The program finds the head as float32 NIfTI (RAS) at `{image}`, and writes a mask to `{mask}`,
    or the head with zeros around its brain to `{brain}`, either on the same grid (`.nii.gz`).
    `{folder}` is the temporary folder, for containers that must mount it. The line is split as a
    shell would, but no shell sees it.

    Parameters
    ----------
    command : str
        For instance `mri_synthstrip -i {image} -m {mask}`.
    name : str
        Name in records; by default the program's.
    package : str
        Distribution whose version is recorded, where the program comes with one.

    Raises
    ------
    InputError
        If the line cannot be used, or its program is not there.
    """

    def __init__(self, command: str, *, name: str = "", package: str = "") -> None:
        self._program = Program(
            command,
            option="--brain",
            needed={"image"},
            known={"image", "mask", "brain", "folder"},
            example="mri_synthstrip -i {image} -m {mask}",
        )
        self._package = package
        self.name = name or self._program.name

    @property
    @override
    def version(self) -> str:
        command = self._program.command
        try:
            return f"{command} ({version(self._package)})" if self._package else command
        except PackageNotFoundError:
            return command

    @override
    def mask(self, head: Volume) -> Mask:
        with tempfile.TemporaryDirectory(prefix="phycharm-") as temporary:
            folder = Path(temporary)
            files = {key: folder / f"{key}.nii.gz" for key in ("image", "mask", "brain")}
            write_volume(files["image"], head.image, head.affine)
            values = {key: str(path) for key, path in files.items()} | {"folder": temporary}
            self._program.run(values)
            written = files["mask"] if files["mask"].is_file() else files["brain"]
            return self._read(written, head)

    def _read(self, path: Path, head: Volume) -> Mask:
        if not path.is_file():
            raise InputError(f"{self.name}: ended well and wrote neither {{mask}} nor {{brain}}.")
        image, affine = read_volume(path, constant=True)
        if difference := other_grid(image.shape, affine, head.image.shape, head.affine):
            raise InputError(f"{self.name}: its result {difference}; let it keep the image's grid.")
        found = image > 0.5 if path.name.startswith("mask") else image != 0
        if not found.any():
            raise InputError(f"{self.name}: found no brain.")
        return np.asarray(found)


def deepbet_command() -> str:
    """Return the line that runs deepbet in a Python of its own: it brings a GUI toolkit along."""
    code = (
        "import sys; from deepbet import run_bet; "
        "run_bet([sys.argv[1]], mask_paths=[sys.argv[2]], no_gpu=True)"
    )
    return shlex.join([sys.executable, "-c", code, "{image}", "{mask}"])
