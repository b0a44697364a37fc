"""The table of scores: files of format 1 must load for ever."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from phycharm.benchmarks.scoring.tables.scores import (
    SCORE_TYPES,
    SPLITS,
    read_scores,
    score_table,
    write_scores,
)
from phycharm.errors import InputError

OLD_FILE = Path(__file__).parent / "data" / "scores_format_1.parquet"
COLUMNS = [
    "protocol", "protocol_version", "split", "fold", "source", "target", "subject",
    "harmonizer", "seed", "metric", "tissue", "value",
]  # fmt: skip


def row(**changes):
    return {
        "protocol": "tiny", "protocol_version": 1, "split": "external", "fold": 1,
        "source": "GE", "target": "Siemens", "subject": "05", "harmonizer": "unet", "seed": 0,
        "metric": "ssim", "tissue": "", "value": 0.9,
    } | changes  # fmt: skip


class TestOldFile:
    """Written once by the first version, never again."""

    def test_loads_with_today_s_columns_and_types(self):
        scores = read_scores(OLD_FILE)
        assert list(scores.columns) == COLUMNS
        assert {name: str(kind) for name, kind in scores.dtypes.items()} == SCORE_TYPES

    def test_its_rows_mean_what_they_meant(self):
        scores = read_scores(OLD_FILE)
        assert len(scores) == 7
        assert set(scores["split"]) == set(SPLITS)
        (best,) = scores.query("harmonizer == 'unet' and metric == 'ssim'")["value"]
        assert best == 0.91234567890123
        dice = scores.query("metric == 'dice'").set_index("tissue")["value"]
        assert dice["GM"] == 0.8125
        assert dice["WM"] == 0.875
        assert np.isnan(dice["CSF"])
        (strange,) = scores.query("metric == 'psnr'")["harmonizer"]
        assert strange == 'my "method" <b>é</b>'
        assert scores.query("subject == '007'")["seed"].tolist() == [2147483647]

    def test_numbers_of_labels_stay_text(self):
        assert read_scores(OLD_FILE)["subject"].tolist()[-1] == "007"


def test_columns_are_those_of_the_document():
    assert list(SCORE_TYPES) == COLUMNS
    document = (Path(__file__).parents[3] / "docs" / "results.md").read_text(encoding="utf-8")
    table = document.split("## scores.parquet")[1].split("## ")[0]
    lines = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = [part.strip(" `") for line in lines for part in line.split(",")]
    assert named == COLUMNS


def test_round_trip(tmp_path):
    scores = score_table([row(), row(value=float("nan"), tissue="GM"), row(subject="01")])
    write_scores(tmp_path / "new" / "scores.parquet", scores)
    pd.testing.assert_frame_equal(read_scores(tmp_path / "new" / "scores.parquet"), scores)


def test_table_without_rows_has_the_schema(tmp_path):
    write_scores(tmp_path / "scores.parquet", score_table([]))
    scores = read_scores(tmp_path / "scores.parquet")
    assert scores.empty
    assert {name: str(kind) for name, kind in scores.dtypes.items()} == SCORE_TYPES


def test_further_columns_of_others_are_left_out(tmp_path):
    pd.DataFrame([row(note="theirs")])[["note", *reversed(COLUMNS)]].to_parquet(
        tmp_path / "scores.parquet"
    )
    assert list(read_scores(tmp_path / "scores.parquet").columns) == COLUMNS


@pytest.mark.parametrize("column", COLUMNS)
def test_missing_column_is_named(tmp_path, column):
    pd.DataFrame([row()]).drop(columns=column).to_parquet(tmp_path / "scores.parquet")
    with pytest.raises(InputError, match=repr(column)):
        read_scores(tmp_path / "scores.parquet")


@pytest.mark.parametrize("content", [None, b"", b"PAR1 broken PAR1", "folder"])
def test_file_that_cannot_be_read(tmp_path, content):
    path = tmp_path / "scores.parquet"
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read_scores(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_values_of_another_kind(tmp_path):
    pd.DataFrame([row(fold="first")]).to_parquet(tmp_path / "scores.parquet")
    with pytest.raises(InputError) as error:
        read_scores(tmp_path / "scores.parquet")
    assert "scores.parquet" in str(error.value)
