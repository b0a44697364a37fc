"""A disk that is full at some moment: one line, nothing finished lost, the same scores then."""

import os
import subprocess
import sys

import pandas as pd
import pytest

from support.tiny_protocols import TINY

pytestmark = pytest.mark.slow

METHODS = ("none", "linear", "unet", "phycharm")


def mounted(*options):
    return subprocess.run(["mount", *options], capture_output=True, check=False).returncode == 0


@pytest.fixture
def small_disk(tmp_path):
    """A folder in memory whose size can be changed."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if not mounted("-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)):
        # Nothing but a file system of its own gives ENOSPC by itself; whoever may not mount one has
        # the test that raises it (test_resume).
        pytest.skip("only root may mount a small disk")

    def resized(kilobytes):
        assert mounted("-o", f"remount,size={kilobytes}k", str(folder))
        return folder

    yield resized
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(scope="module")
def protocol(tmp_path_factory):
    path = tmp_path_factory.mktemp("protocol") / "tiny.toml"
    path.write_text(f'scanners = ["GE", "Siemens"]\n{TINY}')
    return path


def run(protocol, dataset, out, jobs=1):
    command = [sys.executable, "-m", "phycharm", "benchmark", str(protocol), "--out", str(out)]
    command += ["--dataset", str(dataset), "--device", "cpu", "--jobs", str(jobs)]
    for method in METHODS:
        command += ["--harmonizer", method]
    surroundings = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def undisturbed(protocol, shared_dataset, tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed") / "run"
    done = run(protocol, shared_dataset, out)
    assert done.returncode == 0, done.stderr
    return out


def scores(out):
    table = pd.read_parquet(out / "scores.parquet")
    return table.sort_values([c for c in table if c != "value"], ignore_index=True)


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.9])
def test_full_at_some_moment(small_disk, protocol, shared_dataset, undisturbed, share, jobs):
    whole = sum(p.stat().st_size for p in undisturbed.rglob("*") if p.is_file()) // 1024
    disk = small_disk(max(64, int(share * whole)))
    out = disk / "run"
    done = run(protocol, shared_dataset, out, jobs)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "No space left on device" in done.stderr.splitlines()[-1]
    before = {p: p.read_bytes() for p in out.glob("cells/[!.]*/cell.json")}
    small_disk(4 * whole)
    done = run(protocol, shared_dataset, out, jobs)
    assert done.returncode == 0, done.stderr
    assert {p: p.read_bytes() for p in before} == before, "a finished cell was made again"
    pd.testing.assert_frame_equal(scores(out), scores(undisturbed), check_exact=True)
    assert not list(out.rglob(".partial-*"))
