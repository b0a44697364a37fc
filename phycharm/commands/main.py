"""What `phycharm` runs: the user's mistakes end in one line, defects keep their traceback."""

import re
import sys
import warnings
from typing import Any

import cyclopts

from ..errors import InputError
from .app import app

# What is being written stands under such a name until it is whole; the user knows the other.
_PARTIAL = re.compile(r"\.partial-\d+-")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; the user's mistakes end in one line and exit code 2."""
    warnings.showwarning = _show_warning
    try:
        code = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except InputError as error:
        _say(str(error))
        sys.exit(2)
    except cyclopts.CycloptsError as error:
        _say(" ".join(str(error).split()) + " See `phycharm --help`.")
        sys.exit(2)
    except OSError as error:
        # Only what the user named has a file name: no permission, a full disk, a file for a folder.
        if error.filename is None:
            raise
        path = _PARTIAL.sub("", str(error.filename))
        _say(f"{path}: {error.strerror}; give another path or make room.")
        sys.exit(2)
    except KeyboardInterrupt:
        _say("interrupted; the same command goes on from here.")
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)


def _say(message: str) -> None:
    print(f"phycharm: {message}", file=sys.stderr)


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    _say(f"warning: {message}")
