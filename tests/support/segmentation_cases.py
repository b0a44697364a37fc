"""What the segmentation tests share: FAST's answers, small scans, Dice."""

from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
from nilearn.datasets import load_mni152_brain_mask, load_mni152_template

from phycharm.benchmarks.segmentation.reading import read_scan
from phycharm.data.scan import Scan
from phycharm.data.scanner import Scanner
from phycharm.physics.acquisition import Acquisition

DATA = Path(__file__).parents[1] / "benchmarks" / "segmentation" / "data"
CASES = ("aniso_neg", "mni2_brain", "syn2_n3_b20")
SCANNER = Scanner(
    name="GE",
    acquisition=Acquisition(inversion_time=450, repetition_time=2000, echo_time=3, flip_angle=12),
)


@dataclass(frozen=True)
class FastAnswer:
    labels: np.ndarray
    pve_labels: np.ndarray
    mixeltype: np.ndarray
    partial_volumes: np.ndarray
    log_bias: np.ndarray


def fast_answer(case):
    with np.load(DATA / f"{case}_fast.npz") as stored:
        return FastAnswer(
            labels=stored["seg"],
            pve_labels=stored["pveseg"],
            mixeltype=stored["mixeltype"],
            partial_volumes=stored["pve_percent"] / np.float32(100),
            log_bias=stored["log_bias_1e5"] * 1e-5,
        )


def truth():
    with np.load(DATA / "syn2_n3_b20_fast.npz") as stored:
        return stored["truth"]


def case_path(case):
    return DATA / f"{case}.nii.gz"


def case_scan(case):
    """The case in its file's own voxel order."""
    return read_scan(case_path(case), None, case)


def dice(one, other):
    return [
        2
        * np.count_nonzero((one == k) & (other == k))
        / (np.count_nonzero(one == k) + np.count_nonzero(other == k))
        for k in (1, 2, 3)
    ]


def scan_of(image, *, mask=None, affine=None, subject="01"):
    return Scan(
        image=np.asarray(image, dtype=np.float32),
        mask=np.ones(image.shape, dtype=bool) if mask is None else mask,
        affine=np.eye(4) if affine is None else affine,
        scanner=SCANNER,
        subject=subject,
    )


def phantom(*, noise=4.0, seed=0):
    """Slabs of 300, 650 and 900 in a border of 0: image and labels."""
    labels = np.zeros((22, 20, 18), dtype=np.uint8)
    labels[1:7, 1:-1, 1:-1] = 1
    labels[7:15, 1:-1, 1:-1] = 2
    labels[15:-1, 1:-1, 1:-1] = 3
    image = np.array([0, 300, 650, 900], dtype=np.float32)[labels]
    draw = np.random.default_rng(seed).normal(0, noise, labels.shape)
    return np.where(labels > 0, image + draw, 0).astype(np.float32), labels


def brain_of_template(resolution):
    """The MNI152 template at so many mm, in scanner units, brain only."""
    template = load_mni152_template(resolution=resolution)
    mask = np.asarray(load_mni152_brain_mask(resolution=resolution).dataobj) > 0
    image = np.asarray(template.dataobj, dtype=np.float32) * mask
    return nibabel.Nifti1Image(image * np.float32(1000 / image.max()), template.affine)
