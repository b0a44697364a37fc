"""The datasets that are known by name, for who looks for data."""

from .dataset_file import DatasetFile
from .shipped import shipped, shipped_names

_UNKNOWN = "not stated"


def catalogue_text() -> str:
    """List the shipped dataset files, with where the data are to be had.

    Examples
    --------
    >>> "ds004712" in catalogue_text()
    True
    """
    return "\n\n".join(_entry(name, shipped(name)) for name in shipped_names())


def _entry(name: str, known: DatasetFile) -> str:
    about = known.about
    facts = {
        "People": about.people,
        "Scanners": about.scanners,
        "Size": about.size,
        "Licence": about.license,
        "Access": about.access,
        "Citation": about.citation,
    }
    lines = [f"{name}: {about.title or known.name}"]
    lines += [f"  {key}: {value or _UNKNOWN}" for key, value in facts.items()]
    lines += [f"  Download: {about.download[0] if about.download else _UNKNOWN}"]
    lines += [f"  or:       {command}" for command in about.download[1:]]
    lines += [f"  Note: {about.note}"] if about.note else []
    return "\n".join(lines)
