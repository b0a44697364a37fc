"""Links between the Markdown pages: files and headings exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/api/*.md")])

pytestmark = pytest.mark.skipif(not (ROOT / "docs").is_dir(), reason="the wheel has no pages")


def prose(path):
    """The page without its blocks of code, in which brackets mean other things."""
    return re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)


def links(path):
    return [
        target
        for target in re.findall(r"\]\(([^)\s]+)\)", prose(path))
        if not re.match(r"[a-z]+:", target)
    ]


def anchor(heading):
    """A heading as code hosts and MyST turn it into an anchor."""
    plain = re.sub(r"[`*]|\[([^]]*)\]\([^)]*\)", r"\1", heading.strip().lower())
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def anchors(path):
    return {anchor(heading) for heading in re.findall(r"^#{1,6} (.+)$", prose(path), re.M)}


def case(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", PAGES, ids=case)
def test_links_lead_somewhere(path):
    for target in links(path):
        name, _, heading = target.partition("#")
        other = path.parent / name if name else path
        assert other.exists(), target
        if heading:
            assert heading in anchors(other), target


@pytest.mark.parametrize("path", PAGES, ids=case)
def test_pages_of_the_site_are_in_its_navigation(path):
    if path.parent == ROOT:
        stub = re.compile(rf"^```{{include}} \.\./{path.name}$", re.M)
        stubs = "".join(p.read_text(encoding="utf-8") for p in ROOT.glob("docs/*.md"))
        assert stub.search(stubs), f"no page of docs/ includes {path.name}"
        return
    index = path.parent / "index.md"
    listed = re.findall(r"^([\w/-]+)$", index.read_text(encoding="utf-8"), re.M)
    assert path == index or path.stem in listed


def test_there_is_something_to_check():
    assert sum(len(links(path)) for path in PAGES) > 15
    assert anchor("history.csv") == "historycsv"
    assert anchor("`doctor` and [protocols](x.md)") == "doctor-and-protocols"


def test_pages_with_scores_say_that_scanners_are_simulated():
    """A score is printed as .870, in text or in a table."""
    with_scores = [p for p in PAGES if re.search(r"\| \.\d{2,3}\b", p.read_text("utf-8"))]
    assert with_scores
    for path in with_scores:
        assert "simulat" in path.read_text(encoding="utf-8"), path


def test_examples_that_run_say_that_scanners_are_simulated():
    scripts = sorted((ROOT / "examples" / "gallery").glob("*.py"))
    assert len(scripts) >= 3
    for script in scripts:
        docstring = script.read_text(encoding="utf-8").split('"""')[1]
        assert re.search(r"\*\*[^*]*simulated[^*]*\*\*", docstring), script.name


def test_the_reference_lists_every_part_of_every_room():
    pages = "".join(p.read_text(encoding="utf-8") for p in ROOT.glob("docs/api/*.md"))
    listed = set(re.findall(r"^   (phycharm[\w.]*)$", pages, re.M))
    core = ROOT / "phycharm"
    parts = {path.parent.name for path in core.glob("*/__init__.py")}
    parts |= {path.stem for path in core.glob("[a-z]*.py")}
    rooms = {"baselines", "benchmarks", "reports"}
    assert listed == {f"phycharm.{name}" for name in parts | rooms}
