"""Trainings kept on disk: whatever interrupts them, they end as if nothing had."""

import errno
import os
import signal
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path

import pytest
import torch
from torch import nn

from phycharm.networks.keeping import kept_fit
from phycharm.networks.keeping.kept_fit import KeptFit, kept_in, seconds_before
from phycharm.networks.keeping.kept_training import KeptOptimizer
from phycharm.networks.keeping.state_file import (
    DamagedStateError,
    read_state_file,
    write_state_file,
)
from phycharm.networks.training import adam
from phycharm.utils.seeding import seeded

from support.interruptions import Interrupted, next_numbers
from support.taking_turns import PLAN, Taker

BATCHES = 16
TESTS = Path(__file__).parents[2]


def outcome(made, history):
    weights = [*made.network.state_dict().values(), *made.rival.state_dict().values()]
    return history, [one.tolist() for one in weights], made.calls, next_numbers()


def play(*stops, folder, every=0, **options):
    """Train with interruptions and without: outcome and game of the last call."""
    for stop in (*stops, None):
        made = Taker(**options)
        made.stop_at = stop
        with seeded(5), kept_in(folder, every=every):
            try:
                return outcome(made, made.training.run())
            except Interrupted:
                assert stop is not None
    raise AssertionError


@pytest.fixture(scope="module")
def wanted():
    made = Taker()
    with seeded(5):
        return outcome(made, made.training.run())


def slot(folder, number=1):
    return folder / f"{number:03d}.safetensors"


