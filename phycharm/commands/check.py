"""`phycharm check`."""

from .options import Device


def check(harmonizer: str, *, device: Device = "cpu") -> int:
    """Check on small volumes that a method obeys the laws of a harmonizer.

    Parameters
    ----------
    harmonizer
        A registered name, package.module:Class, precomputed:DIR or "command:...".
    device
        Where to compute.
    """
    from ..laws import check_harmonizer, check_report
    from ..utils.device import resolve_device
    from ..utils.untrusted.printable import say

    results = check_harmonizer(harmonizer, device=resolve_device(device))
    say(check_report(results))
    return 1 if any(result.failed for result in results) else 0
