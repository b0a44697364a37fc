"""Training curves for TensorBoard, where somebody asked for them."""

import re
import shutil
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

from ..errors import InputError

Rows = Sequence[dict[str, Any]]
_folders: ContextVar[Iterator[Callable[[str], Path]] | None] = ContextVar("curves", default=None)


def require_tensorboard() -> None:
    """Make sure that event files can be written.

    Raises
    ------
    InputError
        If the package is missing.
    """
    if find_spec("tensorboard") is None:
        raise InputError(
            "--tensorboard: the package tensorboard is missing; install phycharm[tensorboard], or "
            "leave the option out (history.csv has the same curves)."
        )


@contextmanager
def curves_in(folder: Path) -> Iterator[None]:
    """Write the curves of every training inside the block as event files, one folder for each.

    They hold the rows of the history, written when the engine has read them from the device
    anyway.

    Parameters
    ----------
    folder : Path
        Made if need be.
    """

    def named(number: int) -> Callable[[str], Path]:
        return lambda label: folder / f"{number:02d}-{_safe(label)}"

    token = _folders.set(map(named, count(1)))
    try:
        yield
    finally:
        _folders.reset(token)


@contextmanager
def training_curves(label: str) -> Iterator[Callable[[Rows], None]]:
    """Give the function to which a training hands the rows of its history.

    Parameters
    ----------
    label : str
        What is trained.

    Yields
    ------
    callable
        `add(rows)`; it does nothing outside of `curves_in`.
    """
    folders = _folders.get()
    if folders is None:
        yield lambda rows: None
        return
    curves = _Curves(next(folders)(label))
    try:
        yield curves.add
    finally:
        curves.close()


class _Curves:
    """One training's event file. A full disk ends the curves, and nothing else."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer: Any = None
        self._failed = False

    def add(self, rows: Rows) -> None:
        self._safely(lambda: self._add(rows))

    def close(self) -> None:
        if self._writer is not None:
            self._safely(self._writer.close)

    def _add(self, rows: Rows) -> None:
        if self._writer is None:
            from torch.utils.tensorboard import SummaryWriter

            # A training that goes on hands over its earlier rows again.
            shutil.rmtree(self._folder, ignore_errors=True)
            self._writer = SummaryWriter(self._folder)
        for row in rows:
            name = f"{row['network']} {row['term']}/{row['split']}".strip()
            self._writer.add_scalar(name, row["value"], row["step"])

    def _safely(self, write: Callable[[], None]) -> None:
        if self._failed:
            return
        try:
            write()
        except OSError as error:
            self._failed = True
            warnings.warn(
                f"{self._folder}: no more curves for TensorBoard ({error.strerror}); the training "
                "goes on.",
                stacklevel=5,
            )


def _safe(label: str) -> str:
    return re.sub(r"[^A-Za-z0-9.]+", "-", label).strip("-.")
