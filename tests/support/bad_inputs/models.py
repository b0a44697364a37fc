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
    _checkpoint("missing", "No such file.", lambda p: None, ""),
    _checkpoint("text", "Text.", lambda p: (p / "mine.pth").write_text("weights"), ""),
    _checkpoint("empty", "No bytes.", lambda p: (p / "mine.pth").touch(), ""),
    _checkpoint("folder", "A folder.", lambda p: (p / "mine.pth").mkdir(), ""),
    _checkpoint(
        "code",
        "A pickle that would write a file: nothing of it is run.",
        lambda p: (p / "mine.pth").write_bytes(pickle.dumps({"model": Harmful()})),
        "",
    ),
    _checkpoint("code-torch", "The same in torch's own wrapping.", saved({"model": Harmful()}), ""),
    _checkpoint("key", "The weights of something else.", saved({"state_dict": {}}), ""),
    _checkpoint("shape", "Weights of another network.", saved({"model": {"w": torch.ones(3)}}), ""),
)

MODELS = (
    _model(
        "missing",
        "No such folder.",
        lambda p: (image(p), (p / "model").rename(p / "elsewhere")),
        "",
    ),
    _model(
        "no-facts",
        "A folder without the file that says what it is.",
        lambda p: (image(p), (p / "model/harmonizer.json").unlink()),
        "",
    ),
    _model("facts-broken", "Facts that are no JSON.", file("harmonizer.json", b"{"), ""),
    _model("facts-list", "Facts that are a list.", file("harmonizer.json", b"[]"), ""),
    _model(
        "facts-partial",
        "Facts of which half is missing.",
        changed(lambda told: {"harmonizer": "linear"}),
        "",
    ),
    _model("facts-types", "Facts of wrong types.", stated(fitted_on={"scanners": 3}), ""),
    _model(
        "facts-scanner",
        "A scanner without times.",
        stated(fitted_on={"scanners": [{"name": "GE"}]}),
        "",
    ),
    _model("state", "A state of another method.", stated(state={"scale": 1}), ""),
    _model(
        "setting",
        "A setting that the method has not: a newer version's.",
        stated(settings={"sharpness": 2, "seed": 0}),
        "",
    ),
    _model("method", "A method that is not installed.", stated(harmonizer="mine"), ""),
    _model("code", "A folder that names code to import.", stated(harmonizer="os:system"), ""),
    _model(
        "class",
        "A folder whose state names a class.",
        changed(lambda told: told | {"harmonizer": "mine", "state": {"class": "os.path"}}),
        "",
    ),
    _model(
        "tensors-missing",
        "No tensors.",
        lambda p: (image(p), (p / "model/state.safetensors").unlink()),
        "",
    ),
    _model(
        "tensors-truncated",
        "Tensors of which half is there.",
        file("state.safetensors", b"\x40\0\0\0\0\0\0\0{"),
        "",
    ),
    _model(
        "tensors-header",
        "A header of tensors that claims 2^62 bytes.",
        file("state.safetensors", b"\0\0\0\0\0\0\0\x40"),
        "",
    ),
    _model(
        "tensors-pickle",
        "A pickle in the place of tensors.",
        file("state.safetensors", pickle.dumps({"a": Harmful()})),
        "",
    ),
    _model(
        "standardization",
        "Trained on scans standardized in a way that a newer version knows.",
        changed(lambda told: told | {"fitted_on": told["fitted_on"] | {"standardization": "p42"}}),
        "",
    ),
    _model(
        "target",
        "A target that the model does not know.",
        image,
        "",
        _USE.replace("Siemens", "Simens"),
    ),
    _model(
        "input",
        "A folder that is no dataset to harmonize.",
        lambda p: (p / "T1w.nii.gz").mkdir(),
        "",
    ),
    _model(
        "out",
        "A result that would overwrite its input.",
        image,
        "",
        _USE.replace("out.nii.gz", "T1w.nii.gz"),
    ),
)
