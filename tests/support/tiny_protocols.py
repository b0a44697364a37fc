"""Protocols small enough for tests, on the dataset of `bids_folder`."""

import tomllib

from phycharm.benchmarks.protocol.protocol import Protocol

TINY = """
name = "tiny"
version = 3
summary = "For tests."
harmonizers = ["none", "linear", "histogram", "unet", "phycharm"]
metrics = ["ssim", "psnr", "nrmse"]
seeds = [0]

[split]
training = 2
external = 1
folds = [1]
quantitative_training = 1
quantitative_validation = 0

[training]
epochs = 1
batch_size = 8

[maps.training]
epochs = 1
batch_size = 8

[settings.unet]
features = [4, 4, 4, 8, 8, 4]

[settings.phycharm]
features = [4, 4, 4, 8, 8, 4]
"""


def tiny_protocol(**changes) -> Protocol:
    """The tiny protocol with some values replaced."""
    return Protocol.model_validate({**tomllib.loads(TINY), **changes})


def pair_protocol(**changes) -> Protocol:
    """Two scanners only."""
    return tiny_protocol(scanners=["GE", "Siemens"], **changes)
