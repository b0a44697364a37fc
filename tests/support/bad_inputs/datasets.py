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
    _mask(
        "mask-shape",
        "A mask of another shape.",
        np.ones((10, 10, 10), np.uint8),
        "mask.nii.gz: is on another grid than T1w.nii.gz, for it has "
        "shape (10, 10, 10) and not (24, 32, 8); resample the mask to "
        "the image.",
    ),
    _mask(
        "mask-elsewhere",
        "A mask 30 mm away.",
        (BRAIN > 0),
        "mask.nii.gz: is on another grid than T1w.nii.gz, for it lies "
        "elsewhere (its affine differs); resample the mask to the image.",
        SHIFTED,
    ),
    _mask(
        "mask-empty",
        "A mask without any brain.",
        np.zeros(BRAIN.shape, np.uint8),
        "mask.nii.gz: no voxel is above 0.5, so none is brain; make the mask again.",
    ),
    _mask(
        "mask-probabilities-low",
        "Probabilities that nowhere reach one half.",
        np.where(BRAIN > 0, np.float32(0.4), 0),
        "mask.nii.gz: no voxel is above 0.5, so none is brain; make the mask again.",
    ),
    _mask(
        "mask-negative",
        "A mask of -1 and 0.",
        -(BRAIN > 0).astype(np.int16),
        "mask.nii.gz: no voxel is above 0.5, so none is brain; make the mask again.",
    ),
    _mask(
        "mask-4d",
        "A mask of three tissues in one file.",
        np.stack([BRAIN > 0] * 3, axis=-1),
        "mask.nii.gz: has shape (24, 32, 8, 3); one volume (X, Y, Z) is needed, so split the file.",
    ),
    _mask(
        "mask-nan",
        "A mask that is NaN outside the brain.",
        np.where(BRAIN > 0, np.float32(1), np.float32(np.nan)),
        "mask.nii.gz: holds NaN or infinite voxels; replace them and try again.",
    ),
    _mask(
        "mask-no-signal",
        "A mask of the background.",
        BRAIN == 0,
        "T1w.nii.gz: the brain has no signal; check the image and its mask.",
    ),
    BadInput(
        id="mask-text",
        area="Masks",
        what="Text under the name of a mask.",
        command=_SEGMENT,
        line="mask.nii.gz: not a readable NIfTI file, damaged or truncated "
        "([...]); copy or convert it again.",
        make=lambda p: (
            write_volume(p / "T1w.nii.gz", BRAIN, AFFINE),
            (p / "mask.nii.gz").write_text("no mask"),
        ),
    ),
    _dataset(
        "mask-missing-in-dataset",
        "A dataset without the brain mask of one scan.",
        lambda p: mask_path(p / "dataset", "01", "GE").unlink(),
        "dataset: no brain mask for sub-01 ses-GE; put "
        "sub-01_ses-GE_desc-brain_mask.nii.gz into a folder of "
        "derivatives/, or have `phycharm preprocess` make it.",
    ),
    _dataset(
        "mask-empty-in-dataset",
        "A dataset with an empty mask.",
        in_dataset(mask_path, np.zeros(BRAIN.shape, np.uint8)),
        "dataset/derivatives/masks/sub-01/ses-GE/anat/sub-01_ses-GE_desc-"
        "brain_mask.nii.gz: no voxel is above 0.5, so none is brain; "
        "make the mask again.",
    ),
    _dataset(
        "mask-shape-in-dataset",
        "A dataset with a mask of another shape.",
        in_dataset(mask_path, np.ones((10, 10, 10), np.uint8)),
        "dataset/derivatives/masks/sub-01/ses-GE/anat/sub-01_ses-GE_desc-"
        "brain_mask.nii.gz: is on another grid than "
        "sub-01_ses-GE_T1w.nii.gz, for it has shape (10, 10, 10) and not "
        "(24, 32, 8); resample the mask to the image.",
    ),
)

