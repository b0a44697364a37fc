"""One person in one scanner, once: what is random about it, and the protocol as it was run."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...utils.arrays import Mask
from ..box import Box
from ..fields import random_generator
from ..grid import Floats
from ..people.subject import DigitalSubject
from .scanner_models import ScannerModel

_WANDER = 0.01  # relative standard deviation of TI, TR and TE between visits, cut at two of them


@dataclass(frozen=True, kw_only=True)
class Visit:
    """A subject in a scanner.

    Parameters
    ----------
    subject : DigitalSubject
        The person.
    scanner : ScannerModel
        The scanner and its protocol.
    run : int
        1 for the first scan, 2 for its repeat: another day, the same person and scanner.
    """

    subject: DigitalSubject
    scanner: ScannerModel
    run: int = 1

    def rng(self, purpose: str) -> np.random.Generator:
        """Return this visit's own source of randomness for one purpose."""
        person = self.subject
        return random_generator(person.seed, person.name, self.scanner.name, self.run, purpose)

    @cached_property
    def protocol(self) -> ScannerModel:
        """The scanner with the times of this visit: as its sidecars give them."""
        rng = self.rng(f"times of {len(self.scanner.trains)} trains")
        return _wandered(self.scanner, rng)

    @cached_property
    def box(self) -> Box:
        """The part of the field of view that is simulated."""
        return Box.around(self.subject.region, self.subject.grid)

    @cached_property
    def region(self) -> Mask:
        """The subject's region in the box: shape `box.fine_shape`."""
        return self.box.cut(self.subject.region)

    def volume(self, values: Floats) -> Floats:
        """Put values of the region's voxels into the box, 0 elsewhere."""
        volume = np.zeros(self.box.fine_shape, dtype=np.float32)
        volume[self.region] = values
        return volume


def _wandered(scanner: ScannerModel, rng: np.random.Generator) -> ScannerModel:
    """Vary TI, TR and TE of a protocol, as far as the trains still fit between inversions."""
    draws = np.clip(rng.standard_normal(2 + len(scanner.trains)), -2, 2)
    factors = [1 + _WANDER * float(draw) for draw in draws]
    repetition_time = scanner.repetition_time * factors[0]
    trains = []
    for train, factor in zip(scanner.trains, factors[2:], strict=True):
        shift = scanner.reported_inversion_time(train) * (factor - 1)
        latest = repetition_time - train.end
        moved = train.inversion_time + float(np.clip(shift, -train.start, latest))
        trains.append(replace(train, inversion_time=moved))
    return replace(
        scanner,
        trains=tuple(trains),
        repetition_time=repetition_time,
        echo_time=scanner.echo_time * factors[1],
    )
