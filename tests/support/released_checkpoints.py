"""Checkpoints in the layout of the released ones, made here."""

import torch

FILES = {"MapG_T1.pth": "T1map", "MapG_M0.pth": "M0map", "Harm_GE_Siemens.pth": "model"}


def monai_network(seed):
    """The preprint's network as its authors would write it, with `monai` alone."""
    from monai.networks.nets import BasicUNet

    torch.manual_seed(seed)
    return BasicUNet(
        spatial_dims=2,
        in_channels=1,
        out_channels=1,
        features=(16, 32, 64, 128, 256, 32),
        act=("LeakyReLU", {"negative_slope": 0.1, "inplace": True}),
        norm=("instance", {"affine": True}),
        dropout=0.1,
    ).eval()
