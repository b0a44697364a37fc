"""The parts of a page with most figures, some of them made by a second process meanwhile.

Run with FOLDER REFERENCE ORDER PREFIX PLACE, this module is that process.
"""

import multiprocessing
import pickle
import subprocess
import sys
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from phycharm.utils.memory import usable_memory
from phycharm.utils.threads import usable_cores

from ..run.run_content import read_run
from ..run.run_view import RunView
from .sections import SECTIONS, Section, make_sections

ASIDE = ("subjects", "directions", "tissues", "histograms", "reliability", "training")
"""Anchors of the parts that either process may make: the second begins with the first of them, and
the first with the last, until none is left.

They need nothing that the rest needs too: no harmonized images, which thumbnails and the viewer
show, and no comparisons of methods, which the verdict tells.
"""

MANY_PICTURES = 60
"""Methods times directions and splits from which on a process repays that it has to begin."""

_MEMORY = 2_000_000_000
_Found = tuple[list[str], list[Section], list[str]]
"""What the second process brings: which parts it has made, those with something in them, notes."""


class SectionsAside:
    """Makes the sections of a page, some of `ASIDE` in a second process where it pays.

    Whether it does, and whether the process comes to its end, changes nothing in the page: what it
    does not bring is made here. It begins on entering the block. A command is run and nothing
    forked or spawned, for those carry over threads, or begin the user's own script once more.

    Parameters
    ----------
    view : RunView
        The run.
    prefix : str
        Identifier of the run within the page.
    """

    def __init__(self, view: RunView, prefix: str) -> None:
        self._view, self._prefix = view, prefix
        self._folder: TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Begin."""
        if _pays(self._view):
            self._folder = TemporaryDirectory(prefix="phycharm-report-")
            with suppress(OSError):
                self._process = subprocess.Popen(
                    self._command(),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
        return self

    def __exit__(self, *_: object) -> None:
        """End the process if the page no longer needs it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        if self._folder is not None:
            self._folder.cleanup()

    def sections(self) -> list[Section]:
        """Return all sections; what files could not be read stands in the notes, whoever read them.

        Returns
        -------
        list of Section
            As `make_sections` gives them.
        """
        found = self._made(set(SECTIONS).difference(ASIDE))
        mine = [name for name in reversed(ASIDE) if self._is_ours(name, found)]
        theirs, brought, told = self._brought() or ([], [], [])
        found += [*brought, *self._made(set(ASIDE).difference(mine, theirs))]
        notes = self._view.images.notes
        # Who read what is chance, and the page is not.
        notes[:] = sorted({*notes, *told})
        return sorted(found, key=lambda section: SECTIONS.index(section.id))

    def _is_ours(self, name: str, found: list[Section]) -> bool:
        """Make a part, if the process has not begun it."""
        if self._process is not None and not _begin(self._result(), name):
            return False
        found += self._made({name})
        return True

    def _made(self, names: Collection[str]) -> list[Section]:
        return make_sections(self._view, self._prefix, only=names) if names else []

    def _command(self) -> list[str]:
        view = self._view
        what = [str(view.content.path), view.wanted_reference, view.order, self._prefix]
        return [sys.executable, "-P", "-m", __name__, *what, str(self._result())]

    def _result(self) -> Path:
        return Path(self._folder.name if self._folder else "", "sections")

    def _brought(self) -> _Found | None:
        """Wait for what the process made; None if there is none, or it failed."""
        if self._process is None or self._process.wait():
            return None
        # Our own process wrote it, where nobody else may write.
        found: _Found = pickle.loads(self._result().read_bytes())
        return found


def _pays(view: RunView) -> bool:
    """Whether there is enough to draw, a core to spare, and no process that made this one."""
    pictures = len(view.methods) * len(view.directions) * len(view.splits)
    alone = multiprocessing.parent_process() is None
    many = pictures >= MANY_PICTURES
    return many and alone and usable_cores() > 1 and usable_memory() > _MEMORY


def _begin(result: Path, name: str) -> bool:
    """Begin a part, unless the other process has: a file beside the result says so."""
    try:
        result.with_name(f"{name}.begun").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _make(folder: str, reference: str, order: str, prefix: str, out: str) -> None:
    view = RunView(content=read_run(Path(folder)), wanted_reference=reference, order=order)
    names, sections = [], []
    for name in ASIDE:
        if _begin(Path(out), name):
            names.append(name)
            sections += make_sections(view, prefix, only={name})
    Path(out).write_bytes(pickle.dumps((names, sections, view.images.notes)))


if __name__ == "__main__":
    _make(*sys.argv[1:])
