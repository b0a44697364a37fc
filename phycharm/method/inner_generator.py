"""The maps generator of a method: given to it, or trained by it."""

from typing import Any

from ..data.cohort import Cohort
from ..errors import InputError
from .maps import MapsGenerator


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
            "people) in the dataset, or a maps generator trained with `phycharm train-maps"
            f"{' --preset paper' if settings.get('preset') == 'paper' else ''}`."
        )
    generator = MapsGenerator(**settings, device=device)
    generator.fit(people, context.get("quantitative_validation"), scanners=train.scanners)
    return generator, generator.history
