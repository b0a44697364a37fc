"""A dataset without people with maps: digital ones take their place, and it is said."""

import json
import shutil
import warnings

import numpy as np
import pandas as pd
import pytest

from phycharm.benchmarks.protocol.mapped_people import voxel_size, with_digital_people
from phycharm.benchmarks.protocol.run_data import RunData
from phycharm.benchmarks.run.convergence import measure_convergence
from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.benchmarks.run.training import train_generator, train_harmonizer
from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.errors import InputError
from phycharm.harmonizers.external import load_harmonizer
from phycharm.method.maps import MapsGenerator
from phycharm.reports.report import write_report

from support import bids_folder, phantom
from support.tiny_protocols import tiny_protocol

SIMULATION = {"quantitative_subjects": 2, "seed": 5}
SPLIT = {
    "training": 2, "external": 1, "folds": [1],
    "quantitative_training": 1, "quantitative_validation": 1,
}  # fmt: skip
PROTOCOL = tiny_protocol(
    simulation=SIMULATION, split=SPLIT, harmonizers=["linear", "phycharm-physics"]
)
TOLD = "T1 and M0 maps were learned from 2 simulated people"


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def unmapped(tmp_path_factory):
    """Travellers with voxels of 5 mm, and nobody with maps."""
    root = tmp_path_factory.mktemp("unmapped") / "dataset"
    return bids_folder.write_dataset(root, quantitative=())


@pytest.fixture(scope="module")
def run(tmp_path_factory, unmapped):
    out = tmp_path_factory.mktemp("run") / "results"
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        result = run_benchmark(PROTOCOL, out=out, dataset=unmapped)
    assert not result.failed
    return out, [str(one.message) for one in told]


def test_people_are_of_the_datasets_voxel_size(tmp_path, unmapped):
    data = RunData(BidsDataset(unmapped), PROTOCOL)
    assert voxel_size(data) == 5.0
    lent = with_digital_people(data, tmp_path)
    assert lent.quantitative.subjects == ("Q01", "Q02")
    assert lent.quantitative.read("Q01").scan.voxel_size == (5.0, 5.0, 5.0)
    assert lent.cohort.subjects == data.cohort.subjects
    assert TOLD in lent.substitutes[0]


def test_people_with_maps_of_its_own_come_first(tmp_path, shared_dataset):
    data = RunData(BidsDataset(shared_dataset), PROTOCOL)
    assert with_digital_people(data, tmp_path) is data
    assert not any(tmp_path.iterdir())
    assert data.substitutes == ()


def test_as_many_as_the_split_asks_for(tmp_path, unmapped):
    split = SPLIT | {"quantitative_training": 3}
    protocol = tiny_protocol(simulation=SIMULATION | {"quantitative_subjects": 0}, split=split)
    lent = with_digital_people(RunData(BidsDataset(unmapped), protocol), tmp_path)
    assert len(lent.quantitative_parts()[0].subjects) == 3


def test_benchmark_says_whose_maps_these_are(run):
    out, told = run
    assert any(TOLD in line for line in told)
    assert any(TOLD in line for line in read_json(out / "run.json")["protocol"]["substitutes"])
    for path in (out / "cells").glob("*/cell.json"):
        named = any(TOLD in line for line in read_json(path).get("deviations", []))
        assert named == path.parent.name.startswith(("phycharm", "maps")), path


def test_report_says_it_too(run, tmp_path):
    page = write_report([run[0]], out=tmp_path / "report.html")
    assert TOLD in page.read_text(encoding="utf-8")


