"""
A harmonizer of your own, and its laws
======================================

Writes a method in a few lines, tries the laws that hold for every harmonizer, and sees one broken.
The laws are tried on small phantoms: **simulated people on simulated scanners**.
"""

import matplotlib.pyplot as plt
import numpy as np

from phycharm import FittedState, Harmonizer, MethodCard, check_harmonizer
from phycharm.laws import check_report
from phycharm.laws.phantom import TESTED, TRAINING, Phantom

# %%
# The method
# ----------
# The base class owns seeds, the mask, saving and loading. What is left is a card, ``apply``, and
# for what is learned ``learn``, ``state`` and ``restore``. This one moves the median of the brain.


class MedianShift(Harmonizer):
    """Add what the median of the brain lacks to that of the target scanner."""

    card = MethodCard(
        name="median",
        summary="One shift per scan, to the target scanner's median.",
        supervision="unpaired",
        scope="all",
    )

    def __init__(self, *, seed=0, device="cpu"):
        super().__init__(seed=seed, device=device)
        self._medians = {}

    def learn(self, train, validation, **context):
        for scanner in train.scanners:
            medians = [np.median(scan.image[scan.mask]) for scan in train.scans(scanner)]
            self._medians[scanner.name] = float(np.mean(medians))

    def apply(self, scan, target):
        return scan.image + self._medians[target.name] - np.median(scan.image[scan.mask])

    def state(self):
        return FittedState(facts={"medians": self._medians})

    def restore(self, state):
        self._medians = state.facts["medians"]


# %%
# Its laws
# --------
# ``phycharm check mymodule:MedianShift`` prints the same.

print(check_report(check_harmonizer(MedianShift())))

# %%
# A law that is broken
# --------------------
# This class forgets to return what it has learned, so a saved model is an empty one. It is the kind
# of mistake that is found only when somebody loads the model.


class ForgetsToSave(MedianShift):
    """The same without a state."""

    def state(self):
        return FittedState(facts={"medians": {}})


results = check_harmonizer(ForgetsToSave())
print(*(f"{result.name}: {result.reason}" for result in results if result.failed), sep="\n")

# %%
# What it does
# ------------
# Fitted to two phantoms, it harmonizes a third. The medians agree afterwards; the rest of the
# histogram need not.

phantom = Phantom()
method = MedianShift().fit(phantom.cohort(TRAINING))
source, target, _ = phantom.scanners
scan, wanted = (phantom.scan(TESTED[0], scanner) for scanner in (source, target))
image = method.harmonize(scan, target)

figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
for label, voxels in (
    (f"source ({source.name})", scan.image[scan.mask]),
    ("harmonized", image[scan.mask]),
    (f"target ({target.name})", wanted.image[wanted.mask]),
):
    axes.hist(voxels, bins=60, range=(0, 1.2), histtype="step", label=label)
axes.set_xlabel("intensity (99th percentile = 1)")
axes.set_ylabel("voxels")
axes.legend(frameon=False)
plt.show()
