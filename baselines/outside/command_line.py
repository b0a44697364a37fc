"""Command lines of other people's programs: placeholders, names, and running them."""

import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from phycharm.errors import InputError
from phycharm.harmonizers.external.digest import files_digest
from phycharm.harmonizers.external.names import safe_name

PLACEHOLDERS = ("input", "output", "mask", "source", "target", "subject", "folder")
_REQUIRED = ("input", "output")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_INTERPRETER = re.compile(r"(python|pypy|bash|sh|perl|ruby|node|julia|Rscript)[\d.]*")


class CommandLine:
    """A command line with placeholders, split as a shell would and run without one.

    Parameters
    ----------
    text : str
        For instance `mytool {input} {output} --to {target}`.

    Raises
    ------
    InputError
        If it cannot be split, lacks `{input}` or `{output}`, has an unknown placeholder, or its
        program is not installed.

    Examples
    --------
    >>> line = CommandLine("sh mytool.sh {input} {output} --to {target}")
    >>> line.name
    'mytool'
    >>> line.filled({"input": "a.nii.gz", "output": "b.nii.gz", "target": "GE"})
    ['sh', 'mytool.sh', 'a.nii.gz', 'b.nii.gz', '--to', 'GE']
    """

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self.words = shlex.split(text)
        except ValueError as error:
            raise InputError(f"{text}: {error}; correct the quotes.") from error
        self._require_placeholders()
        if shutil.which(self.words[0]) is None:
            raise InputError(
                f"{text}: no program {self.words[0]!r} here; install it or give its full path, in "
                "quotes if it holds a space."
            )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.text!r})"

    def _require_placeholders(self) -> None:
        used = set(_PLACEHOLDER.findall(self.text))
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        for name in sorted(used - set(PLACEHOLDERS)):
            raise InputError(f"{self.text}: no placeholder {{{name}}}; there are {known}.")
        for name in _REQUIRED:
            if name not in used:
                raise InputError(f"{self.text}: {{{name}}} is missing; say where it goes.")

    def uses(self, placeholder: str) -> bool:
        """Whether a placeholder occurs."""
        return f"{{{placeholder}}}" in self.text

    @property
    def name(self) -> str:
        """Name of the program: the script's where an interpreter runs one."""
        words = [Path(self.words[0]).name]
        if _INTERPRETER.fullmatch(words[0]):
            words = [Path(w).name for w in self.words[1:] if not w.startswith("-")] or words
        stem = words[0].rsplit(".", 1)[0] if words[0].endswith((".py", ".sh", ".R")) else words[0]
        return safe_name(stem) or "command"

    @property
    def digest(self) -> str:
        """Fingerprint of the program and of all files that the line names."""
        program = shutil.which(self.words[0])
        named = [program or "", *self.words[1:]]
        return files_digest(path for word in named if word and (path := Path(word)).is_file())

    def filled(self, values: Mapping[str, str]) -> list[str]:
        """Return the words with the placeholders replaced; a value never splits into words."""
        return [_PLACEHOLDER.sub(lambda found: values[found[1]], word) for word in self.words]


def run_program(words: list[str], *, logs: Path, timeout: float | None) -> tuple[int, str]:
    """Run a program to its end, with everything that it started.

    Parameters
    ----------
    words : list of str
        Program and arguments.
    logs : Path
        Folder for what it prints.
    timeout : float, optional
        Seconds after which it is killed.

    Returns
    -------
    status : int
        Exit status; negative for a signal.
    last_line : str
        Last line that it printed to stderr, or else to stdout: as a rule it says what went wrong.

    Raises
    ------
    subprocess.TimeoutExpired
        If it took longer.
    OSError
        If it could not be started.
    """
    said, printed = logs / "stderr.log", logs / "stdout.log"
    with said.open("wb") as stderr, printed.open("wb") as stdout:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, start_new_session=True
        )
        try:
            status = process.wait(timeout)
        except BaseException:
            # A container's client or a wrapper script leaves children behind: all must go.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
    return status, _last_line(said) or _last_line(printed)


def _last_line(log: Path, *, tail: int = 4096) -> str:
    with log.open("rb") as stream:
        stream.seek(max(0, log.stat().st_size - tail))
        lines = stream.read().decode(errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
