"""PhyCHarm as its preprint prints it."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from typing_extensions import override

from ..data.cohort import Cohort
from ..data.intensity import standardize
from ..data.scan import Scan
from ..data.scanner import Scanner
from ..errors import InputError
from ..harmonizers.card import MethodCard
from ..harmonizers.storage import FittedState
from ..networks.basic_unet import LEVELS, PAPER_FEATURES
from ..networks.canvas.field_of_view import FieldOfView
from ..physics.forward import t1w_weight
from ..physics.inversion_recovery import constrained_t1w
from .inner_generator import inner_generator
from .maps import MapsGenerator
from .maps.deviations import COMMON, MAGNITUDE, PADDED, SHORTEST_T1, changed, changed_channels
from .maps.nesting import add_generator, take_generator
from .maps.preprint import over_4095
from .translation import HARMONIZATION_PLAN, PAPER_DROPOUT, ImageTranslation, MatchedSlices


class PhyCHarmPaper(ImageTranslation):
    """The preprint's equations, scales, losses and hyper-parameters as they are printed.

    Images are those of the files over 4095, whole slices of the whole field of view; the
    constrained image (equations 7 to 10, see `constrained_t1w`) is all that the network sees, and
    what it answers is the image. Equation 8 divides an image over 4095 by an M0 of some hundreds,
    so that the T2* of equation 9 is a fraction of a millisecond and no tissue's; that is what is
    printed. Where the preprint and its authors' code disagree or the code crashes, `deviations`
    says what is done. See `PhyCHarm` for the method with its faults cured.

    Parameters
    ----------
    maps : dict, optional
        Settings of the maps generator, used where `fit` is not given a fitted one; its preset is
        `paper`.
    training, features, dropout, seed, device
        See `ImageTranslation`.
    """

    card: ClassVar[MethodCard] = MethodCard(
        name="phycharm-paper",
        revision="2",
        summary="PhyCHarm as its preprint prints it, with no fault of it cured.",
        citation="PhyCHarm. medRxiv 2025. doi:10.1101/2025.02.07.25321867",
        needs=("maps", "acquisition", "echo_time"),
        maps_preset="paper",
        deviations=(
            *COMMON,
            PADDED,
            SHORTEST_T1,
            MAGNITUDE,
            "Where f(T1; TI, TR) would change its sign below a T1 of 2000 ms, the repetition time "
            "of the readout takes the place of TR, as in the authors' code for GE (8.232 ms).",
            "In equation 8, C is kept between 0 and 3; where the source image or the predicted M0 "
            "is not positive, so that equation 9 has no value, the constrained image is 0.",
            "T2* comes from the source image in every direction; for the way back the authors' "
            "code takes it from the image that is to be predicted.",
            "Every direction runs, and takes T1 for T1 and M0 for M0; in the authors' code one "
            "crashes and one takes T1 for M0.",
            "The answer, the target's image over 4095, is standardized as every scan is; the scale "
            "of the person's own target scan is unknown.",
        ),
    )

    def __init__(
        self,
        *,
        maps: dict[str, Any] | None = None,
        training: dict[str, Any] | None = None,
        features: tuple[int, ...] = PAPER_FEATURES,
        dropout: float = PAPER_DROPOUT,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(
            training=training,
            features=features,
            dropout=dropout,
            residual=False,
            seed=seed,
            device=device,
        )
        self.maps = maps
        self._generator = MapsGenerator(preset="paper", device=device)

    @property
    @override
    def deviations(self) -> tuple[str, ...]:
        """Where this instance, as it is set, departs from the preprint; one sentence each."""
        plan = HARMONIZATION_PLAN.changed(self.training)
        return (
            *self.card.deviations,
            *changed("Dropout", self.dropout, PAPER_DROPOUT),
            *changed_channels(self.features),
            *plan.deviations(HARMONIZATION_PLAN),
        )

    @override
    def learn(self, train: Cohort, validation: Cohort | None, **context: Any) -> None:
        settings: dict[str, Any] = {"preset": "paper", "seed": self.seed} | (self.maps or {})
        # Refused before a generator is trained for hours.
        _require_printed(context.get("maps") or MapsGenerator(**settings))
        self._generator, curves = inner_generator(
            train, context, method=self.card.name, settings=settings, device=self.device
        )
        self.history += curves
        printed = train.map(over_4095)
        valid = None if validation is None else validation.map(over_4095)
        cohorts = [printed] if valid is None else [printed, valid]
        masks = (s.mask for part in cohorts for on in part.scanners for s in part.scans(on))
        self._canvas = FieldOfView.around(masks, multiple=2**LEVELS)
        self._networks = nn.ModuleDict()
        for source, target in printed.directions():
            self._fit_direction(source, target, printed, valid)

    @override
    def _loss(self, made: Mapping[str, Tensor], slices: MatchedSlices) -> dict[str, Tensor]:
        """Mean squared difference over the whole image."""
        return {"loss": F.mse_loss(self._image(slices.inputs, made["HN"]), slices.wanted)}

    @override
    def _prepare(self, scan: Scan, target: Scanner) -> Tensor:
        """Compute the constrained T1w (equation 10), shape (1, X, Y, Z), of a scan over 4095."""
        t1, m0 = (torch.from_numpy(volume) for volume in self._generator.predict(scan))
        source, wanted = (
            m0.clamp(min=0) * t1w_weight(t1, acquisition, model="ir")
            for acquisition in (scan.scanner.acquisition, target.acquisition)
        )
        constrained = constrained_t1w(
            torch.from_numpy(np.ascontiguousarray(scan.image)),
            source,
            wanted,
            source_echo_time=scan.scanner.acquisition.timing.echo_time,
            target_echo_time=target.acquisition.timing.echo_time,
        )
        return constrained[None].to(self.device)

    @override
    def apply(self, scan: Scan, target: Scanner) -> Tensor:
        answer = super().apply(over_4095(scan), target).cpu().numpy()
        return torch.from_numpy(standardize(answer, scan.mask, scan.standardization))

    @override
    def state(self) -> FittedState:
        return add_generator(super().state(), self._generator)

    @override
    def restore(self, state: FittedState) -> None:
        own, self._generator = take_generator(state, device=self.device)
        super().restore(own)
        height, width = own.facts["canvas"]
        self._canvas = FieldOfView(height, width, 2**LEVELS)


def _require_printed(generator: MapsGenerator) -> None:
    if not generator.file_units:
        raise InputError(
            f"phycharm-paper was given maps of the preset {generator.preset!r} on standardized "
            "images, and the preprint's are on images over 4095; train them with `phycharm "
            "train-maps --preset paper`."
        )
