"""The manifest of a run: everything that is needed to know what its numbers are worth."""

import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

from phycharm.data.datasets.dataset_names import dataset_names
from phycharm.data.scanner import Scanner
from phycharm.utils.memory import peak_memory

from ..protocol.run_data import RunData
from .environment import environment, hardware
from .run_folder import RunFolder
from .run_plan import seen_from


@dataclass
class Manifest:
    """The file `run.json` of a run: what was run, on what, where, and for how long.

    Parameters
    ----------
    run : RunFolder
        Where it goes.
    data : RunData
        Data and protocol.
    configuration : str
        Fingerprint of the run.
    device : str
        `cpu` or `cuda`.
    """

    run: RunFolder
    data: RunData
    configuration: str
    device: str

    def __post_init__(self) -> None:
        self._started = datetime.now(UTC)
        self._clock = time.perf_counter()

    def write(self, status: str) -> None:
        """Write the manifest as of now.

        Parameters
        ----------
        status : {"running", "interrupted", "finished"}
            How far the run is.
        """
        over = status != "running"
        self.run.write_manifest(
            {
                "status": status,
                "protocol": self._protocol(),
                "fingerprint": self.configuration,
                "dataset": self._dataset(),
                "scanners": {
                    scanner.name: _scanner_record(scanner) for scanner in self.data.cohort.scanners
                },
                "environment": environment(),
                "hardware": hardware(self.device),
                "segmenter": self.data.protocol.segmenter,
                "started": self._started.isoformat(timespec="seconds"),
                "finished": datetime.now(UTC).isoformat(timespec="seconds") if over else "",
                "wall_seconds": round(time.perf_counter() - self._clock, 1),
                "peak_memory_mb": round(peak_memory() / 1024**2, 1),
            }
        )

    def _protocol(self) -> dict[str, Any]:
        design = self.data.design
        return self.data.protocol.record() | {
            "scanners": self.data.scanner_names,
            "pairs": [list(pair) for pair in combinations(self.data.scanner_names, 2)],
            "folds": [
                {"fold": f.number, "train": list(f.train), "validation": list(f.validation)}
                for f in design.folds
            ],
            "external": list(design.external),
            "lacking": self.data.lacking,
            "bystanders": self.data.bystanders,
            "substitutes": list(self.data.substitutes),
            "seeds": self._seeds(),
        }

    def _seeds(self) -> list[int]:
        """Return the protocol's training seeds, and those that the folder holds besides."""
        kept = {record["seed"] for record in self.run.cell_records()}
        return sorted(kept.union(self.data.protocol.seeds))

    def _dataset(self) -> dict[str, Any]:
        dataset, mapped = self.data.dataset, self.data.mapped
        description = dataset.description
        return {
            "name": dataset.name,
            "names": dataset_names(
                description, folder=dataset.root.resolve().name, rules=dataset.rules
            ),
            "path": str(dataset.root),
            "simulated": dataset.simulated,
            "fingerprint": dataset.fingerprint,
            "checksums": dataset.checksums,
            "maps_path": seen_from(self.run.root, mapped.root) if mapped else "",
            "rules": dataset.given_rules.record() if dataset.given_rules else {},
            "names_read_by": dataset.rules_source,
            "license": str(description.get("License", "")),
            "citation": str(description.get("HowToAcknowledge", "")),
        }


def _scanner_record(scanner: Scanner) -> dict[str, Any]:
    return {
        "manufacturer": scanner.manufacturer,
        "field_strength": scanner.field_strength,
        **asdict(scanner.acquisition),
    }
