"""The loss of the Quantitative Maps Generator (equation 2 of the PhyCHarm preprint)."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from ...networks.losses import masked_mse

Consistency = Literal["paper", "corrected"]

_SMALLEST = 1e-6


@dataclass(frozen=True)
class LossWeights:
    """Weights of ``L_total = l1 MSE(T1) + l2 MSE(M0) + l3 L_cons`` (equation 2).

    Parameters
    ----------
    t1, m0, consistency : float
        l1, l2 and l3.
    """

    t1: float
    m0: float
    consistency: float


LOSS_CASES = {
    1: LossWeights(1.0, 1.0, 0.0),
    2: LossWeights(0.5, 0.5, 1e-6),
    3: LossWeights(1.0, 1.0, 1e-8),
    4: LossWeights(1.0, 1.0, 1e-6),
}
"""The preprint's four cases; 4 is its choice."""

CORRECTED_SCALE = 1e5
"""Factor on l3 in the corrected form.

The printed l3 go with intensities in the hundreds and thousands. Here images and maps are near 1,
where 1e-6 would switch the term off; with this factor it weighs a tenth of the map terms in case 4.
"""


def consistency_loss(
    image: Tensor, signal: Tensor, mask: Tensor, *, consistency: Consistency
) -> Tensor:
    """How far the predicted maps are from explaining the input image, L_cons (equation 6).

    Parameters
    ----------
    image : Tensor, shape (N, 1, H, W)
        Input T1-weighted slices.
    signal : Tensor, shape (N, 1, H, W)
        ``cons0 = M0 f(T1)`` of the predicted maps (equation 4).
    mask : Tensor of bool, shape (N, 1, H, W)
        Brain.
    consistency : {"paper", "corrected"}
        `paper` divides voxel by voxel, ``C = image / cons0`` (equation 5), so that ``C cons0`` is
        the image itself and the loss vanishes whatever the maps are. `corrected` allows one factor
        a slice, the least-squares one, held constant in the gradient: now the maps have to explain
        the contrast.

    Returns
    -------
    Tensor
        Mean squared difference inside the mask.
    """
    if consistency == "paper":
        # Linear outputs can be negative: only what is too near zero is moved away from it.
        factor = image / torch.where(signal.abs() < _SMALLEST, _SMALLEST, signal)
    else:
        inside_signal, inside_image = signal * mask, image * mask
        factor = (inside_signal * inside_image).sum((1, 2, 3), keepdim=True)
        power = inside_signal.square().sum((1, 2, 3), keepdim=True)
        factor = (factor / power.clamp(min=_SMALLEST)).detach()
    return masked_mse(factor * signal, image, mask)
