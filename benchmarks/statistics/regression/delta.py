"""What is different between two sets of scores."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from .score_set import ScoreSet

MOVED, MISSING, EXTRA, TO_NAN, FROM_NAN = (
    "beyond the tolerance", "missing", "extra", "became NaN", "was NaN",
)  # fmt: skip
"""States of a row that count."""
SAME, WITHIN = "the same", "within the tolerance"
"""States of a row that do not."""
COUNTED = (MOVED, MISSING, EXTRA, TO_NAN, FROM_NAN)
"""All states that count, as `Delta.summary` has columns for them."""


@dataclass(frozen=True, kw_only=True)
class Delta:
    """What is different between the scores of a reference and those of a run.

    Parameters
    ----------
    reference, run : ScoreSet
        What was compared.
    rows : DataFrame
        The outer join of both on all keys: the keys, `value_reference`, `value_run`, `change` (run
        minus reference), `limit` (the largest change that does not count), `seed_sd` (standard
        deviation over training seeds, NaN where unknown) and `state`.
    duplicates : DataFrame
        Rows whose keys were there before: the keys, `value`, and `side` (`reference` or `run`).
    definitions : list of str
        Metrics that are defined otherwise than in the reference, a sentence each.
    settings : list of str
        Protocol and version, where they are not the same, a sentence each.
    notes : list of str
        What does not count and should be known, a sentence each.
    """

    reference: ScoreSet
    run: ScoreSet
    rows: pd.DataFrame
    duplicates: pd.DataFrame
    definitions: list[str] = field(default_factory=list)
    settings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def moved(self) -> bool:
        """Whether anything is different that counts."""
        rows = bool(self.rows["state"].isin(COUNTED).any()) or len(self.duplicates) > 0
        return rows or bool(self.definitions or self.settings)

    @property
    def simulated(self) -> bool:
        """Whether scores of scanners that do not exist are among them."""
        return self.reference.simulated or self.run.simulated

    @property
    def counts(self) -> dict[str, int]:
        """How many rows are in each state that counts, and how many are duplicates."""
        found = self.rows["state"].value_counts()
        counts = {state: int(found.get(state, 0)) for state in COUNTED}
        return {**counts, "duplicate": len(self.duplicates)}

    @property
    def headline(self) -> str:
        """What was found, in one sentence."""
        if not self.moved:
            return f"Nothing moved: {len(self.rows)} scores are within their tolerances."
        rows = [f"{number} {state}" for state, number in self.counts.items() if number]
        parts = [f"of {len(self.rows)} scores {', '.join(rows)}"] if rows else []
        for sentences, what in (
            (self.definitions, "metric definition"),
            (self.settings, "setting"),
        ):
            if sentences:
                parts.append(f"{len(sentences)} changed {what}{'s' * (len(sentences) > 1)}")
        return f"Scores moved: {'; '.join(parts)}."

    def summary(self) -> pd.DataFrame:
        """Gather the rows by what was measured: a row per method, metric and tissue.

        Returns
        -------
        DataFrame
            `harmonizer`, `metric`, `tissue`, `rows`, a column per state in `COUNTED` with the
            number of its rows, `mean_reference`, `mean_run` and `mean_change` (over the rows that
            have both values), `largest` (the change of the row that moved most), `limit` and
            `seed_sd`; what went farthest beyond its limit comes first.
        """
        records = []
        keys = ["harmonizer", "metric", "tissue"]
        for names, own in self.rows.groupby(keys, sort=True):
            both = own.dropna(subset=["change"])
            states = own["state"].value_counts()
            changes = both["change"].to_numpy(dtype=np.float64)
            largest = changes[np.argmax(np.abs(changes))] if len(changes) else np.nan
            records.append(
                dict(zip(keys, names, strict=True))
                | {"rows": len(own)}
                | {state: int(states.get(state, 0)) for state in COUNTED}
                | {
                    "mean_reference": both["value_reference"].mean(),
                    "mean_run": both["value_run"].mean(),
                    "mean_change": both["change"].mean(),
                    "largest": largest,
                    "limit": own["limit"].max(),
                    "seed_sd": own["seed_sd"].max(),
                }
            )
        columns = [*keys, "rows", *COUNTED, "mean_reference", "mean_run", "mean_change"]
        table = pd.DataFrame(records, columns=[*columns, "largest", "limit", "seed_sd"])
        return table.loc[_by_severity(table)].reset_index(drop=True)

    def moved_summary(self) -> pd.DataFrame:
        """Return the rows of `summary` in which anything counts."""
        table = self.summary()
        return table[table[[*COUNTED]].sum(axis=1) > 0].reset_index(drop=True)

    def reasons(self) -> list[str]:
        """Say which cells of the run failed, and whether that is why scores are missing."""
        lost = set(self.rows.loc[self.rows["state"] == MISSING, "harmonizer"])
        return [
            f"{cell} failed: {error}"
            for cell, error in self.run.failed.items()
            if cell not in self.reference.failed or cell.startswith(tuple(f"{m}_" for m in lost))
        ]

    def where(self, states: Sequence[str] = COUNTED) -> pd.DataFrame:
        """Return the rows in these states, those that went farthest beyond their limit first."""
        rows = self.rows[self.rows["state"].isin(list(states))]
        return rows.loc[_excess(rows["change"], rows["limit"]).sort_values(ascending=False).index]


def _by_severity(table: pd.DataFrame) -> "pd.Index[int]":
    excess = _excess(table["largest"], table["limit"])
    whole = table[[MISSING, EXTRA, TO_NAN, FROM_NAN]].sum(axis=1) > 0
    order = pd.DataFrame({"whole": whole, "excess": excess})
    return order.sort_values(["whole", "excess"], ascending=False, kind="stable").index


def _excess(change: "pd.Series[float]", limit: "pd.Series[float]") -> "pd.Series[float]":
    """How many times its limit a change is; where nothing may move, any change is infinite."""
    size = change.abs()
    ratio = (size / limit.where(limit > 0)).where(limit > 0, np.inf)
    return ratio.where(size > 0, 0.0)
