"""Laws on the image that comes out and the scan that went in."""

import numpy as np
import torch

from .law import LawBroken
from .trial import Trial, scan_digest


def harmonizes(trial: Trial) -> str:
    """Fit to travelling subjects, and harmonize in every direction that was fitted."""
    return f"{len(trial.images)} directions"


def keeps_the_grid(trial: Trial) -> str:
    """Check that the image has the shape of the scan."""
    for direction, (scan, image) in trial.images.items():
        if image.shape != scan.image.shape:
            raise LawBroken(f"shape {image.shape} for a scan of {scan.image.shape} ({direction})")
    return f"shape {image.shape}"


def is_floating_point(trial: Trial) -> str:
    """Check for float32 that was never rounded to integers: brains are near 1 on this scale."""
    for direction, (_, image) in trial.images.items():
        if not isinstance(image, np.ndarray) or image.dtype != np.float32:
            kind = getattr(image, "dtype", type(image).__name__)
            raise LawBroken(f"{kind} and no float32 array ({direction})")
    with torch.no_grad():
        raw = trial.harmonizer.apply(trial.scan(), trial.scanners[1])
    kind = raw.dtype if isinstance(raw, torch.Tensor) else np.asarray(raw).dtype
    floating = kind.is_floating_point if isinstance(kind, torch.dtype) else kind.kind == "f"
    if not floating:
        raise LawBroken(f"returns {kind}: intensities near 1 are rounded away; return float32")
    return f"returns {kind}"


def is_finite(trial: Trial) -> str:
    """Check that no voxel is NaN or infinite."""
    for direction, (_, image) in trial.images.items():
        bad = int((~np.isfinite(image)).sum())
        if bad:
            raise LawBroken(f"{bad} voxels are not finite ({direction})")
    return "every voxel"


def is_zero_outside(trial: Trial) -> str:
    """Check that there is 0 outside the mask, so that nothing there can count."""
    for direction, (scan, image) in trial.images.items():
        bad = int((image[~scan.mask] != 0).sum())
        if bad:
            raise LawBroken(f"{bad} voxels outside the mask are not 0 ({direction})")
    return "every voxel outside the mask"


def leaves_its_input(trial: Trial) -> str:
    """Check that neither `fit` nor `harmonize` changes the scans it is given."""
    if trial.touched:
        raise LawBroken(f"fit changes the training scans ({sorted(trial.touched)[0]})")
    scan = trial.scan()
    before = scan_digest(scan)
    trial.ask(scan)
    if scan_digest(scan) != before:
        raise LawBroken("harmonize changes the image, mask or affine of the scan; copy first")
    return "image, mask and affine"
