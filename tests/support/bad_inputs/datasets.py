"""Datasets: masks, grids, names, links and tables that are not what they should be."""

import os
import shutil

import numpy as np

from phycharm.data.nifti import write_volume

from .bad_input import BadInput
from support import phantom
from support.bids_folder import mask_path, sidecar_path, t1w_path

AFFINE = phantom.AFFINE
_RUN = "benchmark tiny.toml --dataset dataset --harmonizer none --device cpu --out out"
_SEGMENT = "segment T1w.nii.gz out --mask mask.nii.gz"
BRAIN = phantom.raw_scan("07", phantom.GE).image


def with_mask(volume, affine=AFFINE):
    """The image of a brain and a mask beside it."""

    def make(place):
        write_volume(place / "T1w.nii.gz", BRAIN, AFFINE)
        write_volume(place / "mask.nii.gz", volume, affine)

    return make


def in_dataset(path_of, volume, affine=AFFINE):
    """Another volume in the place of one of the dataset's."""
    return lambda place: write_volume(path_of(place / "dataset", "01", "GE"), volume, affine)


def renamed(name):
    """A T1w image under another name in the same folder."""

    def make(place):
        path = t1w_path(place / "dataset", "01", "GE")
        for file, ending in ((path, ".nii.gz"), (sidecar_path(path), ".json")):
            file.rename(path.parent / f"{name}{ending}")

    return make


def copied(name):
    def make(place):
        path = t1w_path(place / "dataset", "01", "GE")
        for file, ending in ((path, ".nii.gz"), (sidecar_path(path), ".json")):
            shutil.copy(file, path.parent / f"{name}{ending}")

    return make


def _dataset(id, what, make, line, command=_RUN):
    return BadInput(
        id=id, area="Datasets", what=what, make=make, command=command, line=line, needs=("dataset",)
    )


def _mask(id, what, volume, line, affine=AFFINE):
    return BadInput(
        id=id, area="Masks", what=what, make=with_mask(volume, affine), command=_SEGMENT, line=line
    )


def looped(place):
    (place / "dataset/sub-01/ses-loop").symlink_to("ses-loop")


def swapped(a, b):
    def make(place):
        root = place / "dataset"
        path = t1w_path(root, "01", "GE")
        path.unlink()
        path.symlink_to("../../../.git/annex/objects/x.nii.gz")

    return make


def description(content):
    def make(place):
        (place / "dataset/dataset_description.json").write_bytes(content)

    return make


def without_scanners(place):
    for path in (place / "dataset").glob("sub-*/ses-[PS]*"):
        shutil.rmtree(path)


SHIFTED = AFFINE + np.array([[0, 0, 0, 30.0], [0] * 4, [0] * 4, [0] * 4])

MASKS = (
    _mask("mask-shape", "A mask of another shape.", np.ones((10, 10, 10), np.uint8), ""),
    _mask("mask-elsewhere", "A mask 30 mm away.", (BRAIN > 0), "", SHIFTED),
    _mask("mask-empty", "A mask without any brain.", np.zeros(BRAIN.shape, np.uint8), ""),
    _mask(
        "mask-probabilities-low",
        "Probabilities that nowhere reach one half.",
        np.where(BRAIN > 0, np.float32(0.4), 0),
        "",
    ),
    _mask("mask-negative", "A mask of -1 and 0.", -(BRAIN > 0).astype(np.int16), ""),
    _mask(
        "mask-4d", "A mask of three tissues in one file.", np.stack([BRAIN > 0] * 3, axis=-1), ""
    ),
    _mask(
        "mask-nan",
        "A mask that is NaN outside the brain.",
        np.where(BRAIN > 0, np.float32(1), np.float32(np.nan)),
        "",
    ),
    _mask("mask-no-signal", "A mask of the background.", BRAIN == 0, ""),
    BadInput(
        id="mask-text",
        area="Masks",
        what="Text under the name of a mask.",
        command=_SEGMENT,
        line="",
        make=lambda p: (
            write_volume(p / "T1w.nii.gz", BRAIN, AFFINE),
            (p / "mask.nii.gz").write_text("no mask"),
        ),
    ),
    _dataset(
        "mask-missing-in-dataset",
        "A dataset without the brain mask of one scan.",
        lambda p: mask_path(p / "dataset", "01", "GE").unlink(),
        "",
    ),
    _dataset(
        "mask-empty-in-dataset",
        "A dataset with an empty mask.",
        in_dataset(mask_path, np.zeros(BRAIN.shape, np.uint8)),
        "",
    ),
    _dataset(
        "mask-shape-in-dataset",
        "A dataset with a mask of another shape.",
        in_dataset(mask_path, np.ones((10, 10, 10), np.uint8)),
        "",
    ),
)

