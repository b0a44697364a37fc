"""The door: every way of naming a method ends in a harmonizer or in one clear line."""

import json
import pickle
import shutil
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from phycharm.errors import InputError
from phycharm.harmonizers.common_domain import CommonDomainHarmonizer
from phycharm.harmonizers.external import (
    accepted_settings,
    can_be_saved,
    create_harmonizer,
    create_harmonizers,
    load_harmonizer,
    outsider_at_work,
)
from phycharm.harmonizers.external.digest import files_digest
from phycharm.harmonizers.external.names import safe_name
from phycharm.harmonizers.external.wrapped import WrappedHarmonizer
from phycharm.laws.phantom import TESTED, TRAINING, VALIDATION, Phantom

from support import outsiders

PHANTOM = Phantom()
ALPHA, BETA, GAMMA = PHANTOM.scanners
TRAIN, VALID = PHANTOM.cohort(TRAINING), PHANTOM.cohort(VALIDATION)


def unseen():
    return PHANTOM.scan(TESTED[0], ALPHA)


@pytest.fixture
def write_module(tmp_path, monkeypatch):
    """Write a module into a working folder of its own; what it imports is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    before, path = set(sys.modules), list(sys.path)

    def write(name, text):
        (tmp_path / f"{name}.py").write_text(text)
        return tmp_path

    yield write
    for name in set(sys.modules) - before:
        del sys.modules[name]
    sys.path[:] = path


@pytest.fixture
def register(tmp_path, monkeypatch):
    """Install entry points for this test, as a package's metadata would."""

    def write(**entries):
        info = tmp_path / "site" / "outsiders-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: outsiders\nVersion: 1.0\n")
        lines = "\n".join(f"{name} = {value}" for name, value in entries.items())
        (info / "entry_points.txt").write_text(f"[phycharm.harmonizers]\n{lines}\n")
        monkeypatch.syspath_prepend(str(info.parent))

    return write


# --- naming -------------------------------------------------------------------------------------


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


# --- settings -----------------------------------------------------------------------------------


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


# --- cards --------------------------------------------------------------------------------------


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


# --- wrapped objects ----------------------------------------------------------------------------


def test_fit_gets_only_the_context_it_takes():
    class Some(outsiders.TakesNothing):
        def fit(self, train, maps=None):
            self.maps = maps

    taking_all = create_harmonizer("support.outsiders:Offset").fit(
        TRAIN, VALID, maps=1, quantitative=2
    )
    assert taking_all.method.seen["maps"] == 1
    assert taking_all.method.seen["validation"].subjects == VALIDATION
    create_harmonizer("support.outsiders:TakesNothing").fit(TRAIN, VALID, maps=1)
    wrapped = create_harmonizer("support.outsiders:TakesNothing")
    wrapped.method = Some()
    wrapped.fit(TRAIN, None, maps="m", quantitative="q")
    assert wrapped.method.maps == "m"


def test_training_curves_get_the_columns_of_the_results_folder():
    harmonizer = create_harmonizer("support.outsiders:Offset").fit(TRAIN)
    assert harmonizer.history == [
        {"network": "", "source": "", "target": "", "split": "train", "term": "loss"}
        | {"epoch": 1, "value": 0.5},
        {"network": "", "source": "", "target": "", "split": "train", "term": "mean"}
        | {"epoch": 2, "value": 0.25},
    ]
    assert create_harmonizer("support.outsiders:StrangeHistory").fit(TRAIN).history == []


def test_an_outsider_who_writes_into_his_input_spoils_nothing():
    scan = unseen()
    before = scan.image.copy()
    trained = TRAIN.scan(TRAINING[0], ALPHA).image.copy()
    create_harmonizer("support.outsiders:WritesIntoInput").fit(TRAIN).harmonize(scan, BETA)
    create_harmonizer("support.outsiders:WritesIntoTraining").fit(TRAIN)
    assert np.array_equal(scan.image, before)
    assert np.array_equal(TRAIN.scan(TRAINING[0], ALPHA).image, trained)


