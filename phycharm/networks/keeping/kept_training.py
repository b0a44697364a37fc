"""One training of a fit that is kept: found again, kept from time to time, ended."""

import time
import warnings
from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch.optim import Optimizer

from ...utils.random_state import RandomState
from .kept_fit import KeptFit, current_fit
from .state_file import DamagedStateError, read_state_file


class Stateful(Protocol):
    """Whatever can be kept: modules, optimizers, and a method's own objects."""

    def state_dict(self) -> dict[str, Any]:
        """Return the state: dictionaries and lists of tensors, numbers and strings."""

    def load_state_dict(self, state_dict: Any) -> Any:
        """Take back what `state_dict` returned."""


class KeptTraining:
    """A training's file.

    Parameters
    ----------
    fit : KeptFit
        Whose next training it is.
    identity : dict
        What tells this training from others, as JSON knows it; a file of another one is not used.
    """

    def __init__(self, fit: KeptFit, identity: Mapping[str, Any]) -> None:
        self.path = fit.next_path()
        self._fit = fit
        self._identity = dict(identity)
        self._random = RandomState()
        self._begin = time.monotonic()
        self._before = 0.0

    def restore(self, parts: Mapping[str, Stateful]) -> bool:
        """Give the parts of the training the state that was kept, if one was.

        Returns
        -------
        bool
            Whether the training had ended; then parts that its end does not need are left as they
            are.
        """
        content = self._read()
        if content is None:
            return False
        for name, state in content["parts"].items():
            parts[name].load_state_dict(state)
        self._random.load_state_dict(content["random"])
        self._before = content["seconds"]
        self._fit.seconds_before += self._before
        return bool(content["ended"])

    def _read(self) -> dict[str, Any] | None:
        if not self.path.exists():
            return None
        try:
            content: dict[str, Any] = read_state_file(self.path)
        except DamagedStateError as error:
            self._tell(f"cannot be read ({error})")
            return None
        changed = [
            f"{name} {content['identity'].get(name)!r} instead of {value!r}"
            for name, value in self._identity.items()
            if content["identity"].get(name) != value
        ]
        if changed:
            self._tell(f"is of another training ({changed[0]})")
            # What came after it was of that other fit too.
            self._fit.drop_from(self.path)
            return None
        return content

    def _tell(self, what: str) -> None:
        warnings.warn(
            f"{self.path}: {what}; it is left out, and the training starts anew.", stacklevel=6
        )

    @property
    def is_due(self) -> bool:
        """Whether the last state is old enough."""
        return self._fit.is_due()

    def keep(self, parts: Mapping[str, Stateful], *, share: float = 1.0) -> None:
        """Keep the state.

        Parameters
        ----------
        parts : mapping of str to Stateful
            What there is to keep.
        share : float
            Part of the time that is this training's, where several are done at once.
        """
        self._write(parts, ended=False, share=share)

    def end(self, parts: Mapping[str, Stateful], *, share: float = 1.0) -> None:
        """Keep what a training leaves behind; parameters as those of `keep`."""
        if self._fit.is_worth_it():
            self._write(parts, ended=True, share=share)

    def _write(self, parts: Mapping[str, Stateful], *, ended: bool, share: float) -> None:
        self._fit.write(
            self.path,
            lambda: {
                "identity": self._identity,
                "ended": ended,
                "seconds": self._before + share * (time.monotonic() - self._begin),
                "random": self._random.state_dict(),
                "parts": {name: part.state_dict() for name, part in parts.items()},
            },
        )


class KeptOptimizer:
    """An optimizer as a part of a training; its memory keeps the layout of the weights.

    Parameters
    ----------
    optimizer : Optimizer
        Any of torch's, or like them.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        self._optimizer = optimizer

    def state_dict(self) -> dict[str, Any]:
        """Return the optimizer's state."""
        return self._optimizer.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take it back."""
        self._optimizer.load_state_dict(state_dict)
        # A file has one layout; fused steps want that of the weights (channels last on a GPU).
        for weights, memory in self._optimizer.state.items():
            for name, value in memory.items():
                if isinstance(value, torch.Tensor) and value.shape == weights.shape:
                    memory[name] = torch.empty_like(weights, dtype=value.dtype).copy_(value)


def next_training(identity: Mapping[str, Any]) -> KeptTraining | None:
    """Return the file of the training that begins here, where a fit is kept."""
    fit = current_fit()
    return None if fit is None else KeptTraining(fit, identity)
