"""How much of each tissue a mixed voxel holds."""

import torch

from .gaussians import Gaussians
from .mixtures import PAIRS, PURE_TYPES, fraction_grid, mixed

_CHUNK = 1 << 15


def tissue_fractions(values: torch.Tensor, types: torch.Tensor, classes: Gaussians) -> torch.Tensor:
    """Turn mixeltypes into fractions of the three tissues.

    Parameters
    ----------
    values : Tensor of float32, shape (N,)
        Restored intensities of one brain.
    types : Tensor of uint8, shape (N,)
        Mixeltypes.
    classes : Gaussians
        Of the restored intensities (B = 1).

    Returns
    -------
    Tensor of float32, shape (3, N)
        1 for a pure voxel's tissue. For a mixed voxel the fraction d, of the first tissue of
        the pair, on a grid of hundredths that minimises (y - mu(d))^2 / s2(d) + log s2(d).
    """
    fractions = torch.zeros((PURE_TYPES, len(values)), device=values.device)
    for tissue in range(PURE_TYPES):
        fractions[tissue][types == tissue] = 1.0
    grid = torch.from_numpy(fraction_grid()).to(values.device)
    for mix, pair in enumerate(PAIRS, start=PURE_TYPES):
        members = (types == mix).nonzero()[:, 0]
        share = grid[_best_fraction(values[members], classes, pair, grid)]
        fractions[pair[0], members] = share
        fractions[pair[1], members] = 1 - share
    return fractions


def _best_fraction(
    values: torch.Tensor, classes: Gaussians, pair: tuple[int, int], grid: torch.Tensor
) -> torch.Tensor:
    means, variances = mixed(classes, pair, grid.double())
    mean, precision, spread = means.float(), (1 / variances).float(), variances.log().float()
    best = [
        (chunk[:, None] - mean).square_().mul_(precision).add_(spread).argmin(1)
        for chunk in values.split(_CHUNK)
    ]
    return torch.cat(best) if best else torch.empty(0, dtype=torch.long, device=values.device)