def test_returning_nothing_is_said():
    with pytest.raises(ValueError, match="returned nothing"):
        create_harmonizer("support.outsiders:ReturnsNothing").fit(TRAIN).harmonize(unseen(), BETA)


def test_learned_numbers_are_counted_once():
    harmonizer = create_harmonizer("support.outsiders:TakesNothing")
    assert harmonizer.parameters == 0
    network = torch.nn.Linear(3, 2)
    harmonizer.method.network = network
    harmonizer.method.also = torch.nn.Sequential(network)
    assert harmonizer.parameters == 8


def test_wrapped_objects_can_be_pickled():
    harmonizer = create_harmonizer("support.outsiders:Named", settings={"weight": 2.0}).fit(TRAIN)
    again = pickle.loads(pickle.dumps(harmonizer))
    assert again.card == harmonizer.card
    assert np.array_equal(again.harmonize(unseen(), BETA), harmonizer.harmonize(unseen(), BETA))


# --- saving and loading -------------------------------------------------------------------------


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


# --- common domain ------------------------------------------------------------------------------


def test_a_plain_class_with_to_common_maps_to_a_common_domain():
    harmonizer = create_harmonizer("support.outsiders:Centred").fit(TRAIN)
    assert isinstance(harmonizer, CommonDomainHarmonizer)
    assert isinstance(harmonizer, WrappedHarmonizer)
    assert harmonizer.card.scope == "common-domain"
    scan = unseen()
    common = harmonizer.to_common(scan)
    assert abs(common[scan.mask].mean()) < 1e-5
    assert not common[~scan.mask].any()
    for target in (BETA, GAMMA):
        assert np.array_equal(harmonizer.harmonize(scan, target), common)


def test_a_class_with_both_may_choose_the_target():
    harmonizer = create_harmonizer("support.outsiders:SaysTarget")
    assert not isinstance(harmonizer, CommonDomainHarmonizer)
    assert harmonizer.card.scope == "all"


def test_random_numbers_of_a_common_domain_follow_the_seed():
    scan = unseen()
    images = [
        create_harmonizer("support.outsiders:InheritsCommon", seed=seed).to_common(scan)
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(images[0], images[1])
    assert not np.array_equal(images[0], images[2])
    harmonizer = create_harmonizer("support.outsiders:InheritsCommon", seed=1)
    assert np.array_equal(harmonizer.harmonize(scan, GAMMA), images[0])


def test_common_domain_images_are_checked_like_others():
    harmonizer = create_harmonizer("support.outsiders:Centred")
    harmonizer.method = SimpleNamespace(to_common=lambda scan: scan.image[1:])
    with pytest.raises(ValueError, match="returned shape"):
        harmonizer.to_common(unseen())


# --- at work --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Raises", "Quits"])
def test_what_an_outsider_raises_is_one_line_that_says_where(name):
    method = create_harmonizer(f"support.outsiders:{name}").fit(TRAIN)
    with pytest.raises(InputError) as error, outsider_at_work(method, doing="in.nii"):
        method.harmonize(unseen(), BETA)
    text = str(error.value)
    assert text.startswith(f"in.nii: '{name}' failed at outsiders.py line ")
    assert "\n" not in text


def test_nobody_is_blamed_for_what_is_not_his():
    outsider, ours = create_harmonizer("support.outsiders:Offset"), create_harmonizer("linear")
    with pytest.raises(ZeroDivisionError), outsider_at_work(ours, doing="in.nii"):
        1 / 0  # noqa: B018
    with pytest.raises(PermissionError), outsider_at_work(outsider, doing="in.nii"):
        raise PermissionError(13, "Permission denied", "out.nii")
    said = pytest.raises(InputError, match=r"^in.nii: is empty.$")
    with said, outsider_at_work(outsider, doing="x"):
        raise InputError("in.nii: is empty.")
    with pytest.raises(KeyboardInterrupt), outsider_at_work(outsider, doing="in.nii"):
        raise KeyboardInterrupt