def test_second_call_takes_what_is_there(run, unmapped):
    out, _ = run
    before = {path: path.stat().st_mtime_ns for path in (out / "digital-people").rglob("*")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run_benchmark(PROTOCOL, out=out, dataset=unmapped)
    after = {path: path.stat().st_mtime_ns for path in (out / "digital-people").rglob("*")}
    assert after == before


def test_methods_without_maps_need_nobody(tmp_path, unmapped):
    out = tmp_path / "results"
    run_benchmark(PROTOCOL, out=out, dataset=unmapped, harmonizers="linear")
    assert not (out / "digital-people").exists()


def test_methods_with_maps_may_join_later(tmp_path, unmapped):
    """Who has no maps to learn from has the same scores, with digital people in the folder."""
    out = tmp_path / "results"
    run_benchmark(PROTOCOL, out=out, dataset=unmapped, harmonizers="linear")
    with pytest.warns(UserWarning, match=TOLD):
        run_benchmark(PROTOCOL, out=out, dataset=unmapped)
    assert set(pd.read_parquet(out / "scores.parquet")["harmonizer"]) >= {
        "linear", "phycharm-physics",
    }  # fmt: skip


def test_training_alone(tmp_path, unmapped):
    out = tmp_path / "model"
    with pytest.warns(UserWarning, match=TOLD):
        train_harmonizer("phycharm-physics", PROTOCOL, unmapped, out, device="cpu")
    model = load_harmonizer(out)
    assert TOLD in model.fitted_on["substitutes"][0]
    scan = phantom.cohort().scan("03", phantom.GE)
    assert np.isfinite(model.harmonize(scan, phantom.SIEMENS)).all()


def test_generator_alone(tmp_path, unmapped):
    with pytest.warns(UserWarning, match=TOLD):
        train_generator(PROTOCOL, unmapped, tmp_path / "maps", case=4, device="cpu")
    maps = MapsGenerator.load(tmp_path / "maps")
    t1, _ = maps.predict(phantom.cohort().scan("03", phantom.GE))
    assert t1.max() > 0


def test_generator_at_hand_needs_nobody(tmp_path, unmapped):
    with pytest.warns(UserWarning, match=TOLD):
        train_generator(PROTOCOL, unmapped, tmp_path / "maps", case=4, device="cpu")
    method = train_harmonizer(
        "phycharm-physics", PROTOCOL, unmapped, tmp_path / "model", device="cpu",
        maps=tmp_path / "maps",
    )  # fmt: skip
    assert "substitutes" not in method.fitted_on


def test_convergence_knows_them_wherever_the_folder_lies(run, tmp_path):
    moved = shutil.copytree(run[0], tmp_path / "moved")
    found = measure_convergence(moved, harmonizers=["maps"])
    assert set(found["harmonizer"]) == {"maps"}


class TestAnotherDataset:
    """People with maps who are a dataset of their own, as those of MICA-MICs are."""

    @pytest.fixture(scope="class")
    @staticmethod
    def mapped(tmp_path_factory):
        root = tmp_path_factory.mktemp("mapped") / "dataset"
        return bids_folder.write_dataset(root, subjects=(), quantitative=("Q1", "Q2", "Q3"))

    def test_benchmark(self, tmp_path, unmapped, mapped):
        out = tmp_path / "results"
        with pytest.warns(UserWarning, match="learned from 3 people of Phantoms"):
            run_benchmark(PROTOCOL, out=out, dataset=unmapped, maps_dataset=mapped)
        assert not (out / "digital-people").exists()
        maps = pd.read_parquet(out / "maps.parquet")
        assert set(maps.loc[maps["cohort"] == "quantitative", "subject"]) == {"Q3"}
        found = measure_convergence(out, harmonizers=["maps"])
        assert not found.empty

    def test_it_decides_the_maps(self, tmp_path, unmapped, mapped):
        """Other people are another fit: nothing of the first is taken for the second."""
        out = tmp_path / "results"
        cells = []
        for others in (mapped, None):
            with pytest.warns(UserWarning, match="maps were learned"):
                run_benchmark(PROTOCOL, out=out, dataset=unmapped, maps_dataset=others)
            cells.append({p: p.stat().st_mtime_ns for p in (out / "cells").glob("*/cell.json")})
        changed = {
            path.parent.name.split("_")[0] for path in cells[0] if cells[0][path] != cells[1][path]
        }
        assert any(name.startswith("maps") for name in changed)
        assert any(name.startswith("phycharm-physics") for name in changed)
        assert not any(name.startswith("linear") for name in changed)

    def test_training(self, tmp_path, unmapped, mapped):
        with pytest.warns(UserWarning, match="3 people of Phantoms"):
            method = train_harmonizer(
                "phycharm-physics", PROTOCOL, unmapped, tmp_path / "model", device="cpu",
                maps_dataset=mapped,
            )  # fmt: skip
        assert "Phantoms" in method.fitted_on["substitutes"][0]

    def test_nobody_there_has_maps(self, tmp_path, unmapped):
        with pytest.raises(InputError, match="nobody there has a T1 map"):
            run_benchmark(PROTOCOL, out=tmp_path, dataset=unmapped, maps_dataset=unmapped)

    def test_without_travellers(self, tmp_path, mapped):
        with pytest.raises(InputError, match="add --dataset"):
            run_benchmark(PROTOCOL, out=tmp_path / "results", maps_dataset=mapped)
