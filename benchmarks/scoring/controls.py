"""Controls: images whose place in the order is known, by which the metrics are checked.

They are made from the target image, which no method ever sees; they are no methods.
"""

from collections.abc import Callable

import numpy as np
from scipy.ndimage import gaussian_filter

from phycharm.data.scan import Scan
from phycharm.harmonizers.card import MethodCard, untold_name
from phycharm.utils.arrays import Image

_BLUR_MM = 3.0


def oracle(target: Scan) -> Image:
    """Return the target image itself: no method can be better."""
    return target.image


def blurred(target: Scan) -> Image:
    """Return the target image blurred by a Gaussian of 3 mm (at least one voxel)."""
    # At least a voxel, or coarse images would not be blurred at all.
    sigma = [max(_BLUR_MM / size, 1.0) for size in target.voxel_size]
    image: Image = gaussian_filter(target.image, sigma).astype(np.float32)
    return image


def constant(target: Scan) -> Image:
    """Return the target's mean everywhere in the brain: nothing of the image is left."""
    mean = target.image[target.mask].mean(dtype=np.float64)
    return np.where(target.mask, np.float32(mean), np.float32(0))


CONTROLS: dict[str, Callable[[Scan], Image]] = {
    "oracle": oracle,
    "blurred": blurred,
    "constant": constant,
}
"""Controls by the name under which they are scored."""

RESCAN = "rescan"
"""Control that exists only where a dataset has repeats: the same person on the same scanner again,
which is as like the target as anything can be hoped to be."""


def control_cards() -> list[MethodCard]:
    """Return a card for each control."""
    summaries = {
        name: (function.__doc__ or "").splitlines()[0] for name, function in CONTROLS.items()
    } | {RESCAN: "The repeat of the target scan, where there is one."}
    return [
        MethodCard(name=name, summary=summary, supervision="none", scope="all", control=True)
        for name, summary in summaries.items()
    ]


def untold_card(method: MethodCard) -> MethodCard:
    """Return the card of doing nothing in the domain of a method that maps to a common one."""
    return MethodCard(
        name=untold_name(method.name),
        summary=f"Scans mapped by {method.name} as if the target's scanner had made them.",
        supervision="none",
        scope="common-domain",
        control=True,
        deterministic=method.deterministic,
    )
