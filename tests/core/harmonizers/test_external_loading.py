"""Saving and loading other people's methods; a folder is not trusted."""

import json
import shutil
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from phycharm.errors import InputError
from phycharm.harmonizers.external import (
    can_be_saved,
    create_harmonizer,
    load_harmonizer,
)

from support.outsider_modules import BETA, TRAIN, VALID, unseen


@pytest.mark.parametrize(
    ("spec", "settings"),
    [
        ("linear", {}),
        ("support.outsiders:Offset", {"weight": 0.7}),
        ("b=support.outsiders:Named", {"weight": 0.7}),
        ("support.outsiders:LoadsAnother", {}),
        ("support.outsiders:InheritsAndLearns", {"weight": 0.7}),
    ],
)
def test_saved_and_loaded_by_naming_it_again(tmp_path, spec, settings):
    harmonizer = create_harmonizer(spec, settings=settings, seed=4).fit(TRAIN, VALID)
    harmonizer.save(tmp_path / "model")
    again = load_harmonizer(tmp_path / "model", harmonizer=spec)
    assert type(again) is type(harmonizer)
    assert (again.card, again.seed) == (harmonizer.card, 4)
    assert again.fitted_on == harmonizer.fitted_on
    assert np.array_equal(again.harmonize(unseen(), BETA), harmonizer.harmonize(unseen(), BETA))


@pytest.mark.parametrize("name", ["linear", "offset-2", "inherits-and-learns"])
def test_registered_methods_are_loaded_by_the_folder_alone(tmp_path, register, name):
    learner = {"inherits-and-learns": "support.outsiders:InheritsAndLearns"}
    register(**{"offset-2": "support.outsiders:Named"}, **learner)
    harmonizer = create_harmonizer(name).fit(TRAIN)
    harmonizer.save(tmp_path / "model")
    for named in (None, name):
        again = load_harmonizer(tmp_path / "model", harmonizer=named)
        assert again.card == harmonizer.card
        image = again.harmonize(unseen(), BETA)
        assert np.array_equal(image, harmonizer.harmonize(unseen(), BETA))


