"""What twice the budget gains: in the report, and who is said not to be at the end."""

import shutil

import pandas as pd
import pytest

from phycharm.reports import convergence_text
from phycharm.reports.page.sections import make_sections
from phycharm.reports.run.convergence import convergence_gains, unfinished_methods
from phycharm.reports.run.run_content import read_run
from phycharm.reports.run.run_view import RunView
from phycharm.reports.tables.convergence_table import convergence_table
from phycharm.reports.text.verdict import write_verdict


def row(harmonizer, source, target, value, twice, **changes):
    place = {"fold": 1, "seed": 0, "subject": "01", "metric": "ssim", "steps": 350}
    place |= {"harmonizer": harmonizer, "source": source, "target": target}
    return place | {"value": value, "value_doubled": twice} | changes


ROWS = [
    row("unet", "GE", "Siemens", 0.90, 0.908),
    row("unet", "Siemens", "GE", 0.92, 0.922),
    row("phycharm", "GE", "Siemens", 0.91, 0.912),
    row("phycharm", "Siemens", "GE", 0.93, 0.931),
    row("maps", "GE", "", 0.08, 0.05, metric="t1_error", steps=480),
    row("maps", "Siemens", "", 0.06, 0.05, metric="t1_error", steps=480),
]


@pytest.fixture
def doubled(run_dir, tmp_path):
    """Writes this table into a copy of the run, and reads it."""

    def write(rows):
        folder = shutil.copytree(run_dir, tmp_path / f"run-{len(rows)}")
        pd.DataFrame(rows).to_parquet(folder / "convergence.parquet", index=False)
        return RunView(content=read_run(folder))

    return write


def test_gains_are_means_over_directions_with_their_spread(doubled):
    gains = convergence_gains(doubled(ROWS)).set_index("harmonizer")
    assert list(gains.index) == ["phycharm", "unet", "maps"]
    unet = gains.loc["unet"]
    assert unet[["value", "value_doubled", "gain"]].tolist() == pytest.approx([0.91, 0.915, 0.005])
    assert unet["spread"] == pytest.approx(pd.Series([0.008, 0.002]).std())
    # An error that falls is a gain.
    assert gains.loc["maps", "gain"] == pytest.approx(0.02)


def test_people_folds_and_seeds_are_averaged_before_directions(doubled):
    more = [row("unet", "GE", "Siemens", 0.90, 0.900, subject=name) for name in ("02", "03", "04")]
    gains = convergence_gains(doubled([*ROWS, *more])).set_index("harmonizer")
    assert gains.loc["unet", "gain"] == pytest.approx((0.008 / 4 + 0.002) / 2)


def test_who_gains_more_than_the_limit_is_named_at_the_verdict_too(doubled):
    view = doubled(ROWS)
    assert unfinished_methods(view) == ["unet"]
    sentence = "U-Net gains more than 0.003 SSIM by twice the budget, and is not at its end."
    assert sentence in convergence_table(view).notes
    assert sentence in write_verdict(view).details


def test_where_all_are_at_their_end_the_table_says_so(doubled):
    view = doubled(ROWS[2:4])
    (note,) = [note for note in convergence_table(view).notes if "at their end" in note]
    assert note == "Twice the budget gains nobody more than 0.003 SSIM: all are at their end."
    assert not [detail for detail in write_verdict(view).details if "budget" in detail]


def test_the_table_stands_beside_the_training_curves(doubled):
    view = doubled(ROWS)
    (section,) = [s for s in make_sections(view, "r0") if s.id == "training"]
    (table,) = section.tables
    texts = [[cell.text for cell in cells] for cells in table.rows]
    assert texts[1] == ["U-Net", "350", "SSIM", "0.9100", "0.9150", "+0.0050", "0.0042"]
    assert texts[2][:6] == ["Quantitative maps", "480", "T1 error (%)", "7.00", "5.00", "+2.00"]


def test_for_a_terminal(doubled, run_dir):
    text = convergence_text(doubled(ROWS).content.path)
    assert "U-Net" in text and "+0.0050" in text and "not at its end" in text
    assert max(map(len, text.splitlines())) <= 100
    assert convergence_text(run_dir) == "Nobody doubled a budget."


def test_runs_without_the_table_open_as_before(view):
    assert convergence_table(view) is None
    assert not [note for note in view.content.notes if "convergence" in note]


def test_a_damaged_table_is_noted(run_dir, tmp_path):
    folder = shutil.copytree(run_dir, tmp_path / "run")
    (folder / "convergence.parquet").write_bytes(b"PAR1 and no more")
    view = RunView(content=read_run(folder))
    assert convergence_table(view) is None
    assert [note for note in view.content.notes if "convergence.parquet" in note]


def test_steps_that_nobody_counted_are_unknown(doubled):
    view = doubled([row("unet", "GE", "Siemens", 0.90, 0.91, steps=None)])
    (cells,) = convergence_table(view).rows
    assert [cell.text for cell in cells[1:2]] == ["–"]
    assert cells[-1].text == "–"  # one direction has no spread
