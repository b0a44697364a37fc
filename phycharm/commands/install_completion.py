"""`phycharm --install-completion`."""

from pathlib import Path
from typing import Literal

from ..errors import InputError

Shell = Literal["bash", "zsh", "fish"]


def install_completion(*, shell: Shell | None = None) -> None:
    """Let the shell complete commands and options; writes in your home folder.

    Parameters
    ----------
    shell
        By default the shell that this runs in.
    """
    from ..utils.untrusted.printable import say
    from .app import app

    chosen = shell or _shell()
    try:
        path = app.install_completion(shell=chosen)
    except OSError as error:
        raise InputError(
            f"{error.filename}: {error.strerror}; completion has to be written there."
        ) from error
    say(f"Completion: {path}")
    say(_next_step(chosen))


def _shell() -> Shell:
    from cyclopts.completion import ShellDetectionError, detect_shell

    try:
        found = detect_shell()
    except ShellDetectionError:
        found = None
    if found not in ("bash", "zsh", "fish"):
        raise InputError("Which shell this is cannot be told; say --shell bash, zsh or fish.")
    return found


def _next_step(shell: Shell) -> str:
    if shell == "zsh":
        # Without compinit zsh completes nothing at all, and a fresh home folder has no call of it.
        return (
            "Start a new zsh. It needs `autoload -Uz compinit && compinit` in "
            f"{Path.home() / '.zshrc'}."
        )
    return f"Start a new {shell}."
