"""Sessions: `nox -s benchmark` and `nox -s tests` are what most people need."""

import os
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "tests"]
nox.options.reuse_venv = "yes"

PROJECT = nox.project.load_toml("pyproject.toml")
CONSTRAINTS = ("-c", "constraints.txt")
# Plain `torch` could bring gigabytes of CUDA to a machine without a GPU.
TORCH = "torch==2.13.0"


def install(session: nox.Session, *groups: str, options: Sequence[str] = ()) -> None:
    """Install the project in place, with the dependency groups of pyproject.toml."""
    wanted = [name for group in groups for name in nox.project.dependency_groups(PROJECT, group)]
    session.install(TORCH, "-e", ".", *wanted, *CONSTRAINTS, *options)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests; arguments go to pytest (`nox -s tests -- -m slow`, `-- --cov`)."""
    install(session, "tests")
    options, env = at_once(session.posargs)
    session.run("pytest", *options, *session.posargs, env=env)


# `tests` takes the Python that nox runs on, the only one that a machine is sure to have.
for version in nox.project.python_versions(PROJECT):
    nox.session(tests, python=version, name=f"tests-{version}", default=False)


@nox.session(python=nox.project.python_versions(PROJECT)[0], default=False)
def minimums(session: nox.Session) -> None:
    """Run the tests with the lowest versions that pyproject.toml allows."""
    lowest = [at_lowest(requirement) for requirement in PROJECT["project"]["dependencies"]]
    groups = nox.project.dependency_groups(PROJECT, "tests")
    session.install("-e", ".", *lowest, *groups)
    # Old packages meet new ones here, and those warn of what is old: it is not this project's.
    options, env = at_once(session.posargs)
    quiet = ("-W", "ignore::DeprecationWarning")
    session.run("pytest", *options, *quiet, *session.posargs, env=env)


def at_lowest(requirement: str) -> str:
    """Pin a requirement to its lower bound: `numpy>=1.26` becomes `numpy==1.26`."""
    return re.sub(r">=([^,;]+)(,[^;]*)?", r"==\1", requirement)


def at_once(given: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Spread tests over a few processes that share the cores; not where the arguments forbid it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    processes = min(cores or 1, 4)
    if processes == 1 or any(option.startswith(("-n", "--pdb")) for option in given):
        return [], {}
    threads = os.environ.get("OMP_NUM_THREADS", str((cores or 1) // processes))
    # What is costly to make is made once for the tests of a file.
    return ["-n", str(processes), "--dist", "loadfile"], {"OMP_NUM_THREADS": threads}


@nox.session
def lint(session: nox.Session) -> None:
    """Check format, style and types."""
    install(session, "lint")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    # mypy reads the installed package: only there do the four rooms stand in one tree. It starts
    # elsewhere, because beside the folder phycharm/ it would find that one first, and it alone.
    session.install("--no-deps", "--force-reinstall", ".")
    settings = Path("pyproject.toml").resolve()
    with session.chdir(session.create_tmp()):
        session.run("mypy", "--config-file", str(settings), "-p", "phycharm")
        session.run("mypy", "--strict", str(settings.parent / "tests" / "house" / "user_code.py"))


@nox.session(default=False)
def dev(session: nox.Session) -> None:
    """Make an environment for an editor, with all dependency groups, and say where.

    An editor's type checker reads files and runs none, so that it cannot follow an ordinary
    editable install to the four rooms, which lie in four folders. Here the package is installed
    as a tree of links to them, under build/: choose the interpreter that this session names, and
    every `phycharm.` name leads to the file of the checkout. A changed file needs nothing; after
    adding, moving or removing one, run the session again.
    """
    links = ("--config-settings", "editable_mode=strict")
    install(session, *PROJECT["dependency-groups"], options=links)
    session.log(f"Interpreter for the editor: {Path(session.bin).resolve() / 'python'}")


@nox.session(default=False)
def benchmark(session: nox.Session) -> None:
    """Run the benchmark (`nox -s benchmark -- paper --device cuda`)."""
    install(session)
    session.run("phycharm", "benchmark", *session.posargs)


# Runs without a report, which takes longer than the rest: the folder, the protocol, nothing else.
RUN = (
    "import sys, phycharm; "
    "phycharm.run_benchmark(sys.argv[1], out=sys.argv[2], device='cpu', fresh=True)"
)
# The same run as other machines would make it, as far as one machine can tell.
ELSEWHERE = {
    "two-threads": {"OMP_NUM_THREADS": "2"},
    "avx2": {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2"},
    "no-avx": {
        "ATEN_CPU_CAPABILITY": "default",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        # NumPy's own names; those that a version does not have are not heeded.
        "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
    },
}


@nox.session(default=False)
def regression(session: nox.Session) -> None:
    """Hold the scores of `smoke` against the blessed ones; `-- quick` those of a reduced quick.

    `-- --bless "why they moved"` renews the reference by the same run, and `--spread` behind it
    measures the tolerances anew, by running it three more times as other machines would.
    """
    install(session)
    asked = list(session.posargs)
    why = "".join(asked[asked.index("--bless") + 1 :][:1]) if "--bless" in asked else ""
    if "--bless" in asked and (not why or why.startswith("--")):
        session.error('say why: nox -s regression -- --bless "why the scores moved"')
    name = "quick-reduced" if "quick" in asked else "smoke"
    reference = Path("benchmarks", "reference", name)
    own = reference / "protocol.toml"
    results = Path("results", "regression")
    protocol = str(own) if own.is_file() else name

    def benchmark_into(folder: Path, **environment: str) -> str:
        env = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", **environment}
        session.run("python", "-c", RUN, protocol, str(folder), env=env)
        return str(folder)

    run = benchmark_into(results / name)
    if why:
        places = ELSEWHERE if "--spread" in asked else {}
        spread = [benchmark_into(results / f"{name}-{at}", **env) for at, env in places.items()]
        options = [option for folder in spread for option in ("--spread", folder)]
        session.run("phycharm", "bless", str(reference), run, "--why", why, *options)
        return
    files = ("--out", str(results / f"{name}.html"), "--junit", str(results / f"{name}.xml"))
    session.run("phycharm", "compare", str(reference), run, *files, "--github")


# What decides how fast something is: results are compared with those of the same alone.
KIND_OF_MACHINE = """
import hashlib, json, torch
from phycharm.benchmarks.run.environment import hardware
about = hardware("cuda" if torch.cuda.is_available() else "cpu")
kept = {name: about[name] for name in ("cpu", "threads", "instructions", "device")}
print(hashlib.sha256(json.dumps([kept, torch.__version__]).encode()).hexdigest()[:12])
"""
HAS_GPU = "import torch; print(torch.cuda.is_available())"


@nox.session(default=False)
def speed(session: nox.Session) -> None:
    """Measure speed beside anchors and goals, and project `paper` where there is a GPU.

    On a kind of machine that was measured before, it is compared. Arguments go to pytest;
    `-- --full-size` measures whole brains on a CPU too. What is printed goes into docs/speed.md.
    """
    install(session, "tests")
    kind = str(session.run("python", "-c", KIND_OF_MACHINE, silent=True)).split()[-1]
    kept = Path("results", "speed", kind)
    options = ["--benchmark-enable", "--benchmark-only", "--benchmark-autosave"]
    options += [f"--benchmark-storage={kept}"]
    if list(kept.glob("*/*.json")):
        options += ["--benchmark-compare", "--benchmark-compare-fail=min:100%"]
    try:
        # The folder by its name: else pytest would read its options too late.
        session.run("pytest", "benchmarks/speed/measurements", *options, *session.posargs)
    finally:  # a ratio that is too low is no reason not to know the rest
        gpu = session.run("python", "-c", HAS_GPU, silent=True)
        if str(gpu).split()[-1] == "True":
            session.run("python", "-P", "-m", "phycharm.benchmarks.speed.paper_slice")


@nox.session(default=False)
def slurm(session: nox.Session) -> None:
    """Run a benchmark as jobs of a cluster; tests/slurm/one_node_cluster.sh starts one (root)."""
    install(session, "tests")
    session.run("pytest", "tests/slurm", *session.posargs)


@nox.session(default=False)
def docs(session: nox.Session) -> None:
    """Build the site into site/; any warning is an error. Arguments go to Sphinx."""
    install(session, "docs")
    # From scratch: a module that is gone leaves a page, and an example is run again only where its
    # own script changed, not where the package did.
    for folder in ("site", "docs/api/generated", "docs/gallery"):
        shutil.rmtree(folder, ignore_errors=True)
    strict = ("--fail-on-warning", "--keep-going", "-d", f"{session.cache_dir}/doctrees")
    session.run("sphinx-build", *strict, *session.posargs, "docs", "site")
    session.log(f"open {Path('site/index.html').resolve()}")
