"""Files that other programs read: they parse, and name what there is."""

import ast
import importlib
import re
import tomllib
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).resolve().parents[2]
GITHUB = ROOT / ".github"
YAML = [
    ROOT / ".pre-commit-config.yaml",
    ROOT / "CITATION.cff",
    *sorted(GITHUB.rglob("*.yml")),
]

pytestmark = pytest.mark.skipif(not GITHUB.is_dir(), reason="these files are not in the wheel")


def read(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def sessions():
    """Names of the nox sessions, without importing nox."""
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any("nox.session" in ast.unparse(mark) for mark in node.decorator_list)
    }


@pytest.mark.parametrize("path", YAML, ids=lambda path: path.name)
def test_is_yaml(path):
    assert isinstance(read(path), dict)


def test_workflows_run_sessions_that_exist():
    named = set()
    for path in (GITHUB / "workflows").glob("*.yml"):
        text = path.read_text(encoding="utf-8")
        named |= set(re.findall(r"nox\b[^\n]* -s ([a-z]+)", text))
        for job in read(path)["jobs"].values():
            named |= set(job.get("strategy", {}).get("matrix", {}).get("session", ()))
    assert {"lint", "tests", "docs"} <= named <= sessions()


def test_pages_name_sessions_that_exist():
    for name in ("README.md", "CONTRIBUTING.md", ".github/pull_request_template.md"):
        named = set(re.findall(r"nox -s ([a-z]+)", (ROOT / name).read_text(encoding="utf-8")))
        assert named <= sessions(), name


def test_workflow_pythons_are_supported():
    (lowest,) = re.findall(r">=3\.(\d+)", project()["requires-python"])
    (job,) = read(GITHUB / "workflows" / "tests.yml")["jobs"].values()
    pythons = job["strategy"]["matrix"]["python"]
    assert f"3.{lowest}" in pythons
    assert all(isinstance(python, str) for python in pythons), "3.10 unquoted is 3.1"


@pytest.mark.parametrize("path", sorted(GITHUB.glob("ISSUE_TEMPLATE/*.yml")), ids=lambda p: p.name)
def test_issue_forms_have_what_forms_need(path):
    form = read(path)
    if path.name == "config.yml":
        assert isinstance(form["blank_issues_enabled"], bool)
        return
    assert form["name"] and form["description"]
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert fields
    names = [field["id"] for field in fields]
    assert len(set(names)) == len(names)
    assert all(field["attributes"]["label"] for field in fields)


def test_hooks_use_the_versions_of_the_constraints():
    pinned = set((ROOT / "constraints.txt").read_text(encoding="utf-8").split())
    hooks = [hook for repo in read(YAML[0])["repos"] for hook in repo["hooks"]]
    assert {hook["id"] for hook in hooks} == {"ruff-format", "ruff", "mypy"}
    for hook in hooks:
        # nox itself is in nobody's environment: it makes them.
        assert set(hook["additional_dependencies"]) - {"nox"} <= pinned, hook["id"]


def test_citation_is_of_this_version():
    citation = read(ROOT / "CITATION.cff")
    assert citation["cff-version"] == "1.2.0"
    assert citation["version"] == project()["version"]
    assert citation["license"] == project()["license"]
    assert [a["name"] for a in citation["authors"]] == [a["name"] for a in project()["authors"]]
    doi = citation["references"][0]["doi"]
    assert doi in (ROOT / "README.md").read_text(encoding="utf-8")


def test_names_that_moved_are_where_the_changelog_says():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`.+`) \| `([\w.]+)` \| `([\w.]+)` \|$", text, re.MULTILINE)
    assert len(rows) >= 15
    for names, _, place in rows:
        for name in re.findall(r"`(\w+)`", names):
            assert hasattr(importlib.import_module(place), name), f"{place}.{name}"


def test_no_host_of_a_registry_and_no_machine_path():
    hosts = (
        "pypi" + ".org",
        "python" + "hosted",
        "download.py" + "torch",
        "/wo" + "rk/",
        "/tm" + "p/",
    )
    for path in (*YAML, ROOT / "noxfile.py", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"):
        text = path.read_text(encoding="utf-8")
        assert not [host for host in hosts if host in text], path
