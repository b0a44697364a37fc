"""Writing that either happened or did not."""

import errno
import json
import shutil
import signal
import subprocess
import sys
import textwrap

import pytest

from phycharm.utils import atomic
from phycharm.utils.atomic import atomic_file, atomic_folder, is_full, write_json, write_text


class Interrupted(BaseException):
    """As sudden as Ctrl-C."""


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_file_appears_only_when_it_is_complete(tmp_path):
    path = tmp_path / "new" / "scores.txt"
    with atomic_file(path) as temporary:
        temporary.write_text("whole")
        assert not path.exists()
        assert temporary.parent == path.parent
        assert temporary.name.endswith("scores.txt")
    assert path.read_text() == "whole"
    assert names(path.parent) == ["scores.txt"]


@pytest.mark.parametrize("error", [ValueError, Interrupted])
def test_failed_file_leaves_the_old_one(tmp_path, error):
    path = tmp_path / "scores.txt"
    path.write_text("old")
    with pytest.raises(error), atomic_file(path) as temporary:
        temporary.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert names(tmp_path) == ["scores.txt"]


def test_block_that_writes_nothing_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError), atomic_file(tmp_path / "scores.txt"):
        pass
    assert names(tmp_path) == []


def test_folder_appears_only_when_it_is_complete(tmp_path):
    path = tmp_path / "cells" / "one"
    with atomic_folder(path) as temporary:
        (temporary / "a").write_text("1")
        assert not path.exists()
    assert names(path) == ["a"]
    assert names(path.parent) == ["one"]


def test_new_folder_replaces_the_old_one_whole(tmp_path):
    path = tmp_path / "one"
    path.mkdir()
    (path / "stale").write_text("0")
    with atomic_folder(path) as temporary:
        assert names(temporary) == []
        (temporary / "fresh").write_text("1")
    assert names(path) == ["fresh"]


@pytest.mark.parametrize("error", [ValueError, Interrupted])
def test_failed_folder_leaves_the_old_one(tmp_path, error):
    path = tmp_path / "one"
    path.mkdir()
    (path / "old").write_text("0")
    with pytest.raises(error), atomic_folder(path) as temporary:
        (temporary / "half").write_text("1")
        raise error
    assert names(path) == ["old"]
    assert names(tmp_path) == ["one"]


def test_folder_starts_empty_after_a_killed_process(tmp_path):
    script = textwrap.dedent(
        """
        import os, signal, sys
        from pathlib import Path
        from phycharm.utils import atomic
        with atomic.atomic_folder(Path(sys.argv[1])) as folder:
            (folder / "half").write_text("1")
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    path = tmp_path / "one"
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not path.exists()
    (left,) = names(tmp_path)
    # The next process may get the same number: what is left must not leak into its folder.
    (tmp_path / left).rename(atomic._temporary_name(path))
    with atomic_folder(path) as folder:
        assert names(folder) == []


def test_text_and_json_are_utf8(tmp_path):
    write_text(tmp_path / "a.txt", "Zürich µ")
    assert (tmp_path / "a.txt").read_bytes() == "Zürich µ".encode()
    write_json(tmp_path / "a.json", {"name": "Zürich", "values": [1, None]})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"name": "Zürich", "values": [1, None]}
    assert "Zürich" in text
    assert text.endswith("}\n")


def test_content_that_is_no_json_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"old": 1})
    with pytest.raises(TypeError):
        write_json(path, {"new": object()})
    assert json.loads(path.read_text()) == {"old": 1}
    assert names(tmp_path) == ["a.json"]


class TestNamesOfWhatCannotBeWritten:
    """Whatever library writes, the error says which file it is about."""

    def test_an_error_without_a_name_gets_one(self, tmp_path):
        path = tmp_path / "image.nii.gz"
        path.write_text("old")
        full = pytest.raises(OSError, match=r"No space left .*image\.nii\.gz")
        with full as error, atomic_file(path):
            raise OSError(errno.ENOSPC, "No space left on device")
        assert error.value.filename == str(path)
        assert is_full(error.value)
        assert path.read_text() == "old"
        assert names(tmp_path) == ["image.nii.gz"]

    def test_a_name_that_is_known_stays(self, tmp_path):
        with pytest.raises(PermissionError) as error, atomic_file(tmp_path / "image.nii.gz"):
            raise PermissionError(errno.EACCES, "Permission denied", "elsewhere")
        assert error.value.filename == "elsewhere"
        assert not is_full(error.value)

    @pytest.mark.parametrize(
        ("free", "words", "kind"),
        [
            (0, "unexpected pos 192 vs 86", OSError),
            (10**9, "I/O error: No space left on device (os error 28)", OSError),
            (10**9, "unexpected pos 192 vs 86", RuntimeError),
        ],
    )
    def test_a_full_disk_that_a_library_tells_in_its_own_words(
        self, tmp_path, monkeypatch, free, words, kind
    ):
        usage = shutil.disk_usage(tmp_path)._replace(free=free)
        monkeypatch.setattr("shutil.disk_usage", lambda _: usage)
        with pytest.raises(kind) as error, atomic_file(tmp_path / "weights.safetensors"):
            raise RuntimeError(words)
        assert is_full(error.value) == (kind is OSError)
