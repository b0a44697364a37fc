"""Whether a classifier still tells by which scanner harmonized images were made."""

from collections.abc import Iterator, Sequence
from itertools import permutations
from math import factorial

import numpy as np
import numpy.typing as npt
import pandas as pd

from ...scoring.features import FEATURE_KEYS
from .linear_discriminant import classify

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

LEAST_PEOPLE = 3
"""With fewer, a classifier would learn from one image a scanner."""

COLUMNS = (
    "split", "harmonizer", "target", "people", "scanners", "accuracy", "spread", "chance", "p",
    "sources_accuracy", "sources_chance",
)  # fmt: skip
ALL_TARGETS = "all"
"""Stands for the target where images of all targets are counted."""

_MOST_FOLDS = 10
_MOST_ORDERS = 5040
_KEYS = ["split", "harmonizer"]


def scanner_accuracy(features: pd.DataFrame, *, seed: int = 0) -> pd.DataFrame:
    """Classify images by the scanner they come from, trained anew on the features of each method.

    For one method and one target scanner T, every person has an image from each of the k scanners:
    the scan on T itself, and the images harmonized from the others to T. A linear discriminant
    (shrunk covariance, Ledoit and Wolf 2004, J. Multivar. Anal. 88:365-411) learns from some people
    and is asked about others, in turn: up to ten people are left out one by one, more by tenths. By
    chance 1 / k of its answers are right.

    The p is that of a permutation test with people as units: were a left-out person's images
    exchangeable, any order of the k names over them were as likely, the same for all targets. Given
    the answers, the distribution of the number of right ones follows exactly, by convolution over
    people (from eight scanners on, from 5040 drawn orders).

    Parameters
    ----------
    features : DataFrame
        Columns `FEATURE_KEYS` and the features; rows whose source is the target are of the scan
        itself.
    seed : int
        Of the drawn orders.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`: a row per split, harmonizer and target, and one with target `all` that
        pools them. `people` with an image from every scanner; `scanners` k; `accuracy` and its
        `spread` over people (standard deviation); `chance` 1 / k; `p` one-sided; and the same among
        harmonized images alone, of which there are k - 1 (`sources_accuracy`, `sources_chance`; NaN
        with two scanners). Nothing where fewer than three people are complete.
    """
    names = [name for name in features.columns if name not in FEATURE_KEYS]
    if features.empty or not names:
        return pd.DataFrame(columns=list(COLUMNS))
    keys = [*_KEYS, "target", "source", "subject"]
    values = features.groupby([*keys, "fold", "seed"])[names].mean().groupby(keys).mean()
    rows = [
        row
        for (split, harmonizer), own in values.groupby(level=_KEYS, sort=False)
        for row in _of_method(own.droplevel([0, 1]), seed, split=split, harmonizer=harmonizer)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _of_method(values: pd.DataFrame, seed: int, **which: object) -> Iterator[dict[str, object]]:
    scanners = sorted(set(values.index.get_level_values("target")))
    k = len(scanners)
    images = _complete_images(values, scanners)
    if k < 2 or not images:
        return
    right = np.arange(k)
    answers = {target: _answers(table) for target, table in images.items()}
    alone = {target: _sources_right(images[target], scanners.index(target)) for target in images}
    for target, said in [*answers.items(), (ALL_TARGETS, np.stack([*answers.values()]))]:
        asked = said.reshape(-1, *said.shape[-2:])
        by_person = (asked == right).mean(axis=(0, 2))
        sources = alone.get(target, float(np.mean([*alone.values()])))
        yield which | {
            "target": target,
            "people": by_person.size,
            "scanners": k,
            "accuracy": float(by_person.mean()),
            "spread": float(by_person.std(ddof=1)),
            "chance": 1 / k,
            "p": _permutation_p(asked, seed),
            "sources_accuracy": sources,
            "sources_chance": 1 / (k - 1) if k > 2 else float("nan"),
        }


def _complete_images(values: pd.DataFrame, scanners: Sequence[str]) -> dict[str, Floats]:
    """Features, shape (people, scanners, features), by target; of who has them all everywhere."""
    tables = {
        target: {
            str(subject): own.droplevel("subject").loc[list(scanners)].to_numpy(dtype=np.float64)
            for subject, own in values.xs(target, level="target").groupby(level="subject")
            if set(scanners) <= set(own.index.get_level_values("source"))
        }
        for target in scanners
    }
    enough = {target: own for target, own in tables.items() if len(own) >= LEAST_PEOPLE}
    if not enough:
        return {}
    people = sorted(set.intersection(*(set(own) for own in enough.values())))
    if len(people) < LEAST_PEOPLE:
        return {}
    return {target: np.stack([own[one] for one in people]) for target, own in enough.items()}


def _sources_right(table: Floats, target: int) -> float:
    """Share of right answers about harmonized images alone; NaN where all have one source."""
    others = np.delete(table, target, axis=1)
    if others.shape[1] < 2:
        return float("nan")
    return float((_answers(others) == np.arange(others.shape[1])).mean())


def _answers(table: Floats) -> Whole:
    """Ask about everybody once, who was not learned from: scanner's number by person and image."""
    answers = np.empty(table.shape[:2], dtype=np.int64)
    folds = np.arange(len(table)) % min(len(table), _MOST_FOLDS)
    for fold in range(folds.max() + 1):
        asked = folds == fold
        answers[asked] = classify(table[~asked], table[asked])
    return answers


def _permutation_p(answers: Whole, seed: int) -> float:
    """Chance of so many right answers, shape (targets, people, scanners), if names are shuffled."""
    scanners = answers.shape[2]
    orders = _orders(scanners, seed)
    chances = np.ones(1)
    for person in range(answers.shape[1]):
        # How often an image was taken for each scanner's, over targets.
        taken = (answers[:, person, :, None] == np.arange(scanners)).sum(axis=0)
        counts = taken[np.arange(scanners), orders].sum(axis=1)
        chances = np.convolve(chances, np.bincount(counts) / len(orders))
    observed = int((answers == np.arange(scanners)).sum())
    return float(min(1.0, chances[observed:].sum()))


def _orders(scanners: int, seed: int) -> Whole:
    """All orders of the scanners, or so many drawn ones."""
    if factorial(scanners) <= _MOST_ORDERS:
        return np.array([*permutations(range(scanners))])
    rng = np.random.default_rng(seed)
    drawn = rng.permuted(np.tile(np.arange(scanners), (_MOST_ORDERS, 1)), axis=1)
    # The order that was observed is one of them.
    drawn[0] = np.arange(scanners)
    return drawn
