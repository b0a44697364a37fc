"""Results of stages, kept under the hash of everything that they depend on."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...data.nifti import read_volume, write_volume
from ...utils.arrays import Mask
from ...utils.atomic import write_json
from ..imaging.space import Space

_BLOCK = 1 << 20


@dataclass(frozen=True)
class StageCache:
    """A folder with a record, and perhaps a mask, of every stage that was finished.

    A record appears when its stage is complete, so that a run which was killed goes on from the
    last one; a stage whose inputs or settings changed has another key, and is done again.

    Parameters
    ----------
    root : Path
        Made when first written to.
    """

    root: Path

    @staticmethod
    def key(**facts: Any) -> str:
        """Return the hash of what a stage depends on; plain data, as JSON keeps it."""
        text = json.dumps(facts, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    def done(self, stage: str, key: str) -> dict[str, Any] | None:
        """Return the record of a stage, or None where it is still to be done."""
        path = self._place(stage, key, ".json")
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return record if isinstance(record, dict) else None

    def record(self, stage: str, key: str, compute: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return the record of a stage, computed and kept where it is not there."""
        found = self.done(stage, key)
        if found is None:
            found = compute()
            self.replace(stage, key, found)
        return found

    def replace(self, stage: str, key: str, record: dict[str, Any]) -> None:
        """Keep a record, in place of an older one."""
        write_json(self._place(stage, key, ".json"), record)

    def keep_mask(self, stage: str, key: str, mask: Mask, space: Space) -> None:
        """Keep a mask; to be called before the stage's record is written."""
        write_volume(self._place(stage, key, ".nii.gz"), mask, space.affine)

    def mask(self, stage: str, key: str) -> Mask:
        """Return a mask that was kept."""
        image, _ = read_volume(self._place(stage, key, ".nii.gz"), constant=True)
        return np.asarray(image > 0.5)

    def _place(self, stage: str, key: str, ending: str) -> Path:
        return self.root / stage / f"{key}{ending}"


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
