"""Makes tidy scores with known answers."""

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
import pandas as pd

from phycharm.benchmarks.metrics import METRICS
from phycharm.benchmarks.statistics import SCORE_COLUMNS

DIRECTIONS = (("GE", "Siemens"), ("Siemens", "GE"))


def row(**given) -> dict:
    """One score; what is not given has a default."""
    default = {
        "protocol": "test",
        "protocol_version": 1,
        "split": "external",
        "fold": 1,
        "source": "GE",
        "target": "Siemens",
        "subject": "01",
        "harmonizer": "phycharm",
        "seed": 0,
        "metric": "ssim",
        "tissue": "",
        "value": 0.5,
    }
    return {**default, **given}


def table(rows: Sequence[Mapping]) -> pd.DataFrame:
    return pd.DataFrame([row(**r) for r in rows], columns=list(SCORE_COLUMNS))


def scores_of(values: Mapping[str, Sequence[float]], **fixed) -> pd.DataFrame:
    """One value per subject for each method, one direction, one metric."""
    return table(
        [
            {"harmonizer": name, "subject": f"{i + 1:02}", "value": value, **fixed}
            for name, series in values.items()
            for i, value in enumerate(series)
        ]
    )


def random_scores(
    methods: Mapping[str, float],
    *,
    subjects: int = 8,
    directions: Sequence[tuple[str, str]] = DIRECTIONS,
    folds: Sequence[int] = (1, 2),
    seeds: Sequence[int] = (0, 1),
    metrics: Sequence[str] = ("ssim", "psnr", "nrmse"),
    noise: float = 1.0,
    seed: int = 0,
) -> pd.DataFrame:
    """Scores in which each method has the given merit plus noise of its own."""
    rng = np.random.default_rng(seed)
    rows = []
    for metric, (source, target), subject in product(metrics, directions, range(subjects)):
        subject_effect = rng.normal()
        sign = 1 if METRICS[metric].higher_is_better else -1
        for name, merit in methods.items():
            for fold, run in product(folds, seeds):
                value = sign * (merit + subject_effect + noise * rng.normal())
                place = {"source": source, "target": target, "subject": f"{subject:02}"}
                rows.append(
                    {**place, "harmonizer": name, "fold": fold, "seed": run, "metric": metric}
                    | {"value": value}
                )
    return table(rows)
