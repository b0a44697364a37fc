"""Segmentation engines made for tests, and the scans that they are given."""

from collections import Counter

import numpy as np

from phycharm.benchmarks.protocol.protocol import Protocol
from phycharm.benchmarks.segmentation import TISSUES, Segmentation, Segmenter
from phycharm.errors import InputError

NAN = float("nan")


# --- the scores of one image ----------------------------------------------------------------------


def table(scores):
    rows = list(getattr(scores, "scores", scores))
    assert len({row[:2] for row in rows}) == len(rows)
    return {(metric, tissue): value for metric, tissue, value in rows}


# --- who is segmented -----------------------------------------------------------------------------


class Threshold(Segmenter):
    """Tissues by intensity alone; flat images have none. Remembers whom it was asked about."""

    name = "threshold"

    def __init__(self):
        self.asked = Counter()
        self.images = []

    def segment(self, scan):
        self.asked[scan.subject, scan.scanner.name] += 1
        self.images.append(scan.image)
        inside = scan.image[scan.mask]
        if inside.max() <= inside.min():
            raise InputError(f"{scan.subject}: flat.")
        low, high = np.quantile(inside, [0.3, 0.65])
        labels = np.where(scan.mask, 1 + np.digitize(scan.image, [low, high]), 0).astype(np.uint8)
        fractions = np.stack([labels == k for k in (1, 2, 3)]).astype(np.float32)
        voxel_ml = abs(np.linalg.det(scan.affine[:3, :3])) / 1000
        volumes = fractions.sum((1, 2, 3)) * voxel_ml
        return Segmentation(
            labels=labels,
            pve_labels=labels,
            partial_volumes=fractions,
            mixeltype=None,
            bias=np.ones(labels.shape, np.float32),
            volumes_ml=dict(zip(TISSUES, map(float, volumes), strict=True)),
            engine="threshold",
        )


PROTOCOL = Protocol(
    name="tissues",
    version=3,
    harmonizers=("none",),
    metrics=("psnr",),
    split={"training": 2, "external": "rest", "folds": [1]},
    scanners=("GE", "Siemens"),
)


def scans(data, subject="03"):
    return [data.cohort.scan(subject, scanner) for scanner in data.cohort.scanners]


class Crashing(Threshold):
    """Fails on chosen images, as a program that somebody else wrote may."""

    def __init__(self, error, *fatal):
        super().__init__()
        self.error = error
        self.fatal = {image.tobytes() for image in fatal}

    def segment(self, scan):
        if scan.image.tobytes() in self.fatal:
            raise self.error
        return super().segment(scan)


# --- methods to a common domain -------------------------------------------------------------------


def common(scan):
    """Invert the contrast: like no scanner's image, so that a mix-up shows."""
    return scan.with_image(np.where(scan.mask, 1.5 - scan.image, 0).astype(np.float32))
