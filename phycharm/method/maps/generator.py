"""The generator itself: two networks, trained together on one loss."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...data.quantitative import QuantitativeCohort
from ...data.scan import Scan
from ...data.scanner import Scanner
from ...errors import InputError
from ...harmonizers.storage import FittedState, read_state, write_state
from ...networks.basic_unet import LEVELS, PAPER_FEATURES, BasicUNet, on_device
from ...networks.canvas.field_of_view import FieldOfView
from ...networks.canvas.slices import SliceCanvas, as_tensor, cut, paste
from ...networks.in_batches import in_batches
from ...networks.lessons.regression import Regression
from ...networks.training import Training, adam
from ...physics.acquisition import Acquisition
from ...physics.forward import SignalModel, require_signal, richest_model
from ...physics.open_parameters import assumed
from ...utils.arrays import Image, Mask
from ...utils.seeding import derived_seed, seeded
from .deviations import (
    CORRECTED_CONSISTENCY,
    CORRECTED_MAPS,
    PRINTED_MAPS,
    ROBUST_M0,
    STANDARDIZED,
    changed,
    changed_channels,
)
from .map_losses import LOSS_CASES, Consistency
from .objective import MapObjective
from .predictions import PREDICTIONS, digest_of_arrays, digest_of_weights
from .preprint import CONSTRAINT, GENERATOR_PLAN, M0_UNIT, T1_UNIT_MS, over_4095
from .samples import MapSamples, map_samples
from .variation import varied

Preset = Literal["paper", "corrected"]

_T1_UNIT_MS = {"paper": T1_UNIT_MS, "corrected": 1000.0}
_PREPRINTS_CASE = 4
_VALIDATION_BATCH = 64


class MapsGenerator:
    """Predict T1 and M0 from a T1-weighted image, slice by slice.

    Parameters
    ----------
    preset : {"corrected", "paper"}
        `paper` follows the preprint: images over 4095, M0 over 500, slices and losses of the whole
        field of view, linear outputs, one protocol to learn from, the constraint's TI and TR of the
        authors' code (2830 and 5000 ms). `corrected` works on standardized images of the brain, has
        outputs that cannot be negative, a consistency term that says something, and learns from
        images synthesised for every scanner it will be asked about.
    case : {1, 2, 3, 4}
        Loss weights of the preprint.
    signal : {"train", "ir"}, optional
        Signal model in the consistency term and of the synthesised images. By default the
        preprint's `ir` for `paper`, and for `corrected` the richest that is known of the scanners.
    consistency : {"corrected", "paper"}, optional
        Form of L_cons; by default the preset's own.
    training : dict, optional
        Values that replace those of the preprint's plan (see `TrainingPlan`).
    features : tuple of int
        Channels of both networks.
    m0_unit : float, optional
        What an M0 output of 1 stands for; by default the preprint's 500 for `paper`, else 1.
    seed, device
        As in `Harmonizer`.
    """

    name = "maps"
    revision: ClassVar[str] = "4"
    """Changes whenever the same settings would give other maps; part of what identifies a fit."""

    def __init__(  # noqa: PLR0913 - a generator has that many settings
        self,
        *,
        preset: Preset = "corrected",
        case: int = 4,
        signal: SignalModel | None = None,
        consistency: Consistency | None = None,
        training: dict[str, Any] | None = None,
        features: Sequence[int] = PAPER_FEATURES,
        m0_unit: float | None = None,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        self.preset: Preset = preset
        self.case = case
        self.signal = signal
        self.consistency: Consistency = consistency or preset
        self.training = training
        self.features = tuple(features)
        self.m0_unit = (M0_UNIT if preset == "paper" else 1.0) if m0_unit is None else m0_unit
        self.seed = seed
        self.device = device
        self.history: list[dict[str, Any]] = []
        self.file_units = preset == "paper"
        self._model: SignalModel = "ir"
        self._canvas = SliceCanvas(2**LEVELS, 2**LEVELS, 2**LEVELS)
        self._networks = nn.ModuleDict()
        self._known_digest = ""
        if case not in LOSS_CASES:
            raise InputError(f"No loss case {case!r}; there are: 1, 2, 3, 4.")

    def settings(self) -> dict[str, Any]:
        """Return every constructor parameter except the device."""
        return {
            "preset": self.preset,
            "case": self.case,
            "signal": self.signal,
            "consistency": self.consistency,
            "training": self.training,
            "features": list(self.features),
            "m0_unit": self.m0_unit,
            "seed": self.seed,
        }

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.settings().items())
        return f"{type(self).__name__}({shown})"

    @property
    def deviations(self) -> tuple[str, ...]:
        """Where this generator, as it is set, departs from the preprint; one sentence each."""
        own = PRINTED_MAPS if self.preset == "paper" else CORRECTED_MAPS
        # Generators of revision 1 had the printed equations on standardized images.
        older = () if self.file_units or self.preset == "corrected" else STANDARDIZED
        cured = (CORRECTED_CONSISTENCY,) if self.consistency == "corrected" else ()
        return (
            *own,
            *older,
            *cured,
            *self._m0_deviations(),
            *changed("Signal model", self.signal or self._model, "ir"),
            *changed("Loss case", self.case, _PREPRINTS_CASE),
            *changed_channels(self.features),
            *GENERATOR_PLAN.changed(self.training).deviations(GENERATOR_PLAN),
        )

    def _m0_deviations(self) -> tuple[str, ...]:
        if self.m0_unit == 1 and not self.file_units:
            return (ROBUST_M0,)
        return changed("What counts as 1 in M0", self.m0_unit, M0_UNIT)

    @property
    def parameters(self) -> int:
        """Number of trainable numbers."""
        return sum(parameter.numel() for parameter in self._networks.parameters())

    def fit(
        self,
        train: QuantitativeCohort,
        validation: QuantitativeCohort | None = None,
        *,
        scanners: Sequence[Scanner] = (),
    ) -> Self:
        """Learn from people with measured maps.

        Parameters
        ----------
        train, validation : QuantitativeCohort
            To learn from, and to choose the state by.
        scanners : sequence of Scanner
            Whose T1-weighted images the generator will be asked about (`corrected` only).

        Returns
        -------
        MapsGenerator
            Itself, fitted.
        """
        with seeded(derived_seed(self.seed, self.name, "fit")):
            cohorts = [train] if validation is None else [train, validation]
            masks = (part.read(one).scan.mask for part in cohorts for one in part.subjects)
            self._canvas = self._kind_of_canvas().around(masks, multiple=2**LEVELS)
            self._networks, self._known_digest = self._new_networks(), ""
            asked = self._acquisitions(scanners)
            self._model = self._choose_model(train, asked)
            synthesised = list(map(assumed, asked)) if self._model == "train" else asked
            if self.preset == "corrected":
                for scanner in scanners:
                    require_signal(scanner.name, assumed(scanner.acquisition), model=self._model)
            self.history = self._train(
                self._samples(train, synthesised),
                None if validation is None else self._validation(validation, synthesised),
            )
        return self

    def predict(self, scan: Scan) -> tuple[Image, Image]:
        """Predict the maps of one scan.

        Parameters
        ----------
        scan : Scan
            T1-weighted, standardized.

        Returns
        -------
        t1 : ndarray of float32, shape (X, Y, Z)
            T1 in ms; 0 outside the brain.
        m0 : ndarray of float32, shape (X, Y, Z)
            M0; 0 outside the brain. About 1 at its 99th percentile, or in the units of the file
            that it was learned from, if the generator works in these (`file_units`).

        Raises
        ------
        ValueError
            If the generator is not fitted.
        """
        if not self._networks:
            raise ValueError("the maps generator is not fitted")
        image = over_4095(scan).image if self.file_units else scan.image
        key = digest_of_arrays(self._digest(), image, scan.mask)
        return PREDICTIONS.recall(key, lambda: self._predict(image, scan.mask))

    def _digest(self) -> str:
        """Return a digest of all that decides the maps of an image; once, for it takes a while."""
        if not self._known_digest:
            canvas = (type(self._canvas).__name__, self._canvas.height, self._canvas.width)
            facts = (*canvas, self.preset, self.m0_unit, self.device, torch.get_num_threads())
            self._known_digest = digest_of_weights(self._networks.state_dict(), *facts)
        return self._known_digest

    def _predict(self, image: Image, inside: Mask) -> tuple[Image, Image]:
        placement = self._canvas.place(inside)
        slices = cut(as_tensor(image, self.device), placement)
        mask = torch.from_numpy(np.ascontiguousarray(inside)).to(self.device)
        with torch.no_grad():
            t1, m0 = (
                paste(self._head(in_batches(self._networks[key], slices)), placement)[0] * mask
                for key in ("T1", "M0")
            )
        return (t1 * _T1_UNIT_MS[self.preset]).cpu().numpy(), (m0 * self.m0_unit).cpu().numpy()

    def save(self, folder: Path) -> None:
        """Write the generator: safetensors and JSON."""
        write_state(folder, self.state())

    @classmethod
    def load(cls, folder: Path, *, device: str = "cpu") -> Self:
        """Read a generator that `save` wrote.

        Raises
        ------
        InputError
            If the folder holds none.
        """
        state = read_state(folder, method=cls.name)
        generator = cls(**state.facts["settings"], device=device)
        generator.restore(state)
        return generator

    def state(self) -> FittedState:
        """Return settings and weights, for a method that keeps a generator inside itself."""
        facts = {
            "harmonizer": self.name,
            "settings": self.settings(),
            "canvas": [self._canvas.height, self._canvas.width],
            "model": self._model,
            "revision": self.revision,
            "file_units": self.file_units,
        }
        return FittedState(tensors=dict(self._networks.state_dict()), facts=facts)

    def restore(self, state: FittedState) -> None:
        """Take back the weights that `state` returned."""
        height, width = state.facts["canvas"]
        # Revision 1 knew standardized images of the brain alone.
        self.file_units = state.facts.get("file_units", False)
        self._canvas = self._kind_of_canvas()(height, width, 2**LEVELS)
        self._model = state.facts["model"]
        # Weights are drawn and thrown away: nobody else's random numbers shall change by that.
        with seeded(self.seed):
            self._networks = self._new_networks()
        self._networks.load_state_dict(state.tensors)
        self._known_digest = ""
        self._networks.eval()

    def _kind_of_canvas(self) -> type[SliceCanvas]:
        return FieldOfView if self.file_units else SliceCanvas

    def _new_networks(self) -> nn.ModuleDict:
        networks = {key: BasicUNet(features=self.features) for key in ("T1", "M0")}
        return nn.ModuleDict({k: on_device(net, self.device) for k, net in networks.items()})

    def _head(self, raw: Tensor) -> Tensor:
        # Relaxation times and magnetization are positive; the preprint's linear output is not.
        return raw if self.preset == "paper" else F.softplus(raw)

    def _acquisitions(self, scanners: Sequence[Scanner]) -> list[Acquisition]:
        if self.preset == "paper":
            return []
        return list(dict.fromkeys(scanner.acquisition for scanner in scanners))

    def _choose_model(
        self, train: QuantitativeCohort, synthesised: Sequence[Acquisition]
    ) -> SignalModel:
        if self.signal is not None:
            return self.signal
        if self.preset == "paper":
            return "ir"
        own = [train.read(subject).scan.scanner.acquisition for subject in train.subjects]
        return richest_model([*own, *synthesised])

    def _samples(
        self, cohort: QuantitativeCohort, synthesised: Sequence[Acquisition]
    ) -> MapSamples:
        return map_samples(
            cohort,
            self._canvas,
            synthesised,
            model=self._model,
            device=self.device,
            m0_unit=self.m0_unit,
            file_units=self.file_units,
        )

    def _validation(
        self, cohort: QuantitativeCohort, synthesised: Sequence[Acquisition]
    ) -> MapSamples:
        """Return the samples by which the state is chosen; what varies is drawn once for them."""
        with seeded(derived_seed(self.seed, self.name, "validation")):
            return self._varied(self._samples(cohort, synthesised))

    def _train(self, train: MapSamples, valid: MapSamples | None) -> list[dict[str, Any]]:
        plan = GENERATOR_PLAN.changed(self.training)
        networks = dict(self._networks.items())
        regression = Regression(
            networks=networks,
            optimizer=adam(self._networks, plan),
            batch=lambda indices: self._varied(train.at(indices)),
            shape=train.image.shape[1:],
            inputs=lambda samples: samples.image,
            loss=self._loss,
        )
        return Training(
            label=f"maps generator, case {self.case}",
            plan=plan,
            samples=len(train),
            step=regression.lesson.step,
            validate=None if valid is None else partial(_mean_terms, regression, valid),
            modules=networks,
            optimizers=[regression.optimizer],
            tags={"network": "QMG", "source": "", "target": ""},
            lesson=regression.lesson,
        ).run()

    def _varied(self, samples: MapSamples) -> MapSamples:
        return samples if self.preset == "paper" else varied(samples, model=self._model)

    def _loss(self, made: Mapping[str, Tensor], samples: MapSamples) -> dict[str, Tensor]:
        t1, m0 = (self._head(made[key]) for key in ("T1", "M0"))
        return self._objective().terms(samples, t1 * _T1_UNIT_MS[self.preset], m0)

    def _objective(self) -> MapObjective:
        return MapObjective(
            weights=LOSS_CASES[self.case],
            t1_unit=_T1_UNIT_MS[self.preset],
            model=self._model,
            consistency=self.consistency,
            constraint=CONSTRAINT if self.preset == "paper" else None,
            whole_image=self.file_units,
        )


def _mean_terms(regression: Regression[MapSamples], samples: MapSamples) -> dict[str, Tensor]:
    """Return the loss terms of many samples, a few at a time."""
    parts = torch.arange(len(samples)).split(_VALIDATION_BATCH)
    terms: list[tuple[int, Any]] = [
        (len(part), regression.terms(samples.at(part))) for part in parts
    ]
    return {
        name: torch.stack([count * term[name] for count, term in terms]).sum() / len(samples)
        for name in terms[0][1]
    }
