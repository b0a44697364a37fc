"""Protocols from files: those that come with the package, and a user's own."""

from importlib import resources
from pathlib import Path

from pydantic import ValidationError

from phycharm.errors import InputError
from phycharm.utils.suggestions import did_you_mean
from phycharm.utils.untrusted.toml_text import read_toml
from phycharm.utils.validation import first_problem

from .protocol import Protocol


def protocol_names() -> list[str]:
    """Return the names of the protocols that come with the package.

    Examples
    --------
    >>> protocol_names()
    ['paper', 'quick', 'smoke']
    """
    files = resources.files("phycharm.protocols").iterdir()
    return sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))


def load_protocol(name: str | Path) -> Protocol:
    """Read a protocol.

    Parameters
    ----------
    name : str or Path
        One of `protocol_names`, or the path of a TOML file.

    Returns
    -------
    Protocol
        Checked.

    Raises
    ------
    InputError
        If there is none of that name, or the file is not a valid protocol.

    Examples
    --------
    >>> protocol = load_protocol("quick")
    >>> protocol.preset, protocol.split.training, protocol.simulation.voxel_size
    ('quick', 4, 3.0)
    """
    name = str(name)
    if name in protocol_names():
        text = resources.files("phycharm.protocols").joinpath(f"{name}.toml").read_text("utf-8")
    elif name.casefold().endswith(".toml"):
        text = _read_text(Path(name))
    else:
        hint = did_you_mean(name, protocol_names())
        raise InputError(f"No protocol {name!r}; {hint} A path to a .toml file works too.")
    return _parse(name, text)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        names = ", ".join(protocol_names())
        raise InputError(
            f"Protocol {path}: no such file; check the path, or name one that comes with the "
            f"package: {names}."
        ) from error
    except OSError as error:
        raise InputError(f"Protocol {path}: {error.strerror}; check the path.") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"Protocol {path}: not readable as UTF-8 ({error}); correct it."
        ) from error


def _parse(name: str, text: str) -> Protocol:
    content = read_toml(text, place=f"Protocol {name}")
    try:
        return Protocol.model_validate(content)
    except ValidationError as error:
        raise InputError(f"Protocol {name}: {first_problem(error)}; correct it.") from error
