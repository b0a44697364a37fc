"""Results folders: damaged, edited, of something else; what is left of them stays."""

import json
import shutil

import pandas as pd

from .bad_input import BadInput

_RUN = "benchmark tiny.toml --dataset dataset --device cpu --out run"
_REPORT = "report run"


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
        id=f"results-{id}", area="Results folders", what=what, make=make, command=command, line=line,
        needs=("run", "dataset"), code=code, where=where,
    )  # fmt: skip


def _noted(id, what, make, line):
    return _result(id, what, make, line, code=0, where="report")


RESULTS = (
    _result("missing", "No such folder.", lambda p: shutil.rmtree(p / "run"), ""),
    _result(
        "file",
        "A file in the place of the folder.",
        lambda p: (shutil.rmtree(p / "run"), (p / "run").touch()),
        "",
    ),
    _result("other", "A folder of something else.", lambda p: None, "", "report dataset"),
    _result(
        "other-out",
        "Results into a folder of something else.",
        lambda p: None,
        "",
        _RUN.replace("--out run", "--out dataset"),
    ),
    _result(
        "out-in-dataset",
        "Results into the dataset itself.",
        lambda p: None,
        "",
        _RUN.replace("--out run", "--out dataset/sub-01"),
    ),
    _result(
        "out-file",
        "Results into a file.",
        lambda p: None,
        "",
        _RUN.replace("--out run", "--out tiny.toml"),
    ),
    _result(
        "manifest-broken",
        "A run.json that is no JSON, to go on with.",
        file("run.json", b"{"),
        "",
        _RUN,
    ),
    _result(
        "manifest-list",
        "A run.json that is a list, to go on with.",
        file("run.json", b"[]"),
        "",
        _RUN,
    ),
    _result(
        "manifest-other",
        "A run.json of another configuration.",
        record(lambda told: told | {"fingerprint": "x"}),
        "",
        _RUN,
    ),
    _result(
        "cell-broken",
        "A cell.json that is no JSON, to go on with.",
        in_cell_broken := (lambda p: (cell(p) / "cell.json").write_text("{")),
        "",
        _RUN,
    ),
    _result(
        "cell-list",
        "A cell.json that is a list, to go on with.",
        lambda p: (cell(p) / "cell.json").write_text("[]"),
        "",
        _RUN,
    ),
    _result(
        "cell-partial",
        "A cell.json that says nothing, to go on with.",
        lambda p: (cell(p) / "cell.json").write_text("{}"),
        "",
        _RUN,
    ),
    _result(
        "cell-scores-truncated",
        "A cell's scores of which half is there, to go on with.",
        in_cell("scores.parquet", b"PAR1"),
        "",
        _RUN,
    ),
    _result(
        "cell-histograms-truncated",
        "A cell's histograms of which half is there, to go on with.",
        in_cell("histograms.parquet", b"PAR1"),
        "",
        _RUN,
    ),
    _result(
        "methods-broken",
        "A methods.json that is no JSON, to go on with.",
        file("methods.json", b"{"),
        "",
        _RUN,
    ),
    _noted(
        "report-manifest-broken",
        "A run.json that is no JSON, to report on.",
        file("run.json", b"{"),
        "",
    ),
    _noted(
        "report-manifest-types",
        "A run.json of wrong types, to report on.",
        record(lambda told: dict.fromkeys(told, 3)),
        "",
    ),
    _noted(
        "report-manifest-deep",
        "A run.json of 100000 lists in each other, to report on.",
        file("run.json", b"[" * 100_000),
        "",
    ),
    _noted(
        "report-methods-list",
        "A methods.json that is a list, to report on.",
        file("methods.json", b"[]"),
        "",
    ),
    _noted(
        "report-scores-truncated",
        "A scores.parquet of which half is there, to report on.",
        cut("scores.parquet"),
        "",
    ),
    _noted(
        "report-scores-columns",
        "A scores.parquet of other columns, to report on.",
        table("scores.parquet", lambda t: t[["fold"]]),
        "",
    ),
    _noted(
        "report-scores-text",
        "Scores that are words, to report on.",
        table("scores.parquet", lambda t: t.assign(value="good")),
        "",
    ),
    _noted(
        "report-scores-infinite",
        "Infinite scores, to report on.",
        table("scores.parquet", lambda t: t.assign(value=float("inf"))),
        "",
    ),
    _noted(
        "report-histograms-truncated",
        "A histograms.parquet of which half is there, to report on.",
        cut("histograms.parquet"),
        "",
    ),
    _noted(
        "report-cell-broken",
        "A cell.json that is no JSON, to report on.",
        lambda p: (cell(p) / "cell.json").write_text("{"),
        "",
    ),
    _noted(
        "report-cell-bytes",
        "A cell.json of bytes that are no text, to report on.",
        lambda p: (cell(p) / "cell.json").write_bytes(b"\xff\xfe{"),
        "",
    ),
    _noted(
        "report-no-scans",
        "A folder whose images are gone, to report on.",
        lambda p: shutil.rmtree(p / "run/scans"),
        "",
    ),
    _noted(
        "report-image-damaged",
        "Damaged images, to report on.",
        lambda p: [x.write_bytes(b"no image") for x in (p / "run/scans").glob("*_T1w.nii.gz")],
        "",
    ),
    _noted(
        "report-no-cells",
        "A folder without cells, to report on.",
        lambda p: shutil.rmtree(p / "run/cells"),
        "",
    ),
    _noted(
        "report-metrics",
        "A metrics.json of wrong types, to report on.",
        file("metrics.json", b'[{"name": 3}, 4, {"name": "ssim", "bounds": "x"}]'),
        "",
    ),
    _result(
        "reference",
        "A reference that no run has.",
        lambda p: None,
        "",
        "report run --reference foo",
    ),
    _result(
        "order",
        "An order by what was not measured.",
        lambda p: None,
        "",
        "report run --order beauty",
    ),
    _result(
        "convergence-none",
        "Twice the budget of a run without manifest.",
        lambda p: (p / "run/run.json").unlink(),
        "",
        "convergence run",
    ),
    _result(
        "convergence-protocol",
        "Twice the budget of a run whose protocol was edited.",
        record(lambda told: told | {"protocol": {"name": 3}}),
        "",
        "convergence run",
    ),
    _result(
        "convergence-types",
        "Twice the budget of a run whose manifest has wrong types.",
        record(lambda told: told | {"dataset": 3}),
        "",
        "convergence run",
    ),
)
