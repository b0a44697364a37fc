"""Engines of registration by the names that users give."""

from ...errors import InputError
from ...utils.suggestions import did_you_mean
from .aligner import Aligner
from .command_aligner import CommandAligner, read_flirt, read_itk
from .itk_aligner import ItkAligner

_COMMAND = "command:"
_FLIRT = "flirt -ref {fixed} -in {moving} -omat {matrix} -dof {dof} -cost normmi"
_ANTS = "antsRegistrationSyNQuick.sh -d 3 -f {fixed} -m {moving} -t {kind} -o {folder}/ants"
NAMES = ("simpleitk", "flirt", "ants")
"""What `--engine` takes, besides a command line."""


def aligner(name: str) -> Aligner:
    """Open an engine.

    Parameters
    ----------
    name : str
        One of `NAMES`, or `command:` and a line for `CommandAligner`.

    Raises
    ------
    InputError
        If there is no such engine, or its program is not installed.
    """
    if name.startswith(_COMMAND):
        return CommandAligner(name.removeprefix(_COMMAND).strip())
    if name == "simpleitk":
        return ItkAligner()
    if name == "flirt":
        return CommandAligner(_FLIRT, name=name, read=read_flirt)
    if name == "ants":
        written = "ants0GenericAffine.mat"
        return CommandAligner(_ANTS, name=name, written=written, read=read_itk)
    raise InputError(f"--engine {name}: no such engine; {did_you_mean(name, NAMES)}")
