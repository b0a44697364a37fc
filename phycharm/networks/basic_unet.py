"""The network of the PhyCHarm preprint: BasicUNet in two dimensions."""

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor, nn

from .layers.beside import Beside
from .layers.dropout import Dropout
from .layers.instance_norm import InstanceNorm
from .layers.max_pool import MaxPool
from .layers.up_convolution import UpConvolution

PAPER_FEATURES = (16, 32, 64, 128, 256, 32)
LEVELS = 4
"""How often the network halves its image: sides must be multiples of 2**LEVELS."""

_LEAK = 0.1


class BasicUNet(nn.Module):
    """U-Net of two 3 x 3 convolutions a level, without output activation.

    It is the network that MONAI has by this name (Falk et al. 2019, doi:10.1038/s41592-018-0261-2),
    with the names of its weights and, of one seed, their first values; every convolution is
    followed by instance norm, dropout and LeakyReLU 0.1.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the input and the output image.
    features : sequence of 6 int
        Channels of the five levels from the top, and of the last layer.
    dropout : float
        Probability of dropping an element after each convolution.
    """

    stackable: ClassVar[bool] = True
    """See `can_be_stacked`."""

    def __init__(
        self,
        *,
        in_channels: int = 1,
        out_channels: int = 1,
        features: Sequence[int] = PAPER_FEATURES,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        top, *below, last = features
        widths = [top, *below]
        self.conv_0 = _twice(in_channels, top, dropout)
        for level in range(1, LEVELS + 1):
            down = _Down(widths[level - 1], widths[level], dropout)
            setattr(self, f"down_{level}", down)
        for level in range(LEVELS, 0, -1):
            # The topmost keeps its channels where others halve them, and has a width of its own.
            grown = widths[level] if level == 1 else widths[level] // 2
            made = last if level == 1 else widths[level - 1]
            up = _Up(widths[level], grown, widths[level - 1], made, dropout)
            setattr(self, f"upcat_{level}", up)
        self.final_conv = nn.Conv2d(last, out_channels, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Map (N, in_channels, H, W) to (N, out_channels, H, W), H and W multiples of 16."""
        features = self.conv_0(image)
        skips = []
        for level in range(1, LEVELS + 1):
            skips.append(features)
            features = self.get_submodule(f"down_{level}")(features)
        for level in range(LEVELS, 0, -1):
            features = self.get_submodule(f"upcat_{level}")(features, skips.pop())
        made: Tensor = self.final_conv(features)
        return made


class _Convolution(nn.Sequential):
    """A 3 x 3 convolution and what follows it; MONAI calls norm, dropout, activation `adn`."""

    def __init__(self, in_channels: int, out_channels: int, dropout: float) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, 3, padding=1)
        self.adn = nn.Sequential()
        self.adn.add_module("N", InstanceNorm(out_channels))
        self.adn.add_module("D", Dropout(dropout))
        self.adn.add_module("A", nn.LeakyReLU(_LEAK, inplace=True))


def _twice(in_channels: int, out_channels: int, dropout: float) -> nn.Sequential:
    made = nn.Sequential()
    made.add_module("conv_0", _Convolution(in_channels, out_channels, dropout))
    made.add_module("conv_1", _Convolution(out_channels, out_channels, dropout))
    return made


class _Down(nn.Sequential):
    """Half the image, convolved twice."""

    def __init__(self, in_channels: int, out_channels: int, dropout: float) -> None:
        super().__init__()
        self.max_pooling = MaxPool()
        self.convs = _twice(in_channels, out_channels, dropout)


class _Up(nn.Module):
    """The image in double size, beside what was there on the way down, convolved twice."""

    def __init__(
        self, in_channels: int, grown: int, skipped: int, out_channels: int, dropout: float
    ) -> None:
        super().__init__()
        self.upsample = nn.Sequential()
        self.upsample.add_module("deconv", UpConvolution(in_channels, grown, factor=2))
        self.beside = Beside()
        self.convs = _twice(skipped + grown, out_channels, dropout)

    def forward(self, features: Tensor, skipped: Tensor) -> Tensor:
        """Return features of shape (N, out_channels, 2 H, 2 W)."""
        made: Tensor = self.convs(self.beside(skipped, self.upsample(features)))
        return made


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
