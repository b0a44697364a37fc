"""Fixtures of the method's tests."""

import pytest
import torch

from phycharm.method.checkpoints import import_checkpoints

from support.released_checkpoints import FILES, monai_network


@pytest.fixture(scope="session")
def networks():
    """Three networks whose outputs are of the size that trained ones have."""
    made = {name: monai_network(seed) for seed, name in enumerate(FILES)}
    with torch.no_grad():
        # T1 near 1200 ms / 4095, M0 near 400 / 500, image near 800 / 4095.
        for network, level in zip(made.values(), (0.3, 0.8, 0.2), strict=True):
            network.final_conv.weight *= 0.1 * level
            network.final_conv.bias.fill_(level)
    return made


@pytest.fixture(scope="session")
def released(tmp_path_factory, networks):
    """Files of the released layout; they are not to be changed."""
    folder = tmp_path_factory.mktemp("released")
    for name, key in FILES.items():
        torch.save({key: networks[name].state_dict()}, folder / name)
    return folder


@pytest.fixture(scope="session")
def state(networks):
    return networks["MapG_T1.pth"].state_dict()


@pytest.fixture(scope="session")
def model(tmp_path_factory, released):
    folder = tmp_path_factory.mktemp("imported") / "model"
    import_checkpoints([released / name for name in FILES], folder)
    return folder
