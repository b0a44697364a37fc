"""Programs as methods: what they are given, what they give back, and how they fail."""

import shlex
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from phycharm.baselines.outside.command_line import CommandLine, run_program
from phycharm.errors import InputError
from phycharm.harmonizers.common_domain import CommonDomainHarmonizer
from phycharm.harmonizers.external import HarmonizerFailed, create_harmonizer
from phycharm.laws.phantom import TESTED, Phantom

PHANTOM = Phantom()
ALPHA, BETA, _ = PHANTOM.scanners

TOOL = """
import sys
import nibabel
import numpy as np

source, output, *rest = sys.argv[1:]
image = nibabel.load(source)
voxels = image.get_fdata(dtype=np.float32)
{body}
nibabel.save(nibabel.Nifti1Image(voxels.astype(np.float32), image.affine), output)
"""


def scan():
    return PHANTOM.scan(TESTED[0], ALPHA)


@pytest.fixture
def tool(tmp_path, monkeypatch):
    """Write a program and return how to call it: where people have blanks and accents in paths."""
    folder = tmp_path / "my wörk"
    (folder / "temporary files").mkdir(parents=True)
    monkeypatch.setattr("tempfile.tempdir", str(folder / "temporary files"))

    def write(body="pass", *, more=""):
        script = folder / "my_tool.py"
        script.write_text(TOOL.format(body=body), encoding="utf-8")
        program = shlex.join([sys.executable, str(script)])
        return f"command:{program} {{input}} {{output}} {more}".strip()

    return write


def test_the_program_gets_the_scan_and_its_image_comes_back(tool):
    body = (
        "assert image.get_data_dtype() == np.float32\n"
        "assert rest[:3] == ['Alpha', 'Beta', 'D'], rest\n"
        "voxels = 700 * (voxels + 0.1 * (nibabel.load(rest[3]).get_fdata() > 0))\n"
        "import pathlib; assert pathlib.Path(source).parent == pathlib.Path(rest[4])"
    )
    spec = tool(body, more="{source} {target} {subject} {mask} {folder}")
    harmonizer = create_harmonizer(spec, settings={"scale": "none"})
    image = harmonizer.fit(PHANTOM.cohort(TESTED)).harmonize(scan(), BETA)
    assert np.allclose(image, 700 * (scan().image + 0.1 * scan().mask), rtol=1e-5)
    assert harmonizer.card.name == "my-tool"


def test_the_programs_units_do_not_matter(tool):
    image = create_harmonizer(tool("voxels = 1234 * voxels")).harmonize(scan(), BETA)
    assert np.allclose(image, scan().image, atol=1e-5)


def test_the_affine_goes_through_the_program(tool):
    body = f"assert np.allclose(image.affine, {scan().affine.tolist()}), image.affine"
    create_harmonizer(tool(body)).harmonize(scan(), BETA)


def test_gain_saves_programs_that_round(tool):
    spec = tool("voxels = np.round(voxels)")
    rounded = create_harmonizer(spec).harmonize(scan(), BETA)
    saved = create_harmonizer(spec, settings={"gain": 1000.0}).harmonize(scan(), BETA)
    assert np.abs(rounded - scan().image)[scan().mask].mean() > 0.05
    assert np.abs(saved - scan().image)[scan().mask].max() < 2e-3


def test_placeholders_never_split_and_no_shell_sees_the_line(tmp_path):
    line = CommandLine("echo {input} '{output} $HOME' \"a b\" ; {subject}")
    values = {"input": "a b.nii", "output": "c;d", "subject": "$(touch x)"}
    assert line.filled(values) == ["echo", "a b.nii", "c;d $HOME", "a b", ";", "$(touch x)"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("cp {input}", "{output} is missing"),
        ("cp {output}", "{input} is missing"),
        ("cp {input} {output} {scanner}", "no placeholder {scanner}; there are {input}"),
        ("cp {input} '{output}", "No closing quotation; correct the quotes"),
        ("no-such-tool {input} {output}", "no program 'no-such-tool' here"),
        (
            "/my tools/tool {input} {output}",
            "no program '/my' here; install it or give its full path, in quotes if",
        ),
    ],
)
def test_unusable_command_lines_are_refused_before_anything_runs(line, said):
    with pytest.raises(InputError) as caught:
        create_harmonizer(f"command:{line}")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("key", "value"), [("timeout", 0), ("gain", -1.0), ("gain", float("nan"))])
