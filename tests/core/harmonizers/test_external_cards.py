"""Settings and cards of other people's methods."""

import pytest

from phycharm.errors import InputError
from phycharm.harmonizers.external import (
    accepted_settings,
    create_harmonizer,
    create_harmonizers,
)
from phycharm.harmonizers.external.digest import files_digest
from phycharm.harmonizers.external.names import safe_name

from support import outsiders

# --- settings -------------------------------------------------------------------------------------


def test_unknown_and_forbidden_settings_are_named():
    with pytest.raises(InputError, match="'size'; its settings are: weight"):
        create_harmonizer("support.outsiders:Offset", settings={"size": 1})
    with pytest.raises(InputError, match="it has no settings"):
        create_harmonizer("support.outsiders:TakesNothing", settings={"size": 1})
    with pytest.raises(InputError, match="its settings are: training, features, dropout"):
        create_harmonizer("unet", settings={"size": 1})
    with pytest.raises(InputError, match="seed is no setting"):
        create_harmonizer("support.outsiders:Offset", settings={"seed": 1})


def test_accepted_settings_leave_out_what_the_harness_sets():
    assert accepted_settings("support.outsiders:Offset") == ("weight",)
    assert accepted_settings("support.outsiders:TakesNothing") == ()
    assert accepted_settings("builtins:dict") == ()
    assert "training" in accepted_settings("unet")
    assert accepted_settings("command:cp {input} {output}") == (
        "name",
        "scale",
        "timeout",
        "gain",
        "about",
    )


def test_several_methods_need_different_names():
    made = create_harmonizers(
        ["none", "support.outsiders:Offset", "b=support.outsiders:Offset", "none"]
    )
    assert {spec: h.card.name for spec, h in made.items()} == {
        "none": "none",
        "support.outsiders:Offset": "Offset",
        "b=support.outsiders:Offset": "b",
    }
    with pytest.raises(
        InputError, match=r"OFFSET=support\.outsiders:Offset and support\.outsiders:Offset are both"
    ):
        create_harmonizers(["support.outsiders:Offset", "OFFSET=support.outsiders:Offset"])


def test_settings_go_to_the_method_they_are_for():
    settings = {"support.outsiders:Offset": {"weight": 3.0}}
    made = create_harmonizers(["support.outsiders:Offset", "linear"], settings=settings, seed=9)
    assert made["support.outsiders:Offset"].method.weight == 3.0
    assert made["linear"].seed == 9


# --- cards ----------------------------------------------------------------------------------------


def test_a_card_is_built_from_what_the_class_says():
    bare = create_harmonizer("support.outsiders:Offset").card
    assert (bare.name, bare.license, bare.scope) == ("Offset", "not stated", "pair")
    assert bare.summary == "Add the difference of the scanners' mean brains."
    named = create_harmonizer("support.outsiders:Named")
    assert (named.card.name, named.card.summary) == ("offset-2", "Said in the card.")
    assert named.card.trained_on == ("elsewhere",)
    assert named.deviations == ("One.",)
    assert named.card.revision.startswith("7+")
    assert create_harmonizer("support.outsiders:WithCardObject").card.scope == "all"
    assert create_harmonizer("support.outsiders:TakesNothing").card.summary.startswith(
        "No parameters"
    )


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ({"colour": "red"}, "a card has no field 'colour'"),
        ({"scope": "world"}, "it is one of pair, all, common-domain"),
        ({"maps_preset": "papers"}, "it is one of corrected, paper"),
        ({"supervision": "weak"}, "it is one of paired, unpaired, none"),
        ({"citation": 3}, "make it a string"),
        ({"trained_on": "one"}, "make it a list of strings"),
        ({"name": "a b"}, "call it 'a-b'"),
        ("words", "make it a dict of fields"),
    ],
)
def test_unusable_cards_are_refused(monkeypatch, card, said):
    monkeypatch.setattr(outsiders.Named, "card", card)
    with pytest.raises(InputError) as caught:
        create_harmonizer("support.outsiders:Named")
    assert said in str(caught.value)


def test_an_edited_file_is_another_revision(write_module):
    source = "from support.outsiders import Offset\nclass Mine(Offset): card = {'revision': '1'}\n"
    write_module("edited", source)
    before = create_harmonizer("edited:Mine").card.revision
    assert create_harmonizer("edited:Mine").card.revision == before
    write_module("edited", source + "# changed\n")
    assert create_harmonizer("edited:Mine").card.revision != before


def test_an_installed_class_states_its_own_revision(register):
    register(**{"offset-2": "support.outsiders:Named"})
    assert create_harmonizer("offset-2").card.revision == "7"


def test_digest_follows_names_and_content(tmp_path):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("1")
    second.write_text("1")
    assert files_digest([first]) != files_digest([second])
    before = files_digest([first])
    first.write_text("22")
    assert files_digest([first]) != before


def test_safe_names():
    assert safe_name("my tool/v2_final") == "my-tool-v2-final"
    assert safe_name("../..") == ""