DATASETS = (
    _dataset(
        "dataset-missing",
        "No such folder.",
        lambda p: shutil.rmtree(p / "dataset"),
        "dataset: no such folder; check the path.",
    ),
    _dataset(
        "dataset-file-for-folder",
        "A file in the place of the folder.",
        lambda p: (shutil.rmtree(p / "dataset"), (p / "dataset").touch()),
        "dataset: no such folder; check the path.",
    ),
    _dataset(
        "dataset-empty",
        "An empty folder.",
        lambda p: (shutil.rmtree(p / "dataset"), (p / "dataset").mkdir()),
        "dataset: no dataset_description.json and no images of people, "
        "so this is no BIDS dataset; give the folder that holds them, "
        "describe it by a dataset file ([layout]), or make one with "
        "`phycharm simulate`.",
    ),
    _dataset(
        "dataset-link-loop",
        "A link to itself.",
        lambda p: (shutil.rmtree(p / "dataset"), (p / "dataset").symlink_to("dataset")),
        "dataset: no such folder; check the path.",
    ),
    _dataset(
        "dataset-description-broken",
        "A description that is no JSON.",
        description(b"{"),
        "dataset/dataset_description.json: not readable as JSON ([...]); correct it.",
    ),
    _dataset(
        "dataset-description-list",
        "A description that is a list.",
        description(b"[]"),
        "dataset/dataset_description.json: holds no JSON object; correct it.",
    ),
    _dataset(
        "dataset-description-utf16",
        "A description in UTF-16.",
        description('{"Name": "x"}'.encode("utf-16")),
        "dataset/dataset_description.json: not readable as JSON ([...]); correct it.",
    ),
    _dataset(
        "dataset-description-folder",
        "A folder in the place of the description.",
        lambda p: (
            (p / "dataset/dataset_description.json").unlink(),
            (p / "dataset/dataset_description.json").mkdir(),
            [shutil.rmtree(x) for x in (p / "dataset").glob("sub-*")],
        ),
        "dataset: no dataset_description.json and no images of people, "
        "so this is no BIDS dataset; give the folder that holds them, "
        "describe it by a dataset file ([layout]), or make one with "
        "`phycharm simulate`.",
    ),
    _dataset(
        "dataset-one-scanner",
        "One scanner alone.",
        without_scanners,
        "dataset: no scanner pair (T1w images of scanners ['GE'] in 3 "
        "subjects); at least two sessions ses-SCANNER are needed, or a "
        "dataset file that says what the sessions are.",
    ),
    _dataset(
        "dataset-few-people",
        "Fewer people than the protocol wants.",
        lambda p: shutil.rmtree(p / "dataset/sub-03"),
        "dataset: the protocol wants 1 subjects and only 0 are left; "
        "change [split] in the protocol or add subjects.",
    ),
    _dataset(
        "dataset-grid",
        "Scans of a person on two grids.",
        in_dataset(t1w_path, BRAIN, SHIFTED),
        "dataset/derivatives/masks/sub-01/ses-GE/anat/sub-01_ses-GE_desc-"
        "brain_mask.nii.gz: is on another grid than "
        "sub-01_ses-GE_T1w.nii.gz, for it lies elsewhere (its affine "
        "differs); resample the mask to the image.",
    ),
    _dataset(
        "dataset-shape",
        "Scans of a person of two shapes.",
        in_dataset(t1w_path, BRAIN[:, :, 1:]),
        "dataset/derivatives/masks/sub-01/ses-GE/anat/sub-01_ses-GE_desc-"
        "brain_mask.nii.gz: is on another grid than "
        "sub-01_ses-GE_T1w.nii.gz, for it has shape (24, 32, 8) and not "
        "(24, 32, 7); resample the mask to the image.",
    ),
    _dataset(
        "dataset-two-sequences",
        "Two sequences in one session.",
        copied("sub-01_ses-GE_acq-fast_T1w"),
        "dataset: sub-01 ses-GE has T1w images of several sequences (one "
        "without acq-, acq-fast), and nothing says which to use; write "
        'sequence = "acq-fast", or another of them, into a dataset file '
        "(`phycharm inspect dataset --write FILE`) and give it with "
        "--dataset-file.",
    ),
    _dataset(
        "dataset-twins",
        "A .nii beside the .nii.gz.",
        lambda p: write_volume(
            p / "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.nii", BRAIN, AFFINE
        ),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.nii.gz: is the "
        "same run of the same session as sub-01_ses-GE_T1w.nii; remove "
        "one of them, or exclude it in a dataset file.",
    ),
    _dataset(
        "dataset-not-fetched",
        "An image that git-annex has not fetched.",
        swapped(0, 0),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.nii.gz: content "
        "not fetched; run `datalad get "
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.nii.gz`.",
    ),
    _dataset(
        "dataset-damaged",
        "A damaged image of a person who is trained on.",
        lambda p: t1w_path(p / "dataset", "01", "GE").write_bytes(b"\x1f\x8b\x08\x00broken"),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.nii.gz: not a "
        "readable NIfTI file, damaged or truncated ([...]); copy or "
        "convert it again.",
    ),
    _dataset(
        "dataset-fifo",
        "A pipe in the place of an image.",
        lambda p: (
            t1w_path(p / "dataset", "01", "GE").unlink(),
            os.mkfifo(t1w_path(p / "dataset", "01", "GE")),
        ),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.nii.gz: is no "
        "file; copy its content into one.",
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
        "dataset: scanners GE and ge differ in capitals alone, which not "
        "every file system tells apart; rename one of them.",
    ),
    _dataset(
        "dataset-t1map-text",
        "A T1 map that is text, where a method needs it.",
        lambda p: next((p / "dataset").glob("sub-Q1/**/*_T1map.nii.gz")).write_text("no map"),
        "dataset/sub-Q1/ses-QUANT/anat/sub-Q1_ses-QUANT_T1map.nii.gz: "
        "not a readable NIfTI file, damaged or truncated ([...]); copy "
        "or convert it again.",
        _RUN.replace("none", "phycharm-physics"),
    ),
    _dataset(
        "dataset-t1map-without-inversion",
        "A T1 map without its inversion image.",
        lambda p: next((p / "dataset").glob("sub-Q1/**/*_MP2RAGE.nii.gz")).unlink(),
        "dataset: sub-Q1 has a T1map but no inv-2 image (inv-2_MP2RAGE, "
        "inv-2_part-mag_MP2RAGE or acq-inv2); add it, remove the map, or "
        "say in a dataset file who has maps ([quantitative] people = []).",
        _RUN.replace("none", "phycharm-physics"),
    ),
    _dataset(
        "dataset-inspect-empty",
        "An empty folder to inspect.",
        lambda p: (shutil.rmtree(p / "dataset"), (p / "dataset").mkdir()),
        "dataset: no dataset_description.json and no images of people, "
        "so this is no BIDS dataset; give the folder that holds them, "
        "describe it by a dataset file ([layout]), or make one with "
        "`phycharm simulate`.",
        "inspect dataset",
    ),
    _dataset(
        "dataset-train",
        "A dataset of one person to train on.",
        lambda p: [shutil.rmtree(p / f"dataset/sub-0{n}") for n in (2, 3)],
        "dataset: one travelling subject; training needs two or more, one to choose by.",
        "train linear --dataset dataset --protocol tiny.toml --out out",
    ),
    _dataset(
        "dataset-preprocess-empty",
        "Nothing to preprocess.",
        lambda p: [shutil.rmtree(x) for x in (p / "dataset").glob("sub-*")],
        "dataset: no T1w image "
        "(sub-X/ses-SCANNER/anat/sub-X_ses-SCANNER_T1w.nii.gz); check "
        "the names, or describe them in a dataset file.",
        "preprocess dataset out",
    ),
)
