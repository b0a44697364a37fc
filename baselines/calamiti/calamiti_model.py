"""CALAMITI's networks as one model: anatomy of a slice, contrast of a scanner, image of both."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from phycharm.networks.in_batches import in_batches

from .anatomy_encoder import AnatomyEncoder
from .contrast_decoder import ContrastDecoder
from .contrast_encoder import ContrastEncoder

_BATCH = 64


class CalamitiModel(nn.Module):
    """Anatomy encoder, contrast encoder and decoder, with the contrast of every scanner.

    Parameters
    ----------
    scanners : int
        How many scanners it serves.
    classes : int
        Channels of beta, the anatomy.
    dimensions : int
        Length of theta, the contrast.
    base : int
        Channels of the anatomy encoder's first level; the decoder's has twice as many.
    residual : bool
        Whether the decoder makes the difference from the source.
    """

    thetas: Tensor

    def __init__(
        self, *, scanners: int, classes: int, dimensions: int, base: int, residual: bool = False
    ) -> None:
        super().__init__()
        self.anatomy = AnatomyEncoder(classes=classes, base=base)
        self.contrast = ContrastEncoder(dimensions=dimensions)
        self.decoder = ContrastDecoder(
            classes=classes, dimensions=dimensions, base=2 * base, residual=residual
        )
        self.register_buffer("thetas", torch.zeros(scanners, dimensions))

    @torch.no_grad()
    def measure_contrasts(self, volumes: Sequence[Sequence[Tensor]]) -> None:
        """Set each scanner's theta to the mean over volumes of the mean over their slices.

        Parameters
        ----------
        volumes : sequence of sequence of Tensor, shape (N, 1, H, W)
            Training slices, for each scanner those of every person who was on it; the theta of a
            scanner that nobody was on is left at 0.
        """
        for scanner, own in enumerate(volumes):
            if own:
                self.thetas[scanner] = torch.stack(list(map(self._contrast_of, own))).mean(dim=0)

    def _contrast_of(self, slices: Tensor) -> Tensor:
        return torch.cat([self.contrast(part)[0] for part in slices.split(_BATCH)]).mean(dim=0)

    def translate(self, slices: Tensor, scanner: int) -> Tensor:
        """Show the anatomy of slices in the contrast of a scanner.

        Parameters
        ----------
        slices : Tensor, shape (N, 1, H, W)
            Source, sides multiples of 16.
        scanner : int
            Index of the target.

        Returns
        -------
        Tensor, shape (N, 1, H, W)
            Images.
        """
        return self.paint(self.encode(slices), slices, scanner)

    def encode(self, slices: Tensor) -> Tensor:
        """Return the anatomies, shape (N, classes, H, W), of slices (N, 1, H, W)."""
        return in_batches(self.anatomy, slices)

    def paint(self, beta: Tensor, source: Tensor, scanner: int) -> Tensor:
        """Decode anatomies, shape (N, classes, H, W), of slices in the contrast of a scanner."""
        theta = self.thetas[scanner]
        parts = [
            self.decoder(part, theta.expand(len(part), -1), seen)
            for part, seen in zip(beta.split(_BATCH), source.split(_BATCH), strict=True)
        ]
        return torch.cat(parts)
