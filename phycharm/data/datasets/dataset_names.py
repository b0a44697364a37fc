"""Under which names a dataset goes, so that a method which has seen it is found out."""

import re
from collections.abc import Mapping
from typing import Any

from .dataset_file import DatasetFile

_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"'<>,;]+")
_ACCESSION = re.compile(r"(?<![a-z0-9])ds\d{6}(?!\d)", re.IGNORECASE)
_SOURCES = ("DatasetDOI", "ReferencesAndLinks", "SourceDatasets", "DatasetLinks")


def dataset_names(
    description: Mapping[str, Any], *, folder: str, rules: DatasetFile | None = None
) -> list[str]:
    """List the names of a dataset: its title, folder, DOIs and accession numbers.

    Parameters
    ----------
    description : mapping
        Content of `dataset_description.json`; empty where there is none.
    folder : str
        Name of the dataset's folder.
    rules : DatasetFile, optional
        What the dataset's names mean; says by what else the dataset is known.

    Returns
    -------
    list of str
        Each once; what is preprocessed goes by the names of what it was made from too.

    Examples
    --------
    >>> dataset_names({"Name": "A", "DatasetDOI": "doi:10.18112/openneuro.ds004712.v2.0.1"},
    ...               folder="raw")
    ['A', 'raw', '10.18112/openneuro.ds004712.v2.0.1', 'ds004712']
    """
    title = str(description.get("Name", ""))
    linked = " ".join(str(description.get(key, "")) for key in _SOURCES)
    known = [rules.name, *rules.recognise.names, *rules.recognise.dois] if rules else []
    names = [title, title.removesuffix(", preprocessed"), folder, *known]
    names += [found.rstrip(".)]}") for found in _DOI.findall(linked)]
    names += _ACCESSION.findall(" ".join(names))
    return list(dict.fromkeys(filter(None, names)))
