"""Image translation: one network per direction, trained on matched slices."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from typing_extensions import override

from ..data.cohort import Cohort
from ..data.scan import Scan
from ..data.scanner import Scanner
from ..harmonizers.harmonizer import Harmonizer
from ..harmonizers.storage import FittedState
from ..networks.basic_unet import LEVELS, PAPER_FEATURES, BasicUNet, on_device
from ..networks.canvas.slices import SliceCanvas, as_tensor, cut, paste
from ..networks.in_batches import in_batches
from ..networks.lessons.regression import Regression
from ..networks.losses import masked_mse
from ..networks.plan import TrainingPlan
from ..networks.training import Training, adam
from ..utils.seeding import seeded

HARMONIZATION_PLAN = TrainingPlan(epochs=200, batch_size=2, learning_rate=1e-3, betas=(0.5, 0.999))
"""The preprint's plan for its Harmonization Network."""

PAPER_DROPOUT = 0.1
"""The preprint's."""

PRETRAINED = "HN, synthesised pairs"
"""Network in the history of what a network learned before it saw travelling people."""


@dataclass(frozen=True, kw_only=True)
class MatchedSlices:
    """Slices of the same people on two scanners, on the device.

    Parameters
    ----------
    inputs : Tensor, shape (N, C, H, W)
        What the network sees.
    wanted : Tensor, shape (N, 1, H, W)
        The target's slices.
    mask : Tensor of bool, shape (N, 1, H, W)
        Brain on both scanners.
    """

    inputs: Tensor
    wanted: Tensor
    mask: Tensor

    def __len__(self) -> int:
        return len(self.inputs)

    def at(self, indices: Tensor) -> "MatchedSlices":
        """Return some of the slices."""
        return MatchedSlices(
            inputs=self.inputs[indices], wanted=self.wanted[indices], mask=self.mask[indices]
        )


