"""Killed at any moment, truncated anywhere: a resumed run has the scores of an undisturbed one."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
import warnings

import pandas as pd
import pytest

from phycharm.benchmarks.run.run_folder import RunFolder
from phycharm.benchmarks.run.runner import run_benchmark

from support.tiny_protocols import pair_protocol

PROTOCOL = pair_protocol(harmonizers=["none", "linear", "unet", "phycharm"])
KILLS = 30


def scores(out):
    return pd.read_parquet(out / "scores.parquet")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, shared_dataset):
    out = tmp_path_factory.mktemp("undisturbed") / "results"
    run_benchmark(PROTOCOL, out=out, dataset=shared_dataset)
    return out


def kinds_of_files(out):
    """One file of every kind that a results folder holds, by its ending and place."""
    kinds = {}
    for path in sorted(p for p in out.rglob("*") if p.is_file() and p.name != ".lock"):
        inside = path.relative_to(out).parts
        kind = (
            "/".join(inside[:1] if len(inside) == 1 else (inside[0], *inside[2:-1])),
            path.suffix,
        )
        named = kind if len(inside) > 1 else (path.name, "")
        kinds.setdefault((*named, path.name.rpartition("_")[2]), path)
    return list(kinds.values())


def test_truncation_of_every_kind_of_file(undisturbed, tmp_path, shared_dataset):
    """What is unreadable counts as not done and is named; nothing else is made again."""
    wanted = scores(undisturbed)
    files = kinds_of_files(undisturbed)
    assert len(files) > 15
    for number, path in enumerate(files):
        out = shutil.copytree(undisturbed, tmp_path / str(number))
        damaged = out / path.relative_to(undisturbed)
        damaged.write_bytes(damaged.read_bytes()[: damaged.stat().st_size // 2])
        before = {p: p.stat().st_mtime_ns for p in (out / "cells").glob("*/cell.json")}
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            run_benchmark(PROTOCOL, out=out, dataset=shared_dataset)
        pd.testing.assert_frame_equal(scores(out), wanted, obj=str(damaged))
        after = {p: p.stat().st_mtime_ns for p in (out / "cells").glob("*/cell.json")}
        again = {p.parent.name for p in after if after[p] != before.get(p)}
        cell = damaged.relative_to(out).parts[1] if "cells" in damaged.parts else ""
        assert again == ({cell} if cell else set()), damaged
        if cell:
            assert any(damaged.name in str(one.message) for one in told), damaged
        shutil.rmtree(out)


def test_damaged_cell_is_left_out_of_the_tables(undisturbed, tmp_path):
    out = shutil.copytree(undisturbed, tmp_path / "out")
    path = out / "cells" / "linear_all_fold-1_seed-0" / "scores.parquet"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.warns(UserWarning, match=r"linear_all_fold-1_seed-0.scores\.parquet"):
        RunFolder(out).collect()
    assert set(scores(out)["harmonizer"]) == set(scores(undisturbed)["harmonizer"]) - {"linear"}


@pytest.mark.slow
def test_kills_at_random_moments(tmp_path):
    """`smoke`, killed thirty times over its whole length."""
    command = [sys.executable, "-m", "phycharm", "benchmark", "smoke", "--device", "cpu", "--out"]
    surroundings = os.environ | {"OMP_NUM_THREADS": "1"}
    start = time.monotonic()
    quiet = tmp_path / "quiet"
    subprocess.run([*command, str(quiet)], env=surroundings, check=True, capture_output=True)
    length = time.monotonic() - start
    out, draw, landed = tmp_path / "killed", random.Random(7), []
    for _ in range(KILLS):
        with subprocess.Popen(
            [*command, str(out)], env=surroundings, stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        ) as process:  # fmt: skip
            time.sleep(draw.uniform(0, length / 3))
            process.send_signal(signal.SIGKILL)
        landed.append(len(list(out.glob("cells/[!.]*/cell.json"))))
    assert landed == sorted(landed), "a finished cell was lost"
    subprocess.run([*command, str(out)], env=surroundings, check=True, capture_output=True)
    pd.testing.assert_frame_equal(scores(out), scores(quiet), check_exact=True)
    assert not list(out.rglob(".partial-*"))
