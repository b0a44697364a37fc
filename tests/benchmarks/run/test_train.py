"""`phycharm train`: what is learned, kept and refused."""

import tempfile

import numpy as np
import pandas as pd
import pytest
import torch

from phycharm.benchmarks.run.history import write_history
from phycharm.benchmarks.run.training import train_generator, train_harmonizer
from phycharm.data.intensity import percentile_99
from phycharm.errors import InputError
from phycharm.harmonizers.external import load_harmonizer
from phycharm.harmonizers.harmonizer import Harmonizer
from phycharm.harmonizers.storage import FittedState, write_state
from phycharm.method.maps import MapsGenerator

from support import bids_folder, phantom
from support.training_runs import TINY, protocol, refused

# --- phycharm train -------------------------------------------------------------------------------


def test_all_but_the_last_person_are_learned_from(tmp_path, shared_dataset):
    method = train_harmonizer(
        "linear", protocol(), shared_dataset, tmp_path / "model", device="cpu"
    )
    assert method.fitted_on["subjects"] == ["01", "02"]
    assert method.fitted_on["validation"] == ["03"]
    assert [scanner.name for scanner in method.scanners] == ["GE", "Philips", "Siemens"]


@pytest.mark.parametrize("spec", ["linear", "unet", "phycharm"])
def test_the_folder_gives_the_trained_method_back(tmp_path, shared_dataset, spec):
    trained = train_harmonizer(spec, protocol(), shared_dataset, tmp_path / "model", device="cpu")
    loaded = load_harmonizer(tmp_path / "model")
    assert repr(loaded) == repr(trained)
    scan = percentile_99(phantom.raw_scan("07", phantom.GE))
    image = loaded.harmonize(scan, phantom.SIEMENS)
    np.testing.assert_array_equal(image, trained.harmonize(scan, phantom.SIEMENS))
    assert image[scan.mask].std() > 0


def test_it_learns_from_standardized_scans(tmp_path, shared_dataset):
    # GE's units are 13 times Siemens's here: unstandardized, the target would be far darker.
    trained = train_harmonizer(
        "linear", protocol(), shared_dataset, tmp_path / "model", device="cpu"
    )
    scan = percentile_99(phantom.raw_scan("07", phantom.GE))
    image = trained.harmonize(scan, phantom.SIEMENS)
    assert np.percentile(image[scan.mask], 99) == pytest.approx(1, abs=0.15)


def test_the_same_seed_gives_the_same_model(tmp_path, pair):
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        train_harmonizer("unet", protocol(seeds=[seed]), pair, tmp_path / name, device="cpu")
    a, b, c = (load_harmonizer(tmp_path / name).state().tensors for name in "abc")
    assert all(torch.equal(a[key], b[key]) for key in a)
    assert any(not torch.equal(a[key], c[key]) for key in a)


def test_budget_and_settings_come_from_the_protocol(tmp_path, pair):
    chosen = protocol(
        training={"epochs": 3, "batch_size": 16},
        settings={"unet": {"features": TINY, "training": {"batch_size": 8}}},
    )
    method = train_harmonizer("unet", chosen, pair, tmp_path / "model", device="cpu")
    assert method.training == {"epochs": 3, "batch_size": 8}
    assert {row["epoch"] for row in method.history} == {1, 2, 3}
    assert {row["split"] for row in method.history} == {"train", "validation"}


def test_maps_are_trained_by_the_protocols_plan(tmp_path, pair):
    chosen = protocol(
        maps={"training": {"epochs": 2, "batch_size": 16}, "preset": "paper", "cases": [2]}
    )
    method = train_harmonizer("phycharm", chosen, pair, tmp_path / "model", device="cpu")
    generator = method._physics.fitted_generator
    assert (generator.preset, generator.case) == ("paper", 2)
    assert {row["epoch"] for row in generator.history} == {1, 2}
    again = load_harmonizer(tmp_path / "model")._physics.fitted_generator
    assert (again.preset, again.case) == ("paper", 2)


def test_maps_trained_before_can_be_taken(tmp_path, pair, monkeypatch):
    before = train_generator(protocol(), pair, tmp_path / "maps", case=4, device="cpu")
    with monkeypatch.context() as patch:
        patch.setattr(MapsGenerator, "fit", lambda *_, **__: pytest.fail("trained again"))
        method = train_harmonizer(
            "phycharm", protocol(), pair, tmp_path / "model", device="cpu", maps=tmp_path / "maps"
        )
    kept = load_harmonizer(tmp_path / "model")._physics.fitted_generator.state().tensors
    assert all(torch.equal(kept[name], t) for name, t in before.state().tensors.items())
    assert method.fitted_on["subjects"] == ["01", "02"]


