"""BIDS file names: entities, suffix, extension."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class BidsName:
    """A BIDS file name taken apart, such as `sub-01_ses-GE_T1w.nii.gz`.

    Parameters
    ----------
    entities : dict
        For instance `{"sub": "01", "ses": "GE"}`.
    suffix : str
        For instance `T1w`.
    extension : str
        For instance `.nii.gz`.
    """

    entities: dict[str, str]
    suffix: str
    extension: str

    @classmethod
    def parse(cls, name: str) -> "BidsName":
        """Take a file name apart.

        Examples
        --------
        >>> BidsName.parse("sub-01_ses-GE_T1w.nii.gz")
        BidsName(entities={'sub': '01', 'ses': 'GE'}, suffix='T1w', extension='.nii.gz')
        """
        stem, dot, extension = name.partition(".")
        *pairs, suffix = stem.split("_")
        entities = dict(pair.split("-", 1) for pair in pairs if "-" in pair)
        return cls(entities, suffix, dot + extension)

    def applies_to(self, other: "BidsName") -> bool:
        """Whether a sidecar of this name holds for the other file (BIDS inheritance principle).

        Examples
        --------
        >>> BidsName.parse("T1w.json").applies_to(BidsName.parse("sub-01_ses-GE_T1w.nii.gz"))
        True
        """
        return self.suffix == other.suffix and self.entities.items() <= other.entities.items()


def inherited_sidecars(image: Path, root: Path) -> list[Path]:
    """List the JSON sidecars that hold for an image, from the most general to the closest.

    Parameters
    ----------
    image : Path
        A file inside `root`.
    root : Path
        The BIDS dataset.
    """
    name = BidsName.parse(image.name)
    folders = [image.parent, *image.parent.parents]
    chain = folders[: folders.index(root) + 1]
    return [
        path
        for folder in reversed(chain)
        for path in sorted(folder.glob("*.json"), key=lambda path: len(path.name))
        if BidsName.parse(path.name).applies_to(name)
    ]
