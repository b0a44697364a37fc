"""`phycharm harmonize`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from .options import Device, Out


def harmonize(
    *inputs: Path,
    model: Path,
    to: str,
    out: Out,
    source: Annotated[str | None, Parameter(name="--from")] = None,
    mask: Path | None = None,
    harmonizer: str | None = None,
    device: Device = "auto",
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
    """
    from ..application.apply import harmonize_inputs

    written = harmonize_inputs(
        list(inputs),
        model=model,
        target=to,
        out=out,
        source=source,
        mask=mask,
        harmonizer=harmonizer,
        device=device,
    )
    for path in written:
        print(path)
