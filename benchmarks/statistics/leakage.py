"""Whether a method may have seen what it is scored on."""

import re
from collections.abc import Iterable, Mapping
from typing import Any


def leakage(
    method_card: Mapping[str, Any], subjects: Iterable[str], dataset: str | Iterable[str]
) -> list[str]:
    """Compare what a method declares it was trained on with what it is scored on.

    Parameters
    ----------
    method_card : mapping
        The card of the method: `trained_on` lists datasets (`ON-Harmony`, or a DOI), or single
        subjects of them (`ON-Harmony/sub-03`), that it saw before `fit`. `fitted_on`, where there
        is one, is what a harmonizer says of its fit: `subjects` and `validation` list people.
    subjects : iterable of str
        Subjects that it is scored on, with or without `sub-`.
    dataset : str or iterable of str
        Name of the dataset, or all the names it goes by (title, accession, DOI). Case, spaces
        and punctuation do not matter, nor do the resolver and the version of a DOI.

    Returns
    -------
    list of str
        One sentence per finding; empty where nothing is known to leak. A declaration is all that
        this can see: a method that declares nothing is not thereby clean.

    Examples
    --------
    >>> leakage({"trained_on": ["on harmony"]}, ["01"], ["ON-Harmony", "ds004712"])
    ['trained on on harmony, which is the dataset it is scored on']
    """
    scored = {_person(subject) for subject in subjects}
    aliases = {_plain(name) for name in ([dataset] if isinstance(dataset, str) else dataset)}
    found = []
    for entry in method_card.get("trained_on") or ():
        name, person = _parted(str(entry))
        if _plain(str(entry)) in aliases:
            found.append(f"trained on {entry}, which is the dataset it is scored on")
        elif _plain(name) in aliases and person in scored:
            found.append(f"trained on {entry}, a subject it is scored on")
    fitted = method_card.get("fitted_on") or {}
    for role, verb in (("subjects", "fitted to"), ("validation", "selected on")):
        both = sorted(scored & {_person(subject) for subject in fitted.get(role) or ()})
        if both:
            found.append(f"{verb} sub-{', sub-'.join(both)}, scored here")
    return found


def _parted(entry: str) -> tuple[str, str]:
    """Part the name of a dataset from that of a person; a DOI has a slash of its own."""
    name, _, person = entry.rpartition("/")
    return name, _person(person)


def _plain(name: str) -> str:
    """Bring a name to one form, a DOI to that of all its versions."""
    bare = re.sub(r"^(doi:|https?://(dx\.)?doi\.org/)", "", name.strip().casefold())
    if bare.startswith("10."):
        bare = re.sub(r"\.v\d+(\.\d+)*$", "", bare)
    return re.sub(r"[\W_]+", "", bare)


def _person(subject: str) -> str:
    return str(subject).strip().removeprefix("sub-")
