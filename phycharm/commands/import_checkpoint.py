"""`phycharm import-checkpoint`."""

from pathlib import Path

from .options import Out


def import_checkpoint(*checkpoints: Path, out: Out) -> None:
    """Convert the authors' released PhyCHarm checkpoints to a model folder (safetensors).

    Parameters
    ----------
    checkpoints
        Files such as MapG_T1.pth MapG_M0.pth Harm_GE_Siemens.pth.
    out
        Folder of the model.
    """
    from ..method.checkpoints import import_checkpoints
    from ..utils.untrusted.printable import say

    import_checkpoints(list(checkpoints), out)
    say(f"Model: {out}")