class TestResumedIsUndisturbed:
    # 4 batches a pass: in its midst, at its end, at the very end.
    @pytest.mark.parametrize("stop", [1, 2, 3, 4, 7, 8, 15])
    def test_wherever_it_was_interrupted(self, wanted, tmp_path, stop):
        assert play(stop, folder=tmp_path) == wanted

    def test_again_and_again(self, wanted, tmp_path):
        assert play(*range(1, BATCHES), folder=tmp_path) == wanted

    def test_with_batches_between_what_is_kept_and_the_interruption(
        self, wanted, tmp_path, monkeypatch
    ):
        clock = Clock(monkeypatch)
        step = Taker.step
        monkeypatch.setattr(Taker, "step", lambda self, i: (clock.pass_by(1), step(self, i))[1])
        # Kept after batches 5 and 10.
        assert play(13, folder=tmp_path, every=5) == wanted

    def test_when_nothing_interrupts_it(self, wanted, tmp_path):
        assert play(folder=tmp_path) == wanted

    def test_interrupted_before_the_first_state(self, wanted, tmp_path):
        assert play(0, folder=tmp_path) == wanted

    def test_in_steps(self, tmp_path):
        plan = PLAN.of_steps(30)
        made = Taker(plan)
        with seeded(5):
            alone = outcome(made, made.training.run())
        assert play(2, 11, 29, folder=tmp_path, plan=plan) == alone

    def test_killed(self, wanted, tmp_path):
        script = (
            "import os, signal\n"
            "from pathlib import Path\n"
            "from phycharm.networks.keeping.kept_fit import kept_in\n"
            "from phycharm.utils.seeding import seeded\n"
            "from support.taking_turns import Taker\n"
            "game = Taker()\n"
            "step = game.training.step\n"
            "def mortal(indices):\n"
            "    if game.calls == 7: os.kill(os.getpid(), signal.SIGKILL)\n"
            "    return step(indices)\n"
            "game.training.step = mortal\n"
            f"with seeded(5), kept_in(Path({str(tmp_path)!r}), every=0): game.training.run()\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONPATH": str(TESTS)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert slot(tmp_path).is_file()
        calls = []
        made = Taker()
        step = made.training.step
        made.training.step = lambda indices: (calls.append(1), step(indices))[1]
        with seeded(5), kept_in(tmp_path, every=0):
            assert outcome(made, made.training.run()) == wanted
        assert len(calls) == BATCHES - 7


class TestSeveralTrainings:
    def fit(self, folder, stop=None):
        """Three trainings and numbers drawn between; the second may be interrupted."""
        games = [Taker(label=name) for name in "abc"]
        games[1].stop_at = stop
        with seeded(5), kept_in(folder, every=0):
            found = []
            for game in games:
                found.append((outcome(game, game.training.run()), torch.rand(1).item()))
        return found, games

    def test_those_that_ended_are_skipped(self, tmp_path):
        wanted, _ = self.fit(tmp_path / "undisturbed")
        with pytest.raises(Interrupted):
            self.fit(tmp_path / "fit", stop=6)
        assert sorted(p.name for p in (tmp_path / "fit").iterdir()) == [
            "001.safetensors",
            "002.safetensors",
        ]
        begun = Counter()
        with pytest.MonkeyPatch.context() as patch:
            step = Taker.step

            def counted(self, indices):
                begun[self.training.label] += 1
                return step(self, indices)

            patch.setattr(Taker, "step", counted)
            found, games = self.fit(tmp_path / "fit")
        assert found == wanted
        assert begun == {"b": BATCHES - 6, "c": BATCHES}
        assert not any(game.network.training for game in games)

    def test_what_another_training_left_is_not_used(self, tmp_path):
        self.fit(tmp_path)
        made = Taker(samples=12, label="a")
        with (
            seeded(5),
            kept_in(tmp_path, every=1e9),
            pytest.warns(UserWarning, match=r"001.*samples 10 instead of 12.*starts anew"),
        ):
            made.training.run()
        assert made.calls == BATCHES
        # What came after it was another fit's too.
        assert not slot(tmp_path, 2).exists() and not slot(tmp_path, 3).exists()

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"label": "b"}, "label 'a' instead of 'b'"),
            ({"plan": PLAN.changed({"learning_rate": 0.2})}, "plan"),
            ({"seed": 1}, None),
        ],
    )
    def test_identity(self, tmp_path, options, said):
        play(5, folder=tmp_path, label="a")
        made = Taker(**{"label": "a", **options})
        with warnings.catch_warnings(record=True) as told, seeded(5), kept_in(tmp_path, every=1e9):
            warnings.simplefilter("always")
            made.training.run()
        assert [said in str(one.message) for one in told] == ([True] if said else [])

    def test_another_seed_is_another_training(self, tmp_path):
        play(5, folder=tmp_path)
        with (
            seeded(6),
            kept_in(tmp_path, every=1e9),
            pytest.warns(UserWarning, match="random numbers"),
        ):
            Taker().training.run()

    def test_blocks_inside_blocks(self, tmp_path):
        with kept_in(tmp_path / "outer", every=0):
            with kept_in(tmp_path / "inner", every=0), seeded(5):
                Taker().training.run()
            with seeded(5):
                Taker().training.run()
        assert slot(tmp_path / "outer").is_file() and slot(tmp_path / "inner").is_file()

    def test_outside_nothing_is_kept(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        Taker().training.run()
        assert not [*tmp_path.iterdir()]
        assert seconds_before() == 0


class TestDamage:
    @pytest.fixture
    def begun(self, tmp_path):
        made = Taker()
        made.stop_at = 9
        with seeded(5), kept_in(tmp_path, every=0), pytest.raises(Interrupted):
            made.training.run()
        return tmp_path

    def cut(self, path):
        path.write_bytes(path.read_bytes()[:-40])

    def empty(self, path):
        path.write_bytes(b"")

    def flip(self, path):
        content = bytearray(path.read_bytes())
        content[-9] ^= 1
        path.write_bytes(bytes(content))

    def other(self, path):
        path.write_text("a text")

    def plain(self, path):
        from safetensors.torch import save_file

        save_file({"weights": torch.ones(2)}, path)

    def later(self, path):
        from safetensors.torch import save_file

        save_file({}, path, metadata={"format": "2", "content": "1", "sha256": ""})

    def header(self, path):
        content = path.read_bytes()
        path.write_bytes(content.replace(b"batches", b"bathces", 1))

    @pytest.mark.parametrize("harm", ["cut", "empty", "flip", "other", "plain", "later", "header"])
    def test_counts_as_not_there_and_is_named(self, begun, wanted, harm):
        getattr(self, harm)(slot(begun))
        made = Taker()
        with (
            seeded(5),
            kept_in(begun, every=1e9),
            pytest.warns(UserWarning, match=r"001\.safetensors: cannot be read .*starts anew"),
        ):
            assert outcome(made, made.training.run()) == wanted

    def test_what_comes_after_is_used_all_the_same(self, tmp_path):
        games = [Taker(label=name) for name in "ab"]
        with seeded(5), kept_in(tmp_path, every=0):
            found = [outcome(game, game.training.run()) for game in games]
        self.cut(slot(tmp_path, 1))
        again = [Taker(label=name) for name in "ab"]
        again[1].stop_at = 0
        with seeded(5), kept_in(tmp_path, every=0), pytest.warns(UserWarning, match="001"):
            assert [outcome(game, game.training.run()) for game in again] == found


class Clock:
    """A clock that goes on when it is told."""

    def __init__(self, monkeypatch):
        self.now = 1000.0
        monkeypatch.setattr("time.monotonic", lambda: self.now)

    def pass_by(self, seconds):
        self.now += seconds


class TestWhen:
    """How often a state is written, by a clock that the test moves."""

    @pytest.fixture
    def clock(self, monkeypatch):
        return Clock(monkeypatch)

    @pytest.fixture
    def written(self, monkeypatch):
        found = []
        monkeypatch.setattr(
            kept_fit,
            "write_state_file",
            lambda path, content: found.append(
                (content["parts"]["progress"]["batches"], content["ended"])
            ),
        )
        return found

    def run(self, clock, folder, seconds, monkeypatch, **options):
        made = Taker()
        step = made.training.step
        made.training.step = lambda indices: (clock.pass_by(seconds), step(indices))[1]
        with seeded(5), kept_in(folder, **options) as fit:
            made.training.run()
        return fit

    def test_every_three_minutes(self, clock, written, tmp_path, monkeypatch):
        self.run(clock, tmp_path, 50, monkeypatch)
        assert written == [(4, False), (8, False), (12, False), (16, False), (16, True)]

    def test_as_often_as_was_asked(self, clock, written, tmp_path, monkeypatch):
        self.run(clock, tmp_path, 50, monkeypatch, every=300)
        assert written == [(6, False), (12, False), (16, True)]

    def test_a_fit_of_seconds_writes_nothing(self, clock, written, tmp_path, monkeypatch):
        self.run(clock, tmp_path, 1, monkeypatch)
        assert written == []

    def test_slow_disks_are_asked_less_often(self, clock, tmp_path, monkeypatch):
        found = []

        def slow(path, content):
            found.append(content["parts"]["progress"]["batches"])
            clock.pass_by(10)

        monkeypatch.setattr(kept_fit, "write_state_file", slow)
        self.run(clock, tmp_path, 100, monkeypatch, every=100)
        # Ten seconds are a fiftieth of five hundred.
        assert found == [1, 6, 11, 16, 16]

    def test_seconds_add_up_over_interruptions(self, clock, tmp_path, monkeypatch):
        for stop in (4, 8, None):
            made = Taker()
            made.stop_at = stop
            step = made.training.step
            made.training.step = lambda indices, step=step: (clock.pass_by(2), step(indices))[1]
            with seeded(5), kept_in(tmp_path, every=0) as fit:
                before = clock.now
                try:
                    made.training.run()
                except Interrupted:
                    continue
                spent = clock.now - before
        # 16 batches; those of the steps that raised are lost.
        assert (spent, fit.seconds_before) == (16, 16)


class TestDiskFull:
    def test_training_goes_on_with_one_warning(self, wanted, tmp_path, monkeypatch):
        def full(tensors, path, metadata):
            Path(path).write_bytes(b"half")
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("safetensors.torch.save_file", full)
        made = Taker()
        with warnings.catch_warnings(record=True) as told, seeded(5), kept_in(tmp_path, every=0):
            warnings.simplefilter("always")
            found = outcome(made, made.training.run())
        assert found == wanted
        (warning,) = told
        assert "001.safetensors: the training cannot be kept (No space left" in str(warning.message)
        assert not [*tmp_path.iterdir()]

    def test_the_last_state_stays_until_the_next_is_whole(self, wanted, tmp_path, monkeypatch):
        play_until = Taker()
        play_until.stop_at = 6
        with seeded(5), kept_in(tmp_path, every=0), pytest.raises(Interrupted):
            play_until.training.run()
        before = slot(tmp_path).read_bytes()

        def full(*_, **__):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("safetensors.torch.save_file", full)
        made = Taker()
        with seeded(5), kept_in(tmp_path, every=0), pytest.warns(UserWarning, match="No space"):
            assert outcome(made, made.training.run()) == wanted
        assert slot(tmp_path).read_bytes() == before

    def test_a_state_that_no_file_can_hold(self, wanted, tmp_path):
        made = Taker()
        made.state_dict = lambda: {"game": made}
        with seeded(5), kept_in(tmp_path, every=0), pytest.warns(UserWarning, match="Taker"):
            assert outcome(made, made.training.run()) == wanted

    def test_a_state_that_cannot_be_told(self, wanted, tmp_path):
        made = Taker()
        made.state_dict = lambda: 1 / 0
        with seeded(5), kept_in(tmp_path, every=0), pytest.warns(UserWarning, match="by zero"):
            assert outcome(made, made.training.run()) == wanted

    def test_half_a_file_of_a_killed_process_goes(self, wanted, tmp_path):
        (tmp_path / ".partial-1234-001.safetensors").write_bytes(b"half")
        assert play(3, folder=tmp_path) == wanted
        assert [path.name for path in tmp_path.iterdir()] == ["001.safetensors"]

    def test_a_folder_that_cannot_be_made(self, wanted, tmp_path):
        (tmp_path / "file").write_text("")
        made = Taker()
        with (
            seeded(5),
            kept_in(tmp_path / "file" / "fit", every=0),
            pytest.warns(UserWarning, match="cannot be kept"),
        ):
            assert outcome(made, made.training.run()) == wanted


CONTENT = {
    "weights": torch.arange(6.0).view(2, 3),
    "layout": torch.rand(1, 2, 3, 4).to(memory_format=torch.channels_last),
    "half": torch.ones(2, dtype=torch.bfloat16),
    "none": None,
    "numbers": [float("nan"), float("inf"), 0.1, 2**70],
    "scalar": torch.tensor(3.0),
    "nobody": torch.empty(0, dtype=torch.int64),
    "state": {0: {"step": torch.tensor(1.0)}, 1: {}},
    "tensor": {"tensor": 1, "items": 2},
}


def test_memory_of_an_optimizer_has_the_layout_of_its_weights():
    # Fused steps go through both in one order, whatever it is.
    def trained(steps):
        with seeded(0):
            network = nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last)
            images = torch.rand(steps, 2, 3, 8, 8)
        return network, adam(network, PLAN), images

    def step(network, optimizer, image):
        optimizer.zero_grad(set_to_none=True)
        network(image).square().mean().backward()
        optimizer.step()

    network, optimizer, images = trained(4)
    for image in images:
        step(network, optimizer, image)
    again, other, _ = trained(4)
    for image in images[:2]:
        step(again, other, image)
    state = [again.state_dict(), KeptOptimizer(other).state_dict()]
    resumed, third, _ = trained(4)
    resumed.load_state_dict(state[0])
    contiguous = {
        "state": {
            n: {k: v.contiguous() for k, v in one.items()} for n, one in state[1]["state"].items()
        },
        "param_groups": state[1]["param_groups"],
    }
    KeptOptimizer(third).load_state_dict(contiguous)
    memory = third.state[resumed.weight]
    assert memory["exp_avg"].stride() == resumed.weight.stride() != (27, 9, 3, 1)
    for image in images[2:]:
        step(resumed, third, image)
    assert torch.equal(resumed.weight, network.weight)


