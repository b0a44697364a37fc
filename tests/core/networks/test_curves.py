"""Curves for TensorBoard: the rows of the history, and nothing read from the device for them."""

import builtins
import sys
import warnings

import pytest
import torch

from phycharm.errors import InputError
from phycharm.networks import curves
from phycharm.networks.curves import curves_in, require_tensorboard, training_curves
from phycharm.networks.keeping.kept_fit import kept_in
from phycharm.utils.seeding import seeded

from support.interruptions import Interrupted
from support.taking_turns import Taker

accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")


def read(folder):
    """Steps and values by name."""
    events = accumulator.EventAccumulator(str(folder))
    events.Reload()
    return {
        name: [(event.step, event.value) for event in events.Scalars(name)]
        for name in events.Tags()["scalars"]
    }


def wanted(history):
    found = {}
    for row in history:
        name = f"{row['network']} {row['term']}/{row['split']}"
        value = torch.tensor(row["value"], dtype=torch.float32).item()
        found.setdefault(name, []).append((row["step"], value))
    return found


def test_files_hold_the_history(tmp_path):
    with curves_in(tmp_path):
        history = Taker(label="game GE -> Siemens").training.run()
        Taker(label="maps, case 4").training.run()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["01-game-GE-Siemens", "02-maps-case-4"]
    found = read(tmp_path / "01-game-GE-Siemens")
    assert found == wanted(history)
    assert {"G loss/train", "D loss/train", "G loss/validation"} <= found.keys()


def test_a_training_that_goes_on_has_every_point_once(tmp_path):
    for stop in (6, 11, None):
        made = Taker()
        made.stop_at = stop
        with seeded(5), kept_in(tmp_path / "fit", every=0), curves_in(tmp_path / "curves"):
            try:
                history = made.training.run()
            except Interrupted:
                continue
    (folder,) = (tmp_path / "curves").iterdir()
    assert len(list(folder.iterdir())) == 1
    assert read(folder) == wanted(history)
    # Asked for only when all was done: the curves are there all the same.
    with seeded(5), kept_in(tmp_path / "fit", every=0), curves_in(tmp_path / "later"):
        Taker().training.run()
    assert read(next((tmp_path / "later").iterdir())) == wanted(history)


def test_nothing_more_is_read_from_the_device(tmp_path, monkeypatch):
    def reads(work):
        count = 0
        plain = torch.Tensor.__float__

        def counted(tensor):
            nonlocal count
            count += 1
            return plain(tensor)

        with monkeypatch.context() as patch:
            patch.setattr(torch.Tensor, "__float__", counted)
            work()
        return count

    def drawn():
        with curves_in(tmp_path):
            Taker().training.run()

    assert reads(drawn) == reads(lambda: Taker().training.run()) > 0


def test_results_are_the_same(tmp_path):
    histories = []
    for where in (tmp_path, None):
        with seeded(5):
            if where is None:
                histories.append(Taker().training.run())
            else:
                with curves_in(where):
                    histories.append(Taker().training.run())
    assert histories[0] == histories[1]


def test_a_full_disk_ends_the_curves_alone(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("torch.utils.tensorboard.SummaryWriter.add_scalar", full)
    with warnings.catch_warnings(record=True) as told, curves_in(tmp_path):
        warnings.simplefilter("always")
        assert len(Taker().training.run()) > 4
    assert [str(one.message).count("No space left on device") for one in told] == [1]


def test_the_package_is_not_needed_otherwise(monkeypatch):
    plain = builtins.__import__

    def without(name, *rest, **more):
        if name.startswith(("tensorboard", "torch.utils.tensorboard")):
            raise ModuleNotFoundError(name)
        return plain(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    for name in [name for name in sys.modules if "tensorboard" in name]:
        monkeypatch.delitem(sys.modules, name)
    assert Taker().training.run()
    with training_curves("label") as add:
        add([{}])


def test_who_lacks_it_is_told(monkeypatch):
    require_tensorboard()
    monkeypatch.setattr(curves, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"install phycharm\[tensorboard\]"):
        require_tensorboard()
