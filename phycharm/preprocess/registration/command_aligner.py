"""Any program as the engine of registration, FLIRT and ANTs among them."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from typing_extensions import override

from ...data.nifti import write_volume
from ...errors import InputError
from ..imaging.itk import simple_itk, to_matrix
from ..imaging.program import Program
from ..imaging.space import Matrix
from .aligner import Aligner
from .head import Head

_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])

Reader = Callable[[Path, Path, Path], Matrix]
"""Reads a map from `{matrix}`, given the files of the fixed and the moving image too."""


def read_text(matrix: Path, fixed: Path, moving: Path) -> Matrix:
    """Read four rows of four numbers: world (RAS+, mm) of the fixed image to the moving one's."""
    del fixed, moving
    found = np.loadtxt(matrix, dtype=np.float64)
    return found.reshape(4, 4)


def read_flirt(matrix: Path, fixed: Path, moving: Path) -> Matrix:
    """Read FLIRT's matrix, which leads from the moving to the fixed image in its own units."""
    from fsl.data.image import Image
    from fsl.transform.flirt import fromFlirt

    images = Image(str(moving)), Image(str(fixed))
    forwards = fromFlirt(np.loadtxt(matrix), *images, from_="world", to="world")
    return np.linalg.inv(np.asarray(forwards, dtype=np.float64))


def read_itk(matrix: Path, fixed: Path, moving: Path) -> Matrix:
    """Read a transform of ITK (ANTs), whose world is LPS+."""
    del fixed, moving
    found: Matrix = _LPS @ to_matrix(simple_itk().ReadTransform(str(matrix))) @ _LPS
    return found


class CommandAligner(Aligner):
    """Run a command line that registers one brain to another.

    The program finds both brains, skull-stripped, as float32 NIfTI at `{fixed}` and `{moving}`, and
    writes the map from the fixed to the moving world to `{matrix}`. `{dof}` is 6 or 12, `{kind}` is
    `r` or `a`, and `{folder}` the temporary folder. First guesses are put into the moving image's
    header, so that a program starts at the identity.

    Parameters
    ----------
    command : str
        Split as a shell would, but no shell sees it.
    name : str
        Name in records; by default the program's.
    written : str
        Name of the file that the program writes, in `{folder}`.
    read : callable
        How that file is read.

    Raises
    ------
    InputError
        If the line cannot be used, or its program is not there.
    """

    def __init__(
        self,
        command: str,
        *,
        name: str = "",
        written: str = "matrix.txt",
        read: Reader = read_text,
    ) -> None:
        self._program = Program(
            command,
            option="--engine",
            needed={"fixed", "moving"},
            known={"fixed", "moving", "matrix", "folder", "dof", "kind"},
            example="register {fixed} {moving} --out {matrix}",
        )
        self._written, self._read = written, read
        self.name = name or self._program.name

    @property
    @override
    def version(self) -> str:
        return self._program.command

    @override
    def align(self, fixed: Head, moving: Head, start: Matrix, *, affine: bool) -> Matrix:
        with tempfile.TemporaryDirectory(prefix="phycharm-") as temporary:
            folder = Path(temporary)
            files = {key: folder / f"{key}.nii.gz" for key in ("fixed", "moving")}
            write_volume(files["fixed"], fixed.brain, fixed.space.affine)
            guessed = np.linalg.inv(start) @ moving.space.affine
            write_volume(files["moving"], moving.brain, guessed)
            matrix = folder / self._written
            values = {key: str(path) for key, path in files.items()} | {
                "matrix": str(matrix),
                "folder": temporary,
                "dof": "12" if affine else "6",
                "kind": "a" if affine else "r",
            }
            self._program.run(values)
            try:
                found = self._read(matrix, files["fixed"], files["moving"])
            except (OSError, ValueError, RuntimeError) as error:
                reason = " ".join(str(error).split())
                raise InputError(f"{self.name}: its matrix is not readable ({reason}).") from error
        return start @ found
