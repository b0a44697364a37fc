"""Methods of outsiders that watch, fail or die."""

import os
import signal
from pathlib import Path
from typing import ClassVar

from scipy.ndimage import gaussian_filter


class Spy:
    """Returns the source image and remembers all that it was given."""

    card: ClassVar = {"name": "spy", "scope": "pair", "revision": "1"}
    fits: ClassVar = []
    harmonized: ClassVar = []

    def fit(self, train, validation=None, **context):
        Spy.fits.append((train, validation, context))

    def harmonize(self, scan, target):
        Spy.harmonized.append((scan, target))
        return scan.image


class Fails:
    """Cannot be fitted to GE and Siemens."""

    card: ClassVar = {"name": "fails", "scope": "pair"}

    def fit(self, train, validation=None):
        if [scanner.name for scanner in train.scanners] == ["GE", "Siemens"]:
            raise ArithmeticError("no such\n  luck")

    def harmonize(self, scan, target):
        return scan.image


class Exits:
    """Ends the program, as a badly wrapped script does."""

    card: ClassVar = {"name": "exits", "scope": "pair"}

    def fit(self, train, validation=None):
        raise SystemExit(3)

    def harmonize(self, scan, target):
        return scan.image


class WrongShape:
    """Forgets a slice."""

    card: ClassVar = {"name": "wrong-shape", "scope": "pair"}

    def fit(self, train, validation=None):
        pass

    def harmonize(self, scan, target):
        return scan.image[1:]


class Mortal:
    """Writes down every fit, and dies of SIGKILL in the one that the environment names."""

    card: ClassVar = {"name": "mortal", "scope": "pair", "revision": "1"}

    def __init__(self, *, seed=0):
        self.seed = seed

    def fit(self, train, validation=None):
        names = "-".join(scanner.name for scanner in train.scanners)
        with Path(os.environ["MORTAL_DIARY"]).open("a") as diary:
            diary.write(f"{names}\n")
        if os.environ.get("MORTAL_DIES_AT") == names:
            os.kill(os.getpid(), signal.SIGKILL)

    def harmonize(self, scan, target):
        import torch

        return scan.image * (1 + 0.1 * torch.rand(1).item() + 0.01 * (self.seed % 7))


class Mush:
    """A common domain in which nothing is left of an image, whoever made it."""

    card: ClassVar = {"name": "mush", "scope": "common-domain"}

    def fit(self, train, validation=None):
        pass

    def to_common(self, scan):
        return gaussian_filter(scan.mask.astype("float32"), 2.0)


class MeanOne:
    """A common domain in which the training people of every scanner have the mean 1."""

    card: ClassVar = {"name": "mean-one", "scope": "common-domain"}

    def fit(self, train, validation=None):
        self.means = {
            scanner.name: float(
                sum(scan.image[scan.mask].mean() for scan in train.scans(scanner))
                / len(train.subjects)
            )
            for scanner in train.scanners
        }

    def to_common(self, scan):
        return scan.image / self.means[scan.scanner.name]