def test_what_has_no_save_says_so(tmp_path):
    harmonizer = create_harmonizer("support.outsiders:TakesNothing").fit(TRAIN)
    assert not can_be_saved(harmonizer)
    assert can_be_saved(create_harmonizer("support.outsiders:Offset"))
    assert can_be_saved(create_harmonizer("linear"))
    with pytest.raises(InputError, match="give it save"):
        harmonizer.save(tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_folders_without_a_model_are_refused(tmp_path):
    with pytest.raises(InputError, match="no model is here"):
        load_harmonizer(tmp_path)
    (tmp_path / "harmonizer.json").write_text('{"harmonizer": "linear"}')
    with pytest.raises(InputError, match="no saved harmonizer"):
        load_harmonizer(tmp_path)


TRAP = "raise AssertionError('imported')"

WRAPPER = "phycharm.harmonizers.external.wrapped:WrappedHarmonizer"


def claim(folder, name, *, state=None, **settings):
    """Write what a folder from elsewhere may say of itself."""
    content = {"harmonizer": name, "state": state or {}, "settings": settings, "fitted_on": {}}
    (folder / "harmonizer.json").write_text(json.dumps(content))


def load_refused(folder, harmonizer=None):
    with pytest.raises(InputError) as error:
        load_harmonizer(folder, harmonizer=harmonizer)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_folder_cannot_have_anything_imported_or_run(tmp_path, write_module):
    folder = write_module("trap", TRAP)
    claim(folder, "trap:Trap")
    assert "no saved harmonizer" in load_refused(folder)
    claim(folder, "trap")
    assert "'trap', which no installed package registers" in load_refused(folder)
    claim(folder, "trap", state={"class": "trap:Trap"})
    assert "which no installed package registers" in load_refused(folder)
    claim(folder, "trap", state={"class": WRAPPER}, spec="trap:Trap")
    message = load_refused(folder)
    assert "not trusted to name code" in message
    assert "--harmonizer trap:Trap" in message
    for spec in ("trap", "trap:Trap\nphycharm: done", "trap:Trap --to; rm", "", 3, None):
        claim(folder, "trap", state={"class": WRAPPER}, spec=spec)
        assert "no installed package registers" in load_refused(folder)
    assert "trap" not in sys.modules
    create_harmonizer("touch=command:touch {input} {output}").fit(TRAIN).save(tmp_path / "model")
    assert "not trusted to name a program" in load_refused(tmp_path / "model")
    again = "touch=command:touch {input} {output}"
    assert "not trusted to name a program" in load_refused(tmp_path / "model", again)


def test_a_wrapper_in_a_folder_hides_no_program(tmp_path):
    """A folder may say that its wrapped class is a command line, and bring that as a model too."""
    trace = tmp_path / "trace"
    command = f"touch {trace} {{input}} {{output}}"
    create_harmonizer(f"touch=command:{command}").fit(TRAIN).save(tmp_path / "model/method")
    saved = tmp_path / "model/method/harmonizer.json"
    inner = {**json.loads(saved.read_text()), "harmonizer": "command"}
    saved.write_text(json.dumps(inner))
    outer = {**inner, "state": {"class": WRAPPER}}
    outer["settings"] = {"spec": "command", "options": {"command": command}, "seed": 0}
    (tmp_path / "model/harmonizer.json").write_text(json.dumps(outer))
    shutil.copy(tmp_path / "model/method/state.safetensors", tmp_path / "model")
    assert "is a harmonizer by itself" in load_refused(tmp_path / "model")
    assert not trace.exists()


def test_a_named_class_opens_its_own_folders_only(tmp_path, write_module):
    folder = write_module("trap", TRAP)
    claim(folder, "trap", state={"class": WRAPPER}, spec="trap:Trap")
    message = load_refused(folder, "support.outsiders:Offset")
    assert "was saved by trap:Trap, not by support.outsiders:Offset" in message
    assert "trap" not in sys.modules
    create_harmonizer("linear").fit(TRAIN).save(tmp_path / "linear")
    assert "'linear', not of support.outsiders:Offset" in load_refused(
        tmp_path / "linear", "support.outsiders:Offset"
    )
    assert "not of 'inherits'" in load_refused(tmp_path / "linear", "support.outsiders:Inherits")
    assert "not of 'nyul'" in load_refused(tmp_path / "linear", "nyul")
    assert "lacks apply" in load_refused(tmp_path / "linear", "support.outsiders:Abstract")
    assert "cannot be imported" in load_refused(tmp_path / "linear", "absent_module:Class")
    assert "importing it failed" in load_refused(tmp_path / "linear", "trap:Trap")


def test_a_registered_name_imports_nothing_from_the_working_folder(write_module, register):
    write_module("steals", TRAP)
    register(stolen="steals:Method")
    with pytest.raises(InputError, match="cannot be imported"):
        create_harmonizer("stolen")
    assert "steals" not in sys.modules


@pytest.mark.parametrize("broken", ["settings", "state", "scanners", "tensors"])
def test_states_that_cannot_be_taken_back_are_said_in_one_line(tmp_path, broken):
    create_harmonizer("support.outsiders:InheritsAndLearns").fit(TRAIN).save(tmp_path)
    facts = json.loads((tmp_path / "harmonizer.json").read_text())
    if broken == "settings":
        facts["settings"]["of_a_later_version"] = 1
    elif broken == "state":
        del facts["state"]
    elif broken == "scanners":
        facts["fitted_on"]["scanners"] = [{"name": "GE"}]
    else:
        save_file({"another": torch.zeros(2)}, tmp_path / "state.safetensors")
    (tmp_path / "harmonizer.json").write_text(json.dumps(facts))
    message = load_refused(tmp_path, "support.outsiders:InheritsAndLearns")
    assert str(tmp_path) in message
    words = {"settings": "of_a_later_version", "state": "no saved", "scanners": "acquisition"}
    assert {**words, "tensors": "mean"}[broken] in message


def test_a_class_that_became_plain_is_refused(tmp_path, register):
    register(offsets="support.outsiders:Offset")
    claim(tmp_path, "offsets")
    assert "a plain class now" in load_refused(tmp_path)


def test_one_adapter_does_not_load_another(tmp_path):
    create_harmonizer("support.outsiders:Offset").fit(TRAIN).save(tmp_path)
    from phycharm.baselines.outside.command import CommandHarmonizer

    with pytest.raises(InputError, match="holds a model of 'Offset', not of a CommandHarmonizer"):
        CommandHarmonizer.load(tmp_path)
