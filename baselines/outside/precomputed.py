"""Images that were harmonized elsewhere, by a tool that cannot or need not run here."""

from collections.abc import Iterable
from pathlib import Path

from torch import Tensor
from typing_extensions import override

from phycharm.data.scan import Scan
from phycharm.data.scanner import Scanner
from phycharm.harmonizers.card import MethodCard
from phycharm.harmonizers.external.adapter import Adapter, give_card
from phycharm.harmonizers.external.cards import card_from
from phycharm.harmonizers.external.names import safe_name
from phycharm.utils.arrays import Image

from .image_folder import ImageFolder, Scale, require_scale


class PrecomputedImages(Adapter):
    """Read harmonized images from a folder; see `ImageFolder` for the names of the files.

    A file `card.json` in the folder may hold fields of the method's card (`citation`, `license`,
    `supervision`, `trained_on`, ...): a reader of the results looks for leakage there, since
    nobody here knows what the images' maker learned from.

    Parameters
    ----------
    folder : str
        Where the images lie.
    name : str
        Name in tables; by default that of `card.json`, or else of the folder.
    scale : {"scan", "p99", "none"}
        Tools write units of their own. `scan` (default) does to every image what was done to the
        scan that it was made from, by the standardization of the protocol; `p99` divides it by the
        99th percentile of its brain, whatever the protocol; `none` takes the values as they are,
        for images that are on the scans' scale already.
    seed, device
        See `Harmonizer`.

    Raises
    ------
    InputError
        If there is no such folder, or its card cannot be used.
    """

    argument = "folder"
    made_elsewhere = True
    card = MethodCard(
        name="precomputed",
        summary="Images harmonized elsewhere; what their maker learned from is not known here.",
        license="not stated",
        supervision="none",
        scope="all",
        deterministic=True,
    )

    def __init__(
        self,
        *,
        folder: str,
        name: str = "",
        scale: Scale = "scan",
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(seed=seed, device=device)
        require_scale(scale, spec=self.card.name)
        root = Path(folder).expanduser().resolve()
        self.folder = str(root)
        self.name = name
        self.scale: Scale = scale
        self._images = ImageFolder(root)
        give_card(self, self._own_card())

    def _own_card(self) -> MethodCard:
        kind = type(self).card
        facts = {**kind.as_record(), "name": safe_name(self._images.root.name) or kind.name}
        facts |= self._images.facts()
        facts |= {"name": self.name} if self.name else {}
        revision = f"{facts['revision']}+{self._images.digest}"
        return card_from(facts | {"revision": revision, "scope": kind.scope}, spec=self.folder)

    def check(
        self, subjects: Iterable[str], directions: Iterable[tuple[Scanner, Scanner]]
    ) -> list[str]:
        """List the files that a benchmark would miss.

        Parameters
        ----------
        subjects : iterable of str
            Who will be judged.
        directions : iterable of (Scanner, Scanner)
            Source and target.

        Returns
        -------
        list of str
            File names, empty where everything is there.
        """
        directions = list(directions)
        return self._images.missing(
            (subject, source.name, target.name)
            for subject in subjects
            for source, target in directions
        )

    @override
    def apply(self, scan: Scan, target: Scanner) -> Image | Tensor:
        case = (scan.subject, scan.scanner.name, target.name)
        return self._images.read(case, scan, scale=self.scale)
