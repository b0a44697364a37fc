"""The results folder of a run: where everything lies, and whose it is."""

import csv
import shutil
import warnings
from collections.abc import Mapping
from contextlib import suppress
from itertools import permutations
from pathlib import Path
from typing import Any

import pandas as pd

from phycharm.errors import InputError
from phycharm.utils.atomic import atomic_file, write_json
from phycharm.utils.json_file import read_object

from ..protocol.cells import fingerprint
from ..protocol.differences import differences
from ..scoring.tables.joined_tables import join_tables
from ..scoring.tables.scores import read_scores, score_table, write_scores
from .run_lock import HOLDER, LOCK

FORMAT = 1
DATASET = "dataset"
"""Folder of the digital subjects that a run made for itself."""
PLAN = "plan.json"
"""File that says what the run was asked to do."""
DIGITAL = "digital-people"
"""Folder of the people with maps that were simulated for a dataset without any."""
LOGS = "logs"
"""Folder of a log for each cell."""
PREPROCESSED = "preprocessed"
"""Folder of the brains that a run made of raw heads; it knows itself what is out of date."""
CONVERGENCE = "convergence"
"""Name of the table, and of the folder of its parts, of what twice the budget gains."""
CHECKED = "checked.json"
"""File that says of which data the images were read and found usable."""
UNFINISHED = "unfinished"
"""Folder of the trainings of cells that are not finished, by cell and fingerprint."""
TENSORBOARD = "tensorboard"
"""Folder of training curves for TensorBoard, where somebody asked for them."""

LEFT_OUT = "left out"
"""Status of a cell with nobody to learn from: no failure, and no scores."""

_DATA = (DATASET, DIGITAL, PREPROCESSED)
_AGAIN = "the cell is made again"
_MOST_CHANGES = 2
_OURS = (
    LOCK, HOLDER, DATASET, DIGITAL, PREPROCESSED, LOGS, UNFINISHED, TENSORBOARD, "cells", PLAN,
    CHECKED,
    "scans", "run.json", "methods.json", "metrics.json",
    "scores.parquet", "histograms.parquet", "maps.parquet", "volumes.parquet", "features.parquet",
    "timings.csv", "report.html", CONVERGENCE, f"{CONVERGENCE}.parquet",
)  # fmt: skip


