"""What sidecars say of the scanners, beside what was fitted."""

import json
import shutil
from dataclasses import asdict

import pytest

from phycharm.physics.effective_acquisition import EffectiveAcquisition, FittedParameter
from phycharm.reports.page.sections import make_sections
from phycharm.reports.run.run_content import read_run
from phycharm.reports.run.run_view import RunView
from phycharm.reports.tables.acquisition_table import acquisition_table

from support import phantom

FITTED = EffectiveAcquisition(
    acquisition=phantom.GE.acquisition,
    parameters=(
        FittedParameter(name="centre", value=21.0, spread=4.0, determined=True),
        FittedParameter(name="inversion_efficiency", value=0.75, spread=1e-9, determined=True),
        FittedParameter(name="transmit", value=1.0, spread=None, determined=False),
    ),
    misfit=0.01,
    images=3,
)


@pytest.fixture
def told(run_dir, tmp_path):
    """The run, with what PhyCHarm found out in its cells."""
    folder = shutil.copytree(run_dir, tmp_path / "run")
    sidecar = asdict(phantom.GE.acquisition)
    findings = {
        "signal": "train",
        "acquisitions": {"GE": FITTED.as_record() | {"sidecar": sidecar}},
    }
    for path in folder.glob("cells/phycharm*/cell.json"):
        record = json.loads(path.read_text())
        path.write_text(json.dumps(record | {"findings": findings}))
    return RunView(content=read_run(folder))


def test_each_parameter_once_for_a_scanner_and_fold(told):
    table = acquisition_table(told)
    rows = [[cell.text for cell in row] for row in table.rows]
    assert [row[0] for row in rows] == ["GE"] * 3
    centre, efficiency, transmit = rows
    assert centre[2:] == [
        "Readout at the centre of k-space", "says nothing", "21", "4", "by the images",
    ]  # fmt: skip
    assert efficiency[6] == "only that it is beyond its range"
    assert transmit[4:] == ["1", "–", "no: nominal value"]


def test_it_stands_beside_the_maps(told):
    maps = next(s for s in make_sections(told, "r0") if s.id == "maps")
    assert "acquisitions" in [table.name for table in maps.tables]


def test_runs_without_it_have_no_table(view):
    assert acquisition_table(view) is None
