"""Every example in a docstring prints what stands under it."""

import doctest
import importlib
import pkgutil

import pytest

# Its import starts the command line.
NOT_IMPORTED = ("phycharm.__main__",)


def modules():
    """Every module of the installed package, the rooms that lie in folders of their own too."""
    rooms = ["phycharm", "phycharm.baselines", "phycharm.benchmarks", "phycharm.reports"]
    found = {"phycharm"}
    for room in rooms:
        path = importlib.import_module(room).__path__
        found |= {module.name for module in pkgutil.walk_packages(path, f"{room}.")}
    return sorted(found.difference(NOT_IMPORTED))


def examples(name):
    tests = doctest.DocTestFinder().find(importlib.import_module(name))
    return [test for test in tests if test.examples]


WITH_EXAMPLES = {name: tests for name in modules() if (tests := examples(name))}


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples(name, capsys):
    runner = doctest.DocTestRunner(verbose=False)
    for test in WITH_EXAMPLES[name]:
        runner.run(test, clear_globs=False)
    assert runner.summarize(verbose=False).failed == 0, capsys.readouterr().out


def test_every_room_has_examples():
    assert len(WITH_EXAMPLES) > 50
    for room in ("baselines", "benchmarks", "reports", "physics", "data"):
        assert any(name.startswith(f"phycharm.{room}") for name in WITH_EXAMPLES), room


def test_a_wrong_example_is_found():
    wrong = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    assert doctest.DocTestRunner(verbose=False).run(wrong, out=lambda text: None).failed == 1
