"""How many cores there are to use; threads that sleep while they wait."""

import os
import subprocess
import sys

import pytest

from phycharm.utils.threads import cpu_quota, usable_cores


def groups(tmp_path, files, own):
    for name, text in files.items():
        path = tmp_path / "cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "own").write_text(own)
    return {"root": tmp_path / "cgroup", "own": tmp_path / "own"}


@pytest.mark.parametrize(
    ("files", "own", "wanted"),
    [
        ({"cpu.max": "150000 100000\n"}, "0::/\n", 1.5),
        ({"cpu.max": "max 100000\n"}, "0::/\n", None),
        ({"a/b/cpu.max": "400000 100000", "a/cpu.max": "50000 100000"}, "0::/a/b\n", 0.5),
        ({"a/cpu.max": "max 100000", "cpu.max": "200000 100000"}, "0::/a\n", 2.0),
        (
            {"cpu/docker/cpu.cfs_quota_us": "300000\n", "cpu/docker/cpu.cfs_period_us": "100000\n"},
            "4:cpu,cpuacct:/docker\n2:memory:/docker\n",
            3.0,
        ),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, "4:cpu:/\n", None),
        ({"cpu.max": "nonsense"}, "0::/\n", None),
        ({}, "", None),
    ],
)
def test_quota_of_control_groups(tmp_path, files, own, wanted):
    assert cpu_quota(**groups(tmp_path, files, own)) == wanted


def test_without_control_groups(tmp_path):
    assert cpu_quota(root=tmp_path / "none", own=tmp_path / "neither") is None


@pytest.mark.parametrize(("quota", "wanted"), [(None, 3), (2.7, 2), (0.5, 1), (64.0, 3)])
def test_cores_are_the_least_of_affinity_and_quota(monkeypatch, quota, wanted):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 5}, raising=False)
    monkeypatch.setattr("phycharm.utils.threads.cpu_quota", lambda: quota)
    assert usable_cores() == wanted


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no affinity on this system")
def test_command_line_keeps_to_its_cores():
    """Before a numerical library is there to ask: afterwards nobody listens."""
    script = (
        "import os, sys\n"
        "os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from phycharm.commands.main import main\n"
        "try:\n"
        "    main(['--version'])\n"
        "except SystemExit:\n"
        "    import torch\n"
        "    print(torch.get_num_threads(), os.environ['OMP_WAIT_POLICY'])\n"
    )
    known = {k: v for k, v in os.environ.items() if not k.startswith(("OMP", "GOMP", "KMP"))}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=known
    )
    assert done.stdout.splitlines()[-1] == "1 PASSIVE"


def test_what_the_user_has_set_stays():
    script = (
        "import os\n"
        "from phycharm.utils.threads import share_cores\n"
        "share_cores()\n"
        "print(os.environ['OMP_NUM_THREADS'], os.environ['OMP_WAIT_POLICY'])\n"
    )
    known = os.environ | {"OMP_NUM_THREADS": "7", "OMP_WAIT_POLICY": "ACTIVE"}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=known
    )
    assert done.stdout.split() == ["7", "ACTIVE"]
