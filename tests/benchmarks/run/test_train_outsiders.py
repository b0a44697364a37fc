"""`phycharm train` with other people's classes."""

import shutil
import sys

import nibabel
import numpy as np
import pytest

from phycharm.application.apply import harmonize_inputs
from phycharm.benchmarks.run.training import train_harmonizer
from phycharm.errors import InputError
from phycharm.harmonizers.external import load_harmonizer

from support import bids_folder
from support.training_runs import protocol, refused

PLAIN = """
class Forgetful:
    def fit(self, train, validation=None):
        return self

    def harmonize(self, scan, target):
        return scan.image


class Keeping(Forgetful):
    card = {{"name": "keeping", "scope": "{scope}"}}

    def save(self, folder):
        (folder / "kept").write_text("")

    def load(self, folder):
        assert (folder / "kept").is_file()
"""


@pytest.fixture
def plain(tmp_path, monkeypatch):
    """Write a module of somebody's own classes and make it importable."""

    def write(name, *, scope="all"):
        (tmp_path / f"{name}.py").write_text(PLAIN.format(scope=scope))
        monkeypatch.syspath_prepend(str(tmp_path))

    return write


def test_plain_classes_need_save_and_load(tmp_path, pair, plain, no_training):
    plain("somebodys")
    message = refused("somebodys:Forgetful", protocol(), pair, tmp_path / "model")
    assert "save and load" in message


INHERITS = """
import numpy as np

from phycharm.harmonizers.card import MethodCard
from phycharm.harmonizers.harmonizer import Harmonizer


class Inheriting(Harmonizer):
    card = MethodCard(name="inheriting", summary="For tests.", scope="all")

    def apply(self, scan, target):
        return scan.image * 0.5


class Failing(Inheriting):
    def learn(self, train, validation, **context):
        raise ValueError("nothing\\nto learn")


class Unsaveable(Inheriting):
    def __init__(self, *, values=np.ones(2), seed=0, device="cpu"):
        super().__init__(seed=seed, device=device)
        self.values = values


class Forgets(Inheriting):
    def __init__(self, *, degree=3, seed=0, device="cpu"):
        super().__init__(seed=seed, device=device)
"""


@pytest.fixture
def inherits(tmp_path, monkeypatch):
    """A module of classes that inherit, in the working folder."""
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "inherits.py").write_text(INHERITS)
    before, path = set(sys.modules), list(sys.path)
    monkeypatch.chdir(folder)
    yield
    for name in set(sys.modules) - before:
        del sys.modules[name]
    sys.path[:] = path


def test_classes_that_inherit_are_trained_and_loaded_by_path(tmp_path, pair, inherits):
    spec = "inherits:Inheriting"
    trained = train_harmonizer(spec, protocol(), pair, tmp_path / "model", device="cpu")
    with pytest.raises(InputError, match="--harmonizer"):
        load_harmonizer(tmp_path / "model")
    loaded = load_harmonizer(tmp_path / "model", harmonizer=spec)
    assert loaded.card == trained.card
    image, out = bids_folder.t1w_path(pair, "03", "GE"), tmp_path / "out.nii.gz"
    options = {"model": tmp_path / "model", "target": "Siemens", "device": "cpu"}
    (written,) = harmonize_inputs([image], harmonizer=spec, out=out, **options)
    before, after = (nibabel.load(path).get_fdata() for path in (image, written))
    np.testing.assert_allclose(after[before > 0], before[before > 0] / 2, rtol=1e-5)


def test_a_class_that_fails_is_named_with_the_line(tmp_path, pair, inherits):
    message = refused("inherits:Failing", protocol(), pair, tmp_path / "model")
    assert message.startswith("Training inherits:Failing: 'inheriting' failed at inherits.py line ")
    assert "ValueError: nothing to learn" in message
    assert not (tmp_path / "model").exists()


def test_settings_that_cannot_be_kept_are_found_before_training(
    tmp_path, pair, inherits, no_training
):
    for name, word in (("Unsaveable", "ndarray"), ("Forgets", "degree")):
        message = refused(f"inherits:{name}", protocol(), pair, tmp_path / "model")
        assert word in message
        assert "its settings cannot be saved" in message


def test_plain_classes_for_a_pair_want_a_pair(tmp_path, shared_dataset, plain):
    plain("somebodies", scope="pair")
    spec = "somebodies:Keeping"
    message = refused(spec, protocol(), shared_dataset, tmp_path / "model")
    assert "one pair of scanners" in message
    assert "scanners = " in message
    two = protocol(scanners=["GE", "Siemens"])
    train_harmonizer(spec, two, shared_dataset, tmp_path / "model", device="cpu")
    assert load_harmonizer(tmp_path / "model", harmonizer=spec).card.name == "keeping"


def test_images_made_elsewhere_and_programs_are_not_trained(tmp_path, pair, no_training):
    images = tmp_path / "images"
    images.mkdir()
    source = bids_folder.t1w_path(pair, "01", "GE")
    shutil.copy(source, images / "sub-01_from-GE_to-Siemens_T1w.nii.gz")
    for spec in (f"precomputed:{images}", "command:cp {input} {output}"):
        assert "learns nothing here" in refused(spec, protocol(), pair, tmp_path / "model")
