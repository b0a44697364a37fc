"""Results folders: damaged, edited, of something else; what is left of them stays."""

import json
import shutil

import pandas as pd

from .bad_input import BadInput

_RUN = "benchmark tiny.toml --dataset dataset --device cpu --out run"
_REPORT = "report run"
_CELL = "run/cells/linear_all_fold-1_seed-0"


def file(name, content):
    return lambda place: (place / "run" / name).write_bytes(content)


def cut(name):
    def make(place):
        path = place / "run" / name
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    return make


def table(name, change):
    def make(place):
        path = place / "run" / name
        change(pd.read_parquet(path)).to_parquet(path)

    return make


def record(change, name="run.json"):
    def make(place):
        path = place / "run" / name
        path.write_text(json.dumps(change(json.loads(path.read_text()))))

    return make


def cell(place):
    return sorted((place / "run/cells").glob("linear_*"))[0]


def in_cell(name, content):
    return lambda place: (cell(place) / name).write_bytes(content)


def _result(id, what, make, line, command=_REPORT, code=2, where="stderr"):
    return BadInput(
        id=f"results-{id}", area="Results folders", what=what, make=make, command=command,
        line=line, needs=("run", "dataset"), code=code, where=where,
    )  # fmt: skip


def _noted(id, what, make, line):
    return _result(id, what, make, line, code=0, where="report")


def _survived(id, what, make, line):
    return _result(id, what, make, line, command=_RUN, code=0, where="warning")


