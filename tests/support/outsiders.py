"""Plain classes as outsiders write them: one that keeps every law, others that break one each."""

import json
import os
from typing import ClassVar

import numpy as np
import torch

from phycharm.harmonizers.card import MethodCard
from phycharm.harmonizers.common_domain import CommonDomainHarmonizer
from phycharm.harmonizers.harmonizer import Harmonizer
from phycharm.harmonizers.storage import FittedState


class Offset:
    """Add the difference of the scanners' mean brains.

    This second paragraph is no part of the summary.
    """

    def __init__(self, *, weight=1.0, seed=0, device="cpu"):
        self.weight, self.seed, self.device = weight, seed, device

    def fit(self, train, validation=None, **context):
        self.seen = {"validation": validation, **context}
        self.history = [{"epoch": 1, "value": 0.5}, {"epoch": 2, "value": 0.25, "term": "mean"}]
        self.means = {
            scanner.name: float(np.mean([scan.image[scan.mask].mean() for scan in scans]))
            for scanner in train.scanners
            for scans in [list(train.scans(scanner))]
        }

    def harmonize(self, scan, target):
        step = self.means[target.name] - self.means[scan.scanner.name]
        return scan.image + self.weight * step

    def save(self, folder):
        (folder / "means.json").write_text(json.dumps(self.means))

    def load(self, folder):
        self.means = json.loads((folder / "means.json").read_text())


class Named(Offset):
    card = {  # noqa: RUF012 - as outsiders write it
        "name": "offset-2",
        "revision": "7",
        "summary": "Said in the card.",
        "trained_on": ["elsewhere"],
        "deviations": ["One."],
    }


class WithCardObject(Offset):
    card = MethodCard(name="carded", summary="An object.", scope="all")


class Unsafe(Offset):
    name = "my method/2"


class TakesNothing:
    """No parameters, no context, nothing to keep."""

    def fit(self, train):
        self.scanners = [scanner.name for scanner in train.scanners]

    def harmonize(self, scan, target):
        return scan.image


class LoadsAnother(Offset):
    """`load` as a class method that returns another object and wants the device."""

    @classmethod
    def load(cls, folder, device):
        other = cls(device=device)
        other.means = json.loads((folder / "means.json").read_text())
        return other


class Centred:
    """Bring every brain to mean 0: a domain that is no scanner's."""

    def fit(self, train, validation=None):
        pass

    def to_common(self, scan):
        return scan.image - scan.image[scan.mask].mean()


class SaysTarget(Centred):
    """Has `to_common` and wants to be scored against the target all the same."""

    card = {"scope": "all"}  # noqa: RUF012

    def harmonize(self, scan, target):
        return self.to_common(scan)


class SaysCommon(TakesNothing):
    card = {"scope": "common-domain"}  # noqa: RUF012


class NoMethods:
    pass


class NoHarmonize:
    def fit(self, train):
        pass


class ReturnsNothing(TakesNothing):
    def harmonize(self, scan, target):
        scan.image[:] = 2 * scan.image


class StrangeHistory(TakesNothing):
    history = {"loss": [1, 2]}  # noqa: RUF012


class Inherits(Harmonizer):
    card = MethodCard(name="inherits", summary="Inherits.", scope="all")

    def apply(self, scan, target):
        return scan.image


class InheritsAndLearns(Harmonizer):
    card = MethodCard(name="inherits-and-learns", summary="Learns.", scope="all", revision="3")

    def __init__(self, *, weight=1.0, seed=0, device="cpu"):
        super().__init__(seed=seed, device=device)
        self.weight = weight
        self.mean = torch.zeros(())

    def learn(self, train, validation, **context):
        scans = train.scans(train.scanners[0])
        self.mean = torch.tensor(np.mean([scan.image[scan.mask].mean() for scan in scans]))

    def apply(self, scan, target):
        return scan.image + self.weight * float(self.mean)

    def state(self):
        return FittedState(tensors={"mean": self.mean}, facts={"class": "any word"})

    def restore(self, state):
        self.mean = state.tensors["mean"]


