"""References: scores that were blessed, and what is written about them."""

import tomllib
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from phycharm.errors import InputError
from phycharm.utils.suggestions import did_you_mean

ABOUT = "reference.toml"
TOLERANCE = "tolerance.toml"
"""Names of the files with the history of a reference and with what its scores may move."""


def reference_names() -> list[str]:
    """Return the names of the references that come with the package.

    Examples
    --------
    >>> "smoke" in reference_names()
    True
    """
    return sorted(path.name for path in _shipped().iterdir() if (path / ABOUT).is_file())


def reference_path(name: str | Path) -> Path:
    """Find a reference, or whatever else scores are compared with.

    Parameters
    ----------
    name : str or Path
        A path; where nothing is there, one of `reference_names`.

    Returns
    -------
    Path
        A folder, or a table of scores.

    Raises
    ------
    InputError
        If there is neither.
    """
    path = Path(name)
    if path.exists():
        return path
    if str(name) in reference_names():
        return _shipped() / str(name)
    hint = did_you_mean(str(name), reference_names())
    raise InputError(f"{name}: no such folder, and no reference of the package; {hint}")


def read_about(folder: Path) -> dict[str, Any]:
    """Read what is written about a reference; nothing where a folder is none.

    Raises
    ------
    InputError
        If the file is damaged.
    """
    path = folder / ABOUT
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"{path}: not readable as TOML ({error}); restore it from version control."
        ) from error


def manifest_of(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a reference says of its run, with the keys of `run.json`.

    Parameters
    ----------
    about : mapping
        From `read_about`.
    """
    newest = (about.get("history") or [{}])[-1]
    keys = {
        "environment": ("phycharm", "git_commit", "python", "packages"),
        "hardware": ("cpu", "threads", "instructions", "device"),
    }
    where = {
        part: {key: newest[key] for key in names if key in newest} for part, names in keys.items()
    }
    return {**about.get("run", {}), **where}


def _shipped() -> Path:
    return Path(str(resources.files("phycharm.benchmarks"))) / "reference"
