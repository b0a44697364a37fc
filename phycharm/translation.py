"""Image translation: one network per direction, trained on matched slices."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .cohort import Cohort
from .harmonizer import Harmonizer
from .networks.basic_unet import LEVELS, PAPER_FEATURES, basic_unet, channels_last
from .networks.plan import TrainingPlan
from .networks.slices import SliceCanvas, as_tensor, cut, paste
from .networks.training import Training, adam, in_batches
from .scan import Scan
from .scanner import Scanner
from .seeding import seeded
from .storage import FittedState

HARMONIZATION_PLAN = TrainingPlan(epochs=200, batch_size=2, learning_rate=1e-3, betas=(0.5, 0.999))
"""The preprint's plan for its Harmonization Network."""


class ImageTranslation(Harmonizer):
    """A BasicUNet per direction that maps a prepared source image to the target's image.

    The Harmonization Network of PhyCHarm and the plain U-Net are both this; they differ in
    `_prepare` alone, so that what separates them in a table is the physics.

    Parameters
    ----------
    training : dict, optional
        Values that replace those of the preprint's plan (see `TrainingPlan`).
    features : tuple of int
        Channels of the network.
    dropout : float
        Probability of dropping a channel.
    seed, device
        See `Harmonizer`.
    """

    def __init__(
        self,
        *,
        training: dict[str, Any] | None = None,
        features: tuple[int, ...] = PAPER_FEATURES,
        dropout: float = 0.1,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(seed=seed, device=device)
        self.training = training
        self.features = tuple(features)
        self.dropout = dropout
        self._canvas: SliceCanvas | None = None
        self._networks = nn.ModuleDict()

    @property
    def deviations(self) -> tuple[str, ...]:
        """Where this instance departs from the preprint; one sentence each."""
        plan = HARMONIZATION_PLAN.changed(self.training)
        return (*self.card.deviations, *plan.deviations(HARMONIZATION_PLAN))

    def _prepare(self, scan: Scan, target: Scanner) -> Tensor:
        """Return the network's input for a source scan, shape (C, X, Y, Z)."""
        return as_tensor(scan.image, self.device)

    def _fit(self, train: Cohort, validation: Cohort | None, **context: Any) -> None:
        cohorts = [train] if validation is None else [train, validation]
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
        plan = HARMONIZATION_PLAN.changed(self.training)
        network = self._new_network()
        optimizer = adam(network, plan)
        inputs, wanted = self._matched_slices(train, source, target)

        def step(indices: Tensor) -> dict[str, Tensor]:
            loss = F.mse_loss(network(inputs[indices]), wanted[indices])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            return {"loss": loss}

        validate = None
        if validation is not None:
            valid_inputs, valid_wanted = self._matched_slices(validation, source, target)

            def validate() -> dict[str, Tensor]:
                return {"loss": F.mse_loss(in_batches(network, valid_inputs), valid_wanted)}

        self.history += Training(
            label=f"{self.card.name} {source.name} -> {target.name}",
            plan=plan,
            samples=len(inputs),
            step=step,
            validate=validate,
            modules={"HN": network},
            optimizers=[optimizer],
            tags={"network": "HN", "source": source.name, "target": target.name},
        ).run()
        self._networks[_key(source, target)] = network

    def _new_network(self) -> nn.Module:
        return channels_last(basic_unet(features=self.features, dropout=self.dropout), self.device)

    def _matched_slices(
        self, cohort: Cohort, source: Scanner, target: Scanner
    ) -> tuple[Tensor, Tensor]:
        """Decode all matched slices of a direction once; they stay on the device."""
        assert self._canvas is not None
        inputs, wanted = [], []
        for subject in cohort.subjects:
            scan, reference = cohort.scan(subject, source), cohort.scan(subject, target)
            placement = self._canvas.place(scan.mask)
            inputs.append(cut(self._prepare(scan, target), placement))
            wanted.append(cut(as_tensor(reference.image, self.device), placement))
        return torch.cat(inputs), torch.cat(wanted)

    def _harmonize(self, scan: Scan, target: Scanner) -> Tensor:
        key = _key(scan.scanner, target)
        if self._canvas is None or key not in self._networks:
            raise ValueError(f"{self.card.name} was not fitted to {key}")
        placement = self._canvas.place(scan.mask)
        slices = cut(self._prepare(scan, target), placement)
        return paste(in_batches(self._networks[key], slices), placement)[0]

    def _state(self) -> FittedState:
        if self._canvas is None:
            raise ValueError(f"{self.card.name} is not fitted, so there is nothing to save")
        canvas = [self._canvas.height, self._canvas.width]
        return FittedState(
            tensors=dict(self._networks.state_dict()),
            facts={"canvas": canvas, "directions": list(self._networks)},
        )

    def _restore(self, state: FittedState) -> None:
        height, width = state.facts["canvas"]
        self._canvas = SliceCanvas(height, width, 2**LEVELS)
        # Weights are drawn and thrown away: nobody else's random numbers shall change by that.
        with seeded(self.seed):
            networks = {key: self._new_network() for key in state.facts["directions"]}
        self._networks = nn.ModuleDict(networks)
        self._networks.load_state_dict(state.tensors)
        self._networks.eval()


def _key(source: Scanner, target: Scanner) -> str:
    return f"{source.name}->{target.name}"
