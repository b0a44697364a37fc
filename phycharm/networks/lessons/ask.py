"""Something that a step wants: answers of networks."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Ask:
    """Wanted: what networks make of a batch; they are in training mode.

    Parameters
    ----------
    networks : tuple of str
        Their names. Each sees the same.
    inputs : tuple
        What they see, as `forward` takes it: tensors of N slices, of which an answer depends on no
        other slice, and numbers, the same for all trainings that do the step as one.
    learning : bool
        Whether something is to be learned by the answers.
    """

    networks: tuple[str, ...]
    inputs: tuple[Any, ...]
    learning: bool = True
