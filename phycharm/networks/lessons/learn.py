"""Something that a step wants: that networks learn."""

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Learn:
    """Wanted: a step of an optimizer down a loss.

    Parameters
    ----------
    optimizer : str
        Its name. No other network learns, whatever the loss says to it.
    loss : Tensor, shape ()
        Of answers that were asked for in this step.
    """

    optimizer: str
    loss: Tensor
