"""The results folder of a run: where everything lies, and whose it is."""

import csv
import shutil
from collections.abc import Mapping
from contextlib import suppress
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
UNFINISHED = "unfinished"
"""Folder of the trainings of cells that are not finished, by cell and fingerprint."""
TENSORBOARD = "tensorboard"
"""Folder of training curves for TensorBoard, where somebody asked for them."""

LEFT_OUT = "left out"
"""Status of a cell with nobody to learn from: no failure, and no scores."""

_MOST_CHANGES = 2
_OURS = (
    DATASET, DIGITAL, PREPROCESSED, "cells", "scans", "run.json", "methods.json", "metrics.json",
    "scores.parquet", "histograms.parquet", "maps.parquet", "timings.csv", "report.html",
    CONVERGENCE, f"{CONVERGENCE}.parquet", UNFINISHED, TENSORBOARD,
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

    def cell_record(self, cell: str) -> dict[str, Any] | None:
        """Read what became of a cell; None where it was never finished."""
        path = self.cells / cell / "cell.json"
        if not path.is_file():
            return None
        return read_object(path, remedy="remove the cell's folder and run again")

    def is_done(self, cell: str, wanted: str) -> bool:
        """Whether a cell is finished and was made with this fingerprint."""
        record = self.cell_record(cell)
        return bool(record and record["status"] == "done" and record["fingerprint"] == wanted)

    def forget_unfinished(self, cell: str) -> None:
        """Delete what was kept of a cell's trainings."""
        shutil.rmtree(self.unfinished / cell, ignore_errors=True)
        with suppress(OSError):  # other cells are under way, or nothing was kept
            self.unfinished.rmdir()

    def cell_records(self) -> list[dict[str, Any]]:
        """Read what became of all cells, sorted by name."""
        names = sorted(path.parent.name for path in self.cells.glob("[!.]*/cell.json"))
        return [record for name in names if (record := self.cell_record(name))]

    def collect(self) -> pd.DataFrame:
        """Gather the tables of all cells into those of the run.

        Returns
        -------
        DataFrame
            All scores.
        """
        done = _current([r["cell"] for r in self.cell_records() if r["status"] == "done"])
        folders = [self.cells / name for name in done]
        tables = [read_scores(p) for f in folders if (p := f / "scores.parquet").is_file()]
        scores = pd.concat(tables, ignore_index=True) if tables else score_table([])
        write_scores(self.root / "scores.parquet", scores)
        for name in ("histograms", "maps"):
            parts = [p for folder in folders if (p := folder / f"{name}.parquet").is_file()]
            if parts:
                table = pd.concat([pd.read_parquet(path) for path in parts], ignore_index=True)
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