class ImageTranslation(Harmonizer):
    """A BasicUNet per direction that maps a prepared source image to the target's image.

    The Harmonization Network of PhyCHarm and the plain U-Net are both this; they differ in
    `_prepare` alone, so that what separates them in a table is the physics. A direction is learned
    from the people who were on both scanners; one that nobody was on both of is not learned.

    Parameters
    ----------
    training : dict, optional
        Values that replace those of the preprint's plan (see `TrainingPlan`).
    features : tuple of int
        Channels of the network.
    dropout : float
        Probability of dropping a channel.
    residual : bool
        Whether the network learns the difference from its input instead of the whole image, so
        that it need not first learn to copy; the preprint's does not.
    seed, device
        See `Harmonizer`.
    """

    stackable: ClassVar[bool] = True
    slicewise: ClassVar[bool] = True
    """Whether every slice is looked at on its own; the laws hold a method to what it says."""

    def __init__(
        self,
        *,
        training: dict[str, Any] | None = None,
        features: tuple[int, ...] = PAPER_FEATURES,
        dropout: float = PAPER_DROPOUT,
        residual: bool = True,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(seed=seed, device=device)
        self.training = training
        self.features = tuple(features)
        self.dropout = dropout
        self.residual = residual
        self._canvas: SliceCanvas | None = None
        self._networks = nn.ModuleDict()

    @property
    def deviations(self) -> tuple[str, ...]:
        """Where this instance departs from the preprint; one sentence each."""
        plan = HARMONIZATION_PLAN.changed(self.training)
        own = ("The network learns the difference from its input.",) if self.residual else ()
        return (*self.card.deviations, *own, *plan.deviations(HARMONIZATION_PLAN))

    def _prepare(self, scan: Scan, target: Scanner) -> Tensor:
        """Return the network's input for a source scan, shape (C, X, Y, Z)."""
        return as_tensor(scan.image, self.device)

    @override
    def learn(self, train: Cohort, validation: Cohort | None, **context: Any) -> None:
        others, _ = self._earlier_people()
        cohorts = [train, others] if validation is None else [train, validation, others]
        masks = (
            s.mask for cohort in cohorts for where in cohort.scanners for s in cohort.scans(where)
        )
        self._canvas = SliceCanvas.around(masks, multiple=2**LEVELS)
        self._networks = nn.ModuleDict()
        for source, target in train.directions():
            self._fit_direction(source, target, train, validation)

    def _fit_direction(
        self, source: Scanner, target: Scanner, train: Cohort, validation: Cohort | None
    ) -> None:
        if not train.people(source, target):
            return
        network = self._new_network()
        slices = self._matched_slices(train, source, target)
        others = None
        if validation is not None and validation.people(source, target):
            others = self._matched_slices(validation, source, target)
        plan, done = self._pretrained(network, source, target, samples=len(slices))
        tags = {"network": "HN", "source": source.name, "target": target.name}
        self._optimize(network, plan, slices, others, tags=tags, done=done)
        self._networks[_key(source, target)] = network

    def _pretrained(
        self, network: nn.Module, source: Scanner, target: Scanner, *, samples: int
    ) -> tuple[TrainingPlan, int]:
        """Spend part of the plan on other people's pairs; return what is left, and the steps."""
        plan = HARMONIZATION_PLAN.changed(self.training)
        others, share = self._earlier_people()
        steps = round(share * plan.length(samples))
        if not steps or not others.people(source, target):
            return plan, 0
        tags = {"network": PRETRAINED, "source": source.name, "target": target.name}
        pairs = self._matched_slices(others, source, target)
        self._optimize(network, plan.of_steps(steps), pairs, None, tags=tags)
        return plan.of_steps(max(1, plan.length(samples) - steps)), steps

    def _earlier_people(self) -> tuple[Cohort, float]:
        """Return whom networks learn from before the travelling people, and in which share."""
        return _NOBODY, 0.0

    def _optimize(
        self,
        network: nn.Module,
        plan: TrainingPlan,
        slices: MatchedSlices,
        others: MatchedSlices | None,
        *,
        tags: dict[str, str],
        done: int = 0,
    ) -> None:
        """Train a network on slices; with others, choose the state by these."""
        regression = Regression(
            networks={"HN": network},
            optimizer=adam(network, plan),
            batch=slices.at,
            shape=slices.inputs.shape[1:],
            inputs=lambda batch: batch.inputs,
            loss=self._loss,
        )
        self.history += Training(
            label=f"{self.card.name} {tags['source']} -> {tags['target']}",
            plan=plan,
            samples=len(slices),
            step=regression.lesson.step,
            validate=None if others is None else partial(regression.terms, others),
            modules={"HN": network},
            optimizers=[regression.optimizer],
            tags=tags,
            done=done,
            lesson=regression.lesson,
        ).run()

    def _channels(self) -> int:
        """Return how many channels `_prepare` makes."""
        return 1

    def _new_network(self) -> nn.Module:
        network = BasicUNet(
            in_channels=self._channels(), features=self.features, dropout=self.dropout
        )
        return on_device(network, self.device)

    def _loss(self, made: Mapping[str, Tensor], slices: MatchedSlices) -> dict[str, Tensor]:
        """Mean squared difference where both scanners saw brain."""
        image = self._image(slices.inputs, made["HN"])
        return {"loss": masked_mse(image, slices.wanted, slices.mask)}

    def _image(self, inputs: Tensor, made: Tensor) -> Tensor:
        return inputs[:, :1] + made if self.residual else made

    def _matched_slices(self, cohort: Cohort, source: Scanner, target: Scanner) -> MatchedSlices:
        """Decode all matched slices of a direction once; they stay on the device."""
        assert self._canvas is not None
        parts = []
        for subject in cohort.people(source, target):
            scan, reference = cohort.scan(subject, source), cohort.scan(subject, target)
            placement = self._canvas.place(scan.mask)
            # Where the target's mask ends before the source's, its image is 0 without being dark.
            common = scan.mask & reference.mask
            volumes = (
                self._prepare(scan, target),
                as_tensor(reference.image, self.device),
                as_tensor(common.astype(np.float32), self.device),
            )
            parts.append([cut(volume, placement) for volume in volumes])
        inputs, wanted, mask = (torch.cat(column) for column in zip(*parts, strict=True))
        return MatchedSlices(inputs=inputs, wanted=wanted, mask=mask > 0)

    @override
    def apply(self, scan: Scan, target: Scanner) -> Tensor:
        key = _key(scan.scanner, target)
        if self._canvas is None or key not in self._networks:
            raise ValueError(f"{self.card.name} was not fitted to {key}")
        placement = self._canvas.place(scan.mask)
        slices = cut(self._prepare(scan, target), placement)
        made = in_batches(self._networks[key], slices)
        return paste(self._image(slices, made), placement)[0]

    @override
    def state(self) -> FittedState:
        if self._canvas is None:
            raise ValueError(f"{self.card.name} is not fitted, so there is nothing to save")
        canvas = [self._canvas.height, self._canvas.width]
        return FittedState(
            tensors=dict(self._networks.state_dict()),
            facts={"canvas": canvas, "directions": list(self._networks)},
        )

    @override
    def restore(self, state: FittedState) -> None:
        height, width = state.facts["canvas"]
        self._canvas = SliceCanvas(height, width, 2**LEVELS)
        # Weights are drawn and thrown away: nobody else's random numbers shall change by that.
        with seeded(self.seed):
            networks = {key: self._new_network() for key in state.facts["directions"]}
        self._networks = nn.ModuleDict(networks)
        self._networks.load_state_dict(state.tensors)
        self._networks.eval()


def _nobody(subject: str, scanner: Scanner) -> Scan:
    raise KeyError(f"no scan of {subject} on {scanner.name}")


_NOBODY = Cohort(subjects=(), scanners=(), load=_nobody)


def _key(source: Scanner, target: Scanner) -> str:
    return f"{source.name}->{target.name}"
