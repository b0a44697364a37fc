"""`phycharm doctor`."""


def doctor() -> None:
    """Say what is there (torch, GPU, FSL, ANTs, Slurm, ...) and what each missing piece costs."""
    from ..application.doctor import diagnosis
    from ..utils.untrusted.printable import say

    say(diagnosis())
