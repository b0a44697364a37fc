"""What a training begins with, to begin it anew."""

import copy
from collections.abc import Mapping
from typing import Self

import torch

from ...utils.random_state import RandomState
from .kept_training import Stateful


class StartingPoint:
    """The parts of a training as they are now, and where the random numbers are.

    Parameters
    ----------
    parts : mapping of str to Stateful
        Networks, optimizers and whatever else steps change.
    """

    def __init__(self, parts: Mapping[str, Stateful]) -> None:
        self._random = RandomState()
        self._parts = copy.deepcopy({name: part.state_dict() for name, part in parts.items()})
        self._numbers = copy.deepcopy(self._random.state_dict())

    @classmethod
    def of(cls, parts: Mapping[str, Stateful]) -> Self | None:
        """Return where the parts are now; None where a method's own cannot tell."""
        try:
            return cls(parts)
        except Exception:  # other people's `state_dict` may raise anything
            return None

    def restore(self, parts: Mapping[str, Stateful]) -> None:
        """Go back there, and give back what memory a device held for later.

        Parameters
        ----------
        parts : mapping of str to Stateful
            By the same names.
        """
        for name, part in parts.items():
            part.load_state_dict(copy.deepcopy(self._parts[name]))
        self._random.load_state_dict(self._numbers)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
