"""Other people's programs: a command line with fields, run without a shell, on one thread."""

import os
import shlex
import shutil
import string
import subprocess
from collections.abc import Mapping
from pathlib import Path

from ...errors import InputError

_AN_HOUR = 3600.0
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS": "1"}
_SAID = 200  # characters of what a program says at its end


class Program:
    """A command line whose fields in braces are filled in for every run.

    Parameters
    ----------
    command : str
        Split as a shell would, but no shell sees it.
    option : str
        Where the user gave it, for messages.
    needed : set of str
        Fields that must stand in it.
    known : set of str
        Fields that may stand in it.
    example : str
        For the message, if something is wrong with it.

    Raises
    ------
    InputError
        If the line cannot be used, or its program is not on this machine.
    """

    def __init__(
        self, command: str, *, option: str, needed: set[str], known: set[str], example: str
    ) -> None:
        self.command = command
        try:
            self._parts = shlex.split(command)
            parsed = list(string.Formatter().parse(command))
        except ValueError as error:
            raise InputError(f"{option} command:{command}: {error}; correct the line.") from None
        self.fields = {field for _, field, _, _ in parsed if field is not None}
        if not self._parts or not needed <= self.fields <= known:
            names = ", ".join(f"{{{name}}}" for name in sorted(needed))
            raise InputError(
                f"{option} command:{command}: {names} must stand in it, and no other field than "
                f"{', '.join(sorted(known))}; such as 'command:{example}'."
            )
        self.name = Path(self._parts[0]).name
        if shutil.which(self._parts[0]) is None:
            raise InputError(
                f"{option}: no program {self._parts[0]!r} on this machine; install it, or take "
                "a built-in engine."
            )

    def run(self, values: Mapping[str, object]) -> None:
        """Run the program once, with the fields filled in.

        Raises
        ------
        InputError
            If it cannot be started, takes more than an hour, or fails.
        """
        try:
            done = subprocess.run(
                [part.format(**values) for part in self._parts],
                capture_output=True,
                check=False,
                env=os.environ | _ONE_THREAD,
                errors="replace",
                text=True,
                timeout=_AN_HOUR,
            )
        except subprocess.TimeoutExpired as error:
            raise InputError(f"{self.name}: took longer than {_AN_HOUR:g} s.") from error
        except OSError as error:
            raise InputError(f"{self.name}: could not be started ({error}).") from error
        if done.returncode:
            said = " ".join((done.stderr or done.stdout).split())[-_SAID:] or "it said nothing"
            raise InputError(f"{self.name}: ended with status {done.returncode}: {said}")
