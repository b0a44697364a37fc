"""Images that are written while others are scored."""

import threading

import numpy as np
import pytest

from phycharm.benchmarks.scoring import image_writer
from phycharm.benchmarks.scoring.image_writer import ImageWriter
from phycharm.data.nifti import read_volume

IMAGE, AFFINE = np.arange(8, dtype=np.float32).reshape(2, 2, 2), np.eye(4)


@pytest.mark.parametrize("behind", [False, True])
def test_all_are_written_at_the_end(tmp_path, behind):
    paths = [tmp_path / f"{number}.nii.gz" for number in range(5)]
    with ImageWriter(behind=behind) as writer:
        for path in paths[:3]:
            writer.write([(path, IMAGE, AFFINE)])
        writer.write([(path, IMAGE, AFFINE) for path in paths[3:]])
    assert all((read_volume(path)[0] == IMAGE).all() for path in paths)


def test_work_goes_on_while_one_is_written(tmp_path, monkeypatch):
    wanted, written = threading.Event(), []

    def waits(path, image, affine):
        assert wanted.wait(timeout=30)
        written.append(path)

    monkeypatch.setattr(image_writer, "write_volume", waits)
    with ImageWriter(behind=True) as writer:
        writer.write([(tmp_path / "a.nii.gz", IMAGE, AFFINE)])
        assert not written
        wanted.set()
    assert written == [tmp_path / "a.nii.gz"]


@pytest.mark.parametrize("behind", [False, True])
def test_a_full_disk_is_told(tmp_path, monkeypatch, behind):
    def full(path, image, affine):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(image_writer, "write_volume", full)

    def one() -> None:
        with ImageWriter(behind=behind) as writer:
            writer.write([(tmp_path / "a.nii.gz", IMAGE, AFFINE)])

    with pytest.raises(OSError, match="No space left"):
        one()


def test_the_first_error_is_the_one_that_counts(tmp_path, monkeypatch):
    def full(path, image, affine):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(image_writer, "write_volume", full)

    def one() -> None:
        with ImageWriter(behind=True) as writer:
            writer.write([(tmp_path / "a.nii.gz", IMAGE, AFFINE)])
            raise ValueError("no such scanner")

    with pytest.raises(ValueError, match="no such scanner"):
        one()
