"""The one interface behind which every method stands."""

import inspect
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch

from ..data.cohort import Cohort
from ..data.scan import Scan
from ..data.scanner import Scanner
from ..utils.arrays import Image
from ..utils.seeding import derived_seed, seeded
from .card import MethodCard
from .storage import FittedState, read_state, write_state


class Harmonizer(ABC):
    """A method that makes scans of one scanner look like another's.

    A method supplies `card`, `apply` and, where it learns, `learn`, `state` and `restore`. These
    are hooks: people call `fit`, `harmonize`, `save` and `load`, and this class owns the rest:
    seeds, the mask, the type and shape of what comes out, saving and loading. A harmonizer is
    handed the source scan and the target *scanner*, never the target image. Constructor parameters
    are keywords and are stored under their own names, so that `repr`, saving and the results folder
    can tell how a method was set.

    Parameters
    ----------
    seed : int
        Everything random in `fit` follows from it.
    device : str
        Where tensors live, `cpu` or `cuda`.

    Examples
    --------
    >>> class Brighter(Harmonizer):
    ...     card = MethodCard(name="brighter", summary="Multiplies by one number.", scope="all")
    ...     def __init__(self, *, factor=2.0, seed=0, device="cpu"):
    ...         super().__init__(seed=seed, device=device)
    ...         self.factor = factor
    ...     def apply(self, scan, target):
    ...         return self.factor * scan.image
    ...
    >>> Brighter(factor=1.5)
    Brighter(factor=1.5)
    >>> Brighter(factor=1.5).settings()
    {'factor': 1.5, 'seed': 0}
    """

    card: ClassVar[MethodCard]

    stackable: ClassVar[bool] = False
    """Whether its networks learn by a `Lesson`, so that several fits can train theirs as one."""

    def __init__(self, *, seed: int = 0, device: str = "cpu") -> None:
        self.seed = seed
        self.device = device
        self.history: list[dict[str, Any]] = []
        self.fitted_on: dict[str, Any] = {}

    def settings(self) -> dict[str, Any]:
        """Return every constructor parameter except the device."""
        names = inspect.signature(type(self).__init__).parameters
        return {name: getattr(self, name) for name in names if name not in ("self", "device")}

    def __repr__(self) -> str:
        parameters = inspect.signature(type(self).__init__).parameters
        shown = [
            f"{name}={value!r}"
            for name, value in self.settings().items()
            if value != parameters[name].default
        ]
        return f"{type(self).__name__}({', '.join(shown)})"

    @property
    def deviations(self) -> tuple[str, ...]:
        """Where this instance, as it is set, departs from its paper; one sentence each."""
        return self.card.deviations

    @property
    def findings(self) -> dict[str, Any]:
        """What `fit` found out that a reader wants to know, as plain data; kept with the results.

        Returns
        -------
        dict
            Empty for most methods. PhyCHarm tells how the scanners acquire.
        """
        return {}

    @property
    def parameters(self) -> int:
        """How many numbers `fit` has learned, as `save` would write them."""
        return sum(tensor.numel() for tensor in self.state().tensors.values())

    @property
    def scanners(self) -> list[Scanner]:
        """Scanners that the method was fitted to."""
        return [Scanner.from_record(record) for record in self.fitted_on.get("scanners", [])]

    def fit(self, train: Cohort, validation: Cohort | None = None, **context: Any) -> Self:
        """Learn from travelling subjects.

        Parameters
        ----------
        train : Cohort
            Subjects to learn from, on the scanners to be harmonized.
        validation : Cohort, optional
            Subjects to choose among states of the method by; never to learn from.
        **context
            What else there is: `quantitative` (QuantitativeCohort), `maps` (a fitted maps
            generator). A method takes what its card says it needs and ignores the rest.

        Returns
        -------
        Harmonizer
            Itself, fitted.
        """
        self.history = []
        with seeded(derived_seed(self.seed, self.card.name, "fit")):
            self.learn(train, validation, **context)
        self.fitted_on = {
            "subjects": list(train.subjects),
            "validation": list(validation.subjects) if validation else [],
            "scanners": [scanner.as_record() for scanner in train.scanners],
            "standardization": _standardization(train),
        } | self._directions(train)
        return self

    def _directions(self, train: Cohort) -> dict[str, Any]:
        """Name the directions that were learned, where some pair of scanners had nobody."""
        needs_both = (self.card.scope, self.card.supervision) == ("pair", "paired")
        taught = [pair for pair in train.directions() if train.people(*pair) or not needs_both]
        if len(taught) == len(train.directions()):
            return {}
        return {"directions": [[source.name, target.name] for source, target in taught]}

    def harmonize(self, scan: Scan, target: Scanner) -> Image:
        """Make a scan look as if the target scanner had made it.

        Parameters
        ----------
        scan : Scan
            Source, on the intensity scale of the training cohort.
        target : Scanner
            One of the scanners the method was fitted to.

        Returns
        -------
        ndarray of float32, shape (X, Y, Z)
            Harmonized image; 0 outside the scan's mask.

        Raises
        ------
        ValueError
            If the method returned another shape or values that are not finite.
        """
        with (
            torch.no_grad(),
            seeded(derived_seed(self.seed, self.card.name, scan.subject, target.name)),
        ):
            image = _as_float32(self.apply(scan, target))
        if image.shape != scan.image.shape:
            raise ValueError(
                f"{self.card.name} returned shape {image.shape} for a scan of {scan.image.shape}"
            )
        image = np.where(scan.mask, image, np.float32(0))
        if not np.isfinite(image).all():
            raise ValueError(f"{self.card.name} returned values that are not finite")
        return image

    def save(self, folder: str | Path) -> None:
        """Write the fitted method: tensors as safetensors, all else as JSON; no pickles.

        Parameters
        ----------
        folder : str or Path
            Made if need be.
        """
        state = self.state()
        state.facts = {
            "harmonizer": self.card.name,
            "revision": self.card.revision,
            "settings": self.settings(),
            "fitted_on": self.fitted_on,
            "state": state.facts,
        }
        write_state(Path(folder), state)

    @classmethod
    def load(cls, folder: str | Path, *, device: str = "cpu") -> Self:
        """Read a method of this class that `save` wrote.

        Raises
        ------
        InputError
            If the folder holds no saved method, or another one.
        """
        state = read_state(Path(folder), method=cls.card.name)
        harmonizer = cls(**cls.current_settings(state.facts["settings"]), device=device)
        harmonizer.fitted_on = state.facts["fitted_on"]
        harmonizer.restore(FittedState(tensors=state.tensors, facts=state.facts["state"]))
        return harmonizer

    @classmethod
    def current_settings(cls, saved: dict[str, Any]) -> dict[str, Any]:
        """Return a saved model's settings under today's names; a hook that `load` calls.

        A method whose constructor has changed translates here what models say that were saved
        before.
        """
        return saved

    def learn(self, train: Cohort, validation: Cohort | None, **context: Any) -> None:
        """Learn from travelling subjects; a hook that `fit` calls with its own arguments.

        Keep what was learned as attributes, and training curves as rows of `self.history`. Numbers
        drawn from numpy, torch and random are already those of the seed. Methods without anything
        to learn leave this as it is.
        """
        return

    @abstractmethod
    def apply(self, scan: Scan, target: Scanner) -> Image | torch.Tensor:
        """Return a scan as if the target scanner had made it; a hook that `harmonize` calls.

        Parameters
        ----------
        scan : Scan
            Source, on the intensity scale of the training cohort.
        target : Scanner
            One of the scanners the method was fitted to.

        Returns
        -------
        ndarray or Tensor, shape (X, Y, Z)
            Values outside the mask do not count.
        """

    def state(self) -> FittedState:
        """Return what `learn` learned; a hook that `save` calls."""
        return FittedState()

    def restore(self, state: FittedState) -> None:
        """Take back what `state` returned; a hook that `load` calls."""
        return


def _standardization(train: Cohort) -> str:
    """Name what the training scans were standardized by, so that new ones can be too."""
    scans = (
        train.scan(person, on) for person in train.subjects for on in train.scanners_of(person)
    )
    first = next(scans, None)
    return "" if first is None else first.standardization


def _as_float32(image: Image | torch.Tensor) -> Image:
    if isinstance(image, torch.Tensor):
        image = image.detach().cpu().numpy()
    return np.asarray(image, dtype=np.float32)