CURVES = ["network", "source", "target", "epoch", "step", "split", "term", "value"]


def curves(folder):
    """Read the training curves of a model folder, in the columns of docs/results.md."""
    table = pd.read_csv(folder / "history.csv", keep_default_na=False)
    assert set(table.columns) == set(CURVES)
    return table


def test_training_curves_are_kept_and_maps_curves_with_them(tmp_path, pair):
    two = protocol(maps={"training": {"epochs": 2, "batch_size": 16}})
    method = train_harmonizer("phycharm", two, pair, tmp_path / "model", device="cpu")
    table = curves(tmp_path / "model")
    maps = table[table["network"] == "QMG"]
    own = table[table["network"] != "QMG"]
    assert set(maps["epoch"]) == {1, 2}
    assert set(own["epoch"]) == {1}
    assert {"train", "validation"} == set(maps["split"]) == set(own["split"])
    wanted = [row["value"] for row in (*method._physics.fitted_generator.history, *method.history)]
    np.testing.assert_allclose(table["value"], wanted)
    # A generator trained before keeps its curves in its own folder.
    train_generator(two, pair, tmp_path / "maps", case=4, device="cpu")
    assert set(curves(tmp_path / "maps")["network"]) == {"QMG"}
    train_harmonizer(
        "phycharm", two, pair, tmp_path / "other", device="cpu", maps=tmp_path / "maps"
    )
    assert "QMG" not in set(curves(tmp_path / "other")["network"])


def test_curves_do_not_decide_whether_a_model_loads(tmp_path, pair):
    train_harmonizer("unet", protocol(), pair, tmp_path / "model", device="cpu")
    (tmp_path / "model" / "history.csv").unlink()
    assert load_harmonizer(tmp_path / "model").card.name == "unet"
    # What learns nothing by epochs leaves no curves, nor those of an earlier model.
    (tmp_path / "model" / "history.csv").write_text("network,epoch,value\n")
    train_harmonizer("linear", protocol(), pair, tmp_path / "model", device="cpu")
    assert not (tmp_path / "model" / "history.csv").exists()


def test_curves_are_written_whole_or_not_at_all(tmp_path, monkeypatch):
    write_history(tmp_path, [{"epoch": 1, "value": 0.5}])

    def broken(self, path, **_):
        path.write_text("half a ta")
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(pd.DataFrame, "to_csv", broken)
    with pytest.raises(OSError, match="No space"):
        write_history(tmp_path, [{"epoch": 2, "value": 0.25}])
    assert [path.name for path in tmp_path.iterdir()] == ["history.csv"]
    assert (tmp_path / "history.csv").read_text() == "epoch,value\n1,0.5\n"


def test_scanners_and_times_of_the_protocol_hold(tmp_path, shared_dataset):
    chosen = protocol(scanners=["Siemens", "GE"], acquisitions={"GE": {"inversion_time": 500.0}})
    method = train_harmonizer("linear", chosen, shared_dataset, tmp_path / "model", device="cpu")
    times = {s.name: s.acquisition.inversion_time for s in method.scanners}
    assert times == {"Siemens": 1200.0, "GE": 500.0}


@pytest.mark.parametrize("place", ["model", "model/deeper/still"])
def test_a_file_where_the_model_should_go(tmp_path, pair, no_training, place):
    (tmp_path / "model").write_text("mine")
    message = refused("unet", protocol(), pair, tmp_path / place)
    assert "model: is a file" in message
    assert (tmp_path / "model").read_text() == "mine"


def test_a_place_that_cannot_be_written_is_found_before_training(
    tmp_path, pair, no_training, monkeypatch
):
    def full(*_, **__):
        raise PermissionError(13, "Permission denied")

    # Root may write anywhere, so the refusal itself is made up.
    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "TemporaryFile", full)
        message = refused("unet", protocol(), pair, tmp_path / "new" / "model")
        with pytest.raises(InputError, match="cannot be written"):
            train_generator(protocol(), pair, tmp_path / "new" / "maps", case=4, device="cpu")
    assert "new/model: cannot be written to (Permission denied)" in message
    assert not (tmp_path / "new").exists()


