"""Who is learned from, who is chosen by, who is evaluated."""

from collections.abc import Sequence
from dataclasses import dataclass

from phycharm.errors import InputError

from .sections import Split


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


def design(split: Split, subjects: Sequence[str], *, place: str) -> Design:
    """Deal a dataset's subjects out as a protocol says.

    Parameters
    ----------
    split : Split
        Of the protocol.
    subjects : sequence of str
        Of the dataset, sorted.
    place : str
        The dataset, for messages.

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
    training = _chosen(split.training, subjects, place)
    rest = [subject for subject in subjects if subject not in training]
    external = rest if split.external == "rest" else _chosen(split.external, rest, place)
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


def _chosen(wanted: int | Sequence[str], subjects: Sequence[str], place: str) -> list[str]:
    if isinstance(wanted, int):
        if wanted > len(subjects):
            raise InputError(
                f"{place}: the protocol wants {wanted} subjects and only {len(subjects)} are left; "
                "change [split] in the protocol or add subjects."
            )
        return list(subjects[:wanted])
    missing = [subject for subject in wanted if subject not in subjects]
    if missing:
        raise InputError(
            f"{place}: no subject {missing[0]!r} (or it is dealt out twice); {_there_are(subjects)}"
        )
    return list(wanted)


def _there_are(subjects: Sequence[str]) -> str:
    shown = ", ".join(subjects[:12])
    return f"there are: {shown}{', ...' if len(subjects) > 12 else ''}; correct [split]."
