"""The base of all methods that are not this package's own code."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar, Self

from typing_extensions import override

from ...data.scanner import Scanner
from ...errors import InputError
from ..card import MethodCard
from ..harmonizer import Harmonizer
from ..storage import FittedState, read_facts, read_state


class Adapter(Harmonizer):
    """A harmonizer that stands for something else: a folder, a program, a plain class.

    One adapter class serves many methods, so that each object has a card, and thereby a name, of
    its own.

    Attributes
    ----------
    argument : str
        Constructor parameter that takes what the user writes behind the colon
        (`precomputed:FOLDER`); empty where there is none.
    made_elsewhere : bool
        Whether the images exist already, so that the method cannot be asked about others.
    runs_programs : bool
        Whether a saved object says which program to run.
    """

    argument: ClassVar[str] = ""
    made_elsewhere: ClassVar[bool] = False
    runs_programs: ClassVar[bool] = False

    @property
    def can_be_saved(self) -> bool:
        """Whether `save` can write the method so that `load` gives it back."""
        return True

    @classmethod
    def load(cls, folder: str | Path, *, device: str = "cpu") -> Self:
        """Read an adapter of this class that `save` wrote.

        A wrapper of plain classes imports the class that the folder names, so this is for folders
        of one's own; for any other there is `load_harmonizer`, which imports what the caller names.

        Raises
        ------
        InputError
            If the folder holds no saved method, or another one.
        """
        folder = Path(folder)
        facts = read_facts(folder)
        if facts.get("state", {}).get("class") != class_path(cls):
            raise InputError(
                f"{folder}: holds a model of {facts.get('harmonizer')!r}, not of a "
                f"{cls.__name__}; give the folder of the right method."
            )
        harmonizer = cls(**facts["settings"], device=device)
        harmonizer._take_back(folder)
        return harmonizer

    def _take_back(self, folder: Path) -> None:
        """Take back what `save` wrote."""
        self.fitted_on = read_state(folder, method=self.card.name).facts["fitted_on"]

    @override
    def state(self) -> FittedState:
        # The name of an adapter is nobody's in the registry: its class is needed to load it.
        return FittedState(facts={"class": class_path(type(self))})

    def check(
        self, subjects: Iterable[str], directions: Iterable[tuple[Scanner, Scanner]]
    ) -> list[str]:
        """List what a benchmark of these people and directions would miss; nothing by default.

        Parameters
        ----------
        subjects : iterable of str
            Who will be judged.
        directions : iterable of (Scanner, Scanner)
            Source and target.
        """
        return []


def class_path(method: type[Any]) -> str:
    """Return `package.module:Class`."""
    return f"{method.__module__}:{method.__qualname__}"


def give_card(harmonizer: Harmonizer, card: MethodCard) -> None:
    """Give one object a card of its own, in place of its class's."""
    harmonizer.card = card  # type: ignore[misc]
