"""Steps as scripts, and the layers by which networks of several fits can be asked as one."""

from typing import ClassVar

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from phycharm.networks.basic_unet import BasicUNet
from phycharm.networks.layers.beside import Beside
from phycharm.networks.layers.gumbel_choice import GumbelChoice
from phycharm.networks.lessons.ask import Ask
from phycharm.networks.lessons.learn import Learn
from phycharm.networks.lessons.lesson import Lesson
from phycharm.networks.stacking.stacked_networks import StackedNetworks, can_be_stacked

from support.phantom import TINY_FEATURES


def rivals():
    """Two networks of which one judges the other; the script learns by one loss of both."""
    networks = {"made": nn.Conv2d(1, 1, 3, padding=1), "judge": nn.Conv2d(1, 1, 1)}
    optimizers = {name: torch.optim.SGD(one.parameters(), lr=0.1) for name, one in networks.items()}

    def script(indices):
        first = (yield Ask(("made",), (torch.ones(len(indices), 1, 4, 4),)))["made"]
        judged = (yield Ask(("judge",), (first,)))["judge"]
        yield Learn("made", judged.square().mean())
        return {"loss": judged.mean()}

    return Lesson(networks=networks, optimizers=optimizers, shape=(1, 4, 4), script=script)


def test_who_does_not_learn_gets_no_gradient():
    lesson = rivals()
    before = {name: one.weight.detach().clone() for name, one in lesson.networks.items()}
    assert set(lesson.step(torch.arange(3))) == {"loss"}
    assert not torch.equal(lesson.networks["made"].weight, before["made"])
    assert torch.equal(lesson.networks["judge"].weight, before["judge"])
    assert lesson.networks["judge"].weight.grad is None


def test_answers_of_which_nothing_is_learned_have_no_graph():
    lesson, seen = rivals(), []

    def script():
        seen.append((yield Ask(("made",), (torch.ones(1, 1, 4, 4),), learning=False))["made"])
        return {}

    lesson.perform(script())
    assert not seen[0].requires_grad


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_choice_is_torchs_bit_for_bit(dtype):
    logits = torch.randn(2, 4, 8, 8, dtype=dtype, requires_grad=True)
    found = []
    for choose in (
        lambda: F.gumbel_softmax(logits, tau=0.7, hard=True, dim=1),
        lambda: GumbelChoice()(logits, 0.7),
    ):
        torch.manual_seed(0)
        made = choose()
        (gradient,) = torch.autograd.grad((made * torch.arange(8)).sum(), logits)
        found.append((made, gradient))
    assert torch.equal(found[0][0], found[1][0])
    assert torch.equal(found[0][1], found[1][1])


class Own(nn.Module):
    stackable: ClassVar[bool] = True

    def __init__(self):
        super().__init__()
        self.one = spectral_norm(nn.Conv2d(2, 3, 3, padding=1))
        self.two = nn.ConvTranspose2d(3, 2, 3, stride=2)
        self.beside, self.last = Beside(), nn.Linear(4, 2)

    def forward(self, image, other):
        grown = self.two(self.one(image), output_size=other.shape[-2:])
        return grown, self.last(self.beside(grown, other).flatten(2).mean(2))


class Heir(Own):
    pass


def test_networks_computed_as_one_answer_as_each_alone():
    networks = [Own().train() for _ in range(3)]
    stack = StackedNetworks(networks)
    images, others = torch.randn(3, 5, 2, 4, 4), torch.randn(3, 5, 2, 10, 9)
    with torch.no_grad():
        for _ in range(2):  # each call goes on with the iteration of the spectral norm
            together = stack((images, others), [{}] * 3)
            alone = [n(*given) for n, *given in zip(networks, images, others, strict=True)]
            for made, each in zip(together, zip(*alone, strict=True), strict=True):
                torch.testing.assert_close(made, torch.stack(each))
    expected = [network.one.parametrizations.weight[0]._u.clone() for network in networks]
    for network in networks:
        network.one.parametrizations.weight[0]._u.zero_()
    stack.write_back()
    for network, vector in zip(networks, expected, strict=True):
        torch.testing.assert_close(network.one.parametrizations.weight[0]._u, vector)


def test_only_what_is_known_is_computed_as_one():
    assert can_be_stacked(Own()) and can_be_stacked(BasicUNet(features=TINY_FEATURES))
    assert not can_be_stacked(Heir())  # its `forward` may be another
    assert not can_be_stacked(nn.Sequential(nn.Conv2d(1, 1, 1)))
    for layer in (nn.Dropout(0.1), nn.BatchNorm2d(2), nn.Conv2d(1, 1, 3, padding_mode="reflect")):
        network = Own()
        network.more = layer
        assert not can_be_stacked(network)
