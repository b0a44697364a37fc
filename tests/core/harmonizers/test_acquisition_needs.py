"""What a method needs to know of acquisitions is asked before anything is computed."""

import pytest

from phycharm.data.scanner import Scanner
from phycharm.errors import InputError
from phycharm.harmonizers.acquisition_needs import missing_times, require_acquisitions
from phycharm.harmonizers.card import MethodCard
from phycharm.harmonizers.registry import harmonizer_class, harmonizer_names
from phycharm.physics.acquisition import Acquisition

ALL = {"inversion_time": 900.0, "repetition_time": 2300.0, "echo_time": 3.0}


def acquisition(**changes):
    return Acquisition(**(ALL | {"flip_angle": 9} | changes))


def card(*needs):
    return MethodCard(name="mine", summary="", needs=needs)


def test_a_method_that_needs_none_gets_none():
    nothing = acquisition(**dict.fromkeys(ALL))
    require_acquisitions(card("maps"), [Scanner(name="A", acquisition=nothing)])


@pytest.mark.parametrize(
    ("needs", "changes", "missing"),
    [
        (("acquisition",), {"inversion_time": None}, ("inversion_time",)),
        (("acquisition",), {"repetition_time": None}, ("repetition_time",)),
        (("acquisition",), {"repetition_time": None, "echo_spacing": 7.0}, ()),
        (("acquisition",), {"echo_time": None}, ()),
        (("acquisition", "echo_time"), {"echo_time": None}, ("echo_time",)),
        (("acquisition", "echo_time"), {}, ()),
    ],
)
def test_what_is_missing(needs, changes, missing):
    assert missing_times(card(*needs), acquisition(**changes)) == missing


def test_refusal_names_method_scanner_field_and_remedy():
    scanner = Scanner(name="Achieva", acquisition=acquisition(inversion_time=None))
    with pytest.raises(InputError) as error:
        require_acquisitions(card("acquisition"), [scanner])
    for word in ("mine", "Achieva", "inversion_time", "InversionTime in the sidecars", "dataset"):
        assert word in str(error.value)


def test_what_stands_in_for_tr_is_told():
    scanner = Scanner(name="Signa", acquisition=acquisition(repetition_time=None, echo_spacing=8.2))
    with pytest.warns(UserWarning, match="Signa.*8.2 ms stand in"):
        require_acquisitions(card("acquisition"), [scanner])


def test_only_the_preprint_as_printed_cannot_do_without_times():
    cards = {name: getattr(harmonizer_class(name), "card", None) for name in harmonizer_names()}
    needing = {name for name, card in cards.items() if card and "acquisition" in card.needs}
    assert needing == {"phycharm-paper"}
