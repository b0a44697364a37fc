"""From what a user named to a harmonizer, for the command line and the runner alike."""

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from ...errors import InputError
from ..common_domain import CommonDomainHarmonizer
from ..harmonizer import Harmonizer
from .adapter import Adapter, give_card
from .calling import construct, keyword_names
from .cards import card_of_class, stamped
from .names import require_free_name, require_name
from .spec import Spec, parse_spec
from .wrapped import WrappedHarmonizer
from .wrapped_common import WrappedCommonDomain

_SET_BY_HARNESS = ("seed", "device")


def create_harmonizer(
    spec: str,
    *,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    device: str = "cpu",
) -> Harmonizer:
    """Make the method that a user named.

    Parameters
    ----------
    spec : str
        A registered name (`unet`), a class by path (`package.module:Class`, also in the working
        folder), a registered adapter with its argument (`precomputed:FOLDER`, `command:LINE`), or
        `NAME=` and one of the last two or a plain class.
    settings : mapping, optional
        Keywords for its constructor.
    seed, device
        See `Harmonizer`.

    Returns
    -------
    Harmonizer
        The method itself, or a wrapper around an object of a plain class.

    Raises
    ------
    InputError
        If there is no such method, its class lacks methods, a setting is unknown, or its name
        cannot be used.

    Examples
    --------
    >>> create_harmonizer("nyul", seed=3)
    Nyul(seed=3)
    >>> create_harmonizer("unet", settings={"features": [4, 4, 4, 8, 8, 4]}).card.name
    'unet'
    """
    named = parse_spec(spec)
    settings = dict(settings or {})
    for key in _SET_BY_HARNESS:
        if key in settings:
            raise InputError(f"{spec}: {key} is no setting of a method; the run sets it.")
    if issubclass(named.method, Adapter) and named.method.argument:
        harmonizer = _adapter(named, settings, seed, device)
    elif issubclass(named.method, Harmonizer):
        harmonizer = _inherited(named, settings, seed, device)
    else:
        harmonizer = _plain(named, settings, seed, device)
    _require_scope(harmonizer, spec)
    return harmonizer


def create_harmonizers(
    specs: Iterable[str],
    *,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    seed: int = 0,
    device: str = "cpu",
) -> dict[str, Harmonizer]:
    """Make several methods whose results can stand side by side.

    Parameters
    ----------
    specs : iterable of str
        See `create_harmonizer`.
    settings : mapping, optional
        Settings by spec.
    seed, device
        See `Harmonizer`.

    Returns
    -------
    dict of str to Harmonizer
        By spec.

    Raises
    ------
    InputError
        As `create_harmonizer`, and if two different methods have one name.
    """
    made: dict[str, Harmonizer] = {}
    owners: dict[str, str] = {}
    for spec in specs:
        options = (settings or {}).get(spec)
        made[spec] = create_harmonizer(spec, settings=options, seed=seed, device=device)
        name = made[spec].card.name
        # Folders are named after methods, and some file systems do not tell a from A.
        other = owners.setdefault(name.casefold(), spec)
        if other != spec:
            raise InputError(
                f"{spec} and {other} are both called {name!r}; name one of them (NAME={spec})."
            )
    return made


def accepted_settings(spec: str) -> tuple[str, ...]:
    """Return the names of the settings that a method takes.

    Parameters
    ----------
    spec : str
        See `create_harmonizer`.

    Raises
    ------
    InputError
        If there is no such method.

    Examples
    --------
    >>> accepted_settings("linear"), accepted_settings("unet")
    ((), ('training', 'features', 'dropout', 'residual'))
    """
    named = parse_spec(spec)
    names = keyword_names(named.method) or []
    fixed = (*_SET_BY_HARNESS, named.method.argument) if named.argument else _SET_BY_HARNESS
    return tuple(name for name in names if name not in fixed)


def _adapter(named: Spec, settings: dict[str, Any], seed: int, device: str) -> Harmonizer:
    given = {named.method.argument: named.argument}
    if named.alias:
        given["name"] = named.alias
    made: Harmonizer = construct(
        named.method, {**settings, **given}, spec=named.text, seed=seed, device=device
    )
    require_free_name(made.card.name, spec=named.text)
    return made


def require_complete(named: Spec) -> None:
    """Check that a class which inherits has all that a harmonizer needs.

    Raises
    ------
    InputError
        If it lacks a method or its card: the message says which.
    """
    method = named.method
    if inspect.isabstract(method) or not hasattr(method, "card"):
        lacking = sorted(method.__abstractmethods__) or ["card"]
        raise InputError(f"{named.text}: {method.__name__} lacks {', '.join(lacking)}; add it.")


def with_stamped_card(made: Harmonizer, named: Spec) -> Harmonizer:
    """Return a harmonizer; the revision of one named by path gets a fingerprint of its file."""
    if not isinstance(made, Adapter) and not named.registered:
        give_card(made, replace(made.card, revision=stamped(made.card.revision, named.method)))
    return made


def _inherited(named: Spec, settings: dict[str, Any], seed: int, device: str) -> Harmonizer:
    method = named.method
    if named.alias:
        raise InputError(
            f"{named.text}: {method.__name__} is named by its card; write {named.path}."
        )
    require_complete(named)
    made: Harmonizer = construct(method, settings, spec=named.text, seed=seed, device=device)
    if named.registered:
        _require_registered_name(named, made.card.name)
    else:
        require_free_name(made.card.name, spec=named.text)
    return with_stamped_card(made, named)


def _plain(named: Spec, settings: dict[str, Any], seed: int, device: str) -> Harmonizer:
    name = named.alias or (named.path if named.registered else "")
    card = card_of_class(named.method, spec=named.path, name=name)
    common = card.scope == "common-domain"
    wrapper = WrappedCommonDomain if common else WrappedHarmonizer
    made = wrapper(spec=named.path, name=name, options=settings or None, seed=seed, device=device)
    if named.registered and not named.alias:
        require_name(made.card.name, spec=named.text)
    else:
        require_free_name(made.card.name, spec=named.text)
    return made


def _require_registered_name(named: Spec, name: str) -> None:
    if name != named.path:
        raise InputError(
            f"{named.text}: registered under this name, and called {name!r} by its card; make both "
            "the same."
        )


def _require_scope(harmonizer: Harmonizer, spec: str) -> None:
    """Check that a card and a class agree on whether there is a common domain."""
    common = isinstance(harmonizer, CommonDomainHarmonizer)
    if common != (harmonizer.card.scope == "common-domain"):
        raise InputError(
            f"{spec}: scope of its card is {harmonizer.card.scope!r}, and it "
            f"{'has' if common else 'lacks'} to_common(scan); make both say the same."
        )
