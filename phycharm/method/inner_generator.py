"""A maps generator inside a method: taken or trained, kept with the method's own state."""

from typing import Any

from ..data.cohort import Cohort
from ..errors import InputError
from ..harmonizers.storage import FittedState
from .maps import MapsGenerator

_PREFIX = "maps."


def inner_generator(
    train: Cohort,
    context: dict[str, Any],
    *,
    method: str,
    settings: dict[str, Any],
    device: str,
) -> tuple[MapsGenerator, list[dict[str, Any]]]:
    """Take the generator that `fit` was given, or train one.

    Parameters
    ----------
    train : Cohort
        Travelling subjects; the generator learns what images of their scanners look like.
    context : dict
        What `fit` was given: `maps`, or `quantitative` and `quantitative_validation`.
    method : str
        Name of the method, for the message.
    settings : dict
        Of the generator, where one is trained.
    device : str
        Where to train.

    Returns
    -------
    generator : MapsGenerator
        Fitted.
    history : list of dict
        Rows of its training; none where it was given.

    Raises
    ------
    InputError
        If there is neither a generator nor anybody to learn one from.
    """
    given = context.get("maps")
    if given is not None:
        return given, []
    people = context.get("quantitative")
    if people is None:
        raise InputError(
            f"{method} needs a quantitative cohort (MPRAGE, MP2RAGE INV2 and T1map of other "
            "people) in the dataset, or a maps generator trained with `phycharm train-maps`."
        )
    generator = MapsGenerator(**settings, device=device)
    generator.fit(people, context.get("quantitative_validation"), scanners=train.scanners)
    return generator, generator.history


def with_generator(state: FittedState, generator: MapsGenerator) -> FittedState:
    """Return a method's state with that of its generator in it."""
    inner = generator.state()
    return FittedState(
        tensors=state.tensors | {_PREFIX + name: value for name, value in inner.tensors.items()},
        facts=state.facts | {"maps": inner.facts},
    )


def without_generator(state: FittedState, *, device: str) -> tuple[FittedState, MapsGenerator]:
    """Undo `with_generator`: return the method's own state, and the generator."""
    inner, own = {}, {}
    for name, tensor in state.tensors.items():
        if name.startswith(_PREFIX):
            inner[name.removeprefix(_PREFIX)] = tensor
        else:
            own[name] = tensor
    facts = state.facts["maps"]
    generator = MapsGenerator(**facts["settings"], device=device)
    generator.restore(FittedState(tensors=inner, facts=facts))
    return FittedState(tensors=own, facts=state.facts), generator
