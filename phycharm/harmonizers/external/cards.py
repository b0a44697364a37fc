"""Cards of methods that come as plain classes."""

from dataclasses import fields
from typing import Any

from ...errors import InputError
from ..card import MethodCard
from .digest import source_digest
from .names import safe_name

_UNKNOWN_LICENSE = "not stated"


def card_from(facts: dict[str, Any], *, spec: str) -> MethodCard:
    """Make a card of facts that somebody else wrote.

    Parameters
    ----------
    facts : dict
        Fields of `MethodCard`; lists may stand for tuples.
    spec : str
        What the user named, for the message.

    Raises
    ------
    InputError
        If there is a field that no card has, or one of the wrong kind.

    Examples
    --------
    >>> facts = {"name": "mine", "summary": "Does it better.", "needs": ["maps"]}
    >>> card_from(facts, spec="module:Mine").needs
    ('maps',)
    """
    known = [field.name for field in fields(MethodCard)]
    unknown = sorted(set(facts) - set(known))
    if unknown:
        raise InputError(f"{spec}: a card has no field {unknown[0]!r}; it has {', '.join(known)}.")
    _require_kinds(facts, spec=spec)
    plain: dict[str, Any] = {
        key: tuple(v) if isinstance(v, list) else v for key, v in facts.items()
    }
    plain.setdefault("license", _UNKNOWN_LICENSE)
    return MethodCard(**plain)


def card_of_class(
    method: type[Any], *, spec: str, name: str = "", registered: bool = False
) -> MethodCard:
    """Read the card of a plain class.

    The class may have `card` (a `MethodCard` or a dict of its fields) or `name`; its docstring
    gives the summary. The revision of a class that is named by path ends in a fingerprint of its
    file, so that results are computed anew when the file changes; so does that of a registered
    class which states no revision.

    Parameters
    ----------
    method : type
        With `fit` and `harmonize` or `to_common`.
    spec : str
        What the user named.
    name : str
        Name to use in place of the class's own.
    registered : bool
        Whether an installed package registered the class.

    Raises
    ------
    InputError
        If the class's card cannot be used.
    """
    facts = _own_facts(method, spec=spec)
    if name:
        facts["name"] = name
    facts.setdefault("name", getattr(method, "name", safe_name(method.__name__)))
    facts.setdefault("summary", _first_line(method) or f"{method.__name__}, a plain class.")
    # A class with both methods may say that it is scored against the target all the same.
    facts.setdefault("scope", "common-domain" if hasattr(method, "to_common") else "pair")
    if not (registered and "revision" in facts):
        facts["revision"] = stamped(str(facts.get("revision", "1")), method)
    return card_from(facts, spec=spec)


def stamped(revision: str, method: type[Any]) -> str:
    """Return a revision with a fingerprint of the class's file."""
    digest = source_digest(method)
    return f"{revision}+{digest}" if digest else revision


def _own_facts(method: type[Any], *, spec: str) -> dict[str, Any]:
    card = getattr(method, "card", {})
    if isinstance(card, MethodCard):
        return card.as_record()
    if isinstance(card, dict):
        return dict(card)
    raise InputError(f"{spec}: its `card` is a {type(card).__name__}; make it a dict of fields.")


def _first_line(method: type[Any]) -> str:
    lines = (method.__doc__ or "").strip().splitlines()
    return lines[0].strip() if lines else ""


def _require_kinds(facts: dict[str, Any], *, spec: str) -> None:
    choices = {
        "supervision": ("paired", "unpaired", "none"),
        "scope": ("pair", "all", "common-domain"),
        "maps_preset": ("", "corrected", "paper"),
    }
    for key, allowed in choices.items():
        if key in facts and facts[key] not in allowed:
            raise InputError(
                f"{spec}: {key} of its card is {facts[key]!r}; it is one of "
                f"{', '.join(filter(None, allowed))}."
            )
    for key in ("name", "summary", "revision", "citation", "license"):
        if not isinstance(facts.get(key, ""), str):
            raise InputError(f"{spec}: {key} of its card is {facts[key]!r}; make it a string.")
    for key in ("deterministic", "control"):
        if not isinstance(facts.get(key, False), bool):
            raise InputError(f"{spec}: {key} of its card is {facts[key]!r}; make it true or false.")
    for key in ("needs", "trained_on", "deviations"):
        value = facts.get(key, ())
        if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
            raise InputError(f"{spec}: {key} of its card is {value!r}; make it a list of strings.")
