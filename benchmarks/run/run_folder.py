"""The results folder of a run: where everything lies, and whose it is."""

import csv
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from phycharm.errors import InputError
from phycharm.utils.atomic import atomic_file, write_json
from phycharm.utils.json_file import read_object

from ..protocol.cells import fingerprint
from ..protocol.differences import differences
from ..scoring.scores import read_scores, score_table, write_scores

FORMAT = 1
DATASET = "dataset"
"""Folder of the digital subjects that a run made for itself."""
DIGITAL = "digital-people"
"""Folder of the people with maps that were simulated for a dataset without any."""
PREPROCESSED = "preprocessed"
"""Folder of the brains that a run made of raw heads; it knows itself what is out of date."""
CONVERGENCE = "convergence"
"""Name of the table, and of the folder of its parts, of what twice the budget gains."""

LEFT_OUT = "left out"
"""Status of a cell with nobody to learn from: no failure, and no scores."""

_MOST_CHANGES = 2
_OURS = (
    DATASET, DIGITAL, PREPROCESSED, "cells", "scans", "run.json", "methods.json", "metrics.json",
    "scores.parquet", "histograms.parquet", "maps.parquet", "timings.csv", "report.html",
    CONVERGENCE, f"{CONVERGENCE}.parquet",
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
            if _is_ours(name) and (dataset_too or name not in (DATASET, DIGITAL, PREPROCESSED)):
                _remove(self.root / name)

    def _entries(self) -> list[str]:
        return sorted(path.name for path in self.root.iterdir()) if self.root.is_dir() else []

    def _fingerprint(self) -> str | None:
        if not self.manifest.is_file():
            return None
        return str(self.read_manifest().get("fingerprint", ""))

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
        """Read what became of a cell; None where it was never finished."""
        path = self.cells / cell / "cell.json"
        if not path.is_file():
            return None
        return read_object(path, remedy="remove the cell's folder and run again")

    def is_done(self, cell: str, wanted: str) -> bool:
        """Whether a cell is finished and was made with this fingerprint."""
        record = self.cell_record(cell)
        told = record or {}
        return told.get("status") == "done" and told.get("fingerprint") == wanted

    def cell_records(self) -> list[dict[str, Any]]:
        """Read what became of all cells, sorted by name."""
        return [record for name in self._cell_names() if (record := self.cell_record(name))]

    def _cell_names(self) -> list[str]:
        return sorted(path.parent.name for path in self.cells.glob("[!.]*/cell.json"))

    def collect(self) -> pd.DataFrame:
        """Gather the tables of all cells into those of the run.

        Returns
        -------
        DataFrame
            All scores.
        """
        # Folders are named by themselves: what a record says may lead anywhere.
        records = {
            name: record for name in self._cell_names() if (record := self.cell_record(name))
        }
        done = _current([name for name, r in records.items() if r.get("status") == "done"])
        folders = [self.cells / name for name in done]
        tables = [read_scores(p) for f in folders if (p := f / "scores.parquet").is_file()]
        scores = pd.concat(tables, ignore_index=True) if tables else score_table([])
        write_scores(self.root / "scores.parquet", scores)
        for name in ("histograms", "maps"):
            parts = [p for folder in folders if (p := folder / f"{name}.parquet").is_file()]
            if parts:
                table = pd.concat([_read_table(path) for path in parts], ignore_index=True)
                with atomic_file(self.root / f"{name}.parquet") as path:
                    table.to_parquet(path, index=False)
        self._write_timings()
        return scores

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


def _current(cells: list[str]) -> list[str]:
    """Leave out maps that an earlier version named without their preset, where new ones are."""
    new = [name for name in cells if name.startswith("maps_corrected_")]
    old = {name.replace("_corrected", "", 1) for name in new}
    return [name for name in cells if name not in old]


def _read_table(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"{path}: not a readable parquet file ({reason}); remove the cell's folder and run "
            "again."
        ) from error


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
