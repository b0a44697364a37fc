"""The anchors of the speed results do the work that they say they do."""

import nibabel
import numpy as np
import pytest
import torch

from phycharm.benchmarks.speed import anchors

SIZES = {"height": 32, "width": 32, "depth": 6, "people": 2}


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    return anchors.made_up_pairs(tmp_path_factory.mktemp("pairs"), **SIZES)


@pytest.fixture
def seen(monkeypatch):
    """What the loss was asked of: one entry for each step."""
    asked, loss = [], anchors.masked_mse

    def watched(made, wanted, mask):
        asked.append((wanted.detach().clone(), mask.clone()))
        return loss(made, wanted, mask)

    monkeypatch.setattr(anchors, "masked_mse", watched)
    return asked


def test_slices_in_memory_are_those_on_disk(pairs):
    assert len(pairs) == 12
    source, target, mask = (np.asarray(nibabel.load(p).dataobj) for p in pairs.files[1])
    np.testing.assert_allclose(pairs.source[6 + 2, 0], source[..., 2] / 1000, rtol=1e-6)
    np.testing.assert_allclose(pairs.target[6 + 5, 0], target[..., 5] / 1000, rtol=1e-6)
    np.testing.assert_array_equal(pairs.mask[6, 0], mask[..., 0] > 0)


@pytest.mark.parametrize(
    "train",
    [
        lambda pairs: anchors.plain_loop(pairs, batch=4, steps=3, device="cpu"),
        lambda pairs: anchors.monai_cache(pairs, batch=4, steps=3, device="cpu"),
    ],
    ids=["plain", "monai"],
)
def test_so_many_steps_of_so_many_slices(pairs, seen, train):
    train(pairs)
    assert [len(wanted) for wanted, _ in seen] == [4, 4, 4]


def test_the_authors_decode_three_volumes_a_slice(pairs, seen, monkeypatch):
    loads, load = [], nibabel.load
    monkeypatch.setattr(anchors.nibabel, "load", lambda path: loads.append(path) or load(path))
    torch.manual_seed(0)
    anchors.authors_manner(pairs, steps=3, device="cpu")
    assert len(loads) == 3 * 2 * 3
    assert [len(wanted) for wanted, _ in seen] == [2, 2, 2]
    known = {one.numpy().tobytes() for one in pairs.mask[:, 0]}
    assert all(one.numpy().tobytes() in known for _, mask in seen for one in mask[:, 0])


def test_their_inference_asks_about_every_slice(pairs, monkeypatch):
    network, asked = anchors.plain_network(), []
    network.register_forward_pre_hook(lambda _, given: asked.append(given[0].shape))
    anchors.authors_inference(network, pairs.files[0], SIZES["depth"], "cpu")
    assert asked == [(1, 1, 32, 32)] * SIZES["depth"]


def test_the_network_is_the_one_of_this_package_in_numbers():
    from phycharm.networks.basic_unet import BasicUNet

    theirs, ours = (
        [parameter.shape for parameter in net.parameters()]
        for net in (anchors.plain_network(), BasicUNet())
    )
    assert theirs == ours
