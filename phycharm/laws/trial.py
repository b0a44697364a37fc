"""A harmonizer on trial: fitted to phantoms, with what the laws need around it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ..data.cohort import Cohort
from ..data.quantitative import QuantitativeCohort
from ..data.scan import Scan
from ..data.scanner import Scanner
from ..harmonizers.external.wrapped import WrappedHarmonizer
from ..harmonizers.harmonizer import Harmonizer
from ..utils.arrays import Image
from .phantom import QUANTITATIVE, QUANTITATIVE_VALIDATION, TESTED, TRAINING, VALIDATION, Phantom

_SMALL_FEATURES = (8, 8, 16, 16, 32, 8)


@dataclass(kw_only=True)
class Trial:
    """Make, fit and ask a harmonizer, always in the same way.

    Parameters
    ----------
    create : callable
        `create(device, seed)` makes an unfitted harmonizer.
    seed : int
        Of the phantoms, of the maps and, unless told otherwise, of the harmonizer.
    device : str
        Where it is fitted and asked.
    """

    create: Callable[[str, int], Harmonizer]
    seed: int
    device: str
    touched: set[str] = field(default_factory=set)
    """Scans that a fit changed."""

    @cached_property
    def phantom(self) -> Phantom:
        """The people and scanners."""
        return Phantom(seed=self.seed)

    @cached_property
    def harmonizer(self) -> Harmonizer:
        """The fitted harmonizer that most laws ask."""
        return self.fitted()

    @cached_property
    def scanners(self) -> tuple[Scanner, ...]:
        """Two scanners for a method of pairs, else all three."""
        pairwise = self._new().card.scope == "pair"
        return self.phantom.scanners[:2] if pairwise else self.phantom.scanners

    @property
    def directions(self) -> list[tuple[Scanner, Scanner]]:
        """Every source and target that the method is fitted to."""
        return self._cohort(TRAINING).directions()

    def _new(self, seed: int | None = None) -> Harmonizer:
        return self.create(self.device, self.seed if seed is None else seed)

    def fitted(self, seed: int | None = None) -> Harmonizer:
        """Make another harmonizer, of another seed if one is given, and fit it likewise."""
        harmonizer = self._new(seed)
        if isinstance(harmonizer, WrappedHarmonizer):
            # The laws look at the class itself, not at what the harness saves it from.
            harmonizer.hands_out_copies = False
        train, validation = self._cohort(TRAINING), self._cohort(VALIDATION)
        context = self._context(harmonizer)
        before = _digests(train, validation)
        harmonizer.fit(train, validation, **context)
        after = _digests(train, validation)
        self.touched |= {name for name, digest in before.items() if after[name] != digest}
        return harmonizer

    def scan(
        self, subject: str = TESTED[0], scanner: Scanner | None = None, *, slices: int | None = None
    ) -> Scan:
        """Return a fresh copy of a scan that the method was not fitted to."""
        phantom = self.phantom if slices is None else Phantom(seed=self.seed, slices=slices)
        scan = phantom.scan(subject, scanner or self.scanners[0])
        return replace(
            scan, image=scan.image.copy(), mask=scan.mask.copy(), affine=scan.affine.copy()
        )

    def ask(self, scan: Scan, target: Scanner | None = None) -> Image:
        """Harmonize with the fitted harmonizer; to the second scanner unless told otherwise."""
        return self.harmonizer.harmonize(scan, target or self.scanners[1])

    @cached_property
    def images(self) -> dict[str, tuple[Scan, Image]]:
        """Scan and image of one person, by direction."""
        made = {}
        for source, target in self.directions:
            scan = self.scan(scanner=source)
            made[f"{source.name} -> {target.name}"] = (scan, self.ask(scan, target))
        return made

    def _cohort(self, subjects: tuple[str, ...]) -> Cohort:
        return self.phantom.cohort(subjects).subset(scanners=self.scanners)

    def _context(self, harmonizer: Harmonizer) -> dict[str, Any]:
        needs = harmonizer.card.needs
        context: dict[str, Any] = {}
        if "quantitative" in needs:
            train, validation = self._quantitative()
            context |= {"quantitative": train, "quantitative_validation": validation}
        if "maps" in needs:
            context["maps"] = self._maps
        return context

    @cached_property
    def _maps(self) -> Any:
        """A maps generator, small and hardly trained, as a run hands one to every fit."""
        # Imported here because it brings a network library that most methods do not need.
        from ..method.maps import MapsGenerator

        short = {"epochs": 1, "batch_size": 16}
        preset: Any = self._new().card.maps_preset or "corrected"
        maps = MapsGenerator(
            preset=preset,
            training=short,
            features=_SMALL_FEATURES,
            seed=self.seed,
            device=self.device,
        )
        train, validation = self._quantitative()
        return maps.fit(train, validation, scanners=self.phantom.scanners)

    def _quantitative(self) -> tuple[QuantitativeCohort, QuantitativeCohort]:
        return (
            self.phantom.quantitative(QUANTITATIVE),
            self.phantom.quantitative(QUANTITATIVE_VALIDATION),
        )


def scan_digest(scan: Scan) -> str:
    """Return a fingerprint of everything that a scan holds in arrays."""
    parts = [array.tobytes() for array in (scan.image, scan.mask, scan.affine)]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def _digests(*cohorts: Cohort) -> dict[str, str]:
    return {
        f"sub-{scan.subject} {scanner.name}": scan_digest(scan)
        for cohort in cohorts
        for scanner in cohort.scanners
        for scan in cohort.scans(scanner)
    }
