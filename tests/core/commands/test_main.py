"""The command line: mistakes are told in one line and cost nothing that was computed."""

import json
import re
import resource
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import nibabel
import numpy as np
import phantom
import pytest
from bids_folder import mask_path, sidecar_path, t1w_path, write_dataset

from phycharm import reports
from phycharm.benchmarks.protocol.protocol import load_protocol
from phycharm.benchmarks.run import runner
from phycharm.commands.app import main
from phycharm.data.nifti import read_volume, write_volume

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
COMMANDS = (
    "benchmark", "simulate", "report", "doctor", "protocols", "train", "train-maps", "harmonize",
    "import-checkpoint", "check", "segment",
)  # fmt: skip


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


@pytest.fixture(scope="module")
def protocol(tmp_path_factory):
    path = tmp_path_factory.mktemp("protocol") / "tiny.toml"
    path.write_text(PROTOCOL)
    return path


@pytest.fixture
def no_report(monkeypatch):
    """Spare the time of drawing a report."""
    monkeypatch.setattr(reports, "write_report", lambda folders, **_: folders[0] / "report.html")


@pytest.fixture(scope="module")
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


class TestHelp:
    @staticmethod
    def run(*arguments):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            [sys.executable, "-m", "phycharm", *arguments],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert done.returncode == 0, done.stderr
        return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    def test_takes_less_than_a_second_of_cpu(self):
        text, spent = self.run("--help")
        assert "benchmark" in text
        assert spent < 1.0

    def test_brings_no_torch_and_no_room(self):
        script = (
            "import sys\n"
            "from phycharm.commands.app import main\n"
            f"for command in ([], *([name] for name in {COMMANDS!r})):\n"
            "    try:\n"
            "        main([*command, '--help'])\n"
            "    except SystemExit as end:\n"
            "        assert end.code == 0, (command, end.code)\n"
            "heavy = {'torch', 'monai', 'pandas', 'nibabel', 'numpy', 'phycharm.benchmarks',\n"
            "         'phycharm.reports', 'phycharm.baselines'} & set(sys.modules)\n"
            "assert not heavy, heavy\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert all(f"phycharm {name}" in done.stdout for name in COMMANDS)

    def test_lists_every_command(self, call):
        code, out, _ = call("--help")
        assert code == 0
        assert all(f" {name} " in out for name in COMMANDS)

    def test_every_option_of_the_issue_is_there(self, call):
        _, out, _ = call("benchmark", "--help")
        for option in ("--dataset", "--harmonizer", "--out", "--device", "--fresh"):
            assert option in out
        _, out, _ = call("simulate", "--help")
        for option in ("--subjects", "--voxel-size", "--scanners", "--seed", "--anatomy"):
            assert option in out


class TestWords:
    """Mistakes in the command itself."""

    def test_unknown_command(self, refused):
        assert "benchmrk" in refused("benchmrk")

    def test_unknown_option(self, refused):
        assert "--epochs" in refused("benchmark", "smoke", "--epochs", "3")

    def test_unknown_device(self, refused):
        text = refused("benchmark", "smoke", "--device", "tpu")
        assert "tpu" in text
        assert "cuda" in text

    def test_value_that_is_no_number(self, refused, tmp_path):
        text = refused("simulate", tmp_path / "x", "--subjects", "many")
        assert "many" in text

    def test_missing_argument(self, refused):
        refused("simulate")

    def test_unknown_protocol(self, refused):
        text = refused("benchmark", "quik")
        assert "did you mean 'quick'?" in text

    def test_protocol_file_with_a_typo(self, refused, tmp_path):
        path = tmp_path / "mine.toml"
        path.write_text(PROTOCOL.replace("[split]", "[splits]"))
        text = refused("benchmark", path)
        assert "mine.toml" in text
        assert "splits" in text

    def test_unknown_harmonizer(self, refused, protocol, shared_dataset, tmp_path):
        text = refused(
            "benchmark", protocol, "--dataset", shared_dataset, "--out", tmp_path / "run",
            "--harmonizer", "phycarm",
        )  # fmt: skip
        assert "did you mean 'phycharm'?" in text
        assert not (tmp_path / "run").exists()

    def test_harmonizer_that_cannot_be_imported(self, refused, protocol, shared_dataset, tmp_path):
        text = refused(
            "benchmark", protocol, "--dataset", shared_dataset, "--out", tmp_path / "run",
            "--harmonizer", "no_such_module:Mine",
        )  # fmt: skip
        assert "no_such_module" in text


class TestDataset:
    """Every bad dataset is told by the file, and what was computed before stays."""

    @pytest.fixture
    def told(self, refused, protocol, dataset, finished, tmp_path):
        """Spoil the dataset, start a run in a folder with results, return what it said."""
        out = tmp_path / "run"
        shutil.copytree(finished, out)

        def run(spoil, *options, root=None):
            before = snapshot(out)
            spoil(dataset)
            text = refused(
                "benchmark", protocol, "--dataset", root or dataset, "--out", out, *options
            )
            assert snapshot(out) == before, "results were lost or changed"
            return text

        return run

    @staticmethod
    def change(path, function):
        image, affine = read_volume(path)
        write_volume(path, *function(image, affine))

    def test_no_dataset(self, told, tmp_path):
        text = told(lambda root: None, root=tmp_path / "typo")
        assert str(tmp_path / "typo") in text
        assert "dataset_description.json" in text

    def test_fresh_does_not_delete_for_a_dataset_that_is_not_there(self, told, tmp_path):
        told(lambda root: None, "--fresh", root=tmp_path / "typo")

    def test_no_scanner_pair(self, told):
        def spoil(root):
            for session in ("GE", "Philips"):
                for path in root.glob(f"sub-0*/ses-{session}"):
                    shutil.rmtree(path)

        assert "no scanner pair" in told(spoil)

    def test_missing_sidecar(self, told):
        text = told(lambda root: sidecar_path(t1w_path(root, "02", "GE")).unlink())
        assert "sub-02_ses-GE_T1w.nii.gz" in text
        assert "sidecar" in text

    @pytest.mark.parametrize("key", ["InversionTime", "RepetitionTimePreparation", "EchoTime"])
    def test_missing_time(self, told, key):
        def spoil(root):
            path = sidecar_path(t1w_path(root, "02", "GE"))
            content = json.loads(path.read_text())
            del content[key]
            path.write_text(json.dumps(content))

        text = told(spoil)
        assert "sub-02_ses-GE_T1w.nii.gz" in text
        assert key.removesuffix("Preparation") in text
        assert "seconds" in text

    def test_subject_without_one_scanner(self, told):
        text = told(lambda root: t1w_path(root, "03", "Siemens").unlink())
        assert "sub-03" in text
        assert "ses-Siemens" in text

    def test_unequal_shapes(self, told):
        def spoil(root):
            for path in (t1w_path(root, "03", "Siemens"), mask_path(root, "03", "Siemens")):
                self.change(path, lambda image, affine: (image[1:], affine))

        text = told(spoil)
        assert "sub-03_ses-Siemens_T1w.nii.gz" in text
        assert "resample" in text

    def test_unequal_affines(self, told):
        def spoil(root):
            for path in (t1w_path(root, "03", "Siemens"), mask_path(root, "03", "Siemens")):
                self.change(path, lambda image, affine: (image, affine + np.eye(4, k=3)))

        assert "sub-03_ses-Siemens_T1w.nii.gz" in told(spoil)

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_voxels_that_are_not_finite(self, told, value):
        def spoil(root):
            path = t1w_path(root, "01", "GE")
            image, affine = read_volume(path)
            image[5, 5, 5] = value
            write_volume(path, image, affine)

        assert "sub-01_ses-GE_T1w.nii.gz" in told(spoil)

    def test_constant_volume(self, told):
        text = told(
            lambda root: self.change(
                t1w_path(root, "01", "GE"), lambda image, affine: (np.ones_like(image), affine)
            )
        )
        assert "sub-01_ses-GE_T1w.nii.gz" in text

    def test_truncated_gzip(self, told):
        def spoil(root):
            path = t1w_path(root, "03", "Philips")
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

        text = told(spoil)
        assert "sub-03_ses-Philips_T1w.nii.gz" in text
        assert "again" in text

    def test_no_mask(self, told):
        text = told(lambda root: mask_path(root, "03", "Philips").unlink())
        assert "sub-03_ses-Philips_desc-brain_mask.nii.gz" in text

    def test_other_data_in_the_same_folder(self, told):
        def spoil(root):
            self.change(t1w_path(root, "01", "GE"), lambda image, affine: (image * 2, affine))

        text = told(spoil)
        assert "another configuration" in text
        assert "--fresh" in text


class TestFolder:
    def test_results_of_another_protocol(self, refused, finished, shared_dataset, tmp_path):
        path = tmp_path / "other.toml"
        path.write_text(PROTOCOL.replace("version = 1", "version = 2"))
        before = snapshot(finished)
        text = refused("benchmark", path, "--dataset", shared_dataset, "--out", finished)
        assert str(finished) in text
        assert "--fresh" in text
        assert snapshot(finished) == before

    def test_folder_of_something_else(self, refused, protocol, shared_dataset, tmp_path):
        (tmp_path / "thesis.tex").write_text("precious")
        for options in ([], ["--fresh"]):
            text = refused(
                "benchmark", protocol, "--dataset", shared_dataset, "--out", tmp_path, *options
            )
            assert "thesis.tex" in text
        assert (tmp_path / "thesis.tex").read_text() == "precious"

    def test_file(self, refused, protocol, shared_dataset, tmp_path):
        path = tmp_path / "results"
        path.write_text("")
        refused("benchmark", protocol, "--dataset", shared_dataset, "--out", path)

    def test_folder_that_cannot_be_written(self, refused, protocol, shared_dataset, tmp_path):
        # Below a file: forbidden to everybody, root included.
        (tmp_path / "file").write_text("")
        refused("benchmark", protocol, "--dataset", shared_dataset, "--out", tmp_path / "file/run")

    @pytest.mark.parametrize("arguments", [[], ["absent"]])
    def test_report_of_nothing(self, refused, tmp_path, arguments):
        refused("report", *(tmp_path / name for name in arguments))

    def test_dataset_that_is_there_already(self, refused, tmp_path):
        (tmp_path / "precious.txt").write_text("")
        text = refused("simulate", tmp_path, "--subjects", "1", "--voxel-size", "8")
        assert str(tmp_path) in text

    @pytest.mark.parametrize(
        ("option", "value", "named"),
        [
            ("--voxel-size", "0", "voxel size 0"),
            ("--voxel-size", "100", "voxel size 100"),
            ("--subjects", "0", "at least one subject"),
            ("--quantitative-subjects", "-1", "subject"),
            ("--seed", "-1", "seed -1"),
            ("--scanners", "GE,Simens", "Simens"),
            ("--scanners", "", "scanner"),
            ("--anatomy", "no-such-folder", "no-such-folder"),
        ],
    )
    def test_simulations_that_make_no_sense(self, refused, tmp_path, option, value, named):
        assert named in refused("simulate", tmp_path / "out", option, value)
        assert not (tmp_path / "out").exists()


class TestModels:
    """Training for others and using what was trained."""

    @pytest.fixture(scope="class")
    @classmethod
    def model(cls, shared_dataset, protocol, tmp_path_factory):
        out = tmp_path_factory.mktemp("models") / "unet"
        with pytest.raises(SystemExit) as end:
            main(["train", "unet", "--dataset", str(shared_dataset), "--out", str(out),
                  "--protocol", str(protocol), "--device", "cpu"])  # fmt: skip
        assert end.value.code == 0
        return out

    def harmonize(self, run, model, source, out, *options, to="Siemens"):
        return run("harmonize", source, "--model", model, "--to", to, "-o", out, *options)

    def test_one_file(self, call, model, shared_dataset, tmp_path):
        source = t1w_path(shared_dataset, "01", "GE")
        out = tmp_path / "new" / "out.nii.gz"
        options = ["--from", "GE", "--mask", mask_path(shared_dataset, "01", "GE")]
        code, text, err = self.harmonize(call, model, source, out, *options)
        assert code == 0, err
        assert str(out) in text
        image, affine = read_volume(out)
        np.testing.assert_allclose(affine, phantom.AFFINE)
        assert image.shape == phantom.SHAPE
        assert nibabel.load(out).get_data_dtype() == np.float32

    def test_unknown_target(self, refused, model, shared_dataset, tmp_path):
        text = self.harmonize(
            refused, model, t1w_path(shared_dataset, "01", "GE"), tmp_path / "o.nii.gz",
            "--from", "GE", to="Simens",
        )  # fmt: skip
        assert "Simens" in text
        assert "Siemens" in text

    def test_source_that_is_not_named(self, refused, model, shared_dataset, tmp_path):
        text = self.harmonize(
            refused, model, t1w_path(shared_dataset, "01", "GE"), tmp_path / "o.nii.gz"
        )
        assert "--from" in text

    def test_folder_without_a_model(self, refused, shared_dataset, tmp_path):
        text = self.harmonize(
            refused, tmp_path, t1w_path(shared_dataset, "01", "GE"), tmp_path / "o.nii.gz"
        )
        assert str(tmp_path) in text
        assert "train" in text

    @pytest.mark.parametrize("content", [None, b"damaged"])
    def test_image_that_cannot_be_read(self, refused, model, tmp_path, content):
        source = tmp_path / "in.nii.gz"
        if content:
            source.write_bytes(content)
        text = self.harmonize(refused, model, source, tmp_path / "o.nii.gz", "--from", "GE")
        assert str(source) in text
        assert not (tmp_path / "o.nii.gz").exists()

    def test_place_that_cannot_be_written(
        self, refused, model, shared_dataset, tmp_path, monkeypatch
    ):
        def read_only(image, path):
            raise PermissionError(13, "Permission denied", str(path))

        # Root may write anywhere, so the refusal itself is made up.
        monkeypatch.setattr(nibabel, "save", read_only)
        text = self.harmonize(
            refused, model, t1w_path(shared_dataset, "01", "GE"), tmp_path / "o.nii.gz",
            "--from", "GE", "--mask", mask_path(shared_dataset, "01", "GE"),
        )  # fmt: skip
        # The name that the user gave, not that of the file that is renamed to it in the end.
        assert text.startswith(f"phycharm: {tmp_path / 'o.nii.gz'}: Permission denied")
        assert not list(tmp_path.iterdir())

    def test_checkpoint_that_is_none(self, refused, tmp_path):
        path = tmp_path / "MapG_T1.pth"
        path.write_bytes(b"not a checkpoint")
        text = refused("import-checkpoint", path, "--out", tmp_path / "model")
        assert str(path) in text
        assert not (tmp_path / "model").exists()

    def test_training_without_people_with_maps(self, refused, protocol, tmp_path):
        root = write_dataset(tmp_path / "plain", quantitative=())
        for arguments in (["train", "phycharm"], ["train-maps"]):
            text = refused(
                *arguments, "--dataset", root, "--out", tmp_path / "model",
                "--protocol", protocol, "--device", "cpu",
            )  # fmt: skip
            assert "T1" in text or "quantitative" in text
        assert not (tmp_path / "model").exists()

    def test_segmenting_what_is_no_image(self, refused, tmp_path):
        path = tmp_path / "absent.nii.gz"
        assert str(path) in refused("segment", path, tmp_path / "out")


class TestGoodRun:
    def test_leaderboard_and_report(self, finished, call, protocol, shared_dataset, tmp_path):
        out = tmp_path / "run with a space"
        shutil.copytree(finished, out)
        code, text, err = call(
            "benchmark", protocol, "--dataset", shared_dataset, "--out", out, "--device", "cpu"
        )
        assert code == 0, err
        report = out / "report.html"
        assert text.splitlines()[-1] == f"Report: {report}"
        assert report.stat().st_size > 10_000
        assert "linear" in text.lower()
        assert "none" in text.lower() or "no harmonization" in text.lower()

    def test_failed_cell_is_exit_code_one(
        self, call, protocol, shared_dataset, tmp_path, monkeypatch
    ):
        (tmp_path / "theirs_cli.py").write_text(
            "class Broken:\n"
            "    name = 'broken'\n"
            "    def fit(self, train, validation=None):\n"
            "        raise ValueError('no luck')\n"
            "    def harmonize(self, scan, target):\n"
            "        return scan.image\n"
        )
        monkeypatch.chdir(tmp_path)
        code, out, err = call(
            "benchmark", protocol, "--dataset", shared_dataset, "--out", tmp_path / "run",
            "--harmonizer", "theirs_cli:Broken", "--harmonizer", "none", "--device", "cpu",
        )  # fmt: skip
        assert code == 1
        assert "Report: " in out
        failures = [line for line in err.splitlines() if line.startswith("phycharm: failed: ")]
        assert len(failures) == 3
        assert all("ValueError: no luck" in line for line in failures)

    def test_protocols_are_listed(self, call):
        code, out, _ = call("protocols")
        assert code == 0
        assert [line.split()[0] for line in out.splitlines()] == ["paper", "quick", "smoke"]

    def test_doctor(self, call):
        code, out, _ = call("doctor")
        assert code == 0
        assert "torch" in out

    def test_check_of_a_good_method(self, call):
        code, out, _ = call("check", "none")
        assert code == 0
        assert "fail" not in out.lower().replace("0 failed", "")

    def test_warnings_are_one_line_too(self, no_report, call, protocol, dataset, tmp_path):
        for subject in ("01", "02", "03"):
            path = sidecar_path(t1w_path(dataset, subject, "GE"))
            content = json.loads(path.read_text())
            content["RepetitionTimePreparation"] = 0.008
            path.write_text(json.dumps(content))
        with warnings.catch_warnings():
            warnings.simplefilter("default")
            _, _, err = call(
                "benchmark", protocol, "--dataset", dataset, "--out", tmp_path / "run",
                "--harmonizer", "none", "--device", "cpu",
            )  # fmt: skip
        lines = [line for line in err.splitlines() if "8 ms" in line]
        assert lines
        assert all(line.startswith("phycharm: warning: ") for line in lines)
        assert not [line for line in err.splitlines() if "sidecar.py" in line]


def test_interruption_says_how_to_go_on(call, monkeypatch, protocol):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "run_benchmark", interrupt)
    code, _, err = call("benchmark", protocol)
    assert code == 130
    assert err == "phycharm: interrupted; the same command goes on from here.\n"


def test_defects_keep_their_traceback(monkeypatch, protocol):
    def defect(*_, **__):
        raise ZeroDivisionError

    monkeypatch.setattr(runner, "run_benchmark", defect)
    with pytest.raises(ZeroDivisionError):
        main(["benchmark", str(protocol)])


def test_console_script_is_installed():
    script = Path(sys.executable).with_name("phycharm")
    done = subprocess.run([script, "benchmrk"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