DATASETS = (
    _dataset("dataset-missing", "No such folder.", lambda p: shutil.rmtree(p / "dataset"), ""),
    _dataset(
        "dataset-file-for-folder",
        "A file in the place of the folder.",
        lambda p: (shutil.rmtree(p / "dataset"), (p / "dataset").touch()),
        "",
    ),
    _dataset(
        "dataset-empty",
        "An empty folder.",
        lambda p: (shutil.rmtree(p / "dataset"), (p / "dataset").mkdir()),
        "",
    ),
    _dataset(
        "dataset-link-loop",
        "A link to itself.",
        lambda p: (shutil.rmtree(p / "dataset"), (p / "dataset").symlink_to("dataset")),
        "",
    ),
    _dataset("dataset-description-broken", "A description that is no JSON.", description(b"{"), ""),
    _dataset("dataset-description-list", "A description that is a list.", description(b"[]"), ""),
    _dataset(
        "dataset-description-utf16",
        "A description in UTF-16.",
        description('{"Name": "x"}'.encode("utf-16")),
        "",
    ),
    _dataset(
        "dataset-description-folder",
        "A folder in the place of the description.",
        lambda p: (
            (p / "dataset/dataset_description.json").unlink(),
            (p / "dataset/dataset_description.json").mkdir(),
            [shutil.rmtree(x) for x in (p / "dataset").glob("sub-*")],
        ),
        "",
    ),
    _dataset("dataset-one-scanner", "One scanner alone.", without_scanners, ""),
    _dataset(
        "dataset-few-people",
        "Fewer people than the protocol wants.",
        lambda p: shutil.rmtree(p / "dataset/sub-03"),
        "",
    ),
    _dataset(
        "dataset-grid", "Scans of a person on two grids.", in_dataset(t1w_path, BRAIN, SHIFTED), ""
    ),
    _dataset(
        "dataset-shape",
        "Scans of a person of two shapes.",
        in_dataset(t1w_path, BRAIN[:, :, 1:]),
        "",
    ),
    _dataset(
        "dataset-two-sequences",
        "Two sequences in one session.",
        copied("sub-01_ses-GE_acq-fast_T1w"),
        "",
    ),
    _dataset(
        "dataset-twins",
        "A .nii beside the .nii.gz.",
        lambda p: write_volume(
            p / "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.nii", BRAIN, AFFINE
        ),
        "",
    ),
    _dataset("dataset-not-fetched", "An image that git-annex has not fetched.", swapped(0, 0), ""),
    _dataset(
        "dataset-damaged",
        "A damaged image of a person who is trained on.",
        lambda p: t1w_path(p / "dataset", "01", "GE").write_bytes(b"\x1f\x8b\x08\x00broken"),
        "",
    ),
    _dataset(
        "dataset-fifo",
        "A pipe in the place of an image.",
        lambda p: (
            t1w_path(p / "dataset", "01", "GE").unlink(),
            os.mkfifo(t1w_path(p / "dataset", "01", "GE")),
        ),
        "",
    ),
    _dataset(
        "dataset-folder-for-image",
        "A folder in the place of an image.",
        lambda p: (
            t1w_path(p / "dataset", "01", "GE").unlink(),
            t1w_path(p / "dataset", "01", "GE").mkdir(),
        ),
        "",
    ),
    _dataset("dataset-session-link-loop", "A session that is a link to itself.", looped, ""),
    _dataset(
        "dataset-name-newline",
        "A line break in the name of an image.",
        renamed("sub-01_ses-GE\n_T1w"),
        "",
    ),
    _dataset(
        "dataset-name-escape",
        "A terminal's escape sequence in the name of an image.",
        renamed("sub-01_ses-GE_acq-\x1b[31mred_T1w"),
        "",
    ),
    _dataset(
        "dataset-name-bytes",
        "Bytes in the name of an image that are no text.",
        renamed("sub-01_ses-GE_acq-\udcff_T1w"),
        "",
    ),
    _dataset(
        "dataset-name-dots", "A session called `..` by its name.", renamed("sub-01_ses-.._T1w"), ""
    ),
    _dataset(
        "dataset-name-case",
        "Sessions whose labels differ in case alone.",
        lambda p: [
            shutil.copytree(x, x.with_name("ses-ge"))
            and [
                f.rename(f.with_name(f.name.replace("ses-GE", "ses-ge")))
                for f in x.with_name("ses-ge").rglob("*.*")
            ]
            for x in (p / "dataset").glob("**/ses-GE")
        ],
        "",
    ),
    _dataset(
        "dataset-name-subject-dash",
        "A person without label.",
        lambda p: (p / "dataset/sub-01").rename(p / "dataset/sub-"),
        "",
    ),
    _dataset(
        "dataset-t1map-text",
        "A T1 map that is text, where a method needs it.",
        lambda p: next((p / "dataset").glob("sub-Q1/**/*_T1map.nii.gz")).write_text("no map"),
        "",
        _RUN.replace("none", "phycharm-physics"),
    ),
    _dataset(
        "dataset-t1map-without-inversion",
        "A T1 map without its inversion image.",
        lambda p: next((p / "dataset").glob("sub-Q1/**/*_MP2RAGE.nii.gz")).unlink(),
        "",
        _RUN.replace("none", "phycharm-physics"),
    ),
    _dataset(
        "dataset-participants",
        "A participants.tsv of binary rubbish: nobody reads it.",
        lambda p: (p / "dataset/participants.tsv").write_bytes(bytes(range(256))),
        "",
    ),
    _dataset(
        "dataset-inspect-empty",
        "An empty folder to inspect.",
        lambda p: (shutil.rmtree(p / "dataset"), (p / "dataset").mkdir()),
        "",
        "inspect dataset",
    ),
    _dataset(
        "dataset-train",
        "A dataset of one person to train on.",
        lambda p: [shutil.rmtree(p / f"dataset/sub-0{n}") for n in (2, 3)],
        "",
        "train linear --dataset dataset --protocol tiny.toml --out out",
    ),
    _dataset(
        "dataset-preprocess-empty",
        "Nothing to preprocess.",
        lambda p: [shutil.rmtree(x) for x in (p / "dataset").glob("sub-*")],
        "",
        "preprocess dataset out",
    ),
)
