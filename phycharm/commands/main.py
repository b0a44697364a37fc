"""What `phycharm` runs: the user's mistakes end in one line, defects keep their traceback."""

import errno
import os
import re
import sys
import warnings
from typing import Any

import cyclopts

from ..errors import InputError
from ..utils.threads import share_cores
from .app import app

# Commands that find what they have finished when they are called again.
_GO_ON = ("benchmark", "convergence", "preprocess")
# Commands that find how far they had come, if that was some minutes ago.
_KEPT = ("train", "train-maps")
_REMEDIES = {
    errno.ENOSPC: "make room and try again",
    errno.EDQUOT: "make room and try again",
    errno.EACCES: "give another path, or permission",
    errno.EPERM: "give another path, or permission",
    errno.EROFS: "give another path",
}
_SIGPIPE = 128 + 13  # what a shell says of a program that a closed pipe has ended
# What is being written stands under such a name until it is whole; the user knows the other.
_PARTIAL = re.compile(r"\.partial-[\w.]+-\d+-")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; the user's mistakes end in one line and exit code 2."""
    warnings.showwarning = _show_warning
    share_cores()
    try:
        _require_text(sys.argv[1:] if arguments is None else arguments)
        code = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
        # What is still to be printed is printed here, where somebody answers for it.
        sys.stdout.flush()
    except InputError as error:
        _say(str(error))
        sys.exit(2)
    except cyclopts.CycloptsError as error:
        _say(" ".join(str(error).split()) + " See `phycharm --help`.")
        sys.exit(2)
    except BrokenPipeError:
        # Whoever read has read enough, as `head` does. Nothing more can be printed, at the exit
        # neither.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_SIGPIPE)
    except OSError as error:
        # Only what the user named has a file name: no permission, a full disk, a file for a folder.
        if error.filename is None:
            raise
        path = _PARTIAL.sub("", str(error.filename))
        remedy = _REMEDIES.get(error.errno or 0, "give another path")
        _say(f"{path}: {error.strerror}; {remedy}.")
        sys.exit(2)
    except KeyboardInterrupt:
        _say(f"interrupted; {_after_interruption(arguments)}.")
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)


def _require_text(arguments: list[str]) -> None:
    """Refuse bytes of a file name that are no text: libraries can neither write nor show them."""
    for argument in arguments:
        if not argument.isascii() and any("\ud800" <= sign <= "\udfff" for sign in argument):
            raise InputError(
                f"{argument}: holds bytes that are no text in UTF-8; rename it, or give a link "
                "of another name."
            )


def _after_interruption(arguments: list[str] | None) -> str:
    command = next(iter(sys.argv[1:] if arguments is None else arguments), "")
    if command in _GO_ON:
        return "the same command goes on from here"
    if command in _KEPT:
        return "the same command goes on from the last state of the training that was kept"
    return "nothing is half-written; give the same command again to start over"


def _say(message: str) -> None:
    from ..utils.untrusted.printable import printable

    print(f"phycharm: {printable(message, kept='')}", file=sys.stderr)


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    _say(f"warning: {message}")
