"""PhyCHarm: maps, physics, and a network for what the physics does not explain."""

from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from typing_extensions import override

from ..data.cohort import Cohort
from ..data.scan import Scan
from ..data.scanner import Scanner
from ..errors import InputError
from ..harmonizers.card import MethodCard
from ..harmonizers.storage import FittedState
from ..networks.basic_unet import PAPER_FEATURES
from ..physics.forward import SignalModel, richest_model, t1w_weight
from ..physics.inversion_recovery import constrained_t1w
from .maps import MapsGenerator
from .maps.generator import Preset
from .translation import ImageTranslation

_MAPS_PREFIX = "maps."
_BRIGHTEST = 3.0


class PhyCHarm(ImageTranslation):
    """Predict T1 and M0, compute the target's T1w from them, and refine that by a network.

    Parameters
    ----------
    preset : {"corrected", "paper"}
        `paper` uses the preprint's equations as printed; `corrected` its cures (see
        `MapsGenerator`).
    signal : {"mprage", "ir"}, optional
        Signal model of the constrained image. By default the preprint's `ir` for `paper`, and for
        `corrected` the richest that is known of the scanners.
    maps : dict, optional
        Settings of the maps generator, used where `fit` is not given a fitted one.
    source_channel : bool, optional
        Whether the network sees the source image beside the constrained one; by default for
        `corrected`. Where the maps are wrong, or the constrained image is flat because two tissues
        are equally bright in it, the network could not know what it has to mend.
    residual : bool, optional
        See `ImageTranslation`; by default for `corrected`.
    training, features, dropout, seed, device
        See `ImageTranslation`.
    """

    card: ClassVar[MethodCard] = MethodCard(
        name="phycharm",
        summary="T1 and M0 maps from the source image, the target's signal equation, a U-Net.",
        revision="3",
        citation="PhyCHarm. medRxiv 2025. doi:10.1101/2025.02.07.25321867",
        needs=("maps",),
    )

    def __init__(  # noqa: PLR0913 - the method has that many settings
        self,
        *,
        preset: Preset = "corrected",
        signal: SignalModel | None = None,
        maps: dict[str, Any] | None = None,
        training: dict[str, Any] | None = None,
        features: tuple[int, ...] = PAPER_FEATURES,
        dropout: float = 0.1,
        source_channel: bool | None = None,
        residual: bool | None = None,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(
            training=training,
            features=features,
            dropout=dropout,
            residual=preset == "corrected" if residual is None else residual,
            seed=seed,
            device=device,
        )
        self.preset: Preset = preset
        self.signal = signal
        self.maps = maps
        self.source_channel = preset == "corrected" if source_channel is None else source_channel
        self._generator = MapsGenerator(preset=preset, device=device)
        self._model: SignalModel = "ir"

    @override
    def learn(self, train: Cohort, validation: Cohort | None, **context: Any) -> None:
        self._generator = context.get("maps") or self._fitted_generator(train, context)
        self._model = self.signal or self._default_model(train)
        super().learn(train, validation, **context)

    def _fitted_generator(self, train: Cohort, context: dict[str, Any]) -> MapsGenerator:
        quantitative = context.get("quantitative")
        if quantitative is None:
            raise InputError(
                "phycharm needs a quantitative cohort (MPRAGE, MP2RAGE INV2 and T1map of other "
                "people) in the dataset, or a maps generator trained with `phycharm train-maps`."
            )
        settings: dict[str, Any] = {"preset": self.preset, "seed": self.seed} | (self.maps or {})
        generator = MapsGenerator(**settings, device=self.device)
        generator.fit(quantitative, context.get("quantitative_validation"), scanners=train.scanners)
        self.history += generator.history
        return generator

    def _default_model(self, train: Cohort) -> SignalModel:
        if self.preset == "paper":
            return "ir"
        return richest_model(scanner.acquisition for scanner in train.scanners)

    def _channels(self) -> int:
        return 2 if self.source_channel else 1

    @property
    def deviations(self) -> tuple[str, ...]:
        """The card's, and what the settings change."""
        seen = ("The network sees the source image beside the constrained one.",)
        return super().deviations + (seen if self.source_channel else ())

    def _prepare(self, scan: Scan, target: Scanner) -> Tensor:
        """Compute the constrained T1w from the source image alone, shape (C, X, Y, Z)."""
        t1, m0 = (torch.from_numpy(volume) for volume in self._generator.predict(scan))
        image, mask = (
            torch.from_numpy(np.ascontiguousarray(volume)) for volume in (scan.image, scan.mask)
        )
        source, wanted = (
            m0 * t1w_weight(t1, acquisition, model=self._model)
            for acquisition in (scan.scanner.acquisition, target.acquisition)
        )
        # M0 has a scale of its own: the predicted source signal is put on the image's.
        scale = image[mask].median() / source[mask].median().clamp(min=1e-6)
        constrained = constrained_t1w(
            image,
            source * scale,
            wanted * scale,
            source_echo_time=scan.scanner.acquisition.echo_time,
            target_echo_time=target.acquisition.echo_time,
            decay_only=self.preset == "corrected",
        )
        prepared = [self._standardized(constrained * mask, mask)]
        return torch.stack(prepared + [image] * self.source_channel).to(self.device)

    @staticmethod
    def _standardized(image: Tensor, mask: Tensor) -> Tensor:
        """Divide by the 99th percentile of the brain, as every scan is."""
        brightest = float(np.percentile(image[mask].numpy(), 99))
        return (image / max(brightest, 1e-6)).clamp(0, _BRIGHTEST)

    @override
    def state(self) -> FittedState:
        state, inner = super().state(), self._generator.state()
        maps = {_MAPS_PREFIX + name: tensor for name, tensor in inner.tensors.items()}
        return FittedState(
            tensors=state.tensors | maps,
            facts=state.facts | {"maps": inner.facts, "model": self._model},
        )

    @override
    def restore(self, state: FittedState) -> None:
        inner = {
            name.removeprefix(_MAPS_PREFIX): tensor
            for name, tensor in state.tensors.items()
            if name.startswith(_MAPS_PREFIX)
        }
        own = {n: tensor for n, tensor in state.tensors.items() if not n.startswith(_MAPS_PREFIX)}
        facts = state.facts["maps"]
        self._generator = MapsGenerator(**facts["settings"], device=self.device)
        self._generator.restore(FittedState(tensors=inner, facts=facts))
        self._model = state.facts["model"]
        super().restore(FittedState(tensors=own, facts=state.facts))
