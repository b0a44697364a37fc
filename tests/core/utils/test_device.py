"""Where tensors live."""

import pytest
import torch

from phycharm.errors import InputError
from phycharm.utils.device import flushed_denormals, resolve_device


@pytest.mark.parametrize(
    ("asked", "there", "given"),
    [
        ("auto", False, "cpu"),
        ("auto", True, "cuda"),
        ("cpu", False, "cpu"),
        ("cpu", True, "cpu"),
        ("cuda", True, "cuda"),
    ],
)
def test_what_is_asked_for_and_there_is_given(monkeypatch, asked, there, given):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert resolve_device(asked) == given


def test_missing_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="--device cpu"):
        resolve_device("cuda")


@pytest.mark.parametrize("name", ["tpu", "", "CPU"])
def test_unknown_device(name):
    with pytest.raises(InputError, match="auto, cpu, cuda"):
        resolve_device(name)


def denormals_are_zero():
    return bool(torch.tensor(1e-310, dtype=torch.float64) * 1.0 == 0)


@pytest.mark.parametrize("before", [False, True])
def test_denormals_are_as_before_after_the_block(before):
    torch.set_flush_denormal(before)
    try:
        with flushed_denormals():
            assert denormals_are_zero()
        assert denormals_are_zero() is before
    finally:
        torch.set_flush_denormal(False)