def test_numbers_must_be_positive(key, value):
    with pytest.raises(InputError, match=f"{key} is .*positive"):
        create_harmonizer("command:cp {input} {output}", settings={key: value})


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("print('before'); raise RuntimeError('no weights here')", "RuntimeError: no weights here"),
        ("sys.exit('licence expired')", "ended with status 1: licence expired"),
        ("print('only stdout'); sys.exit(3)", "ended with status 3: only stdout"),
        ("sys.exit(4)", "ended with status 4: it said nothing"),
        ("sys.exit(0)", "wrote nothing to {output}"),
        ("voxels = voxels[1:]", "has shape (31, 32, 12) and not (32, 32, 12)"),
        ("image.affine[0, 3] += 5", "lies elsewhere"),
        ("voxels[:] = 3", "every voxel has the same value"),
        ("voxels[0, 0, 0] = np.nan", "holds NaN or infinite voxels"),
        ("open(output, 'w').write('not an image'); sys.exit(0)", "not a readable NIfTI file"),
        ("import os; os.kill(os.getpid(), 9)", "ended with status -9"),
    ],
)
def test_a_failure_is_one_line_with_what_the_program_said(tool, body, said):
    harmonizer = create_harmonizer(tool(body))
    with pytest.raises(HarmonizerFailed) as caught:
        harmonizer.harmonize(scan(), BETA)
    message = str(caught.value)
    assert said in message
    assert message.startswith("my-tool, sub-D Alpha -> Beta: ")
    assert "\n" not in message


def test_a_program_that_hangs_is_killed_with_its_children(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hang.sh").write_text("sleep 60 &\necho $! > pid\nwait\n")
    settings = {"timeout": 2}
    harmonizer = create_harmonizer("command:sh hang.sh {input} {output}", settings=settings)
    start = time.monotonic()
    with pytest.raises(HarmonizerFailed, match="took longer than 2 s"):
        harmonizer.harmonize(scan(), BETA)
    assert time.monotonic() - start < 30
    assert _gone(int((tmp_path / "pid").read_text()))


def _gone(pid):
    """Whether a process is over within seconds; a zombie that nobody reaps is over."""
    for _ in range(100):
        status = Path(f"/proc/{pid}/status")
        if not status.exists() or "State:\tZ" in status.read_text():
            return True
        time.sleep(0.05)
    return False


def test_a_program_that_cannot_be_started(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        run_program([str(tmp_path / "gone")], logs=tmp_path, timeout=5)


def test_nothing_stays_behind(tool, monkeypatch, tmp_path):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    create_harmonizer(tool()).harmonize(scan(), BETA)
    with pytest.raises(HarmonizerFailed):
        create_harmonizer(tool("sys.exit(1)")).harmonize(scan(), BETA)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("cp {input} {output}", "cp"),
        ("/bin/cp {input} {output}", "cp"),
        ("sh run_me.sh {input} {output}", "run-me"),
        ("python3 -m my_package.tool {input} {output}", "my-package.tool"),
        ("env -i haca3 {input} {output}", "env"),
    ],
)
def test_the_name_is_the_programs_or_the_scripts(line, name):
    assert CommandLine(line).name == name


def test_the_name_and_the_card_can_be_given(tool):
    about = {"citation": "Somebody 2024", "trained_on": ["IXI"]}
    card = create_harmonizer(f"haca3={tool()}", settings={"about": about}).card
    assert (card.name, card.citation, card.trained_on) == ("haca3", "Somebody 2024", ("IXI",))
    with pytest.raises(InputError, match="no field 'colour'"):
        create_harmonizer(tool(), settings={"about": {"colour": "red"}})


def test_an_edited_program_is_another_revision(tool):
    before = create_harmonizer(tool()).card.revision
    assert create_harmonizer(tool()).card.revision == before
    assert create_harmonizer(tool("voxels += 1")).card.revision != before


def test_programs_to_a_common_domain(tool):
    spec = tool("voxels[voxels > 0] -= 0.2; assert rest == ['common']", more="{target}")
    harmonizer = create_harmonizer(spec.replace("command:", "command-common:"))
    assert isinstance(harmonizer, CommonDomainHarmonizer)
    assert harmonizer.card.scope == "common-domain"
    assert np.array_equal(harmonizer.to_common(scan()), harmonizer.harmonize(scan(), BETA))


def test_interruption_kills_the_program_too(tmp_path, monkeypatch):
    seen = []
    wait = subprocess.Popen.wait

    def interrupted(process, timeout=None):
        if not seen:
            seen.append(process)
            raise KeyboardInterrupt
        return wait(process, timeout)

    monkeypatch.setattr(subprocess.Popen, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_program(["sleep", "60"], logs=tmp_path, timeout=None)
    assert seen[0].returncode == -9
