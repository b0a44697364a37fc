"""The constrained image: what physics says the target scanner would have made of a source scan."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from ..data.cohort import Cohort
from ..data.scan import Scan
from ..data.scanner import Scanner
from ..physics.acquisition import Acquisition
from ..physics.effective_acquisition import EffectiveAcquisition, fit_acquisition
from ..physics.forward import SignalModel, require_signal, richest_model, t1w_weight
from ..physics.intensity_curve import IntensityCurve, intensity_curve
from ..physics.open_parameters import assumed
from ..physics.resolution import masked_smoothing, resolution_width
from ..utils.arrays import Image, Mask

_RATIO = (0.1, 4.0)  # of target over source signal, relative to its median: beyond, maps are wrong
_BRIGHTEST = 3.0
_SMALLEST = 1e-6


PHYSICS = (
    "Acquisitions are completed by a fit to the training people's images (the effective "
    "acquisition); the preprint takes nominal times.",
    "C is passed on as it is; the preprint raises it to the ratio of the echo times, which is the "
    "closed form of its pseudo T2*.",
    "Predicted signals are smoothed to the resolution of the source image before their ratio is "
    "taken, and the ratio is kept between .1 and 4 times its median.",
    "The constrained image is put on the target's intensity scale by one gain a direction, fitted "
    "to the training people.",
)
"""Where constrained images depart from the preprint's, one sentence each."""


def signal_deviations(model: SignalModel) -> tuple[str, ...]:
    """Say which signal model takes the place of the preprint's f(T1; TI, TR); or say nothing."""
    if model == "ir":
        return ()
    return ("The signal is the steady state of the whole readout train, not f(T1; TI, TR).",)


class MapsPredictor(Protocol):
    """Whatever predicts T1 in ms and M0 from a scan."""

    def predict(self, scan: Scan) -> tuple[Image, Image]:
        """Return T1 and M0, shape (X, Y, Z) each."""
        ...


