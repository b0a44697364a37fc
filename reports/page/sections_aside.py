"""The parts of a page with most curves, drawn by a second process while the first does the rest.

`python -m phycharm.reports.page.sections_aside FOLDER REFERENCE ORDER PREFIX OUT` is that process.
"""

import multiprocessing
import pickle
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from phycharm.utils.memory import usable_memory
from phycharm.utils.threads import usable_cores

from ..run.run_content import read_run
from ..run.run_view import RunView
from .sections import SECTIONS, Section, make_sections

ASIDE = ("directions", "subjects", "histograms", "tissues", "reliability", "training")
"""Anchors of the parts for a process: about half of the work on a page.

They need nothing that the rest needs too: no harmonized images, which thumbnails and the viewer
show, and no comparisons of methods, which the verdict tells.
"""

MANY_PICTURES = 60
"""Methods times directions and splits from which on a process repays that it has to begin."""

_MEMORY = 2_000_000_000
_Found = tuple[list[Section], list[str]]


class SectionsAside:
    """Makes the sections of a page, those of `ASIDE` in a process of their own where it pays.

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
        """Return all sections; what files could not be read stands in the notes as if made first.

        Returns
        -------
        list of Section
            As `make_sections` gives them.
        """
        notes = self._view.images.notes
        others = [*notes]
        notes.clear()
        rest = make_sections(self._view, self._prefix, only=set(SECTIONS).difference(ASIDE))
        made, told = self._brought() or (make_sections(self._view, self._prefix, only=ASIDE), [])
        notes += [note for note in dict.fromkeys([*told, *others]) if note not in notes]
        return sorted([*rest, *made], key=lambda section: SECTIONS.index(section.id))

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


def _make(folder: str, reference: str, order: str, prefix: str, out: str) -> None:
    view = RunView(content=read_run(Path(folder)), wanted_reference=reference, order=order)
    sections = make_sections(view, prefix, only=ASIDE)
    Path(out).write_bytes(pickle.dumps((sections, view.images.notes)))


if __name__ == "__main__":
    _make(*sys.argv[1:])
