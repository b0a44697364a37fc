"""PhyCHarm: maps, physics, and a network for what the physics does not explain."""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, get_args

import torch
from torch import Tensor
from typing_extensions import override

from ..data.cohort import Cohort
from ..data.quantitative import QuantitativeCohort
from ..data.scan import Scan
from ..data.scanner import Scanner
from ..errors import InputError
from ..harmonizers.card import MethodCard
from ..harmonizers.storage import FittedState
from ..networks.basic_unet import PAPER_FEATURES
from ..networks.canvas.slices import as_tensor
from ..physics.forward import SignalModel
from .constrained_images import PHYSICS, ConstrainedImages, signal_deviations
from .earlier_constrained_images import EarlierConstrainedImages
from .inner_generator import inner_generator
from .maps.deviations import COMMON, STANDARDIZED, changed, changed_channels
from .maps.generator import Preset
from .maps.nesting import add_generator, take_generator
from .synthesised_travellers import synthesised_travellers
from .translation import PAPER_DROPOUT, ImageTranslation

Input = Literal["constrained", "source"]


class PhyCHarm(ImageTranslation):
    """Predict T1 and M0, compute the target's T1w from them, and refine that by a network.

    Parameters
    ----------
    preset : {"corrected", "paper"}
        `paper` only serves to load models that were saved before there was `PhyCHarmPaper`.
    signal : {"train", "ir"}, optional
        Signal model of the constrained image (see `ConstrainedImages`).
    maps : dict, optional
        Settings of the maps generator, used where `fit` is not given a fitted one.
    inputs : sequence of {"constrained", "source"}
        What the network sees, channel by channel: the constrained image, the source image, or both.
        Where the maps are wrong, or the constrained image is flat because two tissues are equally
        bright in it, a network without the source could not know what it has to mend.
    residual : bool
        Whether the network learns the difference from the first of its inputs.
    pretraining : float
        Which part of the steps, 0 to less than 1, go to pairs of images that are synthesised for
        the people with maps, before the travelling people's; needs `quantitative` in `fit`.
    training, features, dropout, seed, device
        See `ImageTranslation`.
    """

    card: ClassVar[MethodCard] = MethodCard(
        name="phycharm",
        summary="T1 and M0 maps from the source image, the target's signal equation, a U-Net.",
        revision="5",
        citation="PhyCHarm. medRxiv 2025. doi:10.1101/2025.02.07.25321867",
        needs=("maps", "quantitative"),
        deviations=(*COMMON, *STANDARDIZED, *PHYSICS),
    )

    slicewise: ClassVar[bool] = False  # signals are smoothed in three dimensions

    def __init__(  # noqa: PLR0913 - the method has that many settings
        self,
        *,
        preset: Preset = "corrected",
        signal: SignalModel | None = None,
        maps: dict[str, Any] | None = None,
        training: dict[str, Any] | None = None,
        features: tuple[int, ...] = PAPER_FEATURES,
        dropout: float = PAPER_DROPOUT,
        inputs: Sequence[Input] = ("constrained", "source"),
        residual: bool = True,
        pretraining: float = 0.5,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(
            training=training,
            features=features,
            dropout=dropout,
            residual=residual,
            seed=seed,
            device=device,
        )
        self.preset: Preset = preset
        self.signal = signal
        self.maps = maps
        self.inputs: tuple[Input, ...] = tuple(inputs)
        self.pretraining = pretraining
        self._others: Cohort | None = None
        self._pretrained_on = 0
        _require_inputs(self.inputs)
        _require_share(pretraining)
        self._physics: ConstrainedImages | EarlierConstrainedImages = ConstrainedImages(
            signal=signal
        )

    @classmethod
    @override
    def current_settings(cls, saved: dict[str, Any]) -> dict[str, Any]:
        settings = dict(saved)
        if "source_channel" in settings:  # revision 3 and before
            both = settings.pop("source_channel")
            settings["inputs"] = ["constrained", "source"] if both else ["constrained"]
            settings["signal"] = None
        settings.setdefault("pretraining", 0.0)  # revision 4 and before
        return settings

    @override
    def learn(self, train: Cohort, validation: Cohort | None, **context: Any) -> None:
        if self.preset == "paper":
            raise InputError(
                "phycharm: preset = 'paper' only reads models of earlier versions; train "
                "phycharm-paper instead."
            )
        settings: dict[str, Any] = {"seed": self.seed} | (self.maps or {})
        generator, curves = inner_generator(
            train, context, method=self.card.name, settings=settings, device=self.device
        )
        self.history += curves
        physics = ConstrainedImages(signal=self.signal)
        physics.learn(train, generator)
        self._physics = physics
        self._others = self._synthesised(train, context.get("quantitative"))
        self._pretrained_on = len(self._others.subjects) if self._others else 0
        super().learn(train, validation, **context)
        self._others = None
        physics.forget_maps()

    def _synthesised(self, train: Cohort, people: QuantitativeCohort | None) -> Cohort | None:
        """Return the people with maps on all scanners, with their predicted maps at hand."""
        assert isinstance(self._physics, ConstrainedImages)
        if not self.pretraining or people is None:
            return None
        others = synthesised_travellers(people, train, self._physics, seed=self.seed)
        for scanner in others.scanners:
            for scan in others.scans(scanner):
                self._physics.keep_maps(scan)
        return others

    @override
    def _earlier_people(self) -> tuple[Cohort, float]:
        nobody = super()._earlier_people()
        return nobody if self._others is None else (self._others, self.pretraining)

    def _channels(self) -> int:
        return len(self.inputs)

    @property
    def findings(self) -> dict[str, Any]:
        """What was found out about the scanners (see `ConstrainedImages.findings`)."""
        return self._physics.findings if isinstance(self._physics, ConstrainedImages) else {}

    @property
    def deviations(self) -> tuple[str, ...]:
        """The card's, and what the settings change."""
        source = ("The network sees the source image beside the constrained one.",)
        return (
            *super().deviations,
            *(source if "source" in self.inputs else ()),
            *self._pretraining_deviations(),
            *changed("Dropout", self.dropout, PAPER_DROPOUT),
            *changed_channels(self.features),
            *signal_deviations(self._physics.model),
        )

    def _pretraining_deviations(self) -> tuple[str, ...]:
        if not self._pretrained_on:
            return ()
        return (
            f"The first {self.pretraining:.0%} of the network's steps are on pairs of images "
            f"synthesised for {self._pretrained_on} people with maps, by the fitted acquisitions.",
        )

    @override
    def _prepare(self, scan: Scan, target: Scanner) -> Tensor:
        """Return the network's input, shape (C, X, Y, Z), from the source image alone."""
        return torch.stack([self._channel(name, scan, target) for name in self.inputs])

    def _channel(self, name: Input, scan: Scan, target: Scanner) -> Tensor:
        if name == "source":
            return as_tensor(scan.image, self.device)[0]
        return self._physics.compute(scan, target).to(self.device)

    @override
    def state(self) -> FittedState:
        own = super().state()
        own.facts["physics"] = self._physics.state()
        own.facts["pretrained_on"] = self._pretrained_on
        return add_generator(own, self._physics.fitted_generator)

    @override
    def restore(self, state: FittedState) -> None:
        own, generator = take_generator(state, device=self.device)
        physics = own.facts.get("physics")
        if physics is None or "gains" not in physics:  # revision 3 and before
            self._physics = EarlierConstrainedImages(decay_only=self.preset == "corrected")
        self._physics.restore(physics or own.facts, generator)
        self._pretrained_on = own.facts.get("pretrained_on", 0)
        super().restore(own)


def _require_inputs(inputs: Sequence[str]) -> None:
    known = get_args(Input)
    if not inputs or len(set(inputs)) < len(inputs) or not set(inputs) <= set(known):
        raise InputError(
            f"phycharm: inputs = {list(inputs)}; name one or both of {', '.join(known)}, each once."
        )


def _require_share(pretraining: float) -> None:
    if not 0 <= pretraining < 1:
        raise InputError(
            f"phycharm: pretraining = {pretraining}; it is the part of the steps that goes to "
            "synthesised pairs, 0 to less than 1."
        )
