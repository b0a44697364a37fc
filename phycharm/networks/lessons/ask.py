"""Something that a step wants: answers of networks."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Ask:
    """Wanted: what networks make of a batch; they are in training mode.

    Parameters
    ----------
    networks : tuple of str
        Their names. Each sees the same.
    inputs : Tensor, shape (N, C, H, W)
        What they see; an answer to a slice depends on no other slice.
    """

    networks: tuple[str, ...]
    inputs: Tensor
