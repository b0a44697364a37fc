"""`phycharm harmonize`."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from .options import Device, Out


def harmonize(  # noqa: PLR0913 - raw heads have settings too
    *inputs: Path,
    model: Path,
    to: str,
    out: Out,
    source: Annotated[str | None, Parameter(name="--from")] = None,
    mask: Path | None = None,
    harmonizer: str | None = None,
    device: Device = "auto",
    preprocess: Annotated[bool, Parameter(negative="")] = False,
    outside: Literal["keep", "zero"] = "keep",
    brain: str = "auto",
    voxel_size: float = 0.8,
) -> None:
    """Harmonize NIfTI files, or the T1w images of a BIDS folder, by a trained model.

    Parameters
    ----------
    inputs
        One file, several files, or one BIDS folder.
    model
        Folder that `phycharm train` wrote.
    to
        Target scanner, one of those the model was fitted to.
    out
        File to write for one input, else a folder.
    source
        Scanner that the files come from; needed where the model knows more than two. In a BIDS
        folder the session says it.
    mask
        Brain mask, for one input file.
    harmonizer
        package.module:Class again, where the model is of a class that was named so: importing it
        runs its code, and a folder is not trusted to choose that.
    device
        Where to compute.
    preprocess
        The images are raw heads: the brain is found, brought to the model's grid, harmonized, and
        put back into the head in its native space.
    outside
        With --preprocess: what becomes of the head around its brain.
    brain
        With --preprocess: the engine that finds the brain, as `phycharm preprocess` takes it.
    voxel_size
        With --preprocess: edge in mm of the voxels that the model learned from.
    """
    from ..application.apply import harmonize_inputs
    from ..preprocess import PreprocessSettings
    from ..utils.untrusted.printable import say

    written = harmonize_inputs(
        list(inputs),
        model=model,
        target=to,
        out=out,
        source=source,
        mask=mask,
        harmonizer=harmonizer,
        device=device,
        raw=PreprocessSettings(brain=brain, voxel_size=voxel_size) if preprocess else None,
        outside=outside,
    )
    for path in written:
        say(path)
