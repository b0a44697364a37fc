"""The network of the PhyCHarm preprint: MONAI's BasicUNet in two dimensions."""

from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO

import torch
from torch import nn

from .layers.dropout import Dropout
from .layers.instance_norm import InstanceNorm
from .layers.max_pool import MaxPool
from .layers.up_convolution import UpConvolution

PAPER_FEATURES = (16, 32, 64, 128, 256, 32)
LEVELS = 4
"""How often the network halves its image: sides must be multiples of 2**LEVELS."""


def basic_unet(
    *,
    in_channels: int = 1,
    out_channels: int = 1,
    features: Sequence[int] = PAPER_FEATURES,
    dropout: float = 0.0,
) -> nn.Module:
    """Build the 2D BasicUNet with instance norm and LeakyReLU 0.1, without output activation.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the input and the output image.
    features : sequence of 6 int
        Channels of the five levels from the top, and of the last layer.
    dropout : float
        Probability of dropping an element after each convolution.

    Returns
    -------
    Module
        Maps (N, in_channels, H, W) to (N, out_channels, H, W), H and W multiples of 16.
    """
    from monai.networks.nets.basic_unet import BasicUNet

    # MONAI before 1.6.1 prints a line for every network, amid what commands print.
    with redirect_stdout(StringIO()):
        network = BasicUNet(
            spatial_dims=2,
            in_channels=in_channels,
            out_channels=out_channels,
            features=tuple(features),
            act=("LeakyReLU", {"negative_slope": 0.1, "inplace": True}),
            norm=("instance", {"affine": True}),
            dropout=dropout,
        )
    return _without_waste(network)


def _without_waste(network: nn.Module) -> nn.Module:
    """Take out what costs time and changes no image."""
    for module in list(network.modules()):
        # Sides are multiples of 16: there is nothing to pad, and padding by nothing makes copies.
        if hasattr(module, "is_pad"):
            vars(module)["is_pad"] = False
        for name, child in module.named_children():
            if isinstance(child, nn.Dropout):
                setattr(module, name, Dropout(child.p))
            elif isinstance(child, nn.MaxPool2d) and child.kernel_size == child.stride == 2:
                setattr(module, name, MaxPool())
            elif isinstance(child, nn.InstanceNorm2d):
                setattr(module, name, InstanceNorm(child.num_features))
            elif isinstance(child, nn.ConvTranspose2d) and child.kernel_size == child.stride:
                setattr(module, name, UpConvolution.of(child))
    return network


def on_device(network: nn.Module, device: str) -> nn.Module:
    """Move a network to a device, in the memory layout in which it is fastest there.

    Convolutions on a GPU want channels last. On a CPU they gain little by it, and instance norms,
    which want channels first, would have every image copied to and fro.
    """
    network.to(device)
    if torch.device(device).type == "cuda":
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                # torch's stubs know this keyword for tensors alone.
                module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return network
