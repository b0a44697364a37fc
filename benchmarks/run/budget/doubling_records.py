"""What was measured of a doubled budget, kept so that nothing is measured twice."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from phycharm.utils.atomic import write_json
from phycharm.utils.json_file import read_object

from ...protocol.cells import fingerprint
from ..run_folder import RunFolder

_REMEDY = "remove it and measure again"


@dataclass(frozen=True)
class DoublingRecords:
    """One file per cell in the folder `convergence` of a run.

    Parameters
    ----------
    run : RunFolder
        The run.
    """

    run: RunFolder

    def known(self, cell: str, content: dict[str, Any]) -> bool:
        """Whether a cell was measured with such a budget, and after its last fit.

        Parameters
        ----------
        cell : str
            Name of the cell.
        content : dict
            What the budget was doubled to, as plain data.
        """
        path = self._path(cell)
        if not path.is_file():
            return False
        record = read_object(path, remedy=_REMEDY)
        return record.get("fingerprint") == self._wanted(cell, content)

    def keep(self, cell: str, content: dict[str, Any], rows: Iterable[dict[str, Any]]) -> None:
        """Write what was measured of a cell."""
        record = {"cell": cell, "fingerprint": self._wanted(cell, content), "rows": [*rows]}
        write_json(self._path(cell), record)

    def rows(self) -> list[dict[str, Any]]:
        """Return everything that was measured of the run, in this call or before."""
        paths = sorted(self.run.convergence.glob("[!.]*.json"))
        records = [read_object(path, remedy=_REMEDY) for path in paths]
        return [row for record in records for row in record.get("rows", [])]

    def _path(self, cell: str) -> Path:
        return self.run.convergence / f"{cell}.json"

    def _wanted(self, cell: str, content: dict[str, Any]) -> str:
        single = self.run.cell_record(cell) or {}
        return fingerprint({"single": single.get("fingerprint"), **content})
