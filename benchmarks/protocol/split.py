"""Who is learned from, who is chosen by, who is evaluated."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from phycharm.errors import InputError

from .sections import Split

_Pair = tuple[str, str]
_Pairs = Mapping[str, Collection[_Pair]]


@dataclass(frozen=True, kw_only=True)
class Fold:
    """One leave-one-out fold.

    Parameters
    ----------
    number : int
        From 1.
    train : tuple of str
        Subjects that methods learn from.
    validation : tuple of str
        The subject left out, by whom states are chosen.
    """

    number: int
    train: tuple[str, ...]
    validation: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Design:
    """The folds of a run, and the external subjects on whom nothing is tuned."""

    folds: tuple[Fold, ...]
    external: tuple[str, ...]

    def fold(self, number: int) -> Fold:
        """Return the fold of that number."""
        return next(fold for fold in self.folds if fold.number == number)

    def evaluated_in(self, fold: Fold) -> list[tuple[str, str]]:
        """List (split, subject) of everybody whom a fold's models are evaluated on."""
        return [("validation", subject) for subject in fold.validation] + [
            ("external", subject) for subject in self.external
        ]

    @property
    def evaluated(self) -> list[str]:
        """Every subject who is evaluated in some fold, once."""
        evaluated = [subject for fold in self.folds for _, subject in self.evaluated_in(fold)]
        return list(dict.fromkeys(evaluated))


def design(
    split: Split,
    subjects: Sequence[str],
    *,
    place: str,
    scanners: Mapping[str, Collection[str]] | None = None,
) -> Design:
    """Deal a dataset's subjects out as a protocol says.

    A subject is for training or external once and for all, whatever scanners it lacks; each pair of
    scanners then has those of the training and of the external subjects who were on both.

    Where a protocol counts training subjects and some lack scanners, they are chosen one by one,
    each the one who makes the sum over pairs of scanners of `H(n) + H(m)` largest, the first label
    among equals: n are the subjects of the pair who were chosen, m those who are left to be
    evaluated, and `H(n) = 1 + 1/2 + ... + 1/n`. So no pair has many while another has none, on
    either side. A number of external subjects is chosen likewise, by `H(n)` alone. Where everybody
    has every scanner these are the first subjects.

    Parameters
    ----------
    split : Split
        Of the protocol.
    subjects : sequence of str
        Of the dataset, sorted; each was on two scanners or more.
    place : str
        The dataset, for messages.
    scanners : mapping of str to collection of str, optional
        On which scanners each subject was; by default all on all.

    Raises
    ------
    InputError
        If the dataset has not enough subjects, or not those the protocol names.

    Examples
    --------
    >>> dealt = design(Split(training=3, folds=(1, 2)), ["01", "02", "03", "04"], place="people")
    >>> [(fold.train, fold.validation) for fold in dealt.folds]
    [(('02', '03'), ('01',)), (('01', '03'), ('02',))]
    >>> dealt.external
    ('04',)
    """
    had = {subject: sorted((scanners or {}).get(subject, ())) for subject in subjects}
    pairs = {subject: list(combinations(own, 2)) for subject, own in had.items()}
    training = _chosen(split.training, subjects, place, pairs, spare_rest=True)
    rest = [subject for subject in subjects if subject not in training]
    external = rest if split.external == "rest" else _chosen(split.external, rest, place, pairs)
    if len(training) < 2:
        raise InputError(
            f"{place}: {len(training)} training subject; leave-one-out folds need two or more, so "
            "change split.training in the protocol."
        )
    impossible = [number for number in split.folds if not 1 <= number <= len(training)]
    if impossible:
        raise InputError(
            f"{place}: fold {impossible[0]} of {len(training)} training subjects does not exist; "
            "change split.folds in the protocol."
        )
    return Design(
        folds=tuple(_fold(number, training) for number in split.folds), external=tuple(external)
    )


def _fold(number: int, training: Sequence[str]) -> Fold:
    left_out = training[number - 1]
    train = tuple(subject for subject in training if subject != left_out)
    return Fold(number=number, train=train, validation=(left_out,))


def _chosen(
    wanted: int | Sequence[str],
    subjects: Sequence[str],
    place: str,
    pairs: _Pairs,
    *,
    spare_rest: bool = False,
) -> list[str]:
    if isinstance(wanted, int):
        if wanted > len(subjects):
            raise InputError(
                f"{place}: the protocol wants {wanted} subjects and only {len(subjects)} are left; "
                "change [split] in the protocol or add subjects."
            )
        return _most_for_every_pair(wanted, subjects, pairs, spare_rest=spare_rest)
    missing = [subject for subject in wanted if subject not in subjects]
    if missing:
        raise InputError(
            f"{place}: no subject {missing[0]!r} (or it is dealt out twice); {_there_are(subjects)}"
        )
    return list(wanted)


def _most_for_every_pair(
    count: int, subjects: Sequence[str], pairs: _Pairs, *, spare_rest: bool
) -> list[str]:
    """Choose subjects so that no pair of scanners has far fewer than another; see `design`."""
    there = Counter(pair for subject in subjects for pair in pairs[subject])
    chosen: Counter[_Pair] = Counter()
    left = list(subjects)

    def brings(subject: str) -> Fraction:
        gains = (Fraction(1, chosen[p] + 1) for p in pairs[subject])
        losses = (Fraction(spare_rest, there[p] - chosen[p]) for p in pairs[subject])
        return sum(gains, Fraction(0)) - sum(losses, Fraction(0))

    for _ in range(count):
        best = max(left, key=brings)
        left.remove(best)
        chosen.update(pairs[best])
    return [subject for subject in subjects if subject not in left]


def _there_are(subjects: Sequence[str]) -> str:
    shown = ", ".join(subjects[:12])
    return f"there are: {shown}{', ...' if len(subjects) > 12 else ''}; correct [split]."
