"""The command line called in this process, and one small run for all commands that need one."""

import re
import warnings
from contextlib import contextmanager

import pytest

from phycharm.benchmarks.protocol.loading import load_protocol
from phycharm.benchmarks.run import runner
from phycharm.commands.main import main

PROTOCOL = """
name = "tiny"
version = 1
harmonizers = ["none", "linear"]
metrics = ["ssim", "psnr", "nrmse"]
[split]
training = 2
external = 1
folds = [1]
quantitative_training = 1
quantitative_validation = 0
[training]
epochs = 1
batch_size = 8
[settings.unet]
features = [4, 4, 4, 8, 8, 4]
"""


@pytest.fixture(autouse=True)
def warnings_as_before():
    """`main` shows warnings its own way; the next test shall not inherit that."""
    with warnings.catch_warnings():
        yield


@pytest.fixture
def call(capsys):
    """Run the command line: exit code, standard output, standard error."""

    def run(*arguments):
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        output = capsys.readouterr()
        return end.value.code, output.out, output.err

    return run


@pytest.fixture
def refused(call):
    """Run what must be refused; return what it said."""

    def run(*arguments):
        code, out, err = call(*arguments)
        lines = [line for line in err.splitlines() if not is_progress(line)]
        assert code == 2, (code, err)
        assert out == ""
        assert len(lines) == 1, err
        assert lines[0].startswith("phycharm: ")
        assert "Traceback" not in err
        return lines[0]

    return run


def is_progress(line):
    return re.search(r": \d+/\d+  \d+ s, ", line)


@pytest.fixture(scope="session")
def protocol(tmp_path_factory):
    path = tmp_path_factory.mktemp("protocol") / "tiny.toml"
    path.write_text(PROTOCOL)
    return path


@pytest.fixture(scope="session")
def finished(protocol, shared_dataset, tmp_path_factory):
    """A finished run, not to be changed."""
    out = tmp_path_factory.mktemp("finished") / "run"
    chosen = load_protocol(str(protocol))
    assert not runner.run_benchmark(chosen, out=out, dataset=shared_dataset, device="cpu").failed
    return out


def snapshot(folder):
    return {
        path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture
def unchanged():
    """Look that a folder is afterwards as it was: `with unchanged(folder): ...`."""

    @contextmanager
    def watch(folder):
        before = snapshot(folder)
        yield
        assert snapshot(folder) == before, "results were lost or changed"

    return watch
