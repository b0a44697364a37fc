"""Classes given as classes, paths given as text: what people do in a notebook."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import phycharm
from phycharm.baselines.nyul import Nyul
from phycharm.harmonizers.external import create_harmonizer, spec_of

SCANNERS = """
name = "pair"
version = 1
scanners = ["GE", "Siemens"]
harmonizers = ["none"]
metrics = ["ssim"]
[split]
training = 2
external = 1
folds = [1]
"""


class Louder:
    """Multiplies; has all that a class needs to be saved."""

    def __init__(self, *, factor=1.5):
        self.factor = factor

    def fit(self, train, validation=None):
        return self

    def harmonize(self, scan, target):
        return self.factor * scan.image

    def save(self, folder):
        (folder / "factor.txt").write_text(str(self.factor))

    def load(self, folder):
        self.factor = float((folder / "factor.txt").read_text())

    class Inner:
        """A class that no path of a module and a name leads to."""


@pytest.fixture
def protocol(tmp_path):
    (tmp_path / "pair.toml").write_text(SCANNERS)
    return tmp_path / "pair.toml"


class TestSpec:
    def test_a_class_is_named_by_its_module(self):
        assert spec_of(Louder) == f"{__name__}:Louder"
        assert create_harmonizer(spec_of(Louder)).method.__class__ is Louder

    def test_a_registered_class_has_its_registered_name(self):
        assert spec_of(Nyul) == "nyul"

    def test_text_stays_as_it_is(self):
        assert spec_of("a=b:C") == "a=b:C"

    def test_what_cannot_be_found_again_is_refused(self, monkeypatch):
        class Local:
            pass

        first = Louder
        monkeypatch.setattr(sys.modules[__name__], "Louder", type("Louder", (), {}))
        for lost in (Local, first.Inner, first):
            with pytest.raises(phycharm.InputError, match="top of a module or notebook"):
                spec_of(lost)


class TestRun:
    def test_a_class_and_its_name_are_one_method(self, protocol, shared_dataset, tmp_path):
        out = str(tmp_path / "run")
        given = {"dataset": str(shared_dataset), "out": out, "device": "cpu"}
        run = phycharm.run_benchmark(str(protocol), harmonizers=["none", Louder], **given)
        assert run.folder == Path(out)
        scores = phycharm.load_results(run.folder).scores
        assert {"none", "Louder"} <= set(scores["harmonizer"])
        written = {p: p.stat().st_mtime_ns for p in run.folder.glob("cells/*/cell.json")}
        named = ["none", spec_of(Louder)]
        phycharm.run_benchmark(phycharm.load_protocol(protocol), harmonizers=named, **given)
        # One method needs no list around it.
        for alone in (Louder, "none"):
            phycharm.run_benchmark(phycharm.load_protocol(protocol), harmonizers=alone, **given)
        assert written == {p: p.stat().st_mtime_ns for p in run.folder.glob("cells/*/cell.json")}

    def test_laws_and_models_take_a_class(self, cohort, tmp_path):
        results = phycharm.check_harmonizer(Louder)
        assert not [result for result in results if result.failed]
        fitted = create_harmonizer(spec_of(Louder), settings={"factor": 3.0}).fit(cohort)
        fitted.save(str(tmp_path / "model"))
        loaded = phycharm.load_harmonizer(str(tmp_path / "model"), harmonizer=Louder)
        assert loaded.method.factor == 3.0


NOTEBOOK = """
import sys, phycharm

class Mine:
    def fit(self, train, validation=None):
        print("fitted")
    def harmonize(self, scan, target):
        return {factor} * scan.image

protocol, dataset, out = sys.argv[1:]
phycharm.run_benchmark(
    protocol, dataset=dataset, out=out, harmonizers=["none", Mine], device="cpu"
)
"""


def notebook(factor, protocol, dataset, out):
    """Run a session whose class lies in no file; return what it printed, and its SSIM."""
    command = [sys.executable, "-", str(protocol), str(dataset), str(out)]
    done = subprocess.run(
        command,
        input=NOTEBOOK.format(factor=factor),
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    scores = pd.read_parquet(out / "scores.parquet")
    return done.stdout, scores.loc[scores["harmonizer"] == "Mine", "value"].to_numpy()


def test_a_class_without_a_file_is_never_taken_for_its_earlier_self(
    protocol, shared_dataset, tmp_path
):
    given = protocol, shared_dataset, tmp_path / "run"
    said, first = notebook(0.5, *given)
    assert "fitted" in said
    said, second = notebook(0.9, *given)
    assert "fitted" in said
    assert len(first) == len(second) > 0
    assert not np.array_equal(first, second)
