"""Perceptual features: VGG16's relu2_2, from weights that run nothing."""

import os

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from phycharm.baselines.calamiti.calamiti import Calamiti
from phycharm.baselines.calamiti.vgg_features import VGGFeatures
from phycharm.errors import InputError

from support.toy_cohort import toy_cohort


def vgg_state(channels=64):
    generator = torch.Generator().manual_seed(0)
    shapes = {0: (64, 3), 2: (channels, 64), 5: (128, channels), 7: (128, 128), 10: (256, 128)}
    state = {}
    for index, shape in shapes.items():
        weight = torch.randn(*shape, 3, 3, generator=generator) / (3 * shape[1] ** 0.5)
        state[f"features.{index}.weight"] = weight
        state[f"features.{index}.bias"] = torch.randn(shape[0], generator=generator)
    return state


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_vgg_features_are_relu2_2(tmp_path, suffix):
    path, state = tmp_path / f"vgg.{suffix}", vgg_state()
    save_file(state, path) if suffix == "safetensors" else torch.save(state, path)
    features = VGGFeatures(weights=path)
    image = torch.rand(2, 1, 16, 16)
    x = image.expand(-1, 3, -1, -1)
    x = (x - torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)) / torch.tensor(
        [0.229, 0.224, 0.225]
    ).view(1, 3, 1, 1)
    for index in (0, 2, 5, 7):
        x = F.max_pool2d(x, 2) if index == 5 else x
        layer = (state[f"features.{index}.{kind}"] for kind in ("weight", "bias"))
        x = F.relu(F.conv2d(x, *layer, padding=1))
    torch.testing.assert_close(features(image), x)
    assert x.shape == (2, 128, 8, 8)
    assert not any(parameter.requires_grad for parameter in features.parameters())


class Malice:
    def __reduce__(self):
        return os.mkdir, ("executed",)


def test_bad_perceptual_weights_are_refused_and_nothing_is_executed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save(Malice(), tmp_path / "malice.pth")
    (tmp_path / "text.safetensors").write_text("no tensors")
    torch.save(vgg_state(channels=32), tmp_path / "narrow.pth")
    torch.save({"other": torch.zeros(1)}, tmp_path / "other.pth")
    torch.save([1, 2], tmp_path / "list.pth")
    messages = {
        "missing.pth": "no such file",
        "malice.pth": "no state dict can be read",
        "text.safetensors": "no state dict can be read",
        "narrow.pth": "no VGG16 weights",
        "other.pth": "no VGG16 weights",
        "list.pth": "no VGG16 weights",
    }
    for name, message in messages.items():
        with pytest.raises(InputError, match=message) as refusal:
            VGGFeatures(weights=tmp_path / name)
        assert name in str(refusal.value)
        assert "\n" not in str(refusal.value)
    assert not (tmp_path / "executed").exists()


def test_a_perceptual_term_is_learned_from_where_weights_are_given(tmp_path):
    torch.save(vgg_state(), tmp_path / "vgg.pth")
    method = Calamiti(
        base=2,
        training={"epochs": 1, "batch_size": 8},
        perceptual_weights=str(tmp_path / "vgg.pth"),
    ).fit(toy_cohort("01"))
    assert "perceptual" in {row["term"] for row in method.history}
    assert not any("perceptual" in deviation for deviation in method.deviations)
