"""The first screen warns of methods that have seen what they are scored on."""

from dataclasses import replace
from pathlib import Path

import pytest

from phycharm.reports.run.cell_records import CellRecord
from phycharm.reports.run.run_view import RunView
from phycharm.reports.tables.statistics_tables import leaks


@pytest.fixture
def changed(view):
    def make(*, trained_on=(), dataset=None, fitted_on=None):
        kept = view.content
        cards = {**kept.methods, "unet": {**kept.methods["unet"], "trained_on": list(trained_on)}}
        manifest = {**kept.manifest}
        if dataset is not None:
            manifest["dataset"] = {**manifest["dataset"], **dataset}
        record = {"harmonizer": "unet", "fold": 1, "fitted_on": fitted_on}
        cells = (*kept.cells, CellRecord(path=Path("unet_x"), record=record)) if fitted_on else ()
        return RunView(
            content=replace(kept, methods=cards, manifest=manifest, cells=cells or kept.cells)
        )

    return make


def test_by_the_folder_and_not_its_whole_path(changed):
    view = changed(trained_on=["ds004712"], dataset={"names": None, "path": "/data/ds004712"})
    assert leaks(view) == [
        "U-Net: trained on ds004712, which is the dataset it is scored on",
    ]


def test_by_doi(changed):
    names = ["Some title", "10.18112/openneuro.ds004712.v2.0.1", "ds004712"]
    view = changed(trained_on=["doi:10.18112/openneuro.ds004712"], dataset={"names": names})
    assert len(leaks(view)) == 1


def test_by_what_a_fit_learned_from(view, changed):
    external, *_ = view.subjects["external"]
    assert leaks(changed(fitted_on={"subjects": [external], "validation": []})) == [
        f"U-Net: fitted to sub-{external}, scored here"
    ]
    assert leaks(changed(fitted_on={"subjects": [], "validation": ["nobody"]})) == []


def test_who_declares_nothing_is_not_warned_of(view):
    assert leaks(view) == []
