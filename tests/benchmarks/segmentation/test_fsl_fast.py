"""The engine fsl-fast, with a stand-in for the program in a temporary FSLDIR."""

import shlex
import sys
from dataclasses import replace

import numpy as np
import pytest

from phycharm.benchmarks.segmentation import get_segmenter, segment_file
from phycharm.benchmarks.segmentation.fsl_fast import FslFastSegmenter
from phycharm.data.nifti import write_volume
from phycharm.errors import InputError

from support.segmentation_cases import phantom, scan_of

# Writes real NIfTI files, as FAST does: int32 and float32, mixeltypes undefined outside.
PROGRAM = """
import os, sys
import nibabel, numpy as np

mode = os.environ.get("STAND_IN_MODE", "")
options, path = sys.argv[1:-1], sys.argv[-1]
assert "FSLDIR" in os.environ and os.environ["FSLOUTPUTTYPE"] == "NIFTI_GZ"
assert "--class=3" in options and "--type=1" in options and "-b" in options
out = next(option for option in options if option.startswith("--out=")).removeprefix("--out=")
image = nibabel.load(path)
data = np.asarray(image.dataobj)
labels = np.digitize(data, [1, 450, 800]).astype(np.int32)

def write(suffix, voxels):
    if mode == "smaller":
        voxels = voxels[1:]
    if mode == "nan" and suffix == "bias":
        voxels = voxels * np.float32("nan")
    nibabel.save(nibabel.Nifti1Image(voxels, image.affine), f"{out}_{suffix}.nii.gz")

write("seg", labels)
if mode == "crash":
    print("out of memory while estimating the bias field", file=sys.stderr)
    sys.exit(139)
if mode == "silent crash":
    os.abort()
print("options:", *options)
write("pveseg", labels)
for k in range(3):
    write(f"pve_{k}", (labels == k + 1).astype(np.float32))
write("mixeltype", np.where(labels > 0, labels - 1, -1282263984).astype(np.int32))
if mode != "missing":
    write("bias", np.where(labels > 0, 1.25, 1).astype(np.float32))
if mode == "truncated":
    name = f"{out}_pve_1.nii.gz"
    whole = open(name, "rb").read()
    open(name, "wb").write(whole[: len(whole) // 2])
"""


