"""Files that are no released checkpoint, hostile ones among them."""

import os
import pickle
import random
import sys
import zipfile

import numpy as np
import pytest
import torch

from phycharm.errors import InputError
from phycharm.method.checkpoint_file import read_checkpoint
from phycharm.networks.basic_unet import BasicUNet


def refused(path):
    with pytest.raises(InputError) as error:
        read_checkpoint(path)
    message = str(error.value)
    assert "\n" not in message
    assert message.startswith(f"{path}: ")
    assert "weights_only" not in message
    return message


class Malicious:
    """Unpickling it writes a file, in whatever way the test chose."""

    def __init__(self, call):
        self.call = call

    def __reduce__(self):
        return self.call


def calls(victim):
    source = f"open({str(victim)!r}, 'w').close()"
    return {
        "system": (os.system, (f"touch '{victim}'",)),
        "exec": (exec, (source,)),
        "eval": (eval, (source,)),
        "open": (open, (str(victim), "w")),
    }


@pytest.mark.parametrize("call", ["system", "exec", "eval", "open"])
@pytest.mark.parametrize("place", ["top", "state", "beside"])
@pytest.mark.parametrize("zipped", [True, False])
def test_code_in_a_checkpoint_is_refused_and_never_run(tmp_path, state, call, place, zipped):
    victim = tmp_path / "executed"
    evil = Malicious(calls(victim)[call])
    content = {
        "top": evil,
        "state": {"T1map": {**state, "extra": evil}},
        "beside": {"T1map": state, "config": evil},
    }[place]
    path = tmp_path / "MapG_T1.pth"
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    message = refused(path)
    assert "nothing of it was run" in message
    assert not victim.exists()


def test_the_malicious_files_would_run_if_they_were_let(tmp_path, state):
    victim = tmp_path / "executed"
    path = tmp_path / "MapG_T1.pth"
    torch.save({"T1map": state, "config": Malicious(calls(victim)["system"])}, path)
    torch.load(path, weights_only=False)
    assert victim.exists()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_plain_pickles_are_refused_and_never_run(tmp_path, protocol):
    victim = tmp_path / "executed"
    path = tmp_path / "MapG_T1.pth"
    path.write_bytes(pickle.dumps({"T1map": Malicious(calls(victim)["system"])}, protocol))
    refused(path)
    assert not victim.exists()


def test_modules_of_others_are_not_imported(tmp_path, monkeypatch):
    (tmp_path / "trojan.py").write_text("class Horse: pass\nopened = True\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    import trojan

    path = tmp_path / "MapG_T1.pth"
    torch.save({"T1map": trojan.Horse()}, path)
    del sys.modules["trojan"], trojan
    assert "trojan.Horse" in refused(path)
    assert "trojan" not in sys.modules


def wrong_states(state):
    first = next(iter(state))
    return {
        "bare state": state,
        "two networks": {"T1map": state, "M0map": state},
        "unknown key": {"generator": state},
        "a list": [state],
        "a tensor": torch.zeros(3),
        "no state": {"T1map": 3},
        "a whole module": {"T1map": BasicUNet(features=(4, 4, 4, 4, 4, 4))},
        "other features": {"T1map": BasicUNet(features=(8, 16, 32, 64, 128, 16)).state_dict()},
        "three inputs": {"T1map": BasicUNet(in_channels=3).state_dict()},
        "one tensor short": {"T1map": {k: v for k, v in state.items() if k != first}},
        "one tensor more": {"T1map": {**state, "extra": torch.zeros(2)}},
        "numbers for names": {"T1map": {1: torch.zeros(2), "two": torch.zeros(2)}},
        "a word among tensors": {"T1map": {**state, "note": "best epoch"}},
        "a word for a tensor": {"T1map": {**state, first: "lost"}},
        "integers": {"T1map": {k: v.to(torch.int32) for k, v in state.items()}},
        "complex": {"T1map": {k: v.to(torch.complex64) for k, v in state.items()}},
        "sparse": {"T1map": {k: v.to_sparse() for k, v in state.items()}},
        "NaN": {"T1map": {**state, first: state[first] * float("nan")}},
        "data parallel": {"T1map": {f"module.{k}": v for k, v in state.items()}},
    }


@pytest.mark.parametrize("case", list(wrong_states({"x": torch.zeros(1)})))
def test_other_layouts_are_refused(tmp_path, state, case):
    torch.save(wrong_states(state)[case], tmp_path / "MapG_T1.pth")
    assert refused(tmp_path / "MapG_T1.pth").endswith((".", "checkpoint."))


def test_the_message_says_what_differs(tmp_path, state):
    torch.save({"T1map": {**state, "extra": torch.zeros(2)}}, tmp_path / "MapG_T1.pth")
    assert "extra is (2,) and should be absent" in refused(tmp_path / "MapG_T1.pth")
    torch.save({"generator": state, "epoch": 3}, tmp_path / "MapG_T1.pth")
    assert "has keys generator, epoch, and exactly one of T1map" in refused(
        tmp_path / "MapG_T1.pth"
    )


@pytest.mark.parametrize(
    "content", [b"", b"hello\n", b"\x80\x02}q\x00.", b"PK\x03\x04", b"\x93NUMPY"]
)
def test_files_of_other_kinds(tmp_path, content):
    path = tmp_path / "MapG_T1.pth"
    path.write_bytes(content)
    refused(path)


def test_archives_of_other_kinds(tmp_path):
    with zipfile.ZipFile(tmp_path / "letters.pth", "w") as archive:
        archive.writestr("a/data.txt", "hello")
    refused(tmp_path / "letters.pth")
    np.savez(tmp_path / "arrays.npz", weights=np.zeros(3))
    refused(tmp_path / "arrays.npz")
    with pytest.raises(InputError, match="no such file"):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize("zipped", [True, False])
def test_damaged_files_never_escape_with_a_traceback(tmp_path, state, zipped):
    path = tmp_path / "MapG_T1.pth"
    torch.save({"T1map": state}, path, _use_new_zipfile_serialization=zipped)
    whole = path.read_bytes()
    rng = random.Random(0)
    refusals = 0
    for turn in range(30):
        damaged = bytearray(whole[: rng.randrange(len(whole))] if turn % 3 == 0 else whole)
        for _ in range(1 + turn % 5):
            damaged[rng.randrange(min(len(damaged), 3000))] = rng.randrange(256)
        path.write_bytes(damaged)
        try:
            # Some bytes are weights or padding: then it is still a checkpoint.
            read_checkpoint(path)
        except InputError:
            refusals += 1
    assert refusals >= 15