class RunFolder:
    """Paths and tables of one results folder; see `docs/results.md`.

    Parameters
    ----------
    root : Path
        The folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.cells = root / "cells"
        self.scans = root / "scans"
        self.unfinished = root / UNFINISHED
        self.convergence = root / CONVERGENCE
        self.manifest = root / "run.json"
        self.report = root / "report.html"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.root)!r})"

    def claim(self, configuration: dict[str, Any]) -> str:
        """Make sure that what is in the folder belongs to this configuration.

        Parameters
        ----------
        configuration : dict
            Everything that decides the scores, except the list of methods.

        Returns
        -------
        str
            Fingerprint of the configuration.

        Raises
        ------
        InputError
            If the folder holds results of another configuration, or something else altogether.
        """
        mine = fingerprint(configuration)
        theirs = self._fingerprint()
        if theirs is None:
            self.require_ours()
        elif theirs != mine:
            change = self._change(configuration)
            raise InputError(
                f"{self.root}: holds results of another configuration ({change}); give another "
                "folder with --out, or start over with --fresh."
            )
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"{self.root}: cannot be made ({error.strerror}); give another folder with --out."
            ) from error
        for leftover in self.root.rglob(".partial-*"):
            _remove(leftover)
        return mine

    def require_ours(self) -> None:
        """Make sure that nothing but a run's own files is in the folder.

        Raises
        ------
        InputError
            If something else is there.
        """
        if self.root.exists() and not self.root.is_dir():
            raise InputError(f"{self.root}: is a file; give a folder with --out.")
        foreign = [name for name in self._entries() if not _is_ours(name)]
        if foreign and self._fingerprint() is None:
            raise InputError(
                f"{self.root}: is no results folder (it holds {foreign[0]}); give another folder "
                "with --out."
            )

    def clear(self, *, dataset_too: bool) -> None:
        """Delete a run's results, and nothing else, so that it starts over.

        Parameters
        ----------
        dataset_too : bool
            Whether the dataset in the folder is the run's own, to be simulated again.

        Raises
        ------
        InputError
            If the folder is not a results folder: then nothing is deleted.
        """
        self.require_ours()
        for name in self._entries():
            kept = (LOCK, HOLDER) if dataset_too else (LOCK, HOLDER, *_DATA)
            if _is_ours(name) and name not in kept:
                _remove(self.root / name)

    def _entries(self) -> list[str]:
        return sorted(path.name for path in self.root.iterdir()) if self.root.is_dir() else []

    def _fingerprint(self) -> str | None:
        """Return whose results lie here; None where there are none, or nobody can read it."""
        if not self.manifest.is_file():
            return None
        try:
            manifest = read_object(self.manifest, remedy="it is written anew")
        except InputError as error:
            # Cells know themselves what they belong to.
            warnings.warn(str(error), stacklevel=3)
            return None
        return str(manifest.get("fingerprint", ""))

    def _change(self, configuration: Mapping[str, Any]) -> str:
        """Say what differs between a configuration and the one that the manifest tells of."""
        manifest = self.read_manifest()
        # The manifest names the scanners that were found where the protocol names none.
        mine = {k: v for k, v in configuration.get("protocol", {}).items() if k != "scanners"}
        found = differences(mine, _section(manifest, "protocol"))
        if configuration.get("dataset") != _section(manifest, "dataset").get("fingerprint"):
            found.append("the dataset is another")
        return "; ".join(found[:_MOST_CHANGES]) or "protocol or dataset"

    def read_manifest(self) -> dict[str, Any]:
        """Read `run.json`.

        Raises
        ------
        InputError
            If it is damaged.
        """
        return read_object(self.manifest, remedy="start over with --fresh")

    def told(self, key: str) -> Mapping[str, Any]:
        """Return a table of `run.json`; empty where it is missing or of another kind.

        Raises
        ------
        InputError
            If the file is damaged.
        """
        return _section(self.read_manifest(), key)

    def cell_record(self, cell: str) -> dict[str, Any] | None:
        """Read what became of a cell; None where it was never finished, or its record is damaged.

        A damaged record is named in a warning: the cell counts as not done.
        """
        path = self.cells / cell / "cell.json"
        if not path.is_file():
            return None
        try:
            record = read_object(path, remedy=_AGAIN)
        except InputError as error:
            warnings.warn(str(error), stacklevel=2)
            return None
        if not isinstance(record.get("status"), str) or record.get("cell") != cell:
            warnings.warn(f"{path}: is not the record of this cell; {_AGAIN}.", stacklevel=2)
            return None
        return record

    def is_done(self, cell: str, wanted: str) -> bool:
        """Whether a cell is finished, whole, and was made with this fingerprint.

        A file of it that is missing or not as long as it was is named in a warning.
        """
        record = self.cell_record(cell)
        if not record or record["status"] != "done" or record.get("fingerprint") != wanted:
            return False
        damaged = damaged_file(self.cells / cell, record.get("files", {}))
        if damaged is not None:
            warnings.warn(f"{damaged}: is missing or damaged; {_AGAIN}.", stacklevel=2)
        return damaged is None

    def forget_unfinished(self, cell: str) -> None:
        """Delete what was kept of a cell's trainings."""
        shutil.rmtree(self.unfinished / cell, ignore_errors=True)
        with suppress(OSError):  # other cells are under way, or nothing was kept
            self.unfinished.rmdir()

    def cell_records(self) -> list[dict[str, Any]]:
        """Read what became of all cells, sorted by name."""
        return [record for name in self._cell_names() if (record := self.cell_record(name))]

    def _cell_names(self) -> list[str]:
        return sorted(path.parent.name for path in self.cells.glob("[!.]*/cell.json"))

    def collect(self) -> None:
        """Gather the tables of all cells into those of the run, cell by cell.

        Raises
        ------
        InputError
            If two cells hold the same scores, and no plan says which counts.
        """
        records = self._without_superseded(
            [r for r in self.cell_records() if r["status"] == "done"]
        )
        done = _current([record["cell"] for record in records])
        folders = [self.cells / name for name in done]
        for name in ("scores", "histograms", "maps", "volumes", "features"):
            parts = [p for folder in folders if (p := folder / f"{name}.parquet").is_file()]
            if name == "scores" and not parts:
                write_scores(self.root / "scores.parquet", score_table([]))
            join_tables(parts, self.root / f"{name}.parquet", read=_read_table)
        self._write_timings()

    def _without_superseded(self, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Leave out cells of before whose scores a cell of the plan takes the place of.

        A method whose scope has changed from pairs to all scanners, or back, has other cells for
        the same directions.

        Raises
        ------
        InputError
            If two cells hold the same scores, and no plan says which counts.
        """
        planned = self._planned()
        # What is planned comes first, and keeps its scores.
        ordered = sorted(records, key=lambda record: record["cell"] not in planned)
        kept: list[dict[str, Any]] = []
        owners: dict[_Key, str] = {}
        for record in ordered:
            rival = next((owners[key] for key in _keys(record) if key in owners), None)
            if rival is not None and (rival in planned) == (record["cell"] in planned):
                raise InputError(
                    f"{self.cells}: {rival} and {record['cell']} hold the same scores; remove one "
                    "of them."
                )
            if rival is None:
                owners |= dict.fromkeys(_keys(record), record["cell"])
                kept.append(record)
        return sorted(kept, key=lambda record: record["cell"])

    def _planned(self) -> set[str]:
        path = self.root / PLAN
        if not path.is_file():
            return set()
        try:
            cells = read_object(path, remedy=_AGAIN).get("cells", [])
            return {str(cell["name"]) for cell in cells}
        except (InputError, KeyError, TypeError):
            return set()

    def _write_timings(self) -> None:
        columns = (
            "cell", "harmonizer", "fold", "seed", "status", "device",
            "fit_seconds", "harmonize_seconds", "score_seconds", "peak_memory_mb", "parameters",
        )  # fmt: skip
        with (
            atomic_file(self.root / "timings.csv") as path,
            path.open("w", encoding="utf-8", newline="") as stream,
        ):
            writer = csv.DictWriter(stream, columns, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(self.cell_records())

    def write_manifest(self, content: dict[str, Any]) -> None:
        """Write `run.json` atomically."""
        write_json(self.manifest, {"format": FORMAT, **content})


def _read_table(path: Path) -> pd.DataFrame | None:
    """Read a table of a cell; one that is damaged is named and left out."""
    try:
        return read_scores(path) if path.name == "scores.parquet" else pd.read_parquet(path)
    except (InputError, OSError, ValueError) as error:
        warnings.warn(f"{path}: is damaged ({error}); its cell is left out.", stacklevel=4)
        return None


_Key = tuple[str, int, int, str, str]


def _keys(record: Mapping[str, Any]) -> list[_Key]:
    """Name what a method's cell holds the scores of; nothing for maps."""
    if record.get("harmonizer") == "maps":
        return []
    who = (str(record.get("harmonizer")), int(record.get("fold", 0)), int(record.get("seed", 0)))
    return [(*who, a, b) for a, b in permutations(record.get("scanners", ()), 2)]


def file_sizes(folder: Path) -> dict[str, int]:
    """Return the size in bytes of every file below a folder, by its path in there."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in files}


def damaged_file(folder: Path, sizes: Mapping[str, int]) -> Path | None:
    """Return the first file that is missing or not as long as it was; None where all are whole."""
    for name, size in sizes.items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != size:
            return path
    return None


def _current(cells: list[str]) -> list[str]:
    """Leave out maps that an earlier version named without their preset, where new ones are."""
    new = [name for name in cells if name.startswith("maps_corrected_")]
    old = {name.replace("_corrected", "", 1) for name in new}
    return [name for name in cells if name not in old]


def _section(manifest: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = manifest.get(key)
    return found if isinstance(found, Mapping) else {}


def _is_ours(name: str) -> bool:
    return name in _OURS or name.startswith(".partial-")


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
