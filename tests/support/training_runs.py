"""Short trainings for the tests of `phycharm train`."""

import pytest

from phycharm.benchmarks.protocol.protocol import Protocol
from phycharm.benchmarks.run.training import train_harmonizer
from phycharm.errors import InputError

from support import phantom

TINY = list(phantom.TINY_FEATURES)


def protocol(**changes):
    """One epoch of everything, on networks of a few channels."""
    content = {
        "name": "tiny",
        "version": 1,
        "harmonizers": ["none"],
        "metrics": ["ssim"],
        "split": {"quantitative_training": 1, "quantitative_validation": 1},
        "training": {"epochs": 1, "batch_size": 16},
        "settings": {"unet": {"features": TINY}, "phycharm": {"features": TINY}},
        "maps": {"training": {"epochs": 1, "batch_size": 16}},
    }
    return Protocol.model_validate({**content, **changes})


def refused(*arguments, **options):
    with pytest.raises(InputError) as error:
        train_harmonizer(*arguments, device="cpu", **options)
    message = str(error.value)
    assert "\n" not in message
    return message
