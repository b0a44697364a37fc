"""From whom the method of a cell learns, and which directions nobody can teach it."""

from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import Any

from phycharm.data.cohort import Cohort
from phycharm.errors import InputError
from phycharm.harmonizers.card import MethodCard
from phycharm.harmonizers.external.adapter import Adapter
from phycharm.harmonizers.harmonizer import Harmonizer

from ..protocol.cells import Cell
from ..protocol.run_data import RunData


@dataclass(frozen=True, kw_only=True)
class FitPeople:
    """The people of one fit: who teaches it, and by whom its state is chosen.

    Parameters
    ----------
    data : RunData
        Data and protocol.
    cell : Cell
        The fit.
    card : MethodCard
        Of its method; one that learns nothing needs nobody.
    """

    data: RunData
    cell: Cell
    card: MethodCard

    @cached_property
    def cohorts(self) -> tuple[Cohort, Cohort | None]:
        """Training and validation cohort, the second None where there is nobody to choose by."""
        fold = self.data.design.fold(self.cell.fold)
        return self.data.fold_cohorts(fold, self.cell.scanners, whole=self.cell.whole)

    @cached_property
    def untrained(self) -> dict[tuple[str, str], str]:
        """Why a direction cannot be learned, by source and target; those that can are not there."""
        if self.card.supervision == "none":
            return {}
        fold = self.data.design.fold(self.cell.fold)
        return self.data.untrained(fold, self.cell.scanners, whole=self.cell.whole)

    @property
    def nobody(self) -> bool:
        """Whether no direction of the cell can be learned, so that it is left out."""
        count = len(self.cell.scanners)
        return len(self.untrained) == count * (count - 1)

    def require_images(self, method: Harmonizer) -> None:
        """Name everything that images made elsewhere lack, not only what is met first.

        Raises
        ------
        InputError
            If something is missing.
        """
        if not isinstance(method, Adapter):
            return
        cohort = self.data.cohort
        part = cohort.subset(scanners=[cohort.scanner(name) for name in self.cell.scanners])
        missing = [
            name
            for subject in self.data.design.evaluated
            for name in method.check([subject], permutations(part.scanners_of(subject), 2))
        ]
        if missing:
            shown = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
            raise InputError(
                f"{len(missing)} images are missing ({shown}); make them and run again."
            )

    def record(self) -> dict[str, Any]:
        """Return what `cell.json` says of the people where some lack scanners; else nothing.

        Returns
        -------
        dict
            `people` (labels, `train` and `validation`) and `left_out` (records with `source`,
            `target` and `reason`).
        """
        if not self.data.lacking:
            return {}
        train, validation = self.cohorts
        return {
            "people": {
                "train": list(train.subjects),
                "validation": list(validation.subjects) if validation else [],
            },
            "left_out": [
                {"source": source, "target": target, "reason": reason}
                for (source, target), reason in self.untrained.items()
            ],
        }
