"""Cards of methods."""

import json
from dataclasses import FrozenInstanceError

import pytest

from phycharm.harmonizers.card import MethodCard
from phycharm.harmonizers.registry import harmonizer_class, harmonizer_names

DOCUMENTED = {
    "name", "revision", "summary", "citation", "license", "supervision", "scope", "needs",
    "maps_preset", "trained_on", "deviations", "deterministic", "control", "variant_of",
}  # fmt: skip


def test_record_is_what_the_results_folder_documents():
    record = MethodCard(name="x", summary="X.", needs=("maps",)).as_record()
    assert set(record) == DOCUMENTED
    assert json.loads(json.dumps(record))["needs"] == ["maps"]


def test_card_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        MethodCard(name="x", summary="X.").name = "y"


@pytest.mark.parametrize("name", harmonizer_names())
def test_cards_of_registered_methods_are_complete(name):
    card = harmonizer_class(name).card
    assert card.summary
    assert card.license
    assert card.supervision in ("paired", "unpaired", "none")
    assert card.scope in ("pair", "all", "common-domain")
    assert not card.control
    assert all(sentence.strip().endswith(".") for sentence in card.deviations)


def test_who_needs_paired_data_says_so():
    ours = ("none", "linear", "histogram", "unet", "phycharm")
    supervision = {name: harmonizer_class(name).card.supervision for name in ours}
    assert supervision == {
        "none": "none",
        "linear": "unpaired",
        "histogram": "unpaired",
        "unet": "paired",
        "phycharm": "paired",
    }
