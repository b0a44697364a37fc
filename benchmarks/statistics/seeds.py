"""Means under each training seed: what another training of the same method would have given."""

import pandas as pd

from .subjects import DIRECTION


def seed_means(scores: pd.DataFrame) -> pd.DataFrame:
    """Average scores of one measure under each seed: over folds, directions, then subjects.

    Parameters
    ----------
    scores : DataFrame
        Rows of one split, metric and tissue; columns `harmonizer`, `subject`, `source`, `target`,
        `fold`, `seed` and `value`, none of it NaN.

    Returns
    -------
    DataFrame
        A row per harmonizer, a column per seed; NaN where a harmonizer was not fitted with a seed.
        Folds of an image that a harmonizer lacks under one of its seeds are left out under all, so
        that seeds differ by training alone.
    """
    keys = ["harmonizer", "subject", *DIRECTION, "fold"]
    images = scores.pivot_table(index=keys, columns="seed", values="value", aggfunc="mean")
    parts = {name: _means(own) for name, own in images.groupby("harmonizer")}
    return pd.DataFrame.from_dict(parts, orient="index", columns=images.columns)


def _means(images: pd.DataFrame) -> "pd.Series[float]":
    fitted = images.columns[images.notna().any()]
    common = images[fitted].dropna().groupby(["subject", *DIRECTION]).mean()
    by_subject = common.groupby("subject").mean()
    return by_subject.mean().reindex(images.columns)
