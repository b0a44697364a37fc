"""The methods of one split, laid out to be compared: merits, what counts, and who lacks some."""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from ..subjects import (
    MEASURE,
    Metrics,
    chosen_methods,
    complete_methods,
    known_metrics,
    mean_over_fits,
    merit_tables,
    unit_values,
)
from .common_set import Lack, find_lacks, lacking_units
from .criteria import Criterion, criterion_merits, find_criteria

MeasureKey = tuple[str, str]


@dataclass(frozen=True, kw_only=True, eq=False)
class Field:
    """Who is compared, and in what.

    Parameters
    ----------
    units, values : dict of DataFrame
        By metric and tissue, in the order of the metrics: rows of `unit_values`, and of
        `mean_over_fits`.
    merits : dict of DataFrame
        Likewise: a row per image, a column per method; NaN where a method lacks a fold or seed of
        the image, so that its mean would be over others than everybody's.
    criteria : list of Criterion
        What counts in overall ranks.
    deterministic : collection of str
        Methods that draw nothing.
    """

    units: dict[MeasureKey, pd.DataFrame]
    values: dict[MeasureKey, pd.DataFrame]
    merits: dict[MeasureKey, pd.DataFrame]
    criteria: list[Criterion]
    deterministic: Collection[str] = ()
    _images: dict[Criterion, pd.DataFrame] = field(default_factory=dict, repr=False)

    @property
    def methods(self) -> list[str]:
        """Everybody with a score, by name."""
        return sorted({str(name) for table in self.merits.values() for name in table.columns})

    def criterion_of(self, metric: str) -> Criterion | None:
        """Return one metric as a criterion of its own; None where it was not measured."""
        found = find_criteria([key for key in self.merits if key[0] == metric])
        return found[0] if found else None

    def complete(self, criteria: Collection[Criterion]) -> list[str]:
        """Return who lacks nothing in what counts: only these can be compared."""
        sets = [set(complete_methods(self.merits[m])) for one in criteria for m in one.measures]
        return sorted(set.intersection(*sets)) if sets else []

    def lacks(self, criteria: Collection[Criterion]) -> list[Lack]:
        """Say who lacks scores in what counts, and which."""
        counted = [measure for one in criteria for measure in one.measures]
        if not counted:
            return []
        units = pd.concat(list(self.units.values()), ignore_index=True)
        return find_lacks(units, counted, self.deterministic)

    def images(self, criterion: Criterion) -> pd.DataFrame:
        """Return the merits in a criterion, a row per image and a column per method."""
        if criterion not in self._images:
            self._images[criterion] = criterion_merits(criterion, self.merits)
        return self._images[criterion]

    def people(self, criterion: Criterion, methods: list[str]) -> pd.DataFrame:
        """Return the merits of complete methods in a criterion, a row per person."""
        return self.images(criterion)[methods].groupby("subject").mean()

    @cached_property
    def subject_merits(self) -> dict[MeasureKey, pd.DataFrame]:
        """Mean merits over the images of a person, by measure: a row per person."""
        whole = pd.concat(self.merits, names=MEASURE).groupby([*MEASURE, "subject"]).mean()
        groups = whole.groupby(level=MEASURE)
        people = {(str(key[0]), str(key[1])): part for key, part in groups}
        return {key: people[key][list(own.columns)] for key, own in self.merits.items()}


def lay_out(
    scores: pd.DataFrame,
    metrics: Metrics,
    *,
    split: str,
    methods: Collection[str] | None = None,
    deterministic: Collection[str] = (),
    counting: Collection[str] | None = None,
) -> Field:
    """Lay out the scores of one split.

    Parameters
    ----------
    scores : DataFrame
        Tidy scores.
    metrics : mapping or iterable of records
        What the metrics mean.
    split : str
        `external` or `validation`.
    methods : collection of str, optional
        Which harmonizers; by default all that are no controls.
    deterministic : collection of str
        Those that draw nothing: one fit of them stands for those of all seeds.
    counting : collection of str, optional
        Metrics that count in overall ranks; by default those that say so (`Metric.primary`), or
        all where none does.

    Returns
    -------
    Field
        The field.

    Raises
    ------
    InputError
        The scores lack a column.
    """
    known = known_metrics(metrics)
    units = unit_values(scores, known)
    units = chosen_methods(units[units["split"] == split], methods)
    names = list(known)
    over_fits = mean_over_fits(units)
    values = _by_measure(over_fits, names)
    missing = _by_measure(lacking_units(units, deterministic), names)
    tables = merit_tables(over_fits)
    merits = {m: _masked(tables[m], missing.get(m)) for m in values}
    primary = [name for name in names if known[name].primary] if counting is None else counting
    criteria = find_criteria(values, primary) or (find_criteria(values) if not counting else [])
    return Field(
        units=_by_measure(units, names),
        values=values,
        merits=merits,
        criteria=criteria,
        deterministic=deterministic,
    )


def _by_measure(values: pd.DataFrame, names: list[str]) -> dict[MeasureKey, pd.DataFrame]:
    """Split values by metric and tissue, in the order of the metrics."""
    parts = {(str(k[0]), str(k[1])): part for k, part in values.groupby(MEASURE)}
    return dict(sorted(parts.items(), key=lambda item: (names.index(item[0][0]), item[0][1])))


def _masked(merits: pd.DataFrame, missing: pd.DataFrame | None) -> pd.DataFrame:
    """Blank images of which a method lacks a fold or a seed that others have."""
    if missing is None or missing.empty:
        return merits
    rows = merits.index.get_indexer(pd.MultiIndex.from_frame(missing[list(merits.index.names)]))
    columns = merits.columns.get_indexer(pd.Index(missing["harmonizer"]))
    scored = (rows >= 0) & (columns >= 0)
    values = merits.to_numpy(copy=True)
    values[rows[scored], columns[scored]] = np.nan
    return pd.DataFrame(values, index=merits.index, columns=merits.columns)
