"""The first layers of VGG16, for a perceptual loss."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from phycharm.errors import InputError

_LAYERS = {"features.0": 0, "features.2": 2, "features.5": 5, "features.7": 7}
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class VGGFeatures(nn.Module):
    """Features relu2_2 of VGG16 (Simonyan and Zisserman 2015), with weights that stay fixed.

    Parameters
    ----------
    weights : Path
        State dict of a VGG16 that was trained on ImageNet, with the keys `features.0.weight`,
        `features.0.bias` and so on; a safetensors file, or a torch file (loaded without
        executing anything).

    Raises
    ------
    InputError
        If the file is missing, no state dict, or not a VGG16's.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, *, weights: Path) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *(nn.Conv2d(3, 64, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
            *(nn.Conv2d(64, 128, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(128, 128, 3, padding=1), nn.ReLU()),
        )
        self._load(weights)
        self.requires_grad_(False)
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor(_DEVIATION).view(1, 3, 1, 1))

    def _load(self, path: Path) -> None:
        state = _read_state_dict(path)
        try:
            wanted = {
                f"{index}.{kind}": state[f"{name}.{kind}"]
                for name, index in _LAYERS.items()
                for kind in ("weight", "bias")
            }
            self.layers.load_state_dict(wanted)
        except (KeyError, TypeError, RuntimeError) as error:
            raise InputError(
                f"{path}: no VGG16 weights ({str(error).splitlines()[0]}); give a state dict with "
                "features.0.weight to features.7.bias."
            ) from error

    def forward(self, image: Tensor) -> Tensor:
        """Compute features.

        Parameters
        ----------
        image : Tensor, shape (N, 1, H, W)
            Grey values, about 0 to 1.

        Returns
        -------
        Tensor, shape (N, 128, H / 2, W / 2)
            Not negative.
        """
        features: Tensor = self.layers((image - self.mean) / self.deviation)
        return features


def _read_state_dict(path: Path) -> Any:
    from safetensors.torch import load_file

    if not path.is_file():
        raise InputError(f"{path}: no such file; give the weights of a VGG16, or none.")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        # Damage shows in many ways; a pickle with code in it is refused as one of them.
        raise InputError(
            f"{path}: no state dict can be read ({type(error).__name__}); save one with "
            "torch.save or safetensors."
        ) from error
