"""Acquisitions of one scanner: one protocol whose times wander a little, or several."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ....physics.acquisition import TIMES
from ...scanner import Scanner
from ..scan_files import ScanFile

_TOLERANCE = 0.05


@dataclass(frozen=True)
class ScanProtocol:
    """One protocol of a scanner, and the scans that were made by it.

    Parameters
    ----------
    scanner : Scanner
        With the acquisition of the first scan; what that scan's sidecars do not say is from the
        first that says it.
    scans : tuple of ScanFile
        In the order in which they were given.
    """

    scanner: Scanner
    scans: tuple[ScanFile, ...]


def protocols_of(scans: Sequence[tuple[ScanFile, Scanner]]) -> list[ScanProtocol]:
    """Group the scans of one scanner by protocol.

    TI, TR and TE within 5 % of a protocol's first scan are that protocol; a time that is not known
    tells nothing apart.

    Parameters
    ----------
    scans : sequence of (ScanFile, Scanner)
        Every scan with what its sidecars say.

    Returns
    -------
    list of ScanProtocol
        That of most scans first; of equals the one that was seen first.
    """
    found: list[tuple[Scanner, list[ScanFile]]] = []
    for scan, scanner in scans:
        for number, (other, members) in enumerate(found):
            if _is_same(other, scanner):
                found[number] = (_completed(other, scanner), [*members, scan])
                break
        else:
            found.append((scanner, [scan]))
    groups = [ScanProtocol(scanner, tuple(members)) for scanner, members in found]
    return sorted(groups, key=lambda one: -len(one.scans))


def _is_same(a: Scanner, b: Scanner) -> bool:
    for key in TIMES:
        one, other = getattr(a.acquisition, key), getattr(b.acquisition, key)
        if None not in (one, other) and abs(one - other) > _TOLERANCE * abs(one):
            return False
    return True


def _completed(scanner: Scanner, other: Scanner) -> Scanner:
    """Take what one scan's sidecars do not say from another's."""
    known = scanner.acquisition
    added = {
        key: getattr(other.acquisition, key)
        for key in (*TIMES, "echo_spacing", "readouts", "centre")
        if getattr(known, key) is None and getattr(other.acquisition, key) is not None
    }
    return replace(scanner, acquisition=replace(known, **added)) if added else scanner
