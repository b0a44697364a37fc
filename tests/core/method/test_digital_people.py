"""The physics on digital people whom no protocol uses: contrast goes the right way everywhere."""

import numpy as np
import pytest
import torch

from phycharm.benchmarks.metrics import data_range, psnr, ssim
from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.intensity import percentile_99
from phycharm.data.nifti import read_volume
from phycharm.method.constrained_images import ConstrainedImages
from phycharm.method.maps import MapsGenerator
from phycharm.simulate import simulate_dataset

pytestmark = pytest.mark.slow

SEED = 4201
PURE = 0.9


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    out = tmp_path_factory.mktemp("people") / "dataset"
    simulate_dataset(out, subjects=4, quantitative_subjects=5, voxel_size=3.0, seed=SEED)
    return BidsDataset(out)


@pytest.fixture(scope="module")
def people(dataset):
    return dataset.travelling().map(percentile_99)


@pytest.fixture(scope="module")
def generator(dataset, people):
    cohort = dataset.quantitative().map(percentile_99)
    plan = {"epochs": 4, "batch_size": 8, "schedule": "cosine"}
    made = MapsGenerator(training=plan)
    first, last = cohort.subset(cohort.subjects[:4]), cohort.subset(cohort.subjects[4:])
    return made.fit(first, last, scanners=people.scanners)


@pytest.fixture(scope="module")
def physics(people, generator):
    made = ConstrainedImages()
    made.learn(people.subset(subjects=people.subjects[:2]), generator)
    return made


def truth(dataset, subject, name):
    folder = dataset.root / "derivatives" / "truth" / f"sub-{subject}" / "anat"
    return read_volume(folder / f"sub-{subject}_{name}.nii.gz")[0]


def white_over_grey(image, mask, dataset, subject):
    white, grey = (
        image[mask & (truth(dataset, subject, f"label-{name}_probseg") > PURE)].mean()
        for name in ("WM", "GM")
    )
    return float(white / grey)


def scores(image, wanted):
    reference, mask = torch.from_numpy(wanted.image), torch.from_numpy(wanted.mask)
    scale = data_range(reference, mask)
    return np.array(
        [float(metric(reference, image, mask, data_range=scale)) for metric in (ssim, psnr)]
    )


def test_contrast_moves_towards_the_target_in_every_direction(dataset, people, physics):
    for source, target in people.directions():
        for subject in people.subjects[2:]:
            scan, wanted = people.scan(subject, source), people.scan(subject, target)
            made = physics.compute(scan, target).numpy()
            before, after, goal = (
                np.log(white_over_grey(image, mask, dataset, subject))
                for image, mask in (
                    (scan.image, scan.mask), (made, scan.mask), (wanted.image, wanted.mask)
                )
            )  # fmt: skip
            assert abs(after - goal) < abs(before - goal), (source.name, target.name, subject)


def test_physics_alone_beats_doing_nothing_in_every_direction(people, physics):
    for source, target in people.directions():
        gains = []
        for subject in people.subjects[2:]:
            scan, wanted = people.scan(subject, source), people.scan(subject, target)
            made = physics.compute(scan, target)
            gains.append(scores(made, wanted) - scores(torch.from_numpy(scan.image), wanted))
        assert (np.mean(gains, axis=0) > 0).all(), (source.name, target.name, gains)


def test_t1_is_right_from_every_scanner(dataset, people, generator):
    for scanner in people.scanners:
        for tissue in ("WM", "GM"):
            errors = []
            for subject in people.subjects[2:]:
                scan = people.scan(subject, scanner)
                t1, _ = generator.predict(scan)
                true = 1000 * truth(dataset, subject, "T1map")
                where = scan.mask & (truth(dataset, subject, f"label-{tissue}_probseg") > PURE)
                errors.append(np.median(np.abs(t1 - true)[where] / true[where]))
            # The aim is .07; the measured maps that are learned from err by as much. This guards
            # against worse: the largest is .21, of white matter from Philips.
            assert np.mean(errors) < 0.25, (scanner.name, tissue)


def test_centres_of_k_space_are_found(physics):
    """GE reads it 20th of 166, Philips first, Siemens in the middle, which is the default."""
    found = {name: one.acquisition.centre for name, one in physics.effective.items()}
    assert found["GE"] < 45
    assert found["Philips"] < 20
    assert found["Siemens"] > 35
