"""Dataset files that come with the package, and which of them a dataset is."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

from .dataset_file import DatasetFile, parse_dataset_file

PREPROCESSOR = "phycharm preprocess"
"""What made a dataset, if that was this package's own preprocessing."""

_MOST = 0.9  # part of the images that have to look like a dataset's


def shipped_names() -> list[str]:
    """Return the names of the dataset files that come with the package.

    Examples
    --------
    >>> "on-harmony" in shipped_names()
    True
    """
    files = resources.files(__package__ or "").iterdir()
    return sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))


@cache
def shipped(name: str) -> DatasetFile:
    """Return one of the shipped dataset files.

    Examples
    --------
    >>> shipped("thp").name
    'Traveling Human Phantom'
    """
    file = resources.files(__package__ or "").joinpath(f"{name}.toml")
    return parse_dataset_file(file.read_text(encoding="utf-8"), place=f"{name}.toml")


def recognised(
    description: Mapping[str, Any], *, folder: str, images: Sequence[str], paths: Iterable[str] = ()
) -> tuple[DatasetFile, str] | None:
    """Find the shipped dataset file of a dataset.

    Parameters
    ----------
    description : dict
        Content of `dataset_description.json`; empty where there is none.
    folder : str
        Name of the dataset's folder.
    images : sequence of str
        Paths in the dataset of its raw images in BIDS.
    paths : iterable of str
        Paths of all files, for a tree that is no BIDS.

    Returns
    -------
    tuple of DatasetFile and str, or None
        The file, and by what the dataset was recognised. None for what this package has
        preprocessed: its title and people are still those of the raw dataset, but its names are
        plain ones.
    """
    if _preprocessed(description):
        return None
    said = f"{description.get('Name', '')} {folder}".casefold()
    doi = f"{description.get('DatasetDOI', '')} {description.get('ReferencesAndLinks', '')}"
    volumes = [path for path in paths if path.endswith((".nii", ".nii.gz"))]
    for name in shipped_names():
        known = shipped(name)
        signs = known.recognise
        if known.layout is not None:
            found = [path for path in volumes if re.fullmatch(known.layout.t1w, path)]
            if found and not images:
                return known, "its folders"
            continue
        if any(word.casefold() in doi.casefold() for word in signs.dois):
            return known, "its DOI"
        if any(
            re.search(rf"(?<!\w){re.escape(word.casefold())}(?!\w)", said) for word in signs.names
        ):
            return known, "its name"
        if signs.paths and images and _share(images, signs.paths) >= _MOST:
            return known, "the names of its images"
    return None


def _preprocessed(description: Mapping[str, Any]) -> bool:
    makers = description.get("GeneratedBy")
    named = makers if isinstance(makers, list) else []
    return any(isinstance(one, Mapping) and one.get("Name") == PREPROCESSOR for one in named)


def _share(images: Sequence[str], patterns: Sequence[str]) -> float:
    """Return which part of the images looks like a dataset's."""
    fitting = [image for image in images if any(re.search(p, image) for p in patterns)]
    return len(fitting) / len(images)
