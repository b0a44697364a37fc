"""The images of a cell that are evaluated, a few at a time."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

import numpy as np

from phycharm.data.scan import Scan
from phycharm.utils.arrays import Image

from ..protocol.run_data import RunData

MakeImage = Callable[[Scan, Scan], Image | None]

# Of a case, its segmentation and what becomes of them some 40 bytes a voxel are held at once: this
# is two brains at .8 mm.
_MOST_VOXELS = 2**25


@dataclass(frozen=True, kw_only=True)
class Case:
    """One harmonized image: whose, between which scanners, and what it is compared with.

    Parameters
    ----------
    split : str
        `validation` or `external`.
    source, target : Scan
        Of one person; the target has the image that the harmonized one is compared with.
    image : ndarray of float32, shape (X, Y, Z)
        The harmonized image.
    untold : bool
        Whether a method to a common domain was told another scanner.
    """

    split: str
    source: Scan
    target: Scan
    image: Image
    untold: bool = False

    @property
    def stem(self) -> str:
        """Name of its files."""
        names = self.source.scanner.name, self.target.scanner.name
        untold = "_desc-untold" if self.untold else ""
        return f"sub-{self.source.subject}_from-{names[0]}_to-{names[1]}{untold}"

    @property
    def evaluated(self) -> Scan:
        """The image inside the target's mask, where alone it is evaluated; no negative voxels."""
        inside = np.where(self.target.mask, np.maximum(self.image, 0), np.float32(0))
        return self.target.with_image(inside)


@dataclass(frozen=True, kw_only=True)
class CaseMaker:
    """Make the images of a cell, as many at once as memory holds of them.

    Parameters
    ----------
    data : RunData
        Data and protocol.
    scanners : sequence of str
        Every ordered pair of which is a direction.
    left_out : collection of (str, str)
        Directions without.
    make : callable
        `make(source, target)` returns an image from two scans of one person, or None where there is
        none to evaluate.
    reference : callable, optional
        `reference(target)` returns what the image is compared with; by default the target scan's
        own image.
    untold : callable, optional
        Like `make`: doing nothing in a common domain.
    """

    data: RunData
    scanners: Sequence[str]
    left_out: Collection[tuple[str, str]]
    make: MakeImage
    reference: Callable[[Scan], Image] | None = None
    untold: MakeImage | None = None

    def cases(self, split: str, subject: str) -> Iterator[list[Case]]:
        """Make the images of one person.

        Parameters
        ----------
        split : str
            Of the person.
        subject : str
            Who.

        Yields
        ------
        list of Case
            A few, direction by direction.
        """
        cohort = self.data.cohort
        there = [name for name in self.scanners if cohort.has(subject, name)]
        directions = [d for d in permutations(there, 2) if d not in self.left_out]
        names = dict.fromkeys(name for direction in directions for name in direction)
        scans = {name: cohort.scan(subject, cohort.scanner(name)) for name in names}
        targets = dict.fromkeys(target for _, target in directions)
        goals = {name: self._goal(scans[name]) for name in targets}
        few = _few(scans.values())
        for start in range(0, len(directions), few):
            cases = [
                case
                for a, b in directions[start : start + few]
                for case in self._of(split, scans[a], scans[b], goals[b])
            ]
            if cases:
                yield cases

    def _goal(self, target: Scan) -> Scan:
        return target if self.reference is None else target.with_image(self.reference(target))

    def _of(self, split: str, source: Scan, target: Scan, goal: Scan) -> Iterator[Case]:
        image = self.make(source, target)
        if image is None:
            return
        case = Case(split=split, source=source, target=goal, image=image)
        yield case
        nothing = None if self.untold is None else self.untold(source, target)
        if nothing is not None:
            yield replace(case, image=nothing, untold=True)


def _few(scans: Collection[Scan]) -> int:
    """Return how many cases of these scans are made at once."""
    most = max((scan.image.size for scan in scans), default=1)
    return max(1, _MOST_VOXELS // most)
