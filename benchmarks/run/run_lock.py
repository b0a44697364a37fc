"""One run at a time works in a results folder."""

import json
import os
import platform
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

from phycharm.errors import InputError
from phycharm.utils.untrusted.printable import say

LOCK, HOLDER = ".lock", ".lock.json"
"""Names of the lock, and of the file that says whose it is."""

_SAY_EVERY_S = 60.0
_POLL_S = 1.0


class RunLock:
    """The right to change a results folder; given back at the end of the block.

    The system takes the lock back when its holder dies. On file systems that know no locks the file
    itself is the lock, and whoever dies leaves it behind: then the message says which file to
    remove.

    Parameters
    ----------
    root : Path
        The results folder; made if need be, and removed again if nothing came of it.
    wait : bool
        Whether to wait for a run that works there; by default it is refused.

    Raises
    ------
    InputError
        On entering, if another run works there and is not waited for, or the folder cannot be
        made.
    """

    def __init__(self, root: Path, *, wait: bool = False) -> None:
        self.root = root
        self.wait = wait
        self._lock: BaseFileLock = FileLock(root / LOCK)

    def __enter__(self) -> Self:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"{self.root}: cannot be made ({error.strerror}); give another folder with --out."
            ) from error
        try:
            self._acquire()
        except NotImplementedError:
            # What older versions of filelock say of a file system without locks; newer ones take a
            # file as the lock by themselves.
            self._lock = SoftFileLock(self.root / LOCK)
            self._acquire()
        holder = {
            "host": platform.node(),
            "pid": os.getpid(),
            "since": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        (self.root / HOLDER).write_text(json.dumps(holder), encoding="utf-8")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        (self.root / HOLDER).unlink(missing_ok=True)
        if {path.name for path in self.root.iterdir()} <= {LOCK}:
            (self.root / LOCK).unlink(missing_ok=True)
            self.root.rmdir()
        self._lock.release()

    def _acquire(self) -> None:
        said = -_SAY_EVERY_S
        while True:
            try:
                self._lock.acquire(timeout=0)
                return
            except Timeout:
                if not self.wait:
                    raise InputError(self._refusal()) from None
            now = time.monotonic()
            if now - said > _SAY_EVERY_S:
                say(f"phycharm: waiting for {self._whose()}", file=sys.stderr)
                said = now
            time.sleep(_POLL_S)

    def _refusal(self) -> str:
        line = (
            f"{self.root}: {self._whose()} works here; wait for it (--wait), or give another "
            "folder with --out."
        )
        holder = lock_holder(self.root)
        if holder is None or lives(holder):
            return line
        return f"{line} If that run is dead, remove {self.root / LOCK}."

    def _whose(self) -> str:
        holder = lock_holder(self.root)
        if holder is None:
            return "another run"
        return f"the run of process {holder['pid']} on {holder['host']} since {holder['since']}"


def lock_holder(root: Path) -> dict[str, Any] | None:
    """Return who works, or last worked and died, in a results folder: host, pid, since; or None."""
    try:
        holder = json.loads((root / HOLDER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    known = isinstance(holder, dict) and {"host", "pid", "since"} <= set(holder)
    return holder if known else None


def lives(holder: Mapping[str, Any]) -> bool | None:
    """Whether a process is there, by its `host` and `pid`; None if that is another machine."""
    if holder.get("host") != platform.node():
        return None
    try:
        os.kill(int(holder.get("pid", 0)), 0)
    except (ProcessLookupError, TypeError, ValueError):
        return False
    except OSError:
        return True  # somebody else's
    return True
