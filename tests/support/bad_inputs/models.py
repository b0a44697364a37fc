"""Checkpoints and model folders: damaged, of another shape, newer, or meant to run code."""

import json
import pickle

import torch
from safetensors.torch import load_file, save_file

from phycharm.data.nifti import write_volume

from .bad_input import BadInput
from support import phantom

BRAIN = phantom.raw_scan("07", phantom.GE).image
_USE = "harmonize T1w.nii.gz --model model --to Siemens --device cpu --out out.nii.gz"
_IMPORT = "import-checkpoint mine.pth --out out"


class Harmful:
    """What a pickle can ask for: here to make a file."""

    def __reduce__(self):
        return (open, ("pickle-has-run", "w"))


def changed(change):
    """A model whose facts are changed, and an image to use it on."""

    def make(place):
        image(place)
        path = place / "model/harmonizer.json"
        path.write_text(json.dumps(change(json.loads(path.read_text()))))

    return make


def image(place):
    write_volume(place / "T1w.nii.gz", BRAIN, phantom.AFFINE)


def stated(**facts):
    return changed(lambda told: told | facts)


def tensors(change):
    def make(place):
        image(place)
        path = place / "model/state.safetensors"
        save_file(change(load_file(path)), path)

    return make


def file(name, content):
    def make(place):
        image(place)
        (place / "model" / name).write_bytes(content)

    return make


def _model(id, what, make, line, command=_USE):
    return BadInput(
        id=f"model-{id}", area="Model folders", what=what, make=make, command=command, line=line,
        needs=("model",),
    )  # fmt: skip


def _checkpoint(id, what, make, line):
    return BadInput(
        id=f"checkpoint-{id}", area="Checkpoints", what=what, make=make, command=_IMPORT, line=line
    )


def saved(content):
    return lambda place: torch.save(content, place / "mine.pth")


CHECKPOINTS = (
    _checkpoint(
        "missing", "No such file.", lambda p: None, "mine.pth: no such file; check the path."
    ),
    _checkpoint(
        "text",
        "Text.",
        lambda p: (p / "mine.pth").write_text("weights"),
        "mine.pth: no torch checkpoint, or a damaged one; download it again.",
    ),
    _checkpoint(
        "empty",
        "No bytes.",
        lambda p: (p / "mine.pth").touch(),
        "mine.pth: no torch checkpoint, or a damaged one; download it again.",
    ),
    _checkpoint(
        "folder",
        "A folder.",
        lambda p: (p / "mine.pth").mkdir(),
        "mine.pth: no such file; check the path.",
    ),
    _checkpoint(
        "code",
        "A pickle that would write a file: nothing of it is run.",
        lambda p: (p / "mine.pth").write_bytes(pickle.dumps({"model": Harmful()})),
        "mine.pth: no torch checkpoint, or a damaged one; download it again.",
    ),
    _checkpoint(
        "code-torch",
        "The same in torch's own wrapping.",
        saved({"model": Harmful()}),
        "mine.pth: asks for io.open and not for tensors alone, so it was "
        "refused and nothing of it was run; give the file that the "
        "authors released.",
    ),
    _checkpoint(
        "key",
        "The weights of something else.",
        saved({"state_dict": {}}),
        "mine.pth: has keys state_dict, and exactly one of T1map, M0map, "
        "model is needed; give a released PhyCHarm checkpoint.",
    ),
    _checkpoint(
        "shape",
        "Weights of another network.",
        saved({"model": {"w": torch.ones(3)}}),
        "mine.pth: not the preprint's BasicUNet "
        "(conv_0.conv_0.adn.N.bias is missing and should be (16,)); give "
        "a released PhyCHarm checkpoint.",
    ),
)

