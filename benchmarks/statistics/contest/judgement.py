"""What can be said of who is best, and what cannot."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .ahead import ahead_by_mean, behind, can_tell

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """Who leads in what, and whom the test shows behind.

    Parameters
    ----------
    methods : tuple of str
        Those that have every score that counts, so that they can be compared.
    people : int
        Over whom they were compared.
    leads : dict of tuple of str
        By metric that counts: the methods with the best mean merit over people.
    single : str
        The one method that is at least as good as every other, by its means, in every metric that
        counts; empty where there is none, or several are.
    shown : tuple of str
        Methods that are shown behind `single` (see `methods_behind`).
    can_tell : bool
        Whether so many people could show any of so many methods behind another. Where not, every
        order of methods describes these people and no others.
    """

    methods: tuple[str, ...]
    people: int
    leads: Mapping[str, tuple[str, ...]]
    single: str
    shown: tuple[str, ...]
    can_tell: bool

    @property
    def winner(self) -> str:
        """The method that leads in everything and is ahead of all others by test; or empty."""
        others = len(self.methods) - 1
        return self.single if others > 0 and len(self.shown) == others else ""


def judge_methods(people: Mapping[str, pd.DataFrame], *, alpha: float) -> Judgement:
    """Judge methods by what people's merits show.

    Parameters
    ----------
    people : mapping of DataFrame
        By metric that counts: merits, a row per person and a column per method, without NaN; the
        same methods in each.
    alpha : float
        Chance to name a winner among methods of which none is better.

    Returns
    -------
    Judgement
        The judgement.

    Examples
    --------
    >>> table = pd.DataFrame({"a": [3.0, 4, 5, 6, 7, 8], "b": [1.0, 3, 2, 5, 3, 4]})
    >>> judge_methods({"ssim": table}, alpha=0.05).winner
    'a'
    >>> judge_methods({"ssim": table, "dice": -table}, alpha=0.05).single
    ''
    """
    first = next(iter(people.values()), pd.DataFrame())
    methods = tuple(map(str, first.columns))
    leads = {metric: _leaders(table) for metric, table in people.items()}
    everywhere = [name for name in methods if all(name in own for own in leads.values())]
    single = everywhere[0] if len(everywhere) == 1 and len(methods) > 1 else ""
    merits = person_merits(people)
    able = can_tell(len(merits), len(methods), alpha=alpha)
    shown = methods_behind(people, single, alpha=alpha) if single else ()
    return Judgement(
        methods=methods,
        people=len(merits),
        leads=leads,
        single=single,
        shown=shown,
        can_tell=able,
    )


def methods_behind(
    people: Mapping[str, pd.DataFrame], first: str, *, alpha: float
) -> tuple[str, ...]:
    """Return whom the tests show behind one method.

    Parameters
    ----------
    people, alpha
        As for `judge_methods`.
    first : str
        The method that the others are held against.

    Returns
    -------
    tuple of str
        Methods that are behind it (see `contest.ahead.behind`) over people's mean ranks in the
        metrics that count, and by the mean of at least one of them; over people's merits where but
        one metric counts.
    """
    merits = person_merits(people)
    names = [str(name) for name in merits.columns]
    found = behind(merits.to_numpy(), names.index(first), alpha=alpha)

    def by_mean(name: str) -> bool:
        gains = (table[first] - table[name] for table in people.values())
        return any(ahead_by_mean(own.to_numpy(), len(names), alpha=alpha) for own in gains)

    return tuple(n for n, is_behind in zip(names, found, strict=True) if is_behind and by_mean(n))


def person_merits(people: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return one merit per person and method: minus its mean rank over the metrics that count.

    Ranks leave every metric its own unit, and a single catastrophe no more weight than a lost
    rank. Where one metric counts its merits are returned as they are.

    Parameters
    ----------
    people : mapping of DataFrame
        As for `judge_methods`.

    Returns
    -------
    DataFrame
        A row per person, a column per method.
    """
    tables = list(people.values())
    if len(tables) == 1:
        return tables[0]
    if not tables:
        return pd.DataFrame()
    ranks = pd.concat([_rounded(table).rank(axis=1, ascending=False) for table in tables])
    return -ranks.groupby(level=0).mean()


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    """Make equal what differs by rounding alone, or copies of a method would get ranks."""
    scale = float(np.abs(table.to_numpy()).max(initial=0.0)) or 1.0
    return (table / scale).round(12)


def _leaders(table: pd.DataFrame) -> tuple[str, ...]:
    if table.empty:
        return ()
    means = table.mean()
    near = _ROUNDING * float(np.abs(table.to_numpy()).max())
    return tuple(str(name) for name in means.index[means >= means.max() - near])
