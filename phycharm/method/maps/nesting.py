"""A maps generator inside the state of the method that works with it."""

from torch import Tensor

from ...harmonizers.storage import FittedState
from .generator import MapsGenerator

_PREFIX, _FACTS = "maps.", "maps"


def add_generator(state: FittedState, generator: MapsGenerator) -> FittedState:
    """Put a generator into the state of a method.

    Parameters
    ----------
    state : FittedState
        Of the method alone.
    generator : MapsGenerator
        Fitted.

    Returns
    -------
    FittedState
        Of both.
    """
    inner = generator.state()
    maps = {_PREFIX + name: tensor for name, tensor in inner.tensors.items()}
    return FittedState(tensors=state.tensors | maps, facts=state.facts | {_FACTS: inner.facts})


def take_generator(state: FittedState, *, device: str) -> tuple[FittedState, MapsGenerator]:
    """Take the generator out of the state of a method again.

    Parameters
    ----------
    state : FittedState
        From `add_generator`.
    device : str
        Where the generator computes.

    Returns
    -------
    own : FittedState
        Of the method alone.
    generator : MapsGenerator
        As it was put in.
    """
    own: dict[str, Tensor] = {}
    inner: dict[str, Tensor] = {}
    for name, tensor in state.tensors.items():
        (inner if name.startswith(_PREFIX) else own)[name.removeprefix(_PREFIX)] = tensor
    facts = state.facts[_FACTS]
    generator = MapsGenerator(**facts["settings"], device=device)
    generator.restore(FittedState(tensors=inner, facts=facts))
    return FittedState(tensors=own, facts=state.facts), generator
