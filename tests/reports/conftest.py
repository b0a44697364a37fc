"""One made-up run for all tests of the report, and its page, made once."""

import pytest

from phycharm.reports import write_report
from phycharm.reports.run.run_content import read_run
from phycharm.reports.run.run_view import RunView

from support.hostile_run import make_hostile_run
from support.synthetic_results import make_results

SMALL = {
    "scanners": ("GE", "Siemens"),
    "methods": ("none", "unet", "phycharm"),
    "shape": (18, 20, 16),
    "folds": ("01",),
}


@pytest.fixture(scope="session")
def run_dir(tmp_path_factory):
    """Two scanners, three methods and the controls, five external subjects: not to be changed."""
    return make_results(tmp_path_factory.mktemp("results") / "tiny run", **SMALL)


@pytest.fixture(scope="session")
def view(run_dir):
    return RunView(content=read_run(run_dir))


@pytest.fixture(scope="session")
def page(run_dir, tmp_path_factory):
    """The report of that run."""
    return write_report([run_dir], tmp_path_factory.mktemp("page") / "report.html")


@pytest.fixture(scope="session")
def html(page):
    return page.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def hostile(tmp_path_factory):
    return make_hostile_run(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="session")
def hostile_page(hostile):
    return write_report([hostile])
