"""Engines of brain extraction by the names that users give."""

import shutil
from importlib.util import find_spec

from ...errors import InputError
from ...utils.suggestions import did_you_mean
from .brain_engine import BrainEngine
from .command_mask import CommandMask, deepbet_command
from .template_mask import TemplateMask

_COMMAND = "command:"
_HD_BET = "hd-bet -i {image} -o {brain} -device cpu"
_SYNTHSTRIP = "mri_synthstrip -i {image} -m {mask}"
NAMES = ("auto", "given", "template", "deepbet", "hd-bet", "synthstrip")
"""What `--brain` takes, besides a command line."""


def brain_engine(name: str) -> BrainEngine | None:
    """Open an engine.

    Parameters
    ----------
    name : str
        One of `NAMES`, or `command:` and a line for `CommandMask`. `auto` is the first of HD-BET,
        SynthStrip and deepbet that is installed, else the template.

    Returns
    -------
    BrainEngine or None
        None for `given`: nothing but the dataset's own masks is used.

    Raises
    ------
    InputError
        If there is no such engine, or its program is not installed.
    """
    if name.startswith(_COMMAND):
        return CommandMask(name.removeprefix(_COMMAND).strip())
    if name == "auto":
        name = _first_installed()
    if name == "given":
        return None
    if name == "template":
        return TemplateMask()
    if name == "hd-bet":
        return CommandMask(_HD_BET, name=name, package="hd-bet")
    if name == "synthstrip":
        return CommandMask(_SYNTHSTRIP, name=name)
    if name == "deepbet":
        if find_spec("deepbet") is None:
            raise InputError(
                "--brain deepbet: it is not installed; install phycharm[deepbet], or take another "
                "engine (template needs none)."
            )
        return CommandMask(deepbet_command(), name=name, package="deepbet")
    raise InputError(f"--brain {name}: no such engine; {did_you_mean(name, NAMES)}")


def _first_installed() -> str:
    for name, program in (("hd-bet", "hd-bet"), ("synthstrip", "mri_synthstrip")):
        if shutil.which(program):
            return name
    return "deepbet" if find_spec("deepbet") else "template"
