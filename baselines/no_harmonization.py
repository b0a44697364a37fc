"""No harmonization: what every method has to beat."""

from typing_extensions import override

from phycharm.data.scan import Scan
from phycharm.data.scanner import Scanner
from phycharm.harmonizers.card import MethodCard
from phycharm.harmonizers.harmonizer import Harmonizer
from phycharm.utils.arrays import Image


class NoHarmonization(Harmonizer):
    """The source image on the protocol's intensity scale, untouched."""

    card = MethodCard(
        name="none",
        summary="No harmonization: the source image as it is.",
        supervision="none",
        scope="all",
        deterministic=True,
    )

    @override
    def apply(self, scan: Scan, target: Scanner) -> Image:
        return scan.image