RESULTS = (
    _result(
        "missing",
        "No such folder.",
        lambda p: shutil.rmtree(p / "run"),
        "run: no such results folder; give the folder of a benchmark run.",
    ),
    _result(
        "file",
        "A file in the place of the folder.",
        lambda p: (shutil.rmtree(p / "run"), (p / "run").touch()),
        "run: no such results folder; give the folder of a benchmark run.",
    ),
    _result(
        "other",
        "A folder of something else.",
        lambda p: None,
        "dataset: is no results folder, for it holds none of run.json, "
        "methods.json, scores.parquet, cells; give the folder of a "
        "benchmark run.",
        "report dataset",
    ),
    _result(
        "other-out",
        "Results into a folder of something else.",
        lambda p: None,
        "dataset: is no results folder (it holds "
        "dataset_description.json); give another folder with --out.",
        _RUN.replace("--out run", "--out dataset"),
    ),
    _result(
        "out-in-dataset",
        "Results into the dataset itself.",
        lambda p: None,
        "dataset/sub-01: is no results folder (it holds ses-GE); give another folder with --out.",
        _RUN.replace("--out run", "--out dataset/sub-01"),
    ),
    _result(
        "out-file",
        "Results into a file.",
        lambda p: None,
        "tiny.toml: is a file; give a folder with --out.",
        _RUN.replace("--out run", "--out tiny.toml"),
    ),
    _survived(
        "manifest-broken",
        "A run.json that is no JSON, to go on with.",
        file("run.json", b"{"),
        "run/run.json: not readable as JSON ([...]); it is written anew.",
    ),
    _survived(
        "manifest-list",
        "A run.json that is a list, to go on with.",
        file("run.json", b"[]"),
        "run/run.json: holds no JSON object; it is written anew.",
    ),
    _result(
        "manifest-other",
        "A run.json of another configuration.",
        record(lambda told: told | {"fingerprint": "x"}),
        "run: holds results of another configuration (protocol or "
        "dataset); give another folder with --out, or start over with "
        "--fresh.",
        _RUN,
    ),
    _survived(
        "cell-broken",
        "A cell.json that is no JSON, to go on with.",
        lambda p: (cell(p) / "cell.json").write_text("{"),
        f"{_CELL}/cell.json: not readable as JSON ([...]); the cell is made again.",
    ),
    _survived(
        "cell-list",
        "A cell.json that is a list, to go on with.",
        lambda p: (cell(p) / "cell.json").write_text("[]"),
        f"{_CELL}/cell.json: holds no JSON object; the cell is made again.",
    ),
    _survived(
        "cell-scores-truncated",
        "A cell's scores of which half is there, to go on with.",
        in_cell("scores.parquet", b"PAR1"),
        f"{_CELL}/scores.parquet: is missing or damaged; the cell is made again.",
    ),
    _survived(
        "cell-histograms-truncated",
        "A cell's histograms of which half is there, to go on with.",
        in_cell("histograms.parquet", b"PAR1"),
        f"{_CELL}/histograms.parquet: is missing or damaged; the cell is made again.",
    ),
    _survived(
        "methods-broken",
        "A methods.json that is no JSON, to go on with.",
        file("methods.json", b"{"),
        "run/methods.json: not readable as JSON ([...]); it is written anew, without methods of "
        "before.",
    ),
    _noted(
        "report-manifest-broken",
        "A run.json that is no JSON, to report on.",
        file("run.json", b"{"),
        "run.json cannot be read ([...]).",
    ),
    _noted(
        "report-manifest-deep",
        "A run.json of 100000 lists in each other, to report on.",
        file("run.json", b"[" * 100_000),
        "run.json cannot be read ([...]).",
    ),
    _noted(
        "report-methods-list",
        "A methods.json that is a list, to report on.",
        file("methods.json", b"[]"),
        "methods.json does not hold a dict.",
    ),
    _noted(
        "report-scores-truncated",
        "A scores.parquet of which half is there, to report on.",
        cut("scores.parquet"),
        "scores.parquet cannot be read ([...]).",
    ),
    _noted(
        "report-scores-columns",
        "A scores.parquet of other columns, to report on.",
        table("scores.parquet", lambda t: t[["fold"]]),
        "scores.parquet lacks the columns protocol, protocol_version, "
        "split, source, target, subject, harmonizer, seed, metric, "
        "tissue, value and is left out.",
    ),
    _noted(
        "report-scores-text",
        "Scores that are words, to report on.",
        table("scores.parquet", lambda t: t.assign(value="good")),
        "Every value of nrmse is undefined (NaN).",
    ),
    _noted(
        "report-scores-infinite",
        "Infinite scores, to report on.",
        table("scores.parquet", lambda t: t.assign(value=float("inf"))),
        "180 infinite values of nrmse, psnr, ssim are left out.",
    ),
    _noted(
        "report-histograms-truncated",
        "A histograms.parquet of which half is there, to report on.",
        cut("histograms.parquet"),
        "histograms.parquet cannot be read ([...]).",
    ),
    _noted(
        "report-cell-broken",
        "A cell.json that is no JSON, to report on.",
        lambda p: (cell(p) / "cell.json").write_text("{"),
        "cell.json is missing or cannot be read in 1 of 5 cells (linear_all_fold-1_seed-0, ...).",
    ),
    _noted(
        "report-cell-bytes",
        "A cell.json of bytes that are no text, to report on.",
        lambda p: (cell(p) / "cell.json").write_bytes(b"\xff\xfe{"),
        "cell.json is missing or cannot be read in 1 of 5 cells (linear_all_fold-1_seed-0, ...).",
    ),
    _noted(
        "report-no-cells",
        "A folder without cells, to report on.",
        lambda p: shutil.rmtree(p / "run/cells"),
        "The folder cells is missing: no images, no training curves.",
    ),
    _result(
        "reference",
        "A reference that no run has.",
        lambda p: None,
        "No method 'foo' to compare with; there are: [...].",
        "report run --reference foo",
    ),
    _result(
        "order",
        "An order by what was not measured.",
        lambda p: None,
        "unknown order of the leaderboard 'beauty': choose from mean-rank, [...]",
        "report run --order beauty",
    ),
    _result(
        "convergence-none",
        "Twice the budget of a run without manifest.",
        lambda p: (p / "run/run.json").unlink(),
        "run: holds no run.json; run the benchmark first.",
        "convergence run",
    ),
    _result(
        "convergence-protocol",
        "Twice the budget of a run whose protocol was edited.",
        record(lambda told: told | {"protocol": {"name": 3}}),
        "run/run.json: its protocol cannot be used (name: Input should "
        "be a valid string); run the benchmark again.",
        "convergence run",
    ),
    _result(
        "convergence-types",
        "Twice the budget of a run whose manifest has wrong types.",
        record(lambda told: told | {"dataset": 3}),
        "run/run.json: names no dataset; run the benchmark again.",
        "convergence run",
    ),
)
