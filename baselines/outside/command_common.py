"""Any program that maps to a common domain."""

from dataclasses import replace

from typing_extensions import override

from phycharm.data.scan import Scan
from phycharm.harmonizers.common_domain import CommonDomainHarmonizer
from phycharm.utils.arrays import Image

from .command import CommandHarmonizer
from .image_folder import COMMON


class CommandCommonHarmonizer(CommonDomainHarmonizer, CommandHarmonizer):
    """Run a program that brings scans to a common domain; see `CommandHarmonizer`.

    `{target}` is the word `common`.
    """

    card = replace(
        CommandHarmonizer.card,
        name="command-common",
        summary="A program that brings every scan to a common domain; what it learned from is not "
        "known here.",
        scope="common-domain",
    )

    @override
    def apply_common(self, scan: Scan) -> Image:
        return self._run(scan, COMMON)
