"""Many people and scanners of few: what is timed need not differ, and takes long to simulate."""

import os
import shutil
from pathlib import Path

from phycharm.simulate import simulate_dataset
from phycharm.simulate.dataset import people_labels

from ..protocol.protocol import Protocol


def copied(root: Path, old: str, new: str) -> None:
    """Copy a person or a session of a BIDS dataset, derivatives and all, under another name.

    Volumes are not written anew: both names lead to the same.

    Parameters
    ----------
    root : Path
        The dataset.
    old, new : str
        As in the names of folders and files: `sub-01`, `ses-GE`.
    """
    for folder in sorted(root.rglob(old)):
        other = shutil.copytree(folder, folder.with_name(new), copy_function=os.link)
        for path in sorted(other.rglob(f"*{old}_*")):
            path.rename(path.with_name(path.name.replace(old, new)))


def copied_people(protocol: Protocol, root: Path) -> Path:
    """Simulate one traveller and one person with maps, and copy them to a protocol's numbers."""
    asked = protocol.simulation.model_dump()
    wanted = people_labels(asked.pop("subjects"), asked.pop("quantitative_subjects"))
    simulate_dataset(
        root,
        subjects=min(1, len(wanted[0])),
        quantitative_subjects=min(1, len(wanted[1])),
        **asked | {"atrophy": {}},
    )
    for labels in wanted:
        for label in labels[1:]:
            copied(root, f"sub-{labels[0]}", f"sub-{label}")
    return root