MODELS = (
    _model(
        "missing",
        "No such folder.",
        lambda p: (image(p), (p / "model").rename(p / "elsewhere")),
        "model: no harmonizer.json, so no model is here; make one with `phycharm train`.",
    ),
    _model(
        "no-facts",
        "A folder without the file that says what it is.",
        lambda p: (image(p), (p / "model/harmonizer.json").unlink()),
        "model: no harmonizer.json, so no model is here; make one with `phycharm train`.",
    ),
    _model(
        "facts-broken",
        "Facts that are no JSON.",
        file("harmonizer.json", b"{"),
        "model/harmonizer.json: not readable as JSON ([...]); train the model again.",
    ),
    _model(
        "facts-list",
        "Facts that are a list.",
        file("harmonizer.json", b"[]"),
        "model/harmonizer.json: holds no JSON object; train the model again.",
    ),
    _model(
        "facts-partial",
        "Facts of which half is missing.",
        changed(lambda told: {"harmonizer": "linear"}),
        "model: holds no saved harmonizer; give the folder of a model.",
    ),
    _model(
        "facts-types",
        "Facts of wrong types.",
        stated(fitted_on={"scanners": 3}),
        "model: loading 'linear' failed at [...]; train the model again.",
    ),
    _model(
        "facts-scanner",
        "A scanner without times.",
        stated(fitted_on={"scanners": [{"name": "GE"}]}),
        "model: loading 'linear' failed at [...]; train the model again.",
    ),
    _model(
        "state",
        "A state of another method.",
        stated(state={"scale": 1}),
        "model: loading 'linear' failed at [...]; train the model again.",
    ),
    _model(
        "setting",
        "A setting that the method has not: a newer version's.",
        stated(settings={"sharpness": 2, "seed": 0}),
        "model: loading 'linear' failed at [...]; train the model again.",
    ),
    _model(
        "method",
        "A method that is not installed.",
        stated(harmonizer="mine"),
        "model: holds a model of 'mine', which no installed package "
        "registers; install its package, or, if it is a class of your "
        "own, name it again (--harmonizer package.module:Class).",
    ),
    _model(
        "code",
        "A folder that names code to import.",
        stated(harmonizer="os:system"),
        "model: holds no saved harmonizer; give the folder of a model.",
    ),
    _model(
        "class",
        "A folder whose state names a class.",
        changed(lambda told: told | {"harmonizer": "mine", "state": {"class": "os.path"}}),
        "model: holds a model of 'mine', which no installed package "
        "registers; install its package, or, if it is a class of your "
        "own, name it again (--harmonizer package.module:Class).",
    ),
    _model(
        "tensors-missing",
        "No tensors.",
        lambda p: (image(p), (p / "model/state.safetensors").unlink()),
        "model/state.safetensors: missing or damaged ([...]); train the model again.",
    ),
    _model(
        "tensors-truncated",
        "Tensors of which half is there.",
        file("state.safetensors", b"\x40\0\0\0\0\0\0\0{"),
        "model/state.safetensors: missing or damaged ([...]); train the model again.",
    ),
    _model(
        "tensors-header",
        "A header of tensors that claims 2^62 bytes.",
        file("state.safetensors", b"\0\0\0\0\0\0\0\x40"),
        "model/state.safetensors: missing or damaged ([...]); train the model again.",
    ),
    _model(
        "tensors-pickle",
        "A pickle in the place of tensors.",
        file("state.safetensors", pickle.dumps({"a": Harmful()})),
        "model/state.safetensors: missing or damaged ([...]); train the model again.",
    ),
    _model(
        "standardization",
        "Trained on scans standardized in a way that a newer version knows.",
        changed(lambda told: told | {"fitted_on": told["fitted_on"] | {"standardization": "p42"}}),
        "linear: learned from scans standardized by 'p42', which this "
        "version does not know; update phycharm.",
    ),
    _model(
        "target",
        "A target that the model does not know.",
        image,
        "The model knows no scanner 'Simens'; did you mean 'Siemens'? There are: GE, Siemens.",
        _USE.replace("Siemens", "Simens"),
    ),
    _model(
        "input",
        "A folder that is no dataset to harmonize.",
        lambda p: (p / "T1w.nii.gz").mkdir(),
        "T1w.nii.gz: no dataset_description.json and no images of "
        "people, so this is no BIDS dataset; give the folder that holds "
        "them, describe it by a dataset file ([layout]), or make one "
        "with `phycharm simulate`.",
    ),
    _model(
        "out",
        "A result that would overwrite its input.",
        image,
        "T1w.nii.gz: would be overwritten, and it is an input; change --out.",
        _USE.replace("out.nii.gz", "T1w.nii.gz"),
    ),
)
