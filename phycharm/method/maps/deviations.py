"""Where maps and networks depart from the PhyCHarm preprint, one sentence each."""

from collections.abc import Sequence

from ...networks.basic_unet import PAPER_FEATURES

ROBUST_SCALE = (
    "Images are standardized by a robust measure of the brain's own intensities and not divided by "
    "4095."
)
LOSS_IN_MASK = "Squared errors are averaged inside the brain mask and not over the whole image."
TIGHT_CANVAS = "Slices are cut to a canvas around the brain instead of the whole field of view."
EMPTY_SLICES = "Slices without brain are left out."
PADDED = "The field of view is padded to multiples of 16 and not brought to 240 x 240."
AXIAL = "Slices are axial, after reorientation to RAS; the authors' code goes by the array's order."
MASKED = "What is predicted is set to 0 outside the brain mask; the authors' code does so in part."
SELECTION = (
    "Where there are validation people the state with their lowest loss is kept; the authors' code "
    "looks at the training loss, and its choice never changes."
)
SEEDED = "Everything random follows from a seed; the authors' code sets none."
SHORTEST_T1 = "A T1 below 1 ms counts as 1 ms in f(T1; TI, TR)."
MAGNITUDE = "Where f(T1; TI, TR) is negative its magnitude is taken, as scanners give magnitudes."
SOFTPLUS = "Outputs pass through a softplus, so that T1 and M0 cannot be negative."

COMMON = (AXIAL, MASKED, SELECTION, SEEDED)
"""Of everything here that learns from slices."""
STANDARDIZED = (ROBUST_SCALE, LOSS_IN_MASK, TIGHT_CANVAS, EMPTY_SLICES)
"""Of everything here that works on standardized images of the brain."""

_MEASURED_M0 = "In equation 1, f(T1; TI2, TR) below .05 counts as .05."
_ALL_MAPS = (*COMMON, SHORTEST_T1, MAGNITUDE, _MEASURED_M0)
PRINTED_MAPS = (
    *_ALL_MAPS,
    PADDED,
    "Outputs stay as they are: the authors' code takes off the least output of a batch, so that "
    "maps depend on the slices beside them.",
    "The factor 14.87 of the authors' code, of which the preprint says nothing, is left out.",
    "TI and TR of the consistency term are 2830 and 5000 ms, as in the authors' code; the text "
    "says 1000 and 2300 ms.",
    "A signal within 1e-6 of 0 counts as 1e-6 in equation 5.",
)
"""Of the maps generator's preset `paper`."""
CORRECTED_MAPS = (
    *_ALL_MAPS,
    *STANDARDIZED,
    SOFTPLUS,
    "The networks also learn from images computed from the cohort's own maps, for the acquisition "
    "of every scanner at hand.",
    "Training images get noise; computed ones also blur, shading, a transmit field, and what no "
    "sidecar says of their acquisition, drawn anew in every step.",
    "An error of 1000 ms counts as 1 in T1, instead of 4095 ms.",
    "The consistency term takes every image's own acquisition instead of one for all.",
)
"""Of the maps generator's preset `corrected`."""
CORRECTED_CONSISTENCY = (
    "In the consistency term C is one factor a slice, the least-squares one, held constant in the "
    "gradient, instead of the quotient voxel by voxel; its weight is 1e5 times the printed one."
)
ROBUST_M0 = "M0 is divided by its 99th percentile in the brain instead of 500."


def changed(what: str, value: object, printed: object) -> tuple[str, ...]:
    """Say that a setting is not the printed one; or say nothing.

    Parameters
    ----------
    what : str
        The setting, as the beginning of a sentence.
    value, printed : object
        Of it here, and in the preprint.

    Examples
    --------
    >>> changed("Loss case", 4, 4), changed("Loss case", 1, 4)
    ((), ('Loss case: 1 instead of 4.',))
    """
    return () if value == printed else (f"{what}: {value} instead of {printed}.",)


def changed_channels(features: Sequence[int]) -> tuple[str, ...]:
    """Say that a network is not as wide as the printed one; or say nothing."""
    return changed("Channels of the network", list(features), list(PAPER_FEATURES))
