"""Sessions: `nox -s benchmark` and `nox -s tests` are what most people need."""

import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.sessions = ["lint", "tests"]
nox.options.reuse_venv = "yes"

PROJECT = nox.project.load_toml("pyproject.toml")
CONSTRAINTS = ("-c", "constraints.txt")
# Plain `torch` could bring gigabytes of CUDA to a machine without a GPU.
TORCH = "torch==2.13.0"


def install(session: nox.Session, *groups: str) -> None:
    """Install the project in place, with the dependency groups of pyproject.toml."""
    wanted = [name for group in groups for name in nox.project.dependency_groups(PROJECT, group)]
    session.install(TORCH, "-e", ".", *wanted, *CONSTRAINTS)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests; arguments go to pytest (`nox -s tests -- -m slow`)."""
    install(session, "tests")
    session.run("pytest", *session.posargs)


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


@nox.session(default=False)
def benchmark(session: nox.Session) -> None:
    """Run the benchmark (`nox -s benchmark -- paper --device cuda`)."""
    install(session)
    session.run("phycharm", "benchmark", *session.posargs)


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
