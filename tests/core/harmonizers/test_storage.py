"""Fitted methods on disk."""

import json
import pickle

import pytest
import torch

from phycharm.errors import InputError
from phycharm.harmonizers.storage import FittedState, read_facts, read_state, write_state


@pytest.fixture
def state():
    tensors = {
        "weight": torch.arange(6, dtype=torch.float32).reshape(2, 3),
        "turned": torch.randn(4, 3, generator=torch.Generator().manual_seed(0)).T,
        "double": torch.tensor([1 / 3], dtype=torch.float64),
        "count": torch.tensor(7),
    }
    return FittedState(tensors=tensors, facts={"harmonizer": "unet", "canvas": [32, 48]})


def refusal(folder, method="unet"):
    with pytest.raises(InputError) as error:
        read_state(folder, method=method)
    text = str(error.value)
    assert "\n" not in text
    assert str(folder) in text
    return text


def test_round_trip_is_exact(tmp_path, state):
    write_state(tmp_path / "new" / "model", state)
    read = read_state(tmp_path / "new" / "model", method="unet")
    assert read.facts == state.facts
    assert read.tensors.keys() == state.tensors.keys()
    for name, tensor in state.tensors.items():
        assert read.tensors[name].dtype == tensor.dtype
        assert torch.equal(read.tensors[name], tensor)


def test_no_pickle_is_written(tmp_path, state):
    write_state(tmp_path, state)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "harmonizer.json",
        "state.safetensors",
    ]
    json.loads((tmp_path / "harmonizer.json").read_text())
    with pytest.raises(pickle.UnpicklingError):
        pickle.loads((tmp_path / "state.safetensors").read_bytes())


def test_weights_that_need_gradients(tmp_path):
    layer = torch.nn.Linear(2, 2)
    weights = dict(layer.named_parameters())
    write_state(tmp_path, FittedState(weights, {"harmonizer": "x"}))
    read = read_state(tmp_path, method="x").tensors["weight"]
    assert torch.equal(read, layer.weight)
    assert not read.requires_grad


def test_folder_without_a_model(tmp_path):
    assert "train" in refusal(tmp_path)
    assert "train" in refusal(tmp_path / "absent")


def test_model_of_another_method(tmp_path, state):
    write_state(tmp_path, state)
    text = refusal(tmp_path, method="phycharm")
    assert "'unet'" in text
    assert "'phycharm'" in text


def test_damaged_facts(tmp_path, state):
    write_state(tmp_path, state)
    (tmp_path / "harmonizer.json").write_text("{")
    assert "harmonizer.json" in refusal(tmp_path)
    with pytest.raises(InputError):
        read_facts(tmp_path)


@pytest.mark.parametrize("content", ["[]", "3"])
def test_facts_that_are_no_object(tmp_path, state, content):
    write_state(tmp_path, state)
    (tmp_path / "harmonizer.json").write_text(content)
    assert "harmonizer.json" in refusal(tmp_path)


@pytest.mark.parametrize("damage", ["missing", "truncated", "pickle", "empty"])
def test_damaged_tensors(tmp_path, state, damage):
    write_state(tmp_path, state)
    path = tmp_path / "state.safetensors"
    if damage == "missing":
        path.unlink()
    else:
        contents = {"truncated": path.read_bytes()[:-5], "pickle": pickle.dumps({}), "empty": b""}
        path.write_bytes(contents[damage])
    assert "state.safetensors" in refusal(tmp_path)


def test_tensors_that_share_memory(tmp_path):
    whole = torch.arange(4.0)
    write_state(tmp_path, FittedState({"a": whole, "b": whole[:2]}, {"harmonizer": "x"}))
    read = read_state(tmp_path, method="x").tensors
    assert torch.equal(read["a"], whole)
    assert torch.equal(read["b"], whole[:2])
