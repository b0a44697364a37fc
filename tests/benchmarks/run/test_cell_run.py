"""Cells: what a method is handed, how it fails, when it is fitted again."""

import json

import numpy as np
import pandas as pd
import pytest

from phycharm.benchmarks.run.cells import maps_cells
from phycharm.benchmarks.run.cells.cell_place import one_line
from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.benchmarks.scoring.tables.scores import read_scores
from phycharm.data.nifti import read_volume, write_volume
from phycharm.data.scan import Scan
from phycharm.data.scanner import Scanner
from phycharm.errors import InputError

from support import phantom
from support.bids_folder import t1w_path, write_dataset
from support.tiny_methods import Spy
from support.tiny_protocols import pair_protocol, tiny_protocol


def run(root, out, *methods, protocol=None, **options):
    return run_benchmark(
        protocol or pair_protocol(),
        out=out,
        dataset=root,
        harmonizers=methods,
        device="cpu",
        **options,
    )


def record(out, cell):
    return json.loads((out / "cells" / cell / "cell.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def spied(shared_dataset, tmp_path_factory):
    out = tmp_path_factory.mktemp("spied") / "run"
    Spy.fits, Spy.harmonized = [], []
    result = run(shared_dataset, out, "support.tiny_methods:Spy", protocol=tiny_protocol())
    return result, list(Spy.fits), list(Spy.harmonized)


class TestWhatAMethodIsHanded:
    def test_one_fit_a_pair(self, spied):
        _, fits, _ = spied
        pairs = [[on.name for on in train.scanners] for train, *_ in fits]
        assert pairs == [["GE", "Philips"], ["GE", "Siemens"], ["Philips", "Siemens"]]

    def test_training_and_validation_subjects_of_the_fold(self, spied):
        for train, validation, context in spied[1]:
            assert train.subjects == ("02",)
            assert validation.subjects == ("01",)
            assert context == {}

    def test_no_way_to_the_external_subjects(self, spied):
        for train, validation, _ in spied[1]:
            for cohort in (train, validation):
                for on in cohort.scanners:
                    with pytest.raises(KeyError):
                        cohort.scan("03", on)

    def test_source_scan_and_target_scanner_never_the_target_image(self, spied):
        _, _, harmonized = spied
        assert len(harmonized) == 2 * 6
        for scan, target in harmonized:
            assert type(scan) is Scan
            assert type(target) is Scanner
            assert scan.scanner != target
            assert scan.subject in ("01", "03")

    def test_every_direction_of_everybody_who_is_judged_once(self, spied):
        asked = [(s.subject, s.scanner.name, t.name) for s, t in spied[2]]
        names = [on.name for on in phantom.SCANNERS]
        assert sorted(asked) == sorted(
            (subject, a, b) for subject in ("01", "03") for a in names for b in names if a != b
        )


class TestLeakage:
    """The target's image may be anything: what methods make of the source stays the same."""

    METHODS = ("linear", "histogram", "unet", "phycharm")

    @pytest.fixture(scope="class")
    @classmethod
    def runs(cls, tmp_path_factory):
        folder = tmp_path_factory.mktemp("leakage")
        roots = [write_dataset(folder / name) for name in ("plain", "changed")]
        path = t1w_path(roots[1], "03", "Siemens")
        image, affine = read_volume(path)
        write_volume(path, np.ascontiguousarray(image[::-1] ** 2), affine)
        outs = [folder / f"run-{root.name}" for root in roots]
        for root, out in zip(roots, outs, strict=True):
            run(root, out, *cls.METHODS)
        return outs

    @pytest.mark.parametrize("method", METHODS)
    def test_images_of_the_external_subject(self, runs, method):
        for direction, same in (("GE_to-Siemens", True), ("Siemens_to-GE", False)):
            paths = [
                next((out / "cells").glob(f"{method}_*/images/sub-03_from-{direction}_T1w.nii.gz"))
                for out in runs
            ]
            images = [read_volume(path)[0] for path in paths]
            assert np.array_equal(*images) == same

    @pytest.mark.parametrize("method", METHODS)
    def test_scores_know_the_difference(self, runs, method):
        scores = [read_scores(out / "scores.parquet") for out in runs]
        wanted = f"harmonizer == '{method}' and subject == '03' and target == 'Siemens'"
        values = [table.query(wanted)["value"].to_numpy() for table in scores]
        assert (values[0] != values[1]).all()

    def test_everybody_else_is_untouched(self, runs):
        scores = [read_scores(out / "scores.parquet").query("subject == '01'") for out in runs]
        pd.testing.assert_frame_equal(*scores)


class TestFailure:
    @pytest.fixture(scope="class")
    @classmethod
    def failed(cls, shared_dataset, tmp_path_factory):
        out = tmp_path_factory.mktemp("failed") / "run"
        methods = (
            "none",
            "support.tiny_methods:Fails",
            "support.tiny_methods:WrongShape",
            "linear",
        )
        return run(shared_dataset, out, *methods, protocol=tiny_protocol())

    def test_cell_is_marked_and_says_why_in_one_line(self, failed):
        found = record(failed.folder, "fails_GE-Siemens_fold-1_seed-0")
        assert found["status"] == "failed"
        assert found["error"] == "ArithmeticError: no such luck"
        assert (found["fold"], found["seed"], found["scanners"]) == (1, 0, ["GE", "Siemens"])

    def test_nothing_half_made_is_left(self, failed):
        folder = failed.folder / "cells" / "fails_GE-Siemens_fold-1_seed-0"
        assert [path.name for path in folder.iterdir()] == ["cell.json"]

    def test_its_other_cells_and_the_methods_after_it_are_done(self, failed):
        for cell in ("fails_GE-Philips_fold-1_seed-0", "linear_all_fold-1_seed-0"):
            assert record(failed.folder, cell)["status"] == "done"

    def test_scores_hold_what_was_done(self, failed):
        scores = read_scores(failed.folder / "scores.parquet")
        directions = scores.query("harmonizer == 'fails'")[["source", "target"]].drop_duplicates()
        assert len(directions) == 4
        assert "wrong-shape" not in set(scores["harmonizer"])

    def test_result_lists_every_failure(self, failed):
        assert len(failed.failed) == 1 + 3
        assert "fails_GE-Siemens_fold-1_seed-0: ArithmeticError: no such luck" in failed.failed
        assert all("wrong-shape returned shape" in line for line in failed.failed[1:])

    def test_run_is_finished_all_the_same(self, failed):
        manifest = json.loads((failed.folder / "run.json").read_text())
        assert manifest["status"] == "finished"

    def test_method_that_ends_the_program_loses_its_cell_only(self, shared_dataset, tmp_path):
        result = run(shared_dataset, tmp_path / "run", "support.tiny_methods:Exits", "none")
        assert len(result.failed) == 1
        assert "SystemExit" in result.failed[0]
        assert record(result.folder, "none_all_fold-1_seed-0")["status"] == "done"

    def test_interruption_is_no_failure(self, shared_dataset, tmp_path, monkeypatch):
        def interrupt(*_, **__):
            raise KeyboardInterrupt

        monkeypatch.setattr(maps_cells, "score_maps", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run(shared_dataset, tmp_path / "run", "none", "phycharm")
        manifest = json.loads((tmp_path / "run" / "run.json").read_text())
        assert manifest["status"] == "interrupted"
        cells = [path.name for path in (tmp_path / "run" / "cells").iterdir()]
        assert "none_all_fold-1_seed-0" in cells
        assert not [name for name in cells if "maps" in name or "phycharm" in name]

    def test_maps_that_fail_are_named(self, shared_dataset, tmp_path, monkeypatch):
        def fail(*_, **__):
            raise RuntimeError("no maps today")

        monkeypatch.setattr(maps_cells.MapsGenerator, "fit", fail)
        result = run(shared_dataset, tmp_path / "run", "phycharm", "none")
        found = record(result.folder, "phycharm_GE-Siemens_fold-1_seed-0")
        assert found["error"] == "its maps generator failed: RuntimeError: no maps today"


class TestFittedAgain:
    """A finished cell is never fitted again, unless what it was made of has changed."""

    @pytest.fixture
    def out(self, shared_dataset, tmp_path):
        Spy.fits = []
        run(shared_dataset, tmp_path / "run", "support.tiny_methods:Spy")
        assert len(Spy.fits) == 1
        return tmp_path / "run"

    def test_not_by_the_same_command(self, shared_dataset, out):
        before = (out / "scores.parquet").read_bytes()
        run(shared_dataset, out, "support.tiny_methods:Spy")
        assert len(Spy.fits) == 1
        assert (out / "scores.parquet").read_bytes() == before

    def test_not_by_further_methods(self, shared_dataset, out):
        run(shared_dataset, out, "none")
        assert len(Spy.fits) == 1
        harmonizers = set(read_scores(out / "scores.parquet")["harmonizer"])
        assert {"spy", "none"} <= harmonizers
        assert {"spy", "none"} <= json.loads((out / "methods.json").read_text()).keys()

    def test_by_fresh(self, shared_dataset, out):
        run(shared_dataset, out, "support.tiny_methods:Spy", fresh=True)
        assert len(Spy.fits) == 2

    def test_by_another_revision(self, shared_dataset, out, monkeypatch):
        monkeypatch.setitem(Spy.card, "revision", "2")
        run(shared_dataset, out, "support.tiny_methods:Spy")
        assert len(Spy.fits) == 2

    def test_after_it_failed(self, shared_dataset, out):
        path = out / "cells" / "spy_GE-Siemens_fold-1_seed-0" / "cell.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"status": "failed"}))
        result = run(shared_dataset, out, "support.tiny_methods:Spy")
        assert len(Spy.fits) == 2
        assert not result.failed


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("two\n  lines"), "ValueError: two lines"),
        (InputError("file: wrong; correct it."), "file: wrong; correct it."),
        (KeyError("x"), "KeyError: 'x'"),
    ],
)
def test_errors_in_one_line(error, text):
    assert one_line(error) == text
