"""What moved as a JUnit file, which every CI shows as tests."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from phycharm.benchmarks.statistics.regression import Delta
from phycharm.benchmarks.statistics.regression.delta import COUNTED
from phycharm.utils.atomic import atomic_file

from .delta_tables import figures

# XML 1.0 has no characters for these, however they are written.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def write_junit(delta: Delta, out: str | Path) -> Path:
    """Write a test case for every measure of every method, and some for the whole.

    Parameters
    ----------
    delta : Delta
        From `compare_scores`.
    out : str or Path
        The XML file to write.

    Returns
    -------
    Path
        The file.
    """
    cases = [*_whole(delta), *(_case(row) for row in delta.summary().to_dict("records"))]
    failures = sum(bool(problem) for _, _, problem in cases)
    counts = {"tests": str(len(cases)), "failures": str(failures), "errors": "0"}
    root = ET.Element("testsuites", {"name": "phycharm compare", **counts})
    suite = ET.SubElement(root, "testsuite", {"name": _clean(delta.run.name), **counts})
    for group, name, problem in cases:
        place = {"classname": f"scores.{_clean(group)}", "name": _clean(name)}
        case = ET.SubElement(suite, "testcase", place)
        if problem:
            head = _clean(problem.splitlines()[0])
            ET.SubElement(case, "failure", {"message": head}).text = _clean(problem)
    path = Path(out)
    with atomic_file(path) as temporary:
        ET.ElementTree(root).write(temporary, encoding="utf-8", xml_declaration=True)
    return path


def _whole(delta: Delta) -> Iterable[tuple[str, str, str]]:
    doubled = f"{len(delta.duplicates)} scores stand more than once." * bool(len(delta.duplicates))
    yield "whole", "protocol", "\n".join(delta.settings)
    yield "whole", "metric definitions", "\n".join(delta.definitions)
    yield "whole", "no duplicates", doubled
    yield "whole", "fits", "\n".join(delta.reasons())


def _case(row: dict[Any, Any]) -> tuple[str, str, str]:
    name = " ".join(filter(None, (row["metric"], row["tissue"])))
    states = [f"{row[state]} {state}" for state in COUNTED if row[state]]
    if not states:
        return row["harmonizer"], name, ""
    means = f"mean {figures(row['mean_reference'])} to {figures(row['mean_run'])}"
    largest = f"largest change {figures(row['largest'], '+')}, tolerance {figures(row['limit'])}"
    return (
        row["harmonizer"],
        name,
        f"of {row['rows']} scores {', '.join(states)}; {means}; {largest}",
    )


def _clean(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
