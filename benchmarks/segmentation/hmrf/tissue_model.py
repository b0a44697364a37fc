"""The hidden Markov random field model of tissues, from classes to posteriors and bias field.

Zhang, Brady and Smith, IEEE TMI 20(1):45-57, 2001, with the settings that FSL FAST uses by default
for one T1-weighted image and three classes.
"""

from dataclasses import dataclass

import torch

from .bias import LowPass, estimate_bias
from .gaussians import Gaussians, evenly_ranked, nearest_classes, posteriors_of
from .meanfield import Neighbours, mean_field
from .stack import Stack

CLASSES = 3

_START_FITS = 19
_BIAS_ROUNDS = 4
# The first of the final rounds still uses the weak field of the rounds before.
_BETA_BIAS = 0.02
_BETAS_FINAL = (0.02, 0.1, 0.1, 0.1)


@dataclass(frozen=True, kw_only=True)
class TissueFit:
    """What is known of a stack's voxels once the model is fitted.

    Parameters
    ----------
    posteriors : Tensor of float32, shape (B, 3, P)
        Probability of CSF, GM and WM (classes in ascending order of their mean).
    log_bias : Tensor of float32, shape (B, P)
        Logarithm of the bias field, 0 outside the brain.
    """

    posteriors: torch.Tensor
    log_bias: torch.Tensor


def start_classes(log_intensity: torch.Tensor) -> Gaussians | None:
    """Find the three classes of one brain without regard to place.

    Parameters
    ----------
    log_intensity : Tensor of float32, shape (N,)
        The voxels of the brain alone.

    Returns
    -------
    Gaussians or None
        None if there are fewer distinct intensities than classes.
    """
    centres = evenly_ranked(log_intensity, CLASSES)
    if bool((centres.diff() == 0).any()):
        return None
    classes = nearest_classes(log_intensity, centres)
    for _ in range(_START_FITS - 1):
        classes = classes.refit(log_intensity[None])
    return classes


def fit_tissues(
    stack: Stack, classes: Gaussians, neighbours: Neighbours, *, seed: int
) -> TissueFit:
    """Alternate between posteriors, bias field and classes.

    Parameters
    ----------
    stack : Stack
        The brains.
    classes : Gaussians
        Where to start, from `start_classes`.
    neighbours : Neighbours
        Neighbourhood of the stack's voxels.
    seed : int
        Of the random probabilities from which every mean-field step starts.

    Returns
    -------
    TissueFit
        Posteriors and bias field.
    """
    inside = stack.intensity > 0
    log_intensity = stack.intensity.log1p()
    low_pass = LowPass(stack.spacing, stack.shape)
    start = stack.random_start(CLASSES, seed=seed)
    posteriors = posteriors_of(_density(classes, log_intensity, inside))
    bias = estimate_bias(log_intensity, inside, posteriors, classes, low_pass)
    for _ in range(_BIAS_ROUNDS):
        density = _density(classes, log_intensity - bias, inside)
        posteriors = mean_field(density, start, neighbours, _BETA_BIAS)
        bias = estimate_bias(log_intensity, inside, posteriors, classes, low_pass)
        classes = Gaussians.fit(log_intensity - bias, posteriors)
    even = log_intensity - bias
    for beta in _BETAS_FINAL:
        posteriors = mean_field(_density(classes, even, inside), start, neighbours, beta)
        classes = Gaussians.fit(even, posteriors)
    order = classes.means.argsort(1)[..., None].expand_as(posteriors)
    return TissueFit(posteriors=posteriors.gather(1, order), log_bias=bias)


def _density(classes: Gaussians, values: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
    return classes.density(values).mul_(inside[:, None])
