"""Means under each training seed: what another training of the same method would have given."""

from collections.abc import Sequence

import pandas as pd

from .subjects import DIRECTION


def seed_means(scores: pd.DataFrame, *, by: Sequence[str] = ()) -> pd.DataFrame:
    """Average scores of one measure under each seed: over folds, directions, then subjects.

    Parameters
    ----------
    scores : DataFrame
        Rows of one split, metric and tissue; columns `harmonizer`, `subject`, `source`, `target`,
        `fold`, `seed` and `value`, none of it NaN.
    by : sequence of str
        Columns by which there are several such tables in one (`metric`, `tissue`, `split`,
        `source`, ...).

    Returns
    -------
    DataFrame
        A row per harmonizer, below those of `by`, and a column per seed; NaN where a harmonizer was
        not fitted with a seed. Folds of an image that a harmonizer lacks under one of its seeds are
        left out under all, so that seeds differ by training alone.
    """
    rows = [*by, "harmonizer"]
    subject = [*rows, "subject"]
    image = [*subject, *(key for key in DIRECTION if key not in by)]
    images = scores.pivot_table(
        index=[*image, "fold"], columns="seed", values="value", aggfunc="mean"
    )
    known = images.notna()
    fitted = known.groupby(level=rows).transform("any")
    common = images[(known | ~fitted).all(axis=1)]
    for over in (image, subject, rows):
        common = common.groupby(level=over).mean()
    return common.reindex(images.groupby(level=rows).size().index)
