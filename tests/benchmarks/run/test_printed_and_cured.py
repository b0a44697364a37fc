"""PhyCHarm as printed and with its faults cured in one run: each on maps of its own preset."""

import shutil

import pandas as pd
import pytest

from phycharm.benchmarks.protocol.sections import Maps
from phycharm.benchmarks.run.run_folder import RunFolder
from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.benchmarks.run.training import train_generator, train_harmonizer
from phycharm.benchmarks.scoring.tables.scores import read_scores
from phycharm.errors import InputError
from phycharm.harmonizers.external import load_harmonizer
from phycharm.method.maps import MapsGenerator
from phycharm.utils.atomic import write_json

from support import phantom
from support.benchmark_runs import CONTROLS, read_json
from support.tiny_protocols import pair_protocol
from support.training_runs import protocol as training_protocol

TINY = list(phantom.TINY_FEATURES)
FITS = {
    "phycharm": "maps_corrected_case-4_seed-0",
    "phycharm-paper": "maps_paper_case-4_seed-0",
    "phycharm-paper-case-1": "maps_paper_case-1_seed-0",
}


def both(**changes):
    return pair_protocol(
        harmonizers=["phycharm", "phycharm-paper"],
        settings={name: {"features": TINY} for name in ("phycharm", "phycharm-paper")},
        maps={
            "cases": {"paper": [4, 1]},
            "harmonize_with_all": True,
            "training": {"epochs": 1, "batch_size": 8},
        },
        **changes,
    )


@pytest.fixture(scope="module")
def folder(shared_dataset, tmp_path_factory):
    out = tmp_path_factory.mktemp("both") / "run"
    result = run_benchmark(both(), out=out, dataset=shared_dataset, device="cpu")
    assert not result.failed
    return result.folder


def test_every_preset_and_case_has_one_generator(folder):
    cells = {path.parent.name for path in folder.glob("cells/*/cell.json")}
    assert {name for name in cells if name.startswith("maps")} == set(FITS.values())
    assert set(read_scores(folder / "scores.parquet")["harmonizer"]) - CONTROLS == set(FITS)


@pytest.mark.parametrize(("method", "cell"), FITS.items())
def test_methods_work_on_the_maps_of_their_preset(folder, method, cell):
    model = load_harmonizer(folder / f"cells/{method}_GE-Siemens_fold-1_seed-0/model")
    generator = MapsGenerator.load(folder / "cells" / cell / "model")
    assert (generator.preset in cell) and (f"case-{generator.case}" in cell)
    for name, tensor in generator.state().tensors.items():
        assert tensor.equal(model.state().tensors[f"maps.{name}"])


def test_cells_say_where_method_and_maps_depart_from_the_preprint(folder):
    for method, cell in FITS.items():
        for name, made in (
            (f"{method}_GE-Siemens_fold-1_seed-0", load_harmonizer),
            (cell, MapsGenerator.load),
        ):
            record = read_json(folder / "cells" / name / "cell.json")
            wanted = made(folder / "cells" / name / "model").deviations
            assert record["deviations"] == list(wanted) != []
    record = read_json(folder / "cells" / FITS["phycharm-paper"] / "cell.json")
    assert (record["preset"], record["case"], record["harmonizer"]) == ("paper", 4, "maps")


def test_another_revision_of_the_maps_makes_them_anew(
    folder, shared_dataset, tmp_path, monkeypatch
):
    out = tmp_path / "run"
    shutil.copytree(folder, out)
    again = {"protocol": both(), "out": out, "dataset": shared_dataset, "device": "cpu"}
    fitted = []
    original = MapsGenerator.fit

    def watch(self, *people, **options):
        fitted.append((self.preset, self.case))
        return original(self, *people, **options)

    monkeypatch.setattr(MapsGenerator, "fit", watch)
    run_benchmark(**again)
    assert fitted == []
    before = {name: fingerprint(out, name) for name in cells_with_maps()}
    controls = fingerprint(out, "oracle_all_fold-1_seed-0")
    monkeypatch.setattr(MapsGenerator, "revision", "next")
    run_benchmark(**again)
    assert sorted(fitted) == [("corrected", 4), ("paper", 1), ("paper", 4)]
    assert all(fingerprint(out, name) != old for name, old in before.items())
    assert fingerprint(out, "oracle_all_fold-1_seed-0") == controls


def cells_with_maps():
    return [*FITS.values(), *(f"{method}_GE-Siemens_fold-1_seed-0" for method in FITS)]


def fingerprint(out, cell):
    return read_json(out / "cells" / cell / "cell.json")["fingerprint"]


def test_maps_of_an_earlier_version_do_not_count_twice(folder, tmp_path):
    out = tmp_path / "run"
    shutil.copytree(folder, out)
    RunFolder(out).collect()
    before = pd.read_parquet(out / "maps.parquet")
    shutil.copytree(out / "cells/maps_corrected_case-4_seed-0", out / "cells/maps_case-4_seed-0")
    record = read_json(out / "cells/maps_case-4_seed-0/cell.json") | {"cell": "maps_case-4_seed-0"}
    write_json(out / "cells/maps_case-4_seed-0/cell.json", record)
    RunFolder(out).collect()
    pd.testing.assert_frame_equal(pd.read_parquet(out / "maps.parquet"), before)
    # Alone, as in a folder of that version, they are all there is.
    for cell in FITS.values():
        shutil.rmtree(out / "cells" / cell)
    RunFolder(out).collect()
    assert set(pd.read_parquet(out / "maps.parquet")["preset"]) == {"corrected"}


def test_training_alone_takes_the_preset_of_the_method(shared_dataset, tmp_path):
    settings = {"phycharm-paper": {"features": TINY}}
    tiny = training_protocol(scanners=["GE", "Siemens"], settings=settings)
    made = train_harmonizer(
        "phycharm-paper", tiny, shared_dataset, tmp_path / "model", device="cpu"
    )
    assert made._generator.preset == "paper"
    options = {"case": 4, "device": "cpu"}
    maps = train_generator(tiny, shared_dataset, tmp_path / "maps", **options, preset="paper")
    assert maps.preset == "paper"
    default = train_generator(tiny, shared_dataset, tmp_path / "default", **options)
    assert default.preset == Maps().preset == "corrected"
    with pytest.raises(InputError, match="train-maps --preset paper"):
        train_harmonizer(
            "phycharm-paper", tiny, shared_dataset, tmp_path / "refused", device="cpu",
            maps=tmp_path / "default",
        )  # fmt: skip
