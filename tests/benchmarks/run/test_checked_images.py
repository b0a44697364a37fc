"""Every image is read before hours of training, but not again at every start."""

import shutil

import numpy as np
import pytest

from phycharm.benchmarks.protocol.run_data import RunData
from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.data.nifti import read_volume, write_volume
from phycharm.errors import InputError

from support.bids_folder import t1w_path
from support.tiny_protocols import pair_protocol


@pytest.fixture
def reads(monkeypatch):
    """How often all images were read."""
    calls, read = [], RunData.read_everything

    def counted(self, *given, **options):
        calls.append(1)
        return read(self, *given, **options)

    monkeypatch.setattr(RunData, "read_everything", counted)
    return calls


@pytest.fixture
def dataset(shared_dataset, tmp_path):
    return shutil.copytree(shared_dataset, tmp_path / "people")


def run(dataset, tmp_path, **changes):
    options = {"harmonizers": "none", "device": "cpu"} | changes
    protocol = options.pop("protocol", pair_protocol())
    return run_benchmark(protocol, out=tmp_path / "run", dataset=dataset, **options)


def test_once_for_the_same_data(dataset, tmp_path, reads):
    run(dataset, tmp_path)
    run(dataset, tmp_path)
    assert len(reads) == 1
    run(dataset, tmp_path, fresh=True)  # other results of the same images
    run(dataset, tmp_path)
    assert len(reads) == 1


def test_again_for_who_was_not_looked_at(dataset, tmp_path, reads):
    """A method with maps wants people whom nobody had read."""
    run(dataset, tmp_path)
    run(dataset, tmp_path, harmonizers=["none", "phycharm"])
    assert len(reads) == 2


def test_a_file_that_changed_is_read_again(dataset, tmp_path, reads):
    run(dataset, tmp_path)
    path = t1w_path(dataset, "03", "GE")
    image, affine = read_volume(path)
    write_volume(path, np.full_like(image, np.nan), affine)
    with pytest.raises(InputError):
        run(dataset, tmp_path)
    assert len(reads) == 2


def test_damaged_note_is_written_anew(dataset, tmp_path, reads):
    run(dataset, tmp_path)
    (tmp_path / "run" / "checked.json").write_text("{")
    run(dataset, tmp_path)
    run(dataset, tmp_path)
    assert len(reads) == 2
