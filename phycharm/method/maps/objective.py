"""What the Quantitative Maps Generator minimises."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ...networks.losses import masked_mse
from ...physics.acquisition import Acquisition
from ...physics.forward import SignalModel, t1w_weight
from .map_losses import CORRECTED_SCALE, Consistency, LossWeights, consistency_loss
from .samples import MapSamples


@dataclass(frozen=True, kw_only=True)
class MapObjective:
    """The total loss of the preprint (equation 2) for one setting of the generator.

    Parameters
    ----------
    weights : LossWeights
        Of the loss case.
    t1_unit : float
        ms that count as 1 in the squared error of T1.
    model : {"ir", "mprage"}
        Signal model of the consistency term.
    consistency : {"paper", "corrected"}
        Its form.
    constraint : Acquisition, optional
        One acquisition for all images, as in the authors' code; by default each image's own.
    whole_image : bool
        Whether errors count outside the brain too, as in the preprint.
    """

    weights: LossWeights
    t1_unit: float
    model: SignalModel
    consistency: Consistency
    constraint: Acquisition | None = None
    whole_image: bool = False

    def terms(self, samples: MapSamples, t1: Tensor, m0: Tensor) -> dict[str, Tensor]:
        """Compute the loss and its terms.

        Parameters
        ----------
        samples : MapSamples
            Images and measured maps.
        t1, m0 : Tensor, shape (N, 1, H, W)
            Predicted maps, T1 in ms.

        Returns
        -------
        dict of str to Tensor
            `T1`, `M0`, `consistency` (unweighted) and `loss`.
        """
        mask = samples.mask
        where = torch.ones_like(mask) if self.whole_image else mask
        signal = m0 * self._weight(samples, t1)
        terms = {
            "T1": masked_mse(t1 / self.t1_unit, samples.t1 / self.t1_unit, where),
            "M0": masked_mse(m0, samples.m0, where),
            "consistency": consistency_loss(
                samples.image, signal, where, consistency=self.consistency
            ),
        }
        scale = CORRECTED_SCALE if self.consistency == "corrected" else 1.0
        terms["loss"] = (
            self.weights.t1 * terms["T1"]
            + self.weights.m0 * terms["M0"]
            + self.weights.consistency * scale * terms["consistency"]
        )
        return terms

    def _weight(self, samples: MapSamples, t1: Tensor) -> Tensor:
        """T1 weighting of every image, each by its own acquisition.

        All acquisitions are computed for all images: to ask which of them occur in a batch would
        have the processor wait for the device in every step.
        """
        if self.constraint is not None:
            return t1w_weight(t1, self.constraint, model=self.model)
        known = [t1w_weight(t1, one, model=self.model) for one in samples.acquisitions]
        images = torch.arange(len(samples), device=t1.device)
        return torch.stack(known)[samples.acquisition, images]
