"""CALAMITI's decoder: anatomy and contrast in, image out."""

from typing import ClassVar

from torch import Tensor, nn

from phycharm.networks.layers.beside import Beside

from .double_conv_unet import DoubleConvUNet


class ContrastDecoder(nn.Module):
    """U-Net on beta and on theta repeated over the image.

    Norms on the way down only: theta is constant over a slice, and instance norm subtracts what is
    constant.

    Parameters
    ----------
    classes : int
        Channels of beta.
    dimensions : int
        Length of theta.
    base : int
        Channels of the U-Net's first level.
    residual : bool
        Whether it sees the image that beta is of too, and makes the difference from it.
    """

    stackable: ClassVar[bool] = True
    """See `can_be_stacked`."""

    def __init__(
        self, *, classes: int = 4, dimensions: int = 2, base: int = 16, residual: bool = False
    ) -> None:
        super().__init__()
        self.residual = residual
        self.beside = Beside()
        self.layers = DoubleConvUNet(
            in_channels=classes + dimensions + residual, out_channels=1, base=base, norms="down"
        )

    def forward(self, beta: Tensor, theta: Tensor, source: Tensor) -> Tensor:
        """Paint anatomy in a contrast.

        Parameters
        ----------
        beta : Tensor, shape (N, classes, H, W)
            Anatomy, sides multiples of 16.
        theta : Tensor, shape (N, dimensions)
            Contrast.
        source : Tensor, shape (N, 1, H, W)
            The image that beta is of; looked at only if `residual`.

        Returns
        -------
        Tensor, shape (N, 1, H, W)
            Image.
        """
        tiled = theta[:, :, None, None].expand(-1, -1, *beta.shape[-2:])
        if self.residual:
            made: Tensor = self.layers(self.beside(beta, tiled, source))
            return source + made
        image: Tensor = self.layers(self.beside(beta, tiled))
        return image
