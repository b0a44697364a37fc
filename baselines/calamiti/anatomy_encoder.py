"""CALAMITI's anatomy: for every pixel, which of a few classes it is of."""

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from phycharm.networks.layers.gumbel_choice import GumbelChoice
from phycharm.networks.layers.instance_norm import InstanceNorm

from .double_conv_unet import DoubleConvUNet, normalized_block

_FEATURES = 16


class AnatomyEncoder(nn.Module):
    """U-Net with a head 16-16-32-64-classes; its output beta is one-hot in every pixel.

    In training the classes are drawn by Gumbel-softmax, hard forwards and soft backwards
    (straight-through); in evaluation mode the likeliest class is taken.

    Parameters
    ----------
    classes : int
        Channels of beta.
    base : int
        Channels of the U-Net's first level.
    """

    stackable: ClassVar[bool] = True
    """See `can_be_stacked`."""

    def __init__(self, *, classes: int = 4, base: int = 8) -> None:
        super().__init__()
        self.classes = classes
        self.layers = nn.Sequential(
            DoubleConvUNet(in_channels=1, out_channels=_FEATURES, base=base),
            InstanceNorm(_FEATURES),
            nn.LeakyReLU(0.2),
            normalized_block(_FEATURES, 16),
            normalized_block(16, 32),
            normalized_block(32, 64),
            nn.Conv2d(64, classes, 3, padding=1),
        )
        self.choice = GumbelChoice()

    def forward(self, image: Tensor, temperature: float = 1.0) -> Tensor:
        """Encode slices.

        Parameters
        ----------
        image : Tensor, shape (N, 1, H, W)
            Sides multiples of 16.
        temperature : float
            Of the Gumbel-softmax; only its gradient depends on it.

        Returns
        -------
        Tensor, shape (N, classes, H, W)
            Beta: one class of every pixel is 1, the others 0.
        """
        logits: Tensor = self.layers(image)
        if self.training:
            drawn: Tensor = self.choice(logits, temperature)
            return drawn
        likeliest = F.one_hot(logits.argmax(dim=1), self.classes)
        return torch.movedim(likeliest, -1, 1).to(logits.dtype)
