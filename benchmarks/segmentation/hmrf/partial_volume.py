"""Partial volumes of a stack: the mixeltype of each voxel, then its shares of the tissues."""

from dataclasses import dataclass

import torch

from .fractions import tissue_fractions
from .gaussians import Gaussians
from .icm import icm_sweep
from .meanfield import Neighbours
from .mixtures import LikelihoodTable
from .stack import Stack
from .tissue_model import TissueFit


@dataclass(frozen=True, kw_only=True)
class PartialVolumes:
    """What the voxels of a stack are made of.

    Parameters
    ----------
    types : Tensor of uint8, shape (B, P)
        Mixeltypes, 0 outside the brain.
    fractions : Tensor of float32, shape (B, 3, P)
        Shares of CSF, GM and WM, 0 outside the brain.
    """

    types: torch.Tensor
    fractions: torch.Tensor


def partial_volumes(stack: Stack, fit: TissueFit, neighbours: Neighbours) -> PartialVolumes:
    """Estimate partial volumes from the restored intensities of a fitted stack.

    Parameters
    ----------
    stack : Stack
        The brains.
    fit : TissueFit
        Posteriors and bias field.
    neighbours : Neighbours
        Neighbourhood of the stack's voxels.

    Returns
    -------
    PartialVolumes
        Of all voxels of the stack.
    """
    inside = stack.intensity > 0
    brains, places = inside.nonzero(as_tuple=True)
    # The engine's restored image is (I + 1) / bias, the exponential of its log intensities.
    restored = (stack.intensity.log1p() - fit.log_bias).exp_()
    values = restored[inside].split(inside.sum(1).tolist())
    classes = [Gaussians.fit(restored[[b]], fit.posteriors[[b]]) for b in range(len(values))]
    likelihood = [LikelihoodTable(own)(row).T for own, row in zip(classes, values, strict=True)]
    flat = brains * inside.shape[1] + places
    types = icm_sweep(torch.cat(likelihood), flat, brains, stack.shape, neighbours)
    each = zip(values, types.split([len(row) for row in values]), classes, strict=True)
    shares = torch.cat([tissue_fractions(*brain) for brain in each], 1)
    type_rows = inside.to(torch.uint8)
    type_rows[inside] = types
    fractions = torch.zeros_like(fit.posteriors)
    fractions[brains, :, places] = shares.T
    return PartialVolumes(types=type_rows, fractions=fractions)