class TestStateFile:
    def test_there_and_back(self, tmp_path):
        write_state_file(tmp_path / "state", CONTENT)
        found = read_state_file(tmp_path / "state")
        assert found.keys() == CONTENT.keys()
        for name, value in CONTENT.items():
            if isinstance(value, torch.Tensor):
                assert torch.equal(found[name], value) and found[name].dtype == value.dtype
        assert found["state"] == CONTENT["state"]
        assert found["tensor"] == CONTENT["tensor"]
        assert repr(found["numbers"]) == repr(CONTENT["numbers"])

    def test_tensors_that_share_memory(self, tmp_path):
        row = torch.arange(4.0)
        write_state_file(tmp_path / "state", [row[:2], row[2:], row, row.expand(2, 4)])
        assert [one.tolist() for one in read_state_file(tmp_path / "state")][:3] == [
            [0, 1],
            [2, 3],
            [0, 1, 2, 3],
        ]

    def test_no_file(self, tmp_path):
        with pytest.raises(DamagedStateError):
            read_state_file(tmp_path / "missing")


def test_folder_is_made_when_there_is_something_to_keep(tmp_path):
    with kept_in(tmp_path / "fit") as fit:
        assert isinstance(fit, KeptFit)
    assert not [*tmp_path.iterdir()]