@pytest.fixture
def fsldir(tmp_path, monkeypatch):
    folder = tmp_path / "my prögrams" / "fsl"
    program = folder / "bin" / "fast"
    program.parent.mkdir(parents=True)
    (folder / "fast.py").write_text(PROGRAM, encoding="utf-8")
    # A line that names its interpreter (#!) ends at the first blank, and this one may have some.
    call = shlex.join([sys.executable, str(folder / "fast.py")])
    program.write_text(f'#!/bin/sh\nexec {call} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    (folder / "etc").mkdir()
    (folder / "etc" / "fslversion").write_text("6.0.7.4:wkj2nfhd\n")
    monkeypatch.setenv("FSLDIR", str(folder))
    monkeypatch.delenv("FSLDEVDIR", raising=False)
    return folder


@pytest.fixture
def scan():
    image, labels = phantom()
    image[labels == 0] = 77
    return scan_of(image, mask=labels > 0, affine=np.diag([2.0, 2, 3, 1]))


def refuse(scan, match):
    with pytest.raises(InputError, match=match) as caught:
        FslFastSegmenter().segment(scan)
    assert "\n" not in str(caught.value)
    assert "01 GE" in str(caught.value)


def test_reads_what_fast_wrote(fsldir, scan):
    labels = phantom()[1]
    found = get_segmenter("fsl-fast").segment(scan)
    np.testing.assert_array_equal(found.labels, labels)
    np.testing.assert_array_equal(found.pve_labels, labels)
    np.testing.assert_array_equal(
        found.partial_volumes.argmax(0)[labels > 0] + 1, labels[labels > 0]
    )
    np.testing.assert_array_equal(found.mixeltype, np.where(labels > 0, labels - 1.0, 0))
    np.testing.assert_array_equal(found.bias, np.where(labels > 0, np.float32(1.25), 1))
    assert found.engine == "fsl-fast 6.0.7.4"
    volumes = [np.count_nonzero(labels == k) * 0.012 for k in (1, 2, 3)]
    assert list(found.volumes_ml.values()) == pytest.approx(volumes)
    assert found.labels.dtype == found.mixeltype.dtype == np.uint8


def test_many_scans_come_back_in_order(fsldir, scan):
    # Of a standardized scan the unit is kept, so that one without white matter stays dark.
    grey = np.minimum(scan.image, 500) / np.float32(1000)
    darker = replace(scan, image=grey, standardization="p99")
    found = get_segmenter("fsl-fast").segment_many([scan, darker])
    assert [int(each.labels.max()) for each in found] == [3, 2]


def test_outputs_are_kept_when_asked(fsldir, scan, tmp_path):
    FslFastSegmenter(keep_in=tmp_path / "kept").segment(scan)
    names = {path.name for path in (tmp_path / "kept" / "01_GE").iterdir()}
    suffixes = ("seg", "pveseg", "pve_0", "pve_1", "pve_2", "mixeltype", "bias")
    assert names == {"T1w.nii.gz", "fast.log", *(f"fast_{suffix}.nii.gz" for suffix in suffixes)}
    assert "--class=3" in (tmp_path / "kept" / "01_GE" / "fast.log").read_text()


def test_a_file_goes_through(fsldir, scan, tmp_path):
    path = tmp_path / "brain.nii.gz"
    write_volume(path, np.where(scan.mask, scan.image, 0), scan.affine)
    found = segment_file(path, tmp_path / "out", engine="fsl-fast")
    np.testing.assert_array_equal(found.labels, phantom()[1])
    assert (tmp_path / "out" / "brain_mixeltype.nii.gz").is_file()


def test_version_is_said_to_be_unknown_without_its_file(fsldir, scan):
    (fsldir / "etc" / "fslversion").unlink()
    assert FslFastSegmenter().segment(scan).engine == "fsl-fast unknown version"


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("crash", "exit code 139 .out of memory while estimating.*hmrf"),
        ("silent crash", "exit code -6 .it said nothing"),
        ("missing", "without writing fast_bias.nii.gz"),
        ("truncated", "fast_pve_1.nii.gz damaged"),
        ("smaller", r"shape \(21, 20, 18\) for an image of shape \(22, 20, 18\)"),
        ("nan", "NaN or infinity to fast_bias.nii.gz"),
    ],
)
def test_a_fast_that_goes_wrong(fsldir, scan, monkeypatch, mode, words):
    monkeypatch.setenv("STAND_IN_MODE", mode)
    refuse(scan, words)


def test_a_crash_leaves_no_outputs_behind(fsldir, scan, monkeypatch, tmp_path):
    monkeypatch.setenv("STAND_IN_MODE", "crash")
    with pytest.raises(InputError):
        FslFastSegmenter(keep_in=tmp_path / "kept").segment(scan)
    assert list((tmp_path / "kept").iterdir()) == []


def test_a_program_of_another_machine(fsldir, scan):
    (fsldir / "bin" / "fast").write_bytes(b"\x7fELF for something else")
    with pytest.raises(InputError, match=r"cannot be started .*hmrf"):
        FslFastSegmenter().segment(scan)


@pytest.mark.parametrize("given", [None, " "])
def test_without_fsl(monkeypatch, given):
    monkeypatch.delenv("FSLDIR", raising=False)
    if given is not None:
        monkeypatch.setenv("FSLDIR", given)
    with pytest.raises(InputError, match=r"\$FSLDIR is not set; install FSL .*'hmrf'"):
        get_segmenter("fsl-fast")


def test_wrong_fsldir(monkeypatch, tmp_path):
    monkeypatch.setenv("FSLDIR", str(tmp_path / "nowhere"))
    with pytest.raises(InputError, match=r"has no program .*nowhere/bin/fast; install FSL"):
        get_segmenter("fsl-fast")
