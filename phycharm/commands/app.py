"""The app, and which commands it has."""

from cyclopts import App

import phycharm

from .benchmark import benchmark
from .bless import bless
from .check import check
from .compare import compare
from .convergence import convergence
from .datasets import datasets
from .doctor import doctor
from .harmonize import harmonize
from .import_checkpoint import import_checkpoint
from .inspect import inspect
from .install_completion import install_completion
from .preprocess import preprocess
from .protocols import protocols
from .report import report
from .segment import segment
from .simulate import simulate
from .status import status
from .train import train
from .train_maps import train_maps


def _version() -> str:
    """Return the version, whose metadata take a tenth of the time of `--help` to read."""
    return phycharm.__version__


app = App(
    name="phycharm",
    help="Harmonize T1-weighted MRI between scanners, and judge how well it works.",
    help_format="markdown",
    version=_version,
    version_format="plaintext",
    suppress_keyboard_interrupt=False,
)

# Imported here and not by cyclopts when one is typed: `--help` would list them without a word
# on what they do. The files are light, for what computes is imported inside the functions.
app.command(benchmark)
app.command(bless)
app.command(check)
app.command(compare)
app.command(convergence)
app.command(datasets)
app.command(doctor)
app.command(harmonize)
app.command(import_checkpoint)
app.command(inspect)
app.command(preprocess)
app.command(protocols)
app.command(report)
app.command(segment)
app.command(simulate)
app.command(status)
app.command(train)
app.command(train_maps)
app.command(install_completion, name="--install-completion")
