"""Laws on what must not matter: repetition, order, neighbours."""

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from ..data.scan import Scan
from ..harmonizers.external.wrapped import WrappedHarmonizer
from ..harmonizers.harmonizer import Harmonizer
from ..utils.arrays import Image
from .compare import difference, require_equal
from .law import LawBroken, LawSkipped
from .phantom import TESTED
from .trial import Trial

_SAME = 1e-6
_SUMMED_OTHERWISE = 1e-4
"""Networks add up in another order when slices share another batch."""
_DEEP = 136
"""Slices: more than two batches of any usual size."""


def repeats_itself(trial: Trial) -> str:
    """Ask for the same image again, after other random numbers were drawn."""
    first = trial.ask(trial.scan())
    # Draws from the global generators, which a method may use and must not depend on.
    torch.rand(7)
    np.random.rand(7)  # noqa: NPY002
    require_equal(first, trial.ask(trial.scan()), _SAME, "asked twice, the images differ")
    return "two calls"


def refits_the_same(trial: Trial) -> str:
    """Fit again with the same seed to the same cohort."""
    again = trial.fitted().harmonize(trial.scan(), trial.scanners[1])
    require_equal(
        trial.ask(trial.scan()),
        again,
        _SUMMED_OTHERWISE,
        "fitted twice with one seed, the images differ; draw random numbers from the seed",
    )
    return "two fits"


def draws_only_what_it_says(trial: Trial) -> str:
    """Fit a method that calls itself deterministic with another seed: nothing may change."""
    if not trial.harmonizer.card.deterministic:
        raise LawSkipped("the card does not call the method deterministic")
    other = trial.fitted(trial.seed + 1).harmonize(trial.scan(), trial.scanners[1])
    require_equal(
        trial.ask(trial.scan()),
        other,
        _SAME,
        "with another seed the images differ; take `deterministic` from the card",
    )
    return "two seeds"


def ignores_order_of_scans(trial: Trial) -> str:
    """Harmonize the same scans in two orders: what came before must not matter."""
    scans = [trial.scan(subject, scanner) for scanner in trial.scanners for subject in TESTED]
    forward = [_to_another(trial, scan) for scan in scans]
    backward = [_to_another(trial, scan) for scan in reversed(scans)]
    for scan, first, second in zip(scans, forward, reversed(backward), strict=True):
        require_equal(
            first,
            second,
            _SAME,
            f"the image of sub-{scan.subject} {scan.scanner.name} depends on what came before",
        )
    return f"{len(scans)} scans, forwards and backwards"


def ignores_order_of_slices(trial: Trial) -> str:
    """Shuffle the slices: a method that looks at them one by one gives the same ones shuffled."""
    _require_slicewise(trial)
    scan = trial.scan()
    change = _difference_when_shuffled(trial, scan)
    if change <= _SUMMED_OTHERWISE:
        return f"{scan.image.shape[2]} slices shuffled"
    if _declares_slices(trial.harmonizer):
        raise LawBroken(f"shuffling the slices changes them by {change:.2g} of the maximum")
    raise LawSkipped("it looks at neighbouring slices (and does not say slicewise = True)")


def ignores_batch_neighbours(trial: Trial) -> str:
    """Shuffle so many slices that they are divided into other batches; nothing else changes."""
    _require_slicewise(trial)
    if not _declares_slices(trial.harmonizer):
        small = _difference_when_shuffled(trial, trial.scan())
        if small > _SUMMED_OTHERWISE:
            raise LawSkipped("it looks at neighbouring slices (and does not say slicewise = True)")
    change = _difference_when_shuffled(trial, trial.scan(slices=_DEEP))
    if not change <= _SUMMED_OTHERWISE:
        raise LawBroken(
            f"in other batches the slices change by {change:.2g} of the maximum; "
            "no statistic may be taken over a batch"
        )
    return f"{_DEEP} slices in other batches"


def _to_another(trial: Trial, scan: Scan) -> Image:
    target = next(s for s in trial.scanners if s != scan.scanner)
    return trial.ask(scan, target)


def _require_slicewise(trial: Trial) -> None:
    if _declared(trial.harmonizer) is False:
        raise LawSkipped("it says slicewise = False")


def _declared(harmonizer: Harmonizer) -> bool | None:
    """Return what a method says of itself; None where it says nothing."""
    speaker: Any = harmonizer.method if isinstance(harmonizer, WrappedHarmonizer) else harmonizer
    said = getattr(speaker, "slicewise", None)
    return None if said is None else bool(said)


def _declares_slices(harmonizer: Harmonizer) -> bool:
    return _declared(harmonizer) is True


def _difference_when_shuffled(trial: Trial, scan: Scan) -> float:
    order = np.random.default_rng(trial.seed).permutation(scan.image.shape[2])
    shuffled = replace(
        scan,
        image=np.ascontiguousarray(scan.image[:, :, order]),
        mask=np.ascontiguousarray(scan.mask[:, :, order]),
    )
    straight: Image = trial.ask(scan)[:, :, order]
    return difference(straight, trial.ask(shuffled))
