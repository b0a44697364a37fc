"""Methods by name."""

import importlib.metadata
import sys

import pytest

from phycharm.errors import InputError
from phycharm.harmonizers import registry
from phycharm.harmonizers.harmonizer import Harmonizer
from phycharm.harmonizers.registry import harmonizer_class, harmonizer_names
from phycharm.utils.suggestions import did_you_mean

OURS = {"none", "linear", "histogram", "unet", "phycharm"}


@pytest.fixture
def registered(monkeypatch):
    """Pretend that packages registered these entry points."""
    entries = []

    def add(name, value):
        entries.append(importlib.metadata.EntryPoint(name, value, registry.GROUP))

    monkeypatch.setattr(registry, "_entries", lambda: tuple(entries))
    return add


@pytest.fixture
def outsider(tmp_path, monkeypatch):
    """Make a module of somebody else importable."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(name, text):
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.delitem(sys.modules, name, raising=False)
        return name

    return write


def refusal(name):
    with pytest.raises(InputError) as error:
        harmonizer_class(name)
    text = str(error.value)
    assert "\n" not in text
    assert name in text
    return text


def test_built_in_methods_are_registered():
    assert set(harmonizer_names()) >= OURS
    assert harmonizer_names() == sorted(set(harmonizer_names()))


@pytest.mark.parametrize("name", sorted(OURS))
def test_registered_name_is_the_name_on_the_card(name):
    found = harmonizer_class(name)
    assert issubclass(found, Harmonizer)
    assert found.card.name == name
    assert found.card.summary.endswith(".")


@pytest.mark.parametrize(
    ("typo", "meant"), [("phycarm", "phycharm"), ("u-net", "unet"), ("histgram", "histogram")]
)
def test_typo_is_answered_by_the_nearest_name(typo, meant):
    assert f"did you mean {meant!r}?" in refusal(typo)


def test_names_that_resemble_nothing_get_the_whole_list():
    text = refusal("zzzz")
    assert "did you mean" not in text
    assert all(name in text for name in OURS)


def test_listing_imports_nothing(registered):
    registered("theirs", "no_such_package_at_all:Class")
    assert harmonizer_names() == ["theirs"]


def test_two_packages_that_claim_one_name(registered):
    registered("twice", "one.module:Class")
    registered("twice", "other.module:Class")
    text = refusal("twice")
    assert "one.module:Class" in text
    assert "other.module:Class" in text


def test_one_package_found_twice_is_no_conflict(registered):
    # An editable install beside an old one shows the same entry point twice.
    for _ in range(2):
        registered("unet", "phycharm.baselines.unet:UNet")
    assert harmonizer_class("unet").card.name == "unet"


def test_package_that_is_broken(registered):
    registered("broken", "no_such_package_at_all:Class")
    text = refusal("broken")
    assert "no_such_package_at_all" in text


def test_class_by_path(outsider):
    name = outsider("theirs_a", "class Mine:\n    pass\n")
    assert harmonizer_class(f"{name}:Mine").__name__ == "Mine"


@pytest.mark.parametrize(
    "path", ["theirs_b:Absent", "no_such_module:Mine", ":Mine", "theirs_b:", "theirs_b:value"]
)
def test_path_that_leads_nowhere(outsider, path):
    outsider("theirs_b", "value = 3\nclass Mine:\n    pass\n")
    refusal(path)


def test_hint_goes_on_after_a_semicolon():
    assert did_you_mean("quik", ["quick", "smoke"]) == (
        "did you mean 'quick'? There are: quick, smoke."
    )
    assert did_you_mean("xyz", iter(["b", "a"])) == "there are: a, b."
