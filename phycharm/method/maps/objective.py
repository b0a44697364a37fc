"""What the Quantitative Maps Generator minimises."""

from dataclasses import dataclass

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
    """

    weights: LossWeights
    t1_unit: float
    model: SignalModel
    consistency: Consistency
    constraint: Acquisition | None = None

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
        terms = {
            "T1": masked_mse(t1 / self.t1_unit, samples.t1 / self.t1_unit, samples.mask),
            "M0": masked_mse(m0, samples.m0, samples.mask),
            "consistency": self._consistency(samples, t1, m0),
        }
        scale = CORRECTED_SCALE if self.consistency == "corrected" else 1.0
        terms["loss"] = (
            self.weights.t1 * terms["T1"]
            + self.weights.m0 * terms["M0"]
            + self.weights.consistency * scale * terms["consistency"]
        )
        return terms

    def _consistency(self, samples: MapSamples, t1: Tensor, m0: Tensor) -> Tensor:
        """Mean of L_cons over the acquisitions of a batch, each with its own signal equation."""
        total = t1.new_zeros(())
        for index, acquisition in enumerate(samples.acquisitions):
            chosen = samples.acquisition == index
            if not chosen.any():
                continue
            known = self.constraint or acquisition
            signal = m0[chosen] * t1w_weight(t1[chosen], known, model=self.model)
            part = consistency_loss(
                samples.image[chosen],
                signal,
                samples.mask[chosen],
                consistency=self.consistency,
            )
            total = total + part * chosen.sum() / len(samples)
        return total
