"""What a run was asked to do, kept in its folder, so that any process can do a part of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.datasets.dataset_file import DatasetFile
from phycharm.errors import InputError
from phycharm.utils.atomic import write_json
from phycharm.utils.json_file import read_object
from phycharm.utils.validation import first_problem

from ..protocol.mapped_people import with_maps_of
from ..protocol.protocol import Protocol
from ..protocol.run_data import RunData
from ..scoring.tissue_scorer import TissueScorer
from ..segmentation import get_segmenter
from .cells.cell_runner import CellRunner
from .methods import Methods
from .run_folder import PLAN, RunFolder
from .tasks import Task


class PlannedCell(BaseModel):
    """A cell of the plan.

    Parameters
    ----------
    name : str
        Of its folder.
    harmonizer : str
        Whose.
    weight : float
        Roughly how long it takes beside others.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    name: str
    harmonizer: str
    weight: float = 1.0


class RunPlan(BaseModel):
    """A call of `run_benchmark`, as plain data.

    Parameters
    ----------
    protocol : dict
        `Protocol.record`.
    specs : tuple of str
        Methods as the user named them.
    dataset : str
        Folder of the dataset; seen from the run's folder where it lies in there.
    rules : dict
        What the dataset's names mean, where a file said so.
    maps_dataset : str
        Folder of the people with maps, if they are another dataset's; as `dataset`.
    configuration : str
        Fingerprint of the run.
    device : str
        `cpu` or `cuda`.
    tensorboard : bool
        Whether training curves are written for TensorBoard too.
    cells : tuple of PlannedCell
        All of them, in their order.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    protocol: dict[str, Any]
    specs: tuple[str, ...]
    dataset: str
    rules: dict[str, Any] = {}
    maps_dataset: str = ""
    configuration: str
    device: str
    tensorboard: bool = False
    cells: tuple[PlannedCell, ...] = ()

    @classmethod
    def of(cls, runner: CellRunner, tasks: Sequence[Task]) -> Self:
        """Describe what a runner was made for, and what it is to do."""
        data, root = runner.data, runner.run.root
        given = data.dataset.given_rules
        return cls(
            protocol=data.protocol.record(),
            specs=tuple(runner.methods.specs),
            dataset=seen_from(root, data.dataset.root),
            rules=given.record() if given else {},
            maps_dataset=seen_from(root, data.mapped.root) if data.mapped else "",
            configuration=runner.configuration,
            device=runner.device,
            tensorboard=runner.tensorboard,
            cells=tuple(
                PlannedCell(name=task.name, harmonizer=task.harmonizer, weight=task.weight)
                for task in tasks
            ),
        )

    @classmethod
    def read(cls, root: Path) -> Self:
        """Read the plan of a results folder.

        Raises
        ------
        InputError
            If there is none, or it is damaged.
        """
        path, remedy = root / PLAN, "run the benchmark again"
        if not path.is_file():
            raise InputError(f"{root}: holds no {PLAN}; {remedy}.")
        try:
            return cls.model_validate(read_object(path, remedy=remedy))
        except ValidationError as error:
            raise InputError(f"{path}: {first_problem(error)}; {remedy}.") from error

    def write(self, root: Path) -> None:
        """Keep the plan in a results folder."""
        write_json(root / PLAN, self.model_dump(mode="json"))

    def runner(self, run: RunFolder, *, device: str | None = None) -> CellRunner:
        """Make a runner that does any of the plan's cells.

        Parameters
        ----------
        run : RunFolder
            Where the plan lies.
        device : str, optional
            Instead of the plan's.

        Raises
        ------
        InputError
            If the dataset or a method cannot be used any more.
        """
        protocol = Protocol.model_validate(self.protocol)
        rules = DatasetFile.model_validate(self.rules) if self.rules else None
        dataset = BidsDataset(
            run.root / self.dataset, acquisitions=protocol.acquisitions, rules=rules
        )
        data = RunData(dataset, protocol)
        if self.maps_dataset:
            data = with_maps_of(data, run.root / self.maps_dataset)
        return make_runner(
            run,
            data,
            Methods(protocol, self.specs),
            configuration=self.configuration,
            device=device or self.device,
            tensorboard=self.tensorboard,
        )


def make_runner(
    run: RunFolder,
    data: RunData,
    methods: Methods,
    *,
    configuration: str,
    device: str,
    tensorboard: bool = False,
) -> CellRunner:
    """Make the runner of a run, with the protocol's segmenter on its device."""
    name, tissues = data.protocol.segmenter, None
    if name:
        segmenter = get_segmenter(name, device=device)
        tissues = TissueScorer(data=data, segmenter=segmenter, scans=run.scans)
    return CellRunner(
        data=data,
        methods=methods,
        run=run,
        configuration=configuration,
        device=device,
        tissues=tissues,
        tensorboard=tensorboard,
    )


def seen_from(root: Path, path: Path) -> str:
    """Name a folder as seen from a run's, if it lies in there; the run's may be moved.

    Examples
    --------
    >>> seen_from(Path("/runs/quick"), Path("/runs/quick/dataset"))
    'dataset'
    """
    root, path = root.resolve(), path.resolve()
    return str(path.relative_to(root) if path.is_relative_to(root) else path)
