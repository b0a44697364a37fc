"""The U-Net: PhyCHarm without the physics."""

from phycharm.harmonizers.card import MethodCard
from phycharm.method.translation import ImageTranslation


class UNet(ImageTranslation):
    """BasicUNet on the raw source image; network, training and data are PhyCHarm's.

    Parameters
    ----------
    training, features, dropout, residual, seed, device
        See `ImageTranslation`.
    """

    card = MethodCard(
        name="unet",
        revision="2",
        summary="A U-Net per direction, from the source image to the target image.",
        citation="Ronneberger, Fischer, Brox. U-Net. MICCAI 2015. doi:10.1007/978-3-319-24574-4_28",
    )