def test_what_lies_in_the_folder_survives_a_training_that_fails(tmp_path, pair, monkeypatch):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.txt").write_text("mine")

    def fit(self, *_, **__):
        raise InputError("stopped")

    monkeypatch.setattr(Harmonizer, "fit", fit)
    assert refused("linear", protocol(), pair, tmp_path / "model") == "stopped"
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["mine.txt"]
    assert refused("linear", protocol(), pair, tmp_path / "other") == "stopped"
    assert not (tmp_path / "other").exists()


def test_damaged_scans_are_found_before_training(tmp_path, pair, no_training):
    path = bids_folder.t1w_path(pair, "02", "Siemens")
    path.write_bytes(path.read_bytes()[:-200])
    assert str(path) in refused("phycharm", protocol(), pair, tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_datasets_that_cannot_be_learned_from(tmp_path, no_training):
    message = refused("unet", protocol(), tmp_path, tmp_path / "model")
    assert "dataset_description.json" in message
    alone = bids_folder.write_dataset(tmp_path / "alone", subjects=("01",), quantitative=())
    assert "two or more" in refused("unet", protocol(), alone, tmp_path / "model")
    few = bids_folder.write_dataset(tmp_path / "few", quantitative=("Q1",))
    message = refused("phycharm", protocol(), few, tmp_path / "model")
    assert "T1 maps" in message
    assert "quantitative_training" in message
    assert not (tmp_path / "model").exists()


def test_methods_that_there_are_not(tmp_path, pair, no_training):
    message = refused("unnet", protocol(), pair, tmp_path / "model")
    assert "did you mean 'unet'" in message


def test_a_maps_generator_for_a_method_that_needs_none(tmp_path, pair, no_training):
    message = refused("unet", protocol(), pair, tmp_path / "model", maps=tmp_path / "maps")
    assert "uses no maps generator" in message
    options = {"maps": tmp_path / "maps"}
    message = refused("phycharm", protocol(), pair, tmp_path / "model", **options)
    assert "no harmonizer.json" in message
    # A folder of the right kind, without what a generator has to know.
    write_state(tmp_path / "maps", FittedState(facts={"harmonizer": "maps"}))
    message = refused("phycharm", protocol(), pair, tmp_path / "model", **options)
    assert "no usable maps generator" in message
    assert "train-maps" in message


# --- phycharm train-maps --------------------------------------------------------------------------


def test_the_generator_is_written_and_read(tmp_path, pair):
    made = train_generator(protocol(), pair, tmp_path / "maps", case=3, device="cpu")
    assert made.case == 3
    loaded = MapsGenerator.load(tmp_path / "maps")
    assert repr(loaded) == repr(made)
    scan = percentile_99(phantom.raw_scan("07", phantom.GE))
    for one, other in zip(made.predict(scan), loaded.predict(scan), strict=True):
        np.testing.assert_array_equal(one, other)
    with pytest.raises(InputError, match="no saved harmonizer"):
        load_harmonizer(tmp_path / "maps")


def test_it_learns_the_acquisitions_of_the_travelling_scanners(tmp_path, pair, monkeypatch):
    seen = {}

    def fit(self, train, validation=None, *, scanners=()):
        seen.update(train=train, validation=validation, scanners=list(scanners))
        return self

    monkeypatch.setattr(MapsGenerator, "fit", fit)
    monkeypatch.setattr(MapsGenerator, "save", lambda self, folder: None)
    train_generator(protocol(), pair, tmp_path / "maps", case=4, device="cpu")
    assert [scanner.name for scanner in seen["scanners"]] == ["GE", "Siemens"]
    assert seen["train"].subjects == ("Q1",)
    assert seen["validation"].subjects == ("Q2",)
    one = seen["train"].read("Q1").scan
    assert np.percentile(one.image[one.mask], 99) == pytest.approx(1, rel=1e-5)


def test_a_dataset_of_people_with_maps_alone_is_enough(tmp_path):
    root = bids_folder.write_dataset(tmp_path / "dataset", subjects=())
    made = train_generator(protocol(), root, tmp_path / "maps", case=4, device="cpu")
    assert MapsGenerator.load(tmp_path / "maps").settings() == made.settings()


def test_too_few_people_with_maps(tmp_path, pair, no_training):
    wanted = protocol(split={"quantitative_training": 2, "quantitative_validation": 1})
    with pytest.raises(InputError, match="2 subjects with T1 maps, and 3 are needed"):
        train_generator(wanted, pair, tmp_path / "maps", case=4, device="cpu")
    (tmp_path / "maps").write_text("mine")
    with pytest.raises(InputError, match="maps: is a file"):
        train_generator(protocol(), pair, tmp_path / "maps", case=4, device="cpu")
