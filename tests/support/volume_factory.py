"""Makes tables of volumes and of image features with known answers."""

import itertools

import numpy as np
import pandas as pd

from phycharm.benchmarks.scoring.features import FEATURE_KEYS
from phycharm.benchmarks.scoring.volumes import VOLUME_TYPES

SCANNERS = ("GE", "Philips", "Siemens")


def volume_rows(volume, people, *, scanners=SCANNERS, losses=None, truth=None, **fixed):
    """Rows of `volume(subject, source, target)` in ml, for every target and source."""
    rows = []
    for subject, source, target in itertools.product(people, scanners, scanners):
        rows.append(
            {
                "split": "external",
                "fold": 1,
                "source": source,
                "target": target,
                "subject": subject,
                "harmonizer": "none",
                "seed": 0,
                "tissue": "GM",
                "volume_ml": volume(subject, source, target),
                "true_ml": truth(subject) if truth else float("nan"),
                "known_loss": (losses or {}).get(subject, 0.0) if truth else float("nan"),
            }
            | fixed
        )
    return pd.DataFrame(rows, columns=list(VOLUME_TYPES)).astype(VOLUME_TYPES)


def feature_rows(people, *, told_by=0.0, scanners=SCANNERS, features=6, seed=0, **fixed):
    """Rows of features, which differ between people, and between sources by `told_by`."""
    rng = np.random.default_rng(seed)
    offsets = {name: rng.standard_normal(features) for name in scanners}
    rows = []
    for subject in people:
        anatomy = rng.standard_normal(features)
        for source, target in itertools.product(scanners, scanners):
            noise = 0.3 * rng.standard_normal(features)
            values = anatomy + noise + told_by * offsets[source]
            keys = ("external", 1, source, target, subject, "none", 0)
            row = dict(zip(FEATURE_KEYS, keys, strict=True)) | fixed
            rows.append(row | {f"f{number}": value for number, value in enumerate(values)})
    return pd.DataFrame(rows)