class Abstract(Harmonizer):
    card = MethodCard(name="abstract", summary="Lacks its method.")


class NoCard(Harmonizer):
    def apply(self, scan, target):
        return scan.image


class WrongScope(Inherits):
    card = MethodCard(name="wrong-scope", summary="Wrong.", scope="common-domain")


class InheritsCommon(CommonDomainHarmonizer):
    card = MethodCard(name="inherits-common", summary="Common.", scope="common-domain")

    def apply_common(self, scan):
        return np.random.normal(size=scan.image.shape)  # noqa: NPY002


# --- breakers of one law each -----------------------------------------------------------------


class Raises(TakesNothing):
    def harmonize(self, scan, target):
        raise RuntimeError("nothing works\ntoday")


class Quits(TakesNothing):
    def harmonize(self, scan, target):
        raise SystemExit(3)


class _OverridesHarmonize(Inherits):
    def harmonize(self, scan, target):
        return self.spoiled(super().harmonize(scan, target), scan)


class OtherShape(_OverridesHarmonize):
    def spoiled(self, image, scan):
        return image[1:]


class DoubleFloats(_OverridesHarmonize):
    def spoiled(self, image, scan):
        return image.astype(np.float64)


class NotFinite(_OverridesHarmonize):
    def spoiled(self, image, scan):
        image[scan.mask.nonzero()[0][0]] = np.nan
        return image


class FillsBackground(_OverridesHarmonize):
    def spoiled(self, image, scan):
        return np.where(scan.mask, image, np.float32(0.1))


class RoundsToIntegers(TakesNothing):
    def harmonize(self, scan, target):
        return scan.image.astype(np.int16)


class WritesIntoInput(TakesNothing):
    def harmonize(self, scan, target):
        image = scan.image
        image *= 1.1
        return image


class WritesIntoMask(TakesNothing):
    def harmonize(self, scan, target):
        scan.mask[0] = True
        return scan.image


class WritesIntoTraining(TakesNothing):
    def fit(self, train):
        for scan in train.scans(train.scanners[0]):
            scan.image[~scan.mask] = -1


class DrawsAnew(TakesNothing):
    def harmonize(self, scan, target):
        return scan.image + np.random.default_rng().normal(0, 0.01, scan.image.shape)


class FitsByChance(Offset):
    def fit(self, train, validation=None):
        super().fit(train, validation)
        self.means = {name: os.urandom(1)[0] / 256 + i for i, name in enumerate(self.means)}


class HidesItsSeed(TakesNothing):
    """Calls itself deterministic, and adds what it drew."""

    card: ClassVar[dict] = {"deterministic": True}

    def fit(self, train, validation=None):
        self.drawn = float(torch.rand(()))

    def harmonize(self, scan, target):
        return scan.image + np.float32(self.drawn)


class Remembers(TakesNothing):
    """Every scan moves what the next one gets."""

    last = 0.0

    def harmonize(self, scan, target):
        image = scan.image + 0.1 * self.last
        self.last = float(scan.image[scan.mask].std())
        return image


class Neighbours(TakesNothing):
    """A mean with the next slice: a method in three dimensions."""

    def harmonize(self, scan, target):
        return (scan.image + np.roll(scan.image, 1, axis=2)) / 2


class HidesNeighbours(Neighbours):
    slicewise = True


class SaysNeighbours(Neighbours):
    slicewise = False


class BatchMinimum(TakesNothing):
    """METHODS' fault c: subtracts the smallest value of whatever shares a batch."""

    def harmonize(self, scan, target):
        batches = np.array_split(scan.image, range(64, scan.image.shape[2], 64), axis=2)
        return np.concatenate([batch - self.minimum(batch) for batch in batches], axis=2)

    def minimum(self, batch):
        return batch[batch > 0].min(initial=1)


class Forgets(Offset):
    def load(self, folder):
        super().load(folder)
        self.means = dict.fromkeys(self.means, 0.0)
