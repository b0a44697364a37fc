"""Tables of the maps: people with measured maps apart from travellers whose truth is known."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from phycharm.reports.page.sections import make_sections
from phycharm.reports.run.cell_records import CellRecord
from phycharm.reports.run.run_content import read_run
from phycharm.reports.run.run_view import RunView
from phycharm.reports.tables.map_tables import map_source_table, map_table
from phycharm.reports.tables.provenance import deviations

ERRORS = {"GE": (0.04, 0.06), "Siemens": (0.10, 0.30)}


def travelling(*, preset="paper", case=4):
    """T1 errors of two travellers from each scanner, in both tissues, over two seeds."""
    rows = []
    for source, values in ERRORS.items():
        for subject, value in zip(("05", "06"), values, strict=True):
            for tissue, factor in (("GM", 1), ("WM", 2)):
                for seed, shift in ((0, -0.01), (1, 0.01)):
                    rows.append(
                        {
                            "case": case, "preset": preset, "cohort": "travelling",
                            "subject": subject, "map": "T1", "source": source, "seed": seed,
                            "metric": "median_relative_error", "tissue": tissue,
                            "value": factor * value + shift,
                        }
                    )  # fmt: skip
    return pd.DataFrame(rows)


@pytest.fixture
def mixed(view):
    maps = pd.concat([view.content.maps, travelling(), travelling(preset="corrected")])
    return RunView(content=replace(view.content, maps=maps))


def test_errors_are_means_over_people_per_scanner(mixed):
    table = map_source_table(mixed)
    assert [tuple(cell.text for cell in row[:3]) for row in table.rows] == [
        ("corrected", "4", "GE"), ("corrected", "4", "Siemens"),
        ("paper", "4", "GE"), ("paper", "4", "Siemens"),
    ]  # fmt: skip
    heads = [column.text for column in table.columns]
    found = {row[2].text: dict(zip(heads, row, strict=True)) for row in table.rows[2:]}
    assert found["GE"]["T1 GM (%) ↓"].sort == pytest.approx(5)
    assert found["GE"]["T1 WM (%) ↓"].sort == pytest.approx(10)
    assert found["Siemens"]["T1 GM (%) ↓"].text == "20.0"
    assert found["Siemens"]["T1 GM (%) ↓"].detail == "± 14.1"
    assert found["Siemens"]["M0 GM (%) ↓"].text == "–"


def test_travellers_do_not_enter_table_1(view, mixed):
    assert map_table(mixed) == map_table(view)


def test_is_on_the_page(mixed, view):
    def names(shown):
        (section,) = [s for s in make_sections(shown, "r0") if s.id == "maps"]
        return [table.name for table in section.tables]

    assert "maps-by-scanner" in names(mixed)
    assert "maps-by-scanner" not in names(view)


def test_tables_of_earlier_versions_are_of_the_quantitative_cohort(run_dir):
    maps = read_run(run_dir).maps
    assert "cohort" not in pd.read_parquet(run_dir / "maps.parquet")
    assert set(maps["cohort"]) == {"quantitative"}
    assert map_table(RunView(content=read_run(run_dir))) is not None
    assert map_source_table(RunView(content=read_run(run_dir))) is None


def test_maps_say_where_each_preset_departs_from_the_preprint(view):
    records = {"maps_paper_case-4_seed-0": "paper", "maps_corrected_case-4_seed-0": "corrected"}
    cells = [
        CellRecord(
            path=Path(name),
            record={"harmonizer": "maps", "preset": preset, "deviations": [f"As {preset}."]},
        )
        for name, preset in records.items()
    ]
    found = dict(deviations(RunView(content=replace(view.content, cells=tuple(cells)))))
    assert found["Quantitative maps, preset paper"] == ["As paper."]
    assert found["Quantitative maps, preset corrected"] == ["As corrected."]
