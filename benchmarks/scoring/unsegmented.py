"""Images without a segmentation: no tissues to find, or an engine that failed on a good image."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch

from phycharm.data.scan import Scan
from phycharm.errors import InputError
from phycharm.utils.atomic import write_text

from ..segmentation.brain import brain_image
from ..segmentation.hmrf.tissue_model import start_classes

_SUFFIX = "_failed.txt"


@dataclass(frozen=True, kw_only=True)
class Unsegmented:
    """Why an image has no segmentation.

    Parameters
    ----------
    reason : str
        One line.
    crashed : bool
        Whether the engine failed on an image that it should have segmented. False where the image
        is at fault: a method may leave none of the brain's contrast, and then there is nothing to
        find.
    """

    reason: str
    crashed: bool

    @classmethod
    def of(cls, image: Scan, error: Exception) -> Self:
        """Say whose fault it is what an engine raised about an image."""
        said = " ".join(str(error).split())
        kind = "" if isinstance(error, InputError) else f"{type(error).__name__}: "
        return cls(reason=kind + said, crashed=has_tissues(image))


def has_tissues(image: Scan) -> bool:
    """Whether there is anything for an engine to segment.

    Parameters
    ----------
    image : Scan
        With its brain mask.

    Returns
    -------
    bool
        False if the brain is not finite, mostly negative, or has fewer distinct intensities than
        there are tissues, whatever the engine.
    """
    try:
        brain = brain_image(image)
    except InputError:
        return False
    return start_classes(torch.from_numpy(brain[brain > 0]).log1p()) is not None


def write_failure(name: Path, reason: str) -> None:
    """Write beside where an image's segmentation would stand why it is not there.

    Parameters
    ----------
    name : Path
        Of the segmentation, without its ending.
    reason : str
        One line.
    """
    write_text(name.with_name(name.name + _SUFFIX), f"{reason}\n")


def segmentation_failures(cell: Path) -> list[str]:
    """List the images of a cell on which the segmentation engine failed.

    Parameters
    ----------
    cell : Path
        Folder of the cell.

    Returns
    -------
    list of str
        One line an image: its name, and what the engine said.
    """
    found = sorted((cell / "segmentations").glob(f"*{_SUFFIX}"))
    return [
        f"{path.name.removesuffix(_SUFFIX)}: {path.read_text(encoding='utf-8').strip()}"
        for path in found
    ]
