"""CALAMITI's discriminator, which looks for the scanner in an anatomy."""

from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from phycharm.networks.layers.beside import Beside


class ScannerDiscriminator(nn.Module):
    """4 x 4 convolutions of stride 2 to 16, 64 and 64 channels, then 1 x 1 to 16 and 1.

    Every layer is spectrally normalized, and LeakyReLU 0.2 stands between them.

    Parameters
    ----------
    classes : int
        Channels of beta.
    scanners : int
        Channels that say which scanner is claimed, one-hot.
    """

    stackable: ClassVar[bool] = True
    """See `can_be_stacked`."""

    def __init__(self, *, classes: int = 4, scanners: int = 2) -> None:
        super().__init__()
        self.scanners = scanners
        strided = [(classes + scanners, 16), (16, 64), (64, 64)]
        convolutions = [nn.Conv2d(a, b, 4, stride=2, padding=1) for a, b in strided]
        convolutions += [nn.Conv2d(64, 16, 1), nn.Conv2d(16, 1, 1)]
        layers: list[nn.Module] = []
        for convolution in convolutions:
            layers += [spectral_norm(convolution), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers[:-1])
        self.beside = Beside()

    def forward(self, beta: Tensor, scanner: Tensor) -> Tensor:
        """Judge pairs of an anatomy and a scanner.

        Parameters
        ----------
        beta : Tensor, shape (N, classes, H, W)
            Anatomy.
        scanner : Tensor of int64, shape (N,)
            Index of the scanner that is claimed.

        Returns
        -------
        Tensor, shape (N, 1, H / 8, W / 8)
            Logits; positive where the anatomy looks as if that scanner had seen it.
        """
        # Flattened: of several networks at once every slice has a scanner for each of them.
        claimed = F.one_hot(scanner, self.scanners).flatten(1).to(beta.dtype)
        tiled = claimed[:, :, None, None].expand(-1, -1, *beta.shape[-2:])
        logits: Tensor = self.layers(self.beside(beta, tiled))
        return logits
