"""Every input that has to be refused: through the command line, with the line that is expected."""

import shlex
import shutil
import warnings
from pathlib import Path

import pandas as pd
import pytest

from phycharm.reports.run.run_content import read_run

from .conftest import is_progress
from support import phantom
from support.bad_inputs.table import BAD_INPUTS, markdown

REPORTED = [bad for bad in BAD_INPUTS if bad.where == "report"]
SURVIVED = [bad for bad in BAD_INPUTS if bad.where == "warning"]
REFUSED = [bad for bad in BAD_INPUTS if bad.where == "stderr"]


@pytest.fixture(scope="module")
def good(tmp_path_factory, shared_dataset, protocol, finished):
    """The good inputs that bad ones are made of, by name."""
    from phycharm.baselines.linear import LinearScaling

    model = tmp_path_factory.mktemp("model") / "model"
    pair = phantom.cohort().subset(scanners=[phantom.GE, phantom.SIEMENS])
    LinearScaling().fit(pair).save(model)
    return {"dataset": shared_dataset, "model": model, "run": finished, "tiny.toml": protocol}


@pytest.fixture
def laid_out(tmp_path, monkeypatch, good):
    """Lay a bad input out in the current folder, with the good ones beside it."""

    def lay(bad):
        shutil.copy(good["tiny.toml"], tmp_path / "tiny.toml")
        for name in bad.needs:
            shutil.copytree(good[name], tmp_path / name)
        monkeypatch.chdir(tmp_path)
        bad.make(Path())

    return lay


def listing():
    """Everything below the current folder; of files the content."""
    return {
        path: path.read_bytes() if path.is_file() else None
        for path in sorted(Path().rglob("*"))
        if path.is_file() or path.is_symlink()
    }


@pytest.mark.parametrize("bad", REFUSED, ids=lambda bad: bad.id)
def test_is_refused_in_one_line(bad, laid_out, call, tmp_path):
    laid_out(bad)
    before = listing()
    code, out, err = call(*shlex.split(bad.command))
    said = [line for line in err.splitlines() if not is_progress(line)]
    assert len(said) == 1, err
    text = said[0].replace(f"{tmp_path}/", "")
    assert text.startswith("phycharm: ")
    assert bad.fits(text.removeprefix("phycharm: ")), text
    assert (code, out) == (bad.code, "")
    after = listing()
    # What a run says of itself may change, from `finished` to `interrupted`.
    for own in ("run/run.json",) if bad.command.startswith("benchmark") else ():
        before.pop(Path(own), None), after.pop(Path(own), None)
    assert after == before


@pytest.mark.parametrize("bad", SURVIVED, ids=lambda bad: bad.id)
def test_is_told_and_mended(bad, laid_out, call, good, tmp_path):
    laid_out(bad)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        code, _, err = call(*shlex.split(bad.command))
    said = [line.replace(f"{tmp_path}/", "") for line in err.splitlines()]
    told = [line.removeprefix("phycharm: warning: ") for line in said]
    assert any(bad.fits(line) for line in told), err
    assert code == bad.code == 0
    before, after = (pd.read_parquet(run / "scores.parquet") for run in (good["run"], Path("run")))
    pd.testing.assert_frame_equal(after, before)


@pytest.mark.parametrize("bad", REPORTED, ids=lambda bad: bad.id)
def test_is_noted(bad, laid_out):
    laid_out(bad)
    before = listing()
    assert [note for note in read_run(Path("run")).notes if bad.fits(note)]
    assert listing() == before


@pytest.mark.slow
@pytest.mark.parametrize("bad", REPORTED, ids=lambda bad: bad.id)
def test_is_noted_in_the_report(bad, laid_out, call):
    laid_out(bad)
    before = listing()
    assert call(*shlex.split(bad.command))[0] == bad.code
    assert {path: c for path, c in listing().items() if path.name != "report.html"} == before


def test_there_are_enough_and_all_are_different():
    assert len(BAD_INPUTS) >= 80
    assert len({bad.id for bad in BAD_INPUTS}) == len(BAD_INPUTS)
    assert len({bad.what + bad.command for bad in BAD_INPUTS}) == len(BAD_INPUTS)


def test_the_page_shows_them(file_regression):
    """Write it again by `pytest tests/core/commands/test_bad_inputs.py --force-regen`."""
    page = Path(__file__).parents[3] / "docs" / "bad-input.md"
    if not page.parent.is_dir():
        pytest.skip("the docs are not in the wheel")
    file_regression.check(markdown(), fullpath=page, encoding="utf-8")
