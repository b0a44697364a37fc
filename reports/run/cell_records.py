"""The fits of a run: what was fitted, how it went, where its images are."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

NO_CASE = -1
"""Stands for the loss case of a fit that recorded none."""
HISTORY_COLUMNS = ("network", "source", "target", "epoch", "step", "split", "term", "value")
# maps_case-4_seed-0, maps_paper_case-4_seed-0, phycharm-case-1_GE-Siemens_fold-1_seed-0
_CASE = re.compile(r"^(?:maps_(?:[a-z]+_)?|[^_]*-)case-(\d+)(?:_|$)")


@dataclass(frozen=True, kw_only=True)
class CellRecord:
    """One fit of one method.

    Parameters
    ----------
    path : Path
        Folder of the cell.
    record : dict
        Content of its cell.json.
    """

    path: Path
    record: dict[str, Any]

    @property
    def name(self) -> str:
        """Name of the cell: that of its folder."""
        return self.path.name

    @property
    def harmonizer(self) -> str:
        """Name of the method, or `maps` for a fit of the Quantitative Maps Generator."""
        return str(self.record.get("harmonizer") or self.name.split("_")[0])

    @property
    def case(self) -> int:
        """Loss case of the maps that were fitted or worked with; `NO_CASE` where not recorded."""
        if self.says_case:
            recorded = self.record["case"]
            known = isinstance(recorded, int) and not isinstance(recorded, bool)
            return recorded if known else NO_CASE
        named = _CASE.search(self.name)
        return int(named.group(1)) if named else NO_CASE

    @property
    def says_case(self) -> bool:
        """Whether the cell says of which loss case its maps are, be it of none; old ones do not."""
        return "case" in self.record

    @property
    def failed(self) -> bool:
        """Whether the fit ended with an error."""
        return self.record.get("status") == "failed"

    @property
    def fitted(self) -> bool:
        """Whether there was a fit, and it went well: somebody could teach it."""
        return not self.failed and self.record.get("status") != "left out"

    @property
    def warnings(self) -> list[str]:
        """Images of which the segmentation engine made nothing, and why: a line each."""
        recorded = self.record.get("warnings")
        return [str(line) for line in recorded] if isinstance(recorded, list) else []

    @property
    def fold(self) -> int:
        """Number of the fold; 0 where there is none."""
        found = self.record.get("fold")
        return found if isinstance(found, int) else 0

    @property
    def seed(self) -> int | None:
        """Training seed; None where it was not recorded."""
        found = self.record.get("seed")
        return found if isinstance(found, int) else None

    @property
    def fitted_on(self) -> dict[str, list[str]]:
        """People by their role in the fit: `subjects`, `validation`; empty where not recorded."""
        recorded = self.record.get("fitted_on")
        kept = recorded if isinstance(recorded, dict) else {}
        return {str(k): [str(one) for one in v] for k, v in kept.items() if isinstance(v, list)}

    @property
    def left_out(self) -> list[dict[str, str]]:
        """Directions that nobody could teach: `source`, `target` and `reason` of each."""
        recorded = self.record.get("left_out")
        keys = ("source", "target", "reason")
        return [
            {key: str(one.get(key, "")) for key in keys}
            for one in (recorded if isinstance(recorded, list) else [])
            if isinstance(one, dict)
        ]

    @cached_property
    def files(self) -> frozenset[str]:
        """Files of the cell that a picture may need, relative to it.

        Names of subjects are data: a file is only ever opened when it was listed here, so that
        no name can point outside the folder.
        """
        found = []
        for folder in ("images", "segmentations"):
            if (self.path / folder).is_dir():
                found += [f"{folder}/{entry.name}" for entry in (self.path / folder).iterdir()]
        return frozenset(found)


def read_cells(folder: Path, notes: list[str]) -> tuple[CellRecord, ...]:
    """Read the records of all cells.

    Parameters
    ----------
    folder : Path
        The folder `cells` of a run.
    notes : list of str
        Gets a sentence for everything that is missing or unreadable.

    Returns
    -------
    tuple of CellRecord
        Sorted by name.
    """
    if not folder.is_dir():
        notes.append("The folder cells is missing: no images, no training curves.")
        return ()
    cells, unreadable = [], []
    for path in sorted(folder.iterdir()):
        # Names with a dot in front are cells that were being written when the run was stopped.
        if not path.is_dir() or path.name.startswith("."):
            continue
        try:
            record = json.loads((path / "cell.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            unreadable.append(path.name)
            record = {}
        cells.append(CellRecord(path=path, record=record if isinstance(record, dict) else {}))
    if unreadable:
        count = f"{len(unreadable)} of {len(cells)} cells"
        notes.append(f"cell.json is missing or cannot be read in {count} ({unreadable[0]}, ...).")
    return tuple(cells)


def read_history(cells: Sequence[CellRecord], notes: list[str]) -> pd.DataFrame:
    """Read the training curves of all cells.

    Parameters
    ----------
    cells : sequence of CellRecord
        The fits of the run.
    notes : list of str
        Gets a sentence for every file that cannot be used.

    Returns
    -------
    DataFrame
        Columns `cell`, `harmonizer`, `case` and those of history.csv; `step` is NaN where it was
        not recorded.
    """
    tables = []
    for cell in cells:
        path = cell.path / "history.csv"
        if not path.is_file():
            continue
        try:
            table = pd.read_csv(
                path,
                keep_default_na=False,
                na_values={name: ["", "nan", "NaN"] for name in ("value", "step")},
            )
            # Not every method counts steps, and earlier versions recorded none.
            table = table if "step" in table else table.assign(step=float("nan"))
            numbers = {"epoch": float, "step": float, "value": float}
            table = table.loc[:, list(HISTORY_COLUMNS)].astype(numbers)
        except (OSError, ValueError, KeyError) as error:
            reason = str(error).partition("\n")[0]
            notes.append(f"cells/{cell.name}/history.csv cannot be used ({reason}).")
            continue
        table = table.assign(cell=cell.name, harmonizer=cell.harmonizer, case=cell.case)
        tables.append(table)
    columns = ["cell", "harmonizer", "case", *HISTORY_COLUMNS]
    return pd.concat(tables)[columns] if tables else pd.DataFrame(columns=columns)
