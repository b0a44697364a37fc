"""`phycharm segment`."""

from pathlib import Path

from .options import Device


def segment(
    image: Path,
    out: Path,
    *,
    engine: str = "hmrf",
    mask: Path | None = None,
    device: Device = "auto",
) -> None:
    """Segment a T1-weighted image into CSF, grey and white matter, and write files as FAST does.

    Parameters
    ----------
    image
        NIfTI file, brain extracted or with a mask.
    out
        Folder for the files.
    engine
        hmrf, fsl-fast or atropos.
    mask
        Brain mask on the same grid.
    device
        Where to compute.
    """
    from phycharm.benchmarks.segmentation import segment_file

    from ..utils.device import resolve_device
    from ..utils.untrusted.printable import say

    found = segment_file(image, out, engine=engine, mask=mask, device=resolve_device(device))
    for tissue, volume in found.volumes_ml.items():
        say(f"{tissue}: {volume:.2f} ml")