class ConstrainedImages:
    """Compute constrained images, with everything about the scanners fitted to training people.

    The image is multiplied, voxel by voxel, by the ratio of the signals that the target's and the
    source's acquisition make of the predicted T1 (equations 7 to 10 of the preprint, with the
    corrective term C passed on as it is; M0 cancels, and so does the echo time).

    Parameters
    ----------
    signal : {"train", "ir"}, optional
        Signal model; by default the richest that the scanners' acquisitions allow.

    Notes
    -----
    Three things are learned from the training people, none of them from any other:

    - the *effective acquisition* of every scanner (`fit_acquisition`), where the readout trains
      are known: the centre of k-space and what else no sidecar says, from curves of intensity
      against T1. T1 and M0 of a person are the means of the maps predicted from all its scanners;
    - the *resolution* of every scanner's images: the predicted signals are smoothed to it before
      their ratio is taken, since a sharp ratio makes edges in a blurred image that are not there;
    - the *gain* of every direction, by which the ratio is put on the target's intensity scale.
    """

    def __init__(self, *, signal: SignalModel | None = None) -> None:
        self.signal = signal
        self.generator: MapsPredictor | None = None
        self._model: SignalModel = "ir"
        self._sidecars: dict[str, Acquisition] = {}
        self._effective: dict[str, EffectiveAcquisition] = {}
        self._widths: dict[str, float] = {}
        self._gains: dict[str, float] = {}
        self._kept: dict[tuple[str, str], tuple[Image, Image]] = {}

    @property
    def model(self) -> SignalModel:
        """Signal model in use."""
        return self._model

    @property
    def effective(self) -> Mapping[str, EffectiveAcquisition]:
        """Effective acquisition of every scanner whose train is known."""
        return self._effective

    @property
    def fitted_generator(self) -> Any:
        """The maps generator.

        Raises
        ------
        ValueError
            If there is none yet.
        """
        if self.generator is None:
            raise ValueError("the method is not fitted: it has no maps generator")
        return self.generator

    @property
    def findings(self) -> dict[str, Any]:
        """What was found out about the scanners, as plain data for a report.

        Returns
        -------
        dict
            `signal` is the signal model; `acquisitions` has a record for each scanner whose
            acquisition was fitted (`EffectiveAcquisition.as_record`, and `sidecar`, the acquisition
            before), `resolution` the smoothing in voxels for each scanner.
        """
        return {
            "signal": self._model,
            "acquisitions": {
                name: one.as_record() | {"sidecar": asdict(self._sidecars[name])}
                for name, one in self._effective.items()
            },
            "resolution": dict(self._widths),
        }

    def learn(self, train: Cohort, generator: MapsPredictor) -> None:
        """Fit acquisitions, resolutions and gains to training people.

        Parameters
        ----------
        train : Cohort
            Travelling subjects.
        generator : MapsPredictor
            Fitted to other people.

        Raises
        ------
        InputError
            If a scanner's acquisition fits no physics; the scanner is named.
        """
        self.generator = generator
        self._model = self.signal or richest_model(s.acquisition for s in train.scanners)
        self._effective, self._widths, self._gains, self._kept = {}, {}, {}, {}
        self._sidecars = {scanner.name: scanner.acquisition for scanner in train.scanners}
        for scanner in train.scanners:
            require_signal(scanner.name, self._complete(scanner), model=self._model)
        if self._model == "train":
            self._effective = self._fitted_acquisitions(train)
        self._widths = {s.name: self._resolution(train, s) for s in train.scanners}
        for source, target in train.directions():
            self._gains[_key(source, target)] = self._fitted_gain(train, source, target)

    def forget_maps(self) -> None:
        """Let go of the maps that were kept while a method learned."""
        self._kept = {}

    def keep_maps(self, scan: Scan) -> tuple[Image, Image]:
        """Predict the maps of a training scan once."""
        key = (scan.subject, scan.scanner.name)
        if key not in self._kept:
            self._kept[key] = self._predict(scan)
        return self._kept[key]

    def _predict(self, scan: Scan) -> tuple[Image, Image]:
        maps: tuple[Image, Image] = self.fitted_generator.predict(scan)
        return maps

    def _fitted_acquisitions(self, train: Cohort) -> dict[str, EffectiveAcquisition]:
        curves: dict[str, list[IntensityCurve]] = {scanner.name: [] for scanner in train.scanners}
        for subject in train.subjects:
            t1, m0, common = self._mean_maps(train, subject)
            for scanner in train.scanners_of(subject):
                image = train.scan(subject, scanner).image
                curve = intensity_curve(image, t1, m0, common)
                curves[scanner.name] += [curve] if curve else []
        return {s.name: fit_acquisition(s.acquisition, curves[s.name]) for s in train.scanners}

    def _mean_maps(self, train: Cohort, subject: str) -> tuple[Image, Image, Mask]:
        """Return T1, M0 and mask of a person as all its scanners together see it."""
        scans = [train.scan(subject, scanner) for scanner in train.scanners_of(subject)]
        t1, m0 = (np.mean(maps, axis=0) for maps in zip(*map(self.keep_maps, scans), strict=True))
        common = np.logical_and.reduce([scan.mask for scan in scans])
        return t1, m0, common

    def _resolution(self, train: Cohort, scanner: Scanner) -> float:
        """Return the median over people of the smoothing that their maps need, in voxels."""
        widths = []
        for scan in train.scans(scanner):
            t1, m0 = self.keep_maps(scan)
            signal = m0 * self._weight(t1, scan.scanner)
            widths.append(resolution_width(scan.image, signal, scan.mask))
        return float(np.median(widths)) if widths else 0.0

    def _fitted_gain(self, train: Cohort, source: Scanner, target: Scanner) -> float:
        """Return the gain by which constrained images come nearest to the target's."""
        product = power = 0.0
        for subject in train.people(source, target):
            scan, wanted = train.scan(subject, source), train.scan(subject, target)
            common = scan.mask & wanted.mask
            made = self._ungained(scan, target, self.keep_maps(scan))[common]
            product += float(made @ wanted.image[common])
            power += float(made @ made)
        return product / power if power > 0 else 1.0

    def compute(self, scan: Scan, target: Scanner) -> Tensor:
        """Compute the constrained image of a scan, from that scan alone.

        Parameters
        ----------
        scan : Scan
            Source, on the intensity scale of the training cohort.
        target : Scanner
            Whose image it shall become.

        Returns
        -------
        Tensor of float32, shape (X, Y, Z)
            On the intensity scale of the target's training images; 0 outside the scan's mask.
        """
        maps = self._kept.get((scan.subject, scan.scanner.name)) or self._predict(scan)
        gain = self._gains.get(_key(scan.scanner, target), 1.0)
        return torch.from_numpy(gain * self._ungained(scan, target, maps)).clamp(0, _BRIGHTEST)

    def _ungained(self, scan: Scan, target: Scanner, maps: tuple[Image, Image]) -> Image:
        t1, m0 = maps
        width = self._widths.get(scan.scanner.name, 0.0)
        source, wanted = (
            masked_smoothing(m0 * self._weight(t1, scanner), scan.mask, width)
            for scanner in (scan.scanner, target)
        )
        ratio = np.divide(wanted, source, out=np.zeros_like(wanted), where=source > _SMALLEST)
        middle = float(np.median(ratio[scan.mask])) or 1.0
        low, high = _RATIO
        image = scan.image * np.clip(ratio / middle, low, high)
        return np.where(scan.mask, image, 0).astype(np.float32)

    def _weight(self, t1: Image, scanner: Scanner) -> Image:
        acquisition = self.acquisition(scanner)
        weight: Image = t1w_weight(torch.from_numpy(t1), acquisition, model=self._model).numpy()
        return weight

    def signal_of(self, t1: Image, m0: Image, mask: Mask, scanner: Scanner) -> Image:
        """Compute what a scanner makes of maps, at the resolution of its images.

        Parameters
        ----------
        t1, m0 : ndarray of float32, shape (X, Y, Z)
            T1 in ms, and M0.
        mask : ndarray of bool, shape (X, Y, Z)
            Where they are known.
        scanner : Scanner
            One of those fitted to.

        Returns
        -------
        ndarray of float32, shape (X, Y, Z)
            In the units of M0; 0 outside the mask.
        """
        width = self._widths.get(scanner.name, 0.0)
        return masked_smoothing(m0 * self._weight(t1, scanner), mask, width)

    def acquisition(self, scanner: Scanner) -> Acquisition:
        """Return a scanner's acquisition with what was fitted, where something was."""
        known = self._effective.get(scanner.name)
        return known.completed(scanner.acquisition) if known else self._complete(scanner)

    def _complete(self, scanner: Scanner) -> Acquisition:
        """Return what the sidecars say, with usual values for what a train needs besides."""
        return assumed(scanner.acquisition) if self._model == "train" else scanner.acquisition

    def state(self) -> dict[str, Any]:
        """Return everything that was learned, as plain data."""
        return {
            "model": self._model,
            "sidecars": {name: asdict(one) for name, one in self._sidecars.items()},
            "effective": {name: one.as_record() for name, one in self._effective.items()},
            "widths": self._widths,
            "gains": self._gains,
        }

    def restore(self, state: Mapping[str, Any], generator: MapsPredictor) -> None:
        """Take back what `state` returned."""
        self.generator = generator
        self._model = state["model"]
        self._sidecars = {name: Acquisition(**one) for name, one in state["sidecars"].items()}
        self._effective = {
            name: EffectiveAcquisition.from_record(record)
            for name, record in state["effective"].items()
        }
        self._widths = dict(state["widths"])
        self._gains = dict(state["gains"])


def _key(source: Scanner, target: Scanner) -> str:
    return f"{source.name}->{target.name}"
