"""Other people's methods: what a user may name, and what is said of what cannot be used."""

import sys

import numpy as np
import pytest

from phycharm.errors import InputError
from phycharm.harmonizers.external import (
    create_harmonizer,
)
from phycharm.laws.phantom import TRAINING

from support import outsiders
from support.outsider_modules import BETA, TRAIN, VALID, unseen


def test_a_registered_name_gives_the_method_itself():
    harmonizer = create_harmonizer("unet", settings={"dropout": 0.2}, seed=5, device="cpu")
    assert type(harmonizer).__name__ == "UNet"
    assert (harmonizer.dropout, harmonizer.seed, harmonizer.device) == (0.2, 5, "cpu")


def test_a_plain_class_by_path_is_wrapped_and_works():
    harmonizer = create_harmonizer("support.outsiders:Offset", settings={"weight": 0.5}, seed=3)
    harmonizer.fit(TRAIN, VALID)
    scan = unseen()
    image = harmonizer.harmonize(scan, BETA)
    means = harmonizer.method.means
    expected = scan.image + 0.5 * (means["Beta"] - means["Alpha"])
    assert image.dtype == np.float32
    assert np.allclose(image[scan.mask], expected[scan.mask], atol=1e-6)
    assert not image[~scan.mask].any()
    assert harmonizer.method.seed == 3
    assert harmonizer.fitted_on["subjects"] == list(TRAINING)
    assert repr(harmonizer) == "Offset(weight=0.5)"


def test_a_module_in_the_working_folder_is_found_and_does_not_shadow_others(
    write_module, monkeypatch
):
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    folder = write_module("colorsys", "VALUE = 1\n")
    write_module(
        "mine", "from support import outsiders\nclass Mine(outsiders.Offset):\n    '''Mine.'''\n"
    )
    harmonizer = create_harmonizer("mine:Mine")
    assert harmonizer.card.summary == "Mine."
    assert sys.path[-1] == str(folder)
    import colorsys

    assert not hasattr(colorsys, "VALUE")


def test_an_installed_plain_class_has_its_registered_name(register):
    register(offsets="support.outsiders:Offset")
    harmonizer = create_harmonizer("offsets", settings={"weight": 2.0})
    assert harmonizer.card.name == "offsets"
    assert harmonizer.card.revision.startswith("1+")
    assert create_harmonizer("other=offsets").card.name == "other"


def test_an_installed_class_that_inherits_is_used_as_it_is(register):
    register(inherits="support.outsiders:Inherits")
    assert type(create_harmonizer("inherits")) is outsiders.Inherits


def test_registered_and_card_name_must_agree(register):
    register(other="support.outsiders:Inherits")
    with pytest.raises(InputError, match="called 'inherits' by its card"):
        create_harmonizer("other")


def test_two_packages_may_not_claim_one_name(register):
    register(none="support.outsiders:Offset")
    with pytest.raises(InputError, match="registered twice"):
        create_harmonizer("none")


def test_a_class_by_path_may_inherit():
    harmonizer = create_harmonizer("support.outsiders:Inherits")
    assert type(harmonizer) is outsiders.Inherits
    assert harmonizer.card.revision.startswith("1+")
    assert outsiders.Inherits.card.revision == "1"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("unett", "did you mean 'unet'"),
        ("support.outsiders:Nothing", "cannot be imported"),
        ("no_such_module:Class", "cannot be imported"),
        (
            "support.outsiders.py:Offset",
            "name the module and not its file: support.outsiders:Offset",
        ),
        ("comand:mytool {input}", "did you mean 'command'"),
        ("precomputed:", "write precomputed:FOLDER"),
        ("precomputed", "write precomputed:FOLDER"),
        ("command:  ", "write command:COMMAND"),
        (
            "support.outsiders:NoMethods",
            "no method fit(train, validation=None) and no method harmonize(",
        ),
        (
            "support.outsiders:NoHarmonize",
            "NoHarmonize has no method harmonize(scan, target); add it",
        ),
        ("support.outsiders:SaysCommon", "no method to_common(scan)"),
        ("support.outsiders:Abstract", "Abstract lacks apply"),
        ("support.outsiders:NoCard", "NoCard lacks card"),
        ("support.outsiders:WrongScope", "lacks to_common(scan)"),
        ("support.outsiders:Unsafe", "call it 'my-method-2'"),
        ("unet=support.outsiders:Offset", "that of a registered method"),
        ("UNet=support.outsiders:Offset", "that of a registered method"),
        ("oracle=support.outsiders:Offset", "means something else in a results folder"),
        ("x=unet", "named by its card; write unet"),
        ("x=support.outsiders:Inherits", "named by its card; write support.outsiders:Inherits"),
        ("support.outsiders:json", "is no class"),
        ("builtins:dict", "dict has no method fit("),
        ("", "No harmonizer ''"),
        ("a:b:c", "neither package.module:Class nor a known kind"),
    ],
)
def test_what_cannot_be_used_is_said_in_one_line(spec, said):
    with pytest.raises(InputError) as caught:
        create_harmonizer(spec)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 / 0", "broken.py line 1 (ZeroDivisionError"),
        ("x = 1\ndef (:\n", "broken.py line 2 (SyntaxError"),
        ("raise SystemExit(3)", "broken.py line 1 (SystemExit"),
        ("import not_there_at_all", "cannot be imported"),
    ],
)
def test_a_module_that_fails_to_import_is_named_with_the_line(write_module, text, said):
    write_module("broken", text)
    with pytest.raises(InputError) as caught:
        create_harmonizer("broken:Method")
    assert said in str(caught.value)
