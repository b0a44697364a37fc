"""Arguments: what was typed cannot be meant."""

import torch

from phycharm.data.nifti import write_volume

from .bad_input import BadInput
from support import phantom

_RUN = "benchmark tiny.toml --dataset dataset --harmonizer none --device cpu --out out"
BRAIN = phantom.raw_scan("07", phantom.GE).image


def nothing(place):
    return None


def image(place):
    write_volume(place / "T1w.nii.gz", BRAIN, phantom.AFFINE)


def _argument(id, what, command, line, make=nothing):
    return BadInput(
        id=f"argument-{id}", area="Arguments", what=what, make=make, command=command, line=line,
        needs=("dataset", "model"),
    )  # fmt: skip


ARGUMENTS = (
    _argument("command", "A command that does not exist.", "benchmrk", ""),
    _argument("option", "An option that does not exist.", "benchmark --epochs 3", ""),
    _argument("device", "A device that does not exist.", f"{_RUN.replace('cpu', 'tpu')}", ""),
    _argument("seeds", "Seeds that are no numbers.", f"{_RUN} --seeds a,b", ""),
    _argument("seeds-negative", "A negative seed.", f"{_RUN} --seeds=-1,2", ""),
    _argument("seeds-twice", "A seed twice.", f"{_RUN} --seeds 1,1", ""),
    _argument("seeds-empty", "No seed.", f"{_RUN} --seeds ,", ""),
    _argument("seeds-long", "A seed of 5000 digits.", f"{_RUN} --seeds {'9' * 5000}", ""),
    _argument("seeds-large", "A seed of 30 digits.", f"{_RUN} --seeds {'9' * 30}", ""),
    _argument(
        "seed-negative",
        "A negative seed of simulated people.",
        "benchmark tiny.toml --seed=-1 --out out",
        "",
    ),
    _argument(
        "seed-with-dataset", "A seed of simulated people beside a dataset.", f"{_RUN} --seed 3", ""
    ),
    _argument(
        "jobs-negative", "A negative number of jobs.", "preprocess dataset out --jobs=-1", ""
    ),
    _argument("jobs-zero", "No job.", "preprocess dataset out --jobs 0", ""),
    _argument("voxels-zero", "Voxels of no size.", "preprocess dataset out --voxel-size 0", ""),
    _argument("voxels-nan", "Voxels of NaN.", "preprocess dataset out --voxel-size nan", ""),
    _argument("size", "A size that is none.", "preprocess dataset out --size 10x10", ""),
    _argument(
        "size-huge",
        "A grid of a trillion voxels.",
        "preprocess dataset out --size 10000x10000x10000",
        "",
    ),
    _argument(
        "engine", "An engine that does not exist.", "preprocess dataset out --engine magic", ""
    ),
    _argument(
        "brain",
        "A program that does not exist.",
        'preprocess dataset out --brain "command:no-such-program {image} {mask}"',
        "",
    ),
    _argument("method", "A method that does not exist.", _RUN.replace("none", "nune"), ""),
    _argument(
        "method-file", "A file that holds no method.", _RUN.replace("none", "tiny.toml:Mine"), ""
    ),
    _argument(
        "method-module",
        "A module that does not exist.",
        _RUN.replace("none", "no.such.module:Mine"),
        "",
    ),
    _argument(
        "method-path",
        "A name that is a path.",
        _RUN.replace("none", "../x=precomputed:dataset"),
        "",
    ),
    _argument(
        "precomputed",
        "A folder of images that does not exist.",
        _RUN.replace("none", "precomputed:nowhere"),
        "",
    ),
    _argument(
        "program",
        "A command line that cannot be taken apart.",
        _RUN.replace("--harmonizer none", '--harmonizer "command:\'unclosed"'),
        "",
    ),
    _argument("out-file", "A file in the place of the output.", "simulate tiny.toml", ""),
    _argument(
        "out-inside",
        "The output of a preprocessing among its raw data.",
        "preprocess dataset dataset/sub-01",
        "",
    ),
    _argument(
        "out-itself",
        "The output of a preprocessing in the place of its input.",
        "preprocess dataset dataset",
        "",
    ),
    _argument(
        "dataset-file",
        "A file in the place of a dataset.",
        "benchmark tiny.toml --dataset tiny.toml --out out",
        "",
    ),
    _argument("people", "A negative number of people.", "simulate out --subjects=-3", ""),
    _argument("people-none", "Nobody.", "simulate out --subjects 0", ""),
    _argument("voxel-size", "Voxels of 0.001 mm.", "simulate out --voxel-size 0.001", ""),
    _argument("scanner", "A scanner that is not known.", "simulate out --scanners GE,Simens", ""),
    _argument("scanner-twice", "A scanner twice.", "simulate out --scanners GE,GE", ""),
    _argument("atrophy", "A loss that is no number.", "simulate out --atrophy 01=much", ""),
    _argument(
        "atrophy-person",
        "A loss of somebody who is not there.",
        "simulate out --atrophy 77=0.1",
        "",
    ),
    _argument(
        "anatomy",
        "A folder of label maps that does not exist.",
        "simulate out --anatomy nowhere",
        "",
    ),
    _argument("images", "No image.", "harmonize --model model --to GE --out out.nii.gz", ""),
    _argument(
        "engine-segment",
        "An engine of segmentation that does not exist.",
        "segment T1w.nii.gz out --engine fast",
        "",
        image,
    ),
    _argument(
        "out-segment",
        "A file in the place of the folder of a segmentation.",
        "segment T1w.nii.gz tiny.toml",
        "",
        image,
    ),
    _argument(
        "case",
        "A loss case that the preprint has not.",
        "train-maps --dataset dataset --out out --case 7",
        "",
    ),
    _argument(
        "model-of-maps",
        "A model in the place of a maps generator.",
        "train phycharm --dataset dataset --protocol tiny.toml --maps model --out out",
        "",
    ),
    _argument(
        "train-control",
        "A method that does not exist, to train.",
        "train oracle --dataset dataset --out out",
        "",
    ),
    _argument(
        "train-out",
        "A file in the place of the model folder.",
        "train linear --dataset dataset --out tiny.toml",
        "",
    ),
    _argument(
        "write", "A dataset file to be written over a folder.", "inspect dataset --write model", ""
    ),
    _argument("check", "A method that does not exist, to check.", "check nune", ""),
)
if not torch.cuda.is_available():
    ARGUMENTS += (_argument("cuda", "A GPU where there is none.", _RUN.replace("cpu", "cuda"), ""),)
