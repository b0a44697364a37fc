"""The network of the preprint."""

import pytest
import torch
from torch import nn

from phycharm.networks.basic_unet import (
    LEVELS,
    PAPER_FEATURES,
    BasicUNet,
    on_device,
)
from phycharm.networks.layers.dropout import Dropout

from support.phantom import TINY_FEATURES


@pytest.fixture(scope="module")
def paper():
    return BasicUNet(dropout=0.1)


def modules(network, kind):
    return [module for module in network.modules() if isinstance(module, kind)]


def test_channels_of_the_preprint(paper):
    state = paper.state_dict()
    assert PAPER_FEATURES == (16, 32, 64, 128, 256, 32)
    assert state["conv_0.conv_0.conv.weight"].shape == (16, 1, 3, 3)
    assert state["down_4.convs.conv_1.conv.weight"].shape == (256, 256, 3, 3)
    assert state["final_conv.weight"].shape == (1, 32, 1, 1)


def test_norm_activation_and_dropout_of_the_preprint(paper):
    activations = modules(paper, nn.LeakyReLU)
    assert {activation.negative_slope for activation in activations} == {0.1}
    assert len(modules(paper, nn.InstanceNorm2d)) == len(activations) == 18
    assert all(norm.affine for norm in modules(paper, nn.InstanceNorm2d))
    assert {dropout.p for dropout in modules(paper, Dropout)} == {0.1}
    assert not modules(paper, nn.BatchNorm2d)


def test_output_has_no_activation(paper):
    assert isinstance(list(paper.modules())[-1], nn.Conv2d)
    with torch.no_grad():
        image = paper.eval()(torch.randn(1, 1, 32, 32, generator=torch.Generator().manual_seed(0)))
    assert (image < 0).any()
    assert (image > 0).any()


def test_it_halves_as_often_as_levels_says(paper):
    assert len(modules(paper, nn.MaxPool2d)) == LEVELS == 4


@pytest.mark.parametrize("channels", [(1, 1), (3, 2)])
def test_shape_is_kept(channels):
    network = BasicUNet(in_channels=channels[0], out_channels=channels[1], features=TINY_FEATURES)
    with torch.no_grad():
        assert network(torch.zeros(2, channels[0], 32, 48)).shape == (2, channels[1], 32, 48)


def test_slices_do_not_see_each_other():
    network = BasicUNet(features=TINY_FEATURES).eval()
    slices = torch.randn(4, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        together = network(slices)
        alone = torch.cat([network(one[None]) for one in slices])
        turned = network(slices.flip(0)).flip(0)
    torch.testing.assert_close(together, alone, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(together, turned, rtol=1e-4, atol=1e-5)


def test_on_the_cpu_the_memory_layout_stays():
    network = on_device(BasicUNet(features=TINY_FEATURES), "cpu")
    assert network.get_parameter("down_1.convs.conv_0.conv.weight").is_contiguous()


@pytest.mark.cuda
def test_memory_layout_changes_no_value():
    network = BasicUNet(features=TINY_FEATURES).eval()
    slices = torch.randn(2, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        before = network(slices)
        after = on_device(network, "cuda")(slices.cuda()).cpu()
    torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-4)
    weight = network.get_parameter("down_1.convs.conv_0.conv.weight")
    assert weight.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("channels", [(1, 1), (3, 2)])
@pytest.mark.parametrize("features", [PAPER_FEATURES, TINY_FEATURES, (4, 6, 8, 8, 16, 4)])
def test_is_monai_s_network(features, channels):
    """Names and first values of weights, the random numbers they take, images, all are MONAI's."""
    from monai.networks.nets.basic_unet import BasicUNet as Monais

    act, norm = ("LeakyReLU", {"negative_slope": 0.1}), ("instance", {"affine": True})
    torch.manual_seed(3)
    theirs = Monais(2, *channels, features=features, act=act, norm=norm, dropout=0.1).eval()
    after = torch.get_rng_state()
    torch.manual_seed(3)
    own = BasicUNet(
        in_channels=channels[0], out_channels=channels[1], features=features, dropout=0.1
    ).eval()
    assert torch.equal(torch.get_rng_state(), after)
    assert list(own.state_dict()) == list(theirs.state_dict())
    pairs = zip(own.state_dict().values(), theirs.state_dict().values(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    image = torch.rand(2, channels[0], 48, 32)
    with torch.no_grad():
        torch.testing.assert_close(own(image), theirs(image), rtol=1e-5, atol=1e-5)
