"""The engine `atropos`: N4 bias correction, then Atropos, from ANTs."""

from importlib.metadata import version
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from phycharm.data.scan import Scan
from phycharm.errors import InputError
from phycharm.utils.arrays import Image

from .brain import brain_image
from .segmentation import Segmentation, tissue_volumes_ml
from .segmenter import Segmenter


class AtroposSegmenter(Segmenter):
    """Segmenter that runs N4 (Tustison 2010) and Atropos (Avants 2011) of antspyx.

    Its posterior probabilities take the place of partial volumes. It knows no mixeltypes.

    Raises
    ------
    InputError
        If antspyx is not installed.
    """

    name: ClassVar[str] = "atropos"

    def __init__(self) -> None:
        try:
            import ants
        except ImportError as error:
            raise InputError(
                "Engine 'atropos': antspyx is not installed; pip install 'phycharm[ants]', or use "
                "the engine 'hmrf'."
            ) from error
        self._ants: Any = ants

    def segment(self, scan: Scan) -> Segmentation:
        """Segment one scan; see `Segmenter.segment`."""
        image = brain_image(scan)
        inside = image > 0
        spacing = list(scan.voxel_size)
        brain = self._ants.from_numpy(image, spacing=spacing)
        mask = self._ants.from_numpy(inside.astype(np.float32), spacing=spacing)
        even = self._ants.n4_bias_field_correction(brain, mask=mask)
        found = self._ants.atropos(a=even, x=mask, i="KMeans[3]", m="[0.1,1x1x1]", c="[5,0]")
        shares = np.stack([share.numpy() for share in found["probabilityimages"]])
        order = _by_intensity(shares, even.numpy())
        ranks = np.concatenate([[0], order.argsort() + 1]).astype(np.uint8)
        fractions = np.where(inside, shares[order], np.float32(0))
        bias = np.divide(image, even.numpy(), out=np.ones_like(image), where=inside)
        return Segmentation(
            labels=ranks[found["segmentation"].numpy().astype(int)],
            pve_labels=np.where(inside, fractions.argmax(0) + 1, 0).astype(np.uint8),
            partial_volumes=fractions,
            mixeltype=None,
            bias=bias,
            volumes_ml=tissue_volumes_ml(fractions, scan.affine),
            engine=f"atropos (antspyx {version('antspyx')})",
        )


def _by_intensity(shares: Image, image: Image) -> npt.NDArray[np.intp]:
    """Return the classes in ascending order of their mean intensity: CSF, GM, WM."""
    mass = shares.sum(axis=(1, 2, 3), dtype=np.float64)
    return np.argsort((shares * image).sum(axis=(1, 2, 3), dtype=np.float64) / mass)
