"""Times that a method cannot do without: asked for before anything is computed."""

import warnings
from collections.abc import Iterable

from ..data.scanner import Scanner
from ..errors import InputError
from ..physics.acquisition import Acquisition, remedy_for
from .card import MethodCard


def require_acquisitions(card: MethodCard, scanners: Iterable[Scanner]) -> None:
    """Make sure that what a method's card says of acquisitions is known of every scanner.

    `acquisition` among the needs means TI and TR (in place of TR the echo spacing, which the
    inversion-recovery equation takes where TR is not known), `echo_time` means TE. A method that
    fits what is not known, as PhyCHarm does, has neither among its needs.

    Parameters
    ----------
    card : MethodCard
        Of the method.
    scanners : iterable of Scanner
        That it shall work with.

    Raises
    ------
    InputError
        If a time is not known: one line that names method, scanner, time and remedy.

    Warns
    -----
    UserWarning
        If the echo spacing has to stand in for TR.

    Examples
    --------
    >>> card = MethodCard(name="mine", summary="Physics.", needs=("acquisition",))
    >>> times = {"repetition_time": None, "echo_time": 3.2, "flip_angle": 8}
    >>> philips = Acquisition(inversion_time=None, **times, echo_spacing=7)
    >>> try:
    ...     require_acquisitions(card, [Scanner(name="Achieva", acquisition=philips)])
    ... except InputError as error:
    ...     print(str(error).split(";")[0])
    ...
    mine needs inversion_time of Achieva, and nobody says it
    """
    for scanner in scanners:
        for name in missing_times(card, scanner.acquisition):
            raise InputError(
                f"{card.name} needs {name} of {scanner.name}, and nobody says it; "
                f"{remedy_for(name)}, or leave the method or the scanner out."
            )
        known = scanner.acquisition
        if "acquisition" in card.needs and known.repetition_time is None:
            warnings.warn(
                f"{scanner.name}: TR, from inversion to inversion, is not known, and the readout's "
                f"{known.echo_spacing:g} ms stand in for it; {remedy_for('repetition_time')}.",
                stacklevel=2,
            )


def missing_times(card: MethodCard, acquisition: Acquisition) -> tuple[str, ...]:
    """List the times that a method needs and an acquisition does not have, by their fields."""
    needed = set()
    if "acquisition" in card.needs:
        needed |= {"inversion_time"}
        needed |= set() if acquisition.echo_spacing is not None else {"repetition_time"}
    if "echo_time" in card.needs:
        needed |= {"echo_time"}
    return tuple(name for name in acquisition.missing if name in needed)
