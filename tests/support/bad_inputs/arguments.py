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
    _argument(
        "size-huge",
        "A grid of a trillion voxels.",
        "preprocess dataset out --size 10000x10000x10000",
        "--size 10000x10000x10000: more voxels than any head has; give fewer.",
    ),
    _argument(
        "people-many",
        "A billion people.",
        "simulate out --subjects 1000000000",
        "1000000000 people to simulate: ask for 10000 at most.",
    ),
    _argument(
        "command",
        "A command that does not exist.",
        "benchmrk",
        'Unknown command "benchmrk". Did you mean "benchmark"? Available commands: [...] See '
        "`phycharm --help`.",
    ),
    _argument(
        "option",
        "An option that does not exist.",
        "benchmark --epochs 3",
        "Unknown option: --epochs. Did you mean --preprocess? See `phycharm --help`.",
    ),
    _argument(
        "device",
        "A device that does not exist.",
        f"{_RUN.replace('cpu', 'tpu')}",
        'Invalid value "tpu" for --device. Choose from: "auto", "cpu", '
        '"cuda". Did you mean "cpu"? See `phycharm --help`.',
    ),
    _argument(
        "seeds",
        "Seeds that are no numbers.",
        f"{_RUN} --seeds a,b",
        "--seeds a,b: 'a' is no whole number; give numbers separated by commas, such as 0,1,2.",
    ),
    _argument(
        "seeds-negative",
        "A negative seed.",
        f"{_RUN} --seeds=-1,2",
        "--seeds -1,2: '-1' is no whole number; give numbers separated by commas, such as 0,1,2.",
    ),
    _argument(
        "seeds-twice",
        "A seed twice.",
        f"{_RUN} --seeds 1,1",
        "Seeds: seeds: 1 stands there twice; give other ones.",
    ),
    _argument(
        "seeds-empty",
        "No seed.",
        f"{_RUN} --seeds ,",
        "--seeds ,: nothing is no whole number; give numbers separated by commas, such as 0,1,2.",
    ),
    _argument(
        "seeds-long",
        "A seed of 5000 digits.",
        f"{_RUN} --seeds {'9' * 5000}",
        "--seeds: 999999999999999999... has 5000 digits; give at most 18.",
    ),
    _argument(
        "seeds-large",
        "A seed of 30 digits.",
        f"{_RUN} --seeds {'9' * 30}",
        "--seeds: 999999999999999999... has 30 digits; give at most 18.",
    ),
    _argument(
        "seed-negative",
        "A negative seed of simulated people.",
        "benchmark tiny.toml --seed=-1 --out out",
        "Seeds: simulation.seed: Input should be greater than or equal to 0; give other ones.",
    ),
    _argument(
        "seed-with-dataset",
        "A seed of simulated people beside a dataset.",
        f"{_RUN} --seed 3",
        "seed 3: is that of simulated people, and dataset was given; "
        "leave one of them out (training seeds are `seeds`).",
    ),
    _argument(
        "jobs-negative",
        "A negative number of jobs.",
        "preprocess dataset out --jobs=-1",
        "--jobs -1: give a number of processes, 1 at least.",
    ),
    _argument(
        "jobs-zero",
        "No job.",
        "preprocess dataset out --jobs 0",
        "--jobs 0: give a number of processes, 1 at least.",
    ),
    _argument(
        "voxels-zero",
        "Voxels of no size.",
        "preprocess dataset out --voxel-size 0",
        "--voxel-size 0: choose one between 0.3 and 12 mm.",
    ),
    _argument(
        "voxels-nan",
        "Voxels of NaN.",
        "preprocess dataset out --voxel-size nan",
        "--voxel-size nan: choose one between 0.3 and 12 mm.",
    ),
    _argument(
        "size",
        "A size that is none.",
        "preprocess dataset out --size 10x10",
        "--size 10x10: give voxels along x, y and z, such as 240x240x224, 8 at least.",
    ),
    _argument(
        "engine",
        "An engine that does not exist.",
        "preprocess dataset out --engine magic",
        "--engine magic: no such engine; there are: ants, flirt, simpleitk.",
    ),
    _argument(
        "brain",
        "A program that does not exist.",
        'preprocess dataset out --brain "command:no-such-program {image} {mask}"',
        "--brain: no program 'no-such-program' on this machine; install "
        "it, or take a built-in engine.",
    ),
    _argument(
        "method",
        "A method that does not exist.",
        _RUN.replace("none", "nune"),
        "No harmonizer 'nune'; did you mean 'unet'? There are: [...].",
    ),
    _argument(
        "method-file",
        "A file that holds no method.",
        _RUN.replace("none", "tiny.toml:Mine"),
        "Harmonizer 'tiny.toml:Mine': tiny.toml:Mine cannot be imported "
        "([...]); install its package or correct the path.",
    ),
    _argument(
        "method-module",
        "A module that does not exist.",
        _RUN.replace("none", "no.such.module:Mine"),
        "Harmonizer 'no.such.module:Mine': no.such.module:Mine cannot be "
        "imported ([...]); install its package or correct the path.",
    ),
    _argument(
        "method-path",
        "A name that is a path.",
        _RUN.replace("none", "../x=precomputed:dataset"),
        "../x=precomputed:dataset: neither package.module:Class nor a "
        "known kind before the colon; did you mean 'precomputed'? There "
        "are: [...].",
    ),
    _argument(
        "precomputed",
        "A folder of images that does not exist.",
        _RUN.replace("none", "precomputed:nowhere"),
        "nowhere: no such folder; give the one with the harmonized images.",
    ),
    _argument(
        "program",
        "A command line that cannot be taken apart.",
        _RUN.replace("--harmonizer none", '--harmonizer "command:\'unclosed"'),
        "'unclosed: No closing quotation; correct the quotes.",
    ),
    _argument(
        "out-file",
        "A file in the place of the output.",
        "simulate tiny.toml",
        "tiny.toml: exists already; remove it or name another folder.",
    ),
    _argument(
        "out-inside",
        "The output of a preprocessing among its raw data.",
        "preprocess dataset dataset/sub-01",
        "dataset/sub-01: lies among the raw data of dataset; give a folder of its own.",
    ),
    _argument(
        "out-itself",
        "The output of a preprocessing in the place of its input.",
        "preprocess dataset dataset",
        "dataset: lies among the raw data of dataset; give a folder of its own.",
    ),
    _argument(
        "dataset-file",
        "A file in the place of a dataset.",
        "benchmark tiny.toml --dataset tiny.toml --out out",
        "tiny.toml: no such folder; check the path.",
    ),
    _argument(
        "people",
        "A negative number of people.",
        "simulate out --subjects=-3",
        "nobody to simulate: ask for at least one subject.",
    ),
    _argument(
        "voxel-size",
        "Voxels of 0.001 mm.",
        "simulate out --voxel-size 0.001",
        "voxel size 0.001 mm: choose one between 0.5 and 12 mm.",
    ),
    _argument(
        "scanner",
        "A scanner that is not known.",
        "simulate out --scanners GE,Simens",
        "no simulated scanner is called 'Simens'; choose from GE, Siemens, Philips.",
    ),
    _argument(
        "scanner-twice",
        "A scanner twice.",
        "simulate out --scanners GE,GE",
        "scanners 'GE,GE': name one or more of GE, Siemens, Philips, each once.",
    ),
    _argument(
        "atrophy",
        "A loss that is no number.",
        "simulate out --atrophy 01=much",
        "atrophy '01=much': write LABEL=FRACTION, such as 05=0.1.",
    ),
    _argument(
        "atrophy-person",
        "A loss of somebody who is not there.",
        "simulate out --atrophy 77=0.1",
        "atrophy 77=0.1: nobody has this label; there are 01, 02, 03, "
        "04, 05, 06, 07, 08, 09, Q01, Q02, Q03, Q04, Q05, Q06, Q07, Q08.",
    ),
    _argument(
        "anatomy",
        "A folder of label maps that does not exist.",
        "simulate out --anatomy nowhere",
        "nowhere: no such folder; --anatomy needs one with tissue maps.",
    ),
    _argument(
        "images",
        "No image.",
        "harmonize --model model --to GE --out out.nii.gz",
        "No image given; name NIfTI files, or one BIDS folder.",
    ),
    _argument(
        "engine-segment",
        "An engine of segmentation that does not exist.",
        "segment T1w.nii.gz out --engine fast",
        "No segmentation engine 'fast'; did you mean 'fsl-fast'? There "
        "are: atropos, fsl-fast, hmrf.",
        image,
    ),
    _argument(
        "out-segment",
        "A file in the place of the folder of a segmentation.",
        "segment T1w.nii.gz tiny.toml",
        "tiny.toml: File exists; give another path.",
        image,
    ),
    _argument(
        "case",
        "A loss case that the preprint has not.",
        "train-maps --dataset dataset --out out --case 7",
        'Invalid value "7" for --case. Choose from: 1, 2, 3, 4. See `phycharm --help`.',
    ),
    _argument(
        "model-of-maps",
        "A model in the place of a maps generator.",
        "train phycharm --dataset dataset --protocol tiny.toml --maps model --out out",
        "model: holds a model of 'linear', not of 'maps'; give the folder of the right method.",
    ),
    _argument(
        "train-control",
        "A method that does not exist, to train.",
        "train oracle --dataset dataset --out out",
        "No harmonizer 'oracle'; there are: [...].",
    ),
    _argument(
        "train-out",
        "A file in the place of the model folder.",
        "train linear --dataset dataset --out tiny.toml",
        "tiny.toml: is a file and no folder; change --out.",
    ),
    _argument(
        "write",
        "A dataset file to be written over a folder.",
        "inspect dataset --write model",
        "model: is there already; give another name, or remove it.",
    ),
    _argument(
        "check",
        "A method that does not exist, to check.",
        "check nune",
        "No harmonizer 'nune'; did you mean 'unet'? There are: [...].",
    ),
)
if not torch.cuda.is_available():
    ARGUMENTS += (
        _argument(
            "cuda",
            "A GPU where there is none.",
            _RUN.replace("cpu", "cuda"),
            "No CUDA GPU is available to torch; use --device cpu (see phycharm doctor).",
        ),
    )
