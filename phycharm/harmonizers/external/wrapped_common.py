"""A plain class that maps to a common domain."""

import torch
from typing_extensions import override

from ...data.scan import Scan
from ...utils.arrays import Image
from ..common_domain import CommonDomainHarmonizer
from .wrapped import WrappedHarmonizer, returned


class WrappedCommonDomain(CommonDomainHarmonizer, WrappedHarmonizer):
    """An object of a class with `to_common(scan)`; see `WrappedHarmonizer` for all else."""

    @override
    def apply_common(self, scan: Scan) -> Image | torch.Tensor:
        return returned(self.method.to_common(self._handed_out(scan)), spec=self.spec)
