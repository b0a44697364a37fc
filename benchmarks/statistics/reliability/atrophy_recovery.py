"""Whether a known loss of grey matter is found again in images from another scanner."""

import numpy as np
import pandas as pd

from .volume_agreement import person_volumes

ESTIMATE_COLUMNS = (
    "split", "harmonizer", "source", "target", "subject", "known_loss", "estimated_loss",
)  # fmt: skip
RECOVERY_COLUMNS = (
    "split", "harmonizer", "people", "known_loss", "estimated_loss", "bias", "error",
    "healthy", "false_loss", "slope",
)  # fmt: skip

_TISSUE = "GM"


def loss_estimates(volumes: pd.DataFrame) -> pd.DataFrame:
    """Estimate the loss of grey matter of everybody of whom it is known.

    A person is scanned on S, the image is harmonized to T, and the grey matter is held against that
    of people without loss who were scanned on T, as a study over scanners would. What a person's
    volume was before the loss a is known from the truth, ``V_true / (1 - a)``; what the
    segmentation makes of true volumes on T, from the others:

    ``estimate = 1 - (1 - a) (V / V_true) / mean_c(V_c / V_c,true)``

    with the volume V of the harmonized image and c over all evaluated people without loss, with
    their scans on T (of a method to a common domain, its images of them). Who has none is held
    against the rest of them, so that their estimates are of nothing: false losses.

    Parameters
    ----------
    volumes : DataFrame
        Columns of `volumes.parquet`.

    Returns
    -------
    DataFrame
        Columns `ESTIMATE_COLUMNS`, losses as fractions; a row per harmonized image (folds and seeds
        averaged). Empty where nobody has lost anything, or nobody is left to compare with.
    """
    keys = ["split", "harmonizer", "source", "target", "subject"]
    rows = volumes[(volumes["tissue"] == _TISSUE) & volumes["known_loss"].notna()]
    rows = rows[rows["true_ml"] > 0]
    if rows.empty or not (rows["known_loss"] > 0).any():
        return pd.DataFrame(columns=list(ESTIMATE_COLUMNS))
    people = person_volumes(rows, keys).dropna(subset="volume_ml")
    people["ratio"] = people["volume_ml"] / people["true_ml"]
    itself = people["source"] == people["target"]
    healthy = people[itself & (people["known_loss"] == 0)]
    whole = healthy.groupby(["harmonizer", "target"])["ratio"].agg(["sum", "count"]).reset_index()
    found = people[~itself].merge(whole, on=["harmonizer", "target"])
    own = healthy.groupby(["harmonizer", "target", "subject"])["ratio"].sum().rename("own")
    found = found.merge(own.reset_index(), on=["harmonizer", "target", "subject"], how="left")
    count = found["count"] - found["own"].notna()
    normal = (found["sum"] - found["own"].fillna(0)) / count.where(count > 0)
    found["estimated_loss"] = 1 - (1 - found["known_loss"]) * found["ratio"] / normal
    found = found.dropna(subset="estimated_loss")
    return found[list(ESTIMATE_COLUMNS)].reset_index(drop=True)


def atrophy_recovery(volumes: pd.DataFrame) -> pd.DataFrame:
    """Summarize for each method how much of a known loss is found again.

    Parameters
    ----------
    volumes : DataFrame
        Columns of `volumes.parquet`.

    Returns
    -------
    DataFrame
        Columns `RECOVERY_COLUMNS`, a row per split and harmonizer: `people` with a loss, the mean
        of their known and of their estimated losses, `bias` (their difference), `error` (root mean
        square over people and directions); `healthy` people without, and the root mean square of
        their `false_loss`; `slope` of the people's mean estimates over known losses, by least
        squares: 1 where losses are recovered, NaN where all have lost as much. All of losses as
        fractions. Empty where nobody has lost anything.
    """
    estimates = loss_estimates(volumes)
    rows = []
    for key, own in estimates.groupby(["split", "harmonizer"], sort=False):
        lost, kept = own[own["known_loss"] > 0], own[own["known_loss"] == 0]
        if lost.empty:
            continue
        wrong = lost["estimated_loss"] - lost["known_loss"]
        people = own.groupby("subject")[["known_loss", "estimated_loss"]].mean()
        rows.append(
            [
                *key,
                lost["subject"].nunique(),
                lost["known_loss"].mean(),
                lost["estimated_loss"].mean(),
                wrong.mean(),
                _root_mean_square(wrong),
                kept["subject"].nunique(),
                _root_mean_square(kept["estimated_loss"]),
                _slope(people["known_loss"], people["estimated_loss"]),
            ]
        )
    return pd.DataFrame(rows, columns=list(RECOVERY_COLUMNS))


def _root_mean_square(values: pd.Series) -> float:
    return float(np.sqrt((values**2).mean())) if len(values) else float("nan")


def _slope(known: pd.Series, estimated: pd.Series) -> float:
    spread = float(((known - known.mean()) ** 2).sum())
    return float(((known - known.mean()) * estimated).sum() / spread) if spread else float("nan")
