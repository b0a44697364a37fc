"""PhyCHarm without its network: the constrained image alone."""

from typing import Any, ClassVar

from torch import Tensor
from typing_extensions import override

from ..data.cohort import Cohort
from ..data.scan import Scan
from ..data.scanner import Scanner
from ..harmonizers.card import MethodCard
from ..harmonizers.harmonizer import Harmonizer
from ..harmonizers.storage import FittedState
from ..physics.forward import SignalModel
from .constrained_images import ConstrainedImages, signal_deviations
from .inner_generator import inner_generator
from .maps.nesting import add_generator, take_generator


class PhyCHarmPhysics(Harmonizer):
    """The image that the target's signal equation makes of maps predicted from the source image.

    What it learns of the travelling people is how the scanners acquire, a handful of numbers; it
    shows what physics alone can do, and what the network of `PhyCHarm` adds.

    Parameters
    ----------
    signal : {"train", "ir"}, optional
        See `ConstrainedImages`.
    maps : dict, optional
        Settings of the maps generator, used where `fit` is not given a fitted one.
    seed, device
        See `Harmonizer`.
    """

    card: ClassVar[MethodCard] = MethodCard(
        name="phycharm-physics",
        summary="PhyCHarm's constrained image alone: maps and the target's signal equation.",
        citation="PhyCHarm. medRxiv 2025. doi:10.1101/2025.02.07.25321867",
        needs=("maps",),
        deviations=("The constrained image is the result; the preprint has a network refine it.",),
    )

    def __init__(
        self,
        *,
        signal: SignalModel | None = None,
        maps: dict[str, Any] | None = None,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(seed=seed, device=device)
        self.signal = signal
        self.maps = maps
        self._physics = ConstrainedImages(signal=signal)

    @property
    @override
    def deviations(self) -> tuple[str, ...]:
        """The card's, and the signal model."""
        return (*self.card.deviations, *signal_deviations(self._physics.model))

    @property
    @override
    def findings(self) -> dict[str, Any]:
        """What was found out about the scanners (see `Harmonizer.findings`)."""
        return self._physics.findings

    @override
    def learn(self, train: Cohort, validation: Cohort | None, **context: Any) -> None:
        settings: dict[str, Any] = {"seed": self.seed} | (self.maps or {})
        generator, curves = inner_generator(
            train, context, method=self.card.name, settings=settings, device=self.device
        )
        self.history += curves
        self._physics.learn(train, generator)
        self._physics.forget_maps()

    @override
    def apply(self, scan: Scan, target: Scanner) -> Tensor:
        return self._physics.compute(scan, target)

    @override
    def state(self) -> FittedState:
        own = FittedState(facts={"physics": self._physics.state()})
        return add_generator(own, self._physics.fitted_generator)

    @override
    def restore(self, state: FittedState) -> None:
        own, generator = take_generator(state, device=self.device)
        self._physics.restore(own.facts["physics"], generator)
