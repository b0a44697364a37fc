"""The spectral norms of several networks' weights, computed as one."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class StackedNorm(nn.Module):
    """Divide each network's weights by their spectral norm, as torch's `spectral_norm` does.

    Parameters
    ----------
    norms : sequence of K Module
        Torch's, of the weights of one layer in each network; over the first axis.
    """

    _u: Tensor
    _v: Tensor

    def __init__(self, norms: Sequence[Any]) -> None:
        super().__init__()
        self._iterations, self._eps = norms[0].n_power_iterations, norms[0].eps
        # Under torch's names, by which each network gets its own back.
        self.register_buffer("_u", torch.stack([one._u for one in norms]))
        self.register_buffer("_v", torch.stack([one._v for one in norms]))

    def forward(self, weight: Tensor) -> Tensor:
        """Return weights of norm 1.

        Parameters
        ----------
        weight : Tensor, shape (K, C, ...)
            Of all networks.
        """
        matrices = weight.flatten(2)
        with torch.no_grad():
            for _ in range(self._iterations):
                self._u.copy_(F.normalize(_times(matrices, self._v), dim=1, eps=self._eps))
                self._v.copy_(F.normalize(_times(matrices.mT, self._u), dim=1, eps=self._eps))
        # Copies: the next call changes both in place, and the way back needs them as they are.
        u, v = self._u.clone(), self._v.clone()
        norm = (u * _times(matrices, v)).sum(1)
        return weight / norm.view(-1, *[1] * (weight.ndim - 1))


def _times(matrices: Tensor, vectors: Tensor) -> Tensor:
    """Multiply each matrix by a vector, in full precision whatever autocast says."""
    return (matrices * vectors[:, None]).sum(2)
