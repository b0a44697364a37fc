"""The common set: the scores that every method must have to be compared, and who lacks some."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

_IMAGE = ["source", "target", "subject"]
_FIT = ["fold", "seed"]
_MEASURE = ["metric", "tissue"]
_NO_SEED = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """What one method lacks of the common set.

    Parameters
    ----------
    harmonizer : str
        The method.
    have, wanted : int
        Scores that it has, of how many.
    folds, seeds : tuple of int
        In which all that it lacks lies; empty where that is all there are.
    directions : tuple of (str, str)
        Likewise.
    people : tuple of str
        Likewise.
    """

    harmonizer: str
    have: int
    wanted: int
    folds: tuple[int, ...]
    seeds: tuple[int, ...]
    directions: tuple[tuple[str, str], ...]
    people: tuple[str, ...]


def lacking_units(units: pd.DataFrame, deterministic: Collection[str] = ()) -> pd.DataFrame:
    """List the scores that a method lacks and another one shows to be possible.

    Wanted is, in every measure, every fold of every image that any method has a score for, with
    every training seed that occurs. A method that draws nothing is fitted once whatever the seeds,
    and its scores stand for all of them.

    Parameters
    ----------
    units : DataFrame
        Scores of one split, none of them NaN; columns `metric`, `tissue`, `fold`, `seed`,
        `source`, `target`, `subject`, `harmonizer`.
    deterministic : collection of str
        Methods that draw nothing.

    Returns
    -------
    DataFrame
        A row per score that is missing, with those columns; the seed of a method that draws
        nothing is -1.
    """
    once = units["harmonizer"].isin(list(deterministic))
    frame = units.assign(seed=units["seed"].where(~once, _NO_SEED))
    frame = frame[[*_MEASURE, *_FIT, *_IMAGE, "harmonizer"]].drop_duplicates()
    images = frame[[*_MEASURE, "fold", *_IMAGE]].drop_duplicates()
    seeds = sorted(set(units.loc[~once, "seed"]))
    fits = pd.DataFrame(
        [
            (name, seed)
            for name in sorted(set(frame["harmonizer"]))
            for seed in ([_NO_SEED] if name in deterministic else seeds)
        ],
        columns=["harmonizer", "seed"],
    )
    wanted = images.merge(fits, how="cross")
    found = wanted.merge(frame, how="left", indicator=True)
    return found.loc[found["_merge"] == "left_only", list(frame.columns)]


def find_lacks(
    units: pd.DataFrame,
    measures: Sequence[tuple[str, str]],
    deterministic: Collection[str] = (),
) -> list[Lack]:
    """Say of every method that lacks scores how many, and where they are missing.

    Parameters
    ----------
    units : DataFrame
        As for `lacking_units`.
    measures : sequence of (str, str)
        Metric and tissue of the measures that count.
    deterministic : collection of str
        Methods that draw nothing.

    Returns
    -------
    list of Lack
        By name; methods that lack nothing are not in it.
    """
    counted = pd.MultiIndex.from_tuples([*measures], names=_MEASURE)
    own = units[_in(units, counted)]
    missing = lacking_units(units, deterministic)
    missing = missing[_in(missing, counted)]
    once = own["harmonizer"].isin(list(deterministic))
    fits = own.assign(seed=own["seed"].where(~once, _NO_SEED))
    fits = fits.drop_duplicates([*_MEASURE, *_FIT, *_IMAGE, "harmonizer"])
    have = fits.groupby("harmonizer").size()
    return [
        _lack(str(name), int(have.get(name, 0)), part, own)
        for name, part in missing.groupby("harmonizer", sort=True)
    ]


def _in(frame: pd.DataFrame, measures: pd.MultiIndex) -> "npt.NDArray[np.bool_]":
    return pd.MultiIndex.from_frame(frame[_MEASURE]).isin(measures)


def _lack(name: str, have: int, missing: pd.DataFrame, units: pd.DataFrame) -> Lack:
    def only(column: str) -> tuple[int, ...]:
        there = set(missing[column]) - {_NO_SEED}
        return () if there == set(units[column]) else tuple(sorted(map(int, there)))

    where = missing[["source", "target"]].drop_duplicates()
    everywhere = units[["source", "target"]].drop_duplicates()
    directions = sorted((str(s), str(t)) for s, t in where.itertuples(index=False))
    people = sorted(set(missing["subject"]))
    return Lack(
        harmonizer=name,
        have=have,
        wanted=have + len(missing),
        folds=only("fold"),
        seeds=only("seed"),
        directions=() if len(where) == len(everywhere) else tuple(directions),
        people=() if len(people) == units["subject"].nunique() else tuple(people),
    )
