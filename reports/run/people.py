"""How many people stand behind the numbers of each direction, where some lack scanners."""

from collections.abc import Mapping
from functools import lru_cache

from .run_view import RunView

Direction = tuple[str, str]


@lru_cache(maxsize=16)
def direction_counts(view: RunView, split: str) -> Mapping[Direction, int]:
    """Count the subjects of every direction.

    Parameters
    ----------
    view : RunView
        The run.
    split : str
        Which subjects.

    Returns
    -------
    Mapping
        Number by (source, target), in the order of the directions.
    """
    scores = view.scores[view.scores["split"] == split]
    found = scores.groupby(["source", "target"])["subject"].nunique()
    return {direction: int(found.get(direction, 0)) for direction in view.directions}


def is_partial(view: RunView, split: str) -> bool:
    """Whether some subject of a split is not in every direction."""
    everybody = len(view.subjects.get(split, []))
    return any(count != everybody for count in direction_counts(view, split).values())


def head_of(view: RunView, split: str, direction: Direction) -> str:
    """Name a direction, with its number of subjects where not everybody is in all."""
    name = f"{direction[0]} → {direction[1]}"
    if not is_partial(view, split):
        return name
    return f"{name} (n = {direction_counts(view, split)[direction]})"


def subjects_text(view: RunView, split: str) -> str:
    """Say how many subjects there are, and how many a direction has where that differs.

    Returns
    -------
    str
        `5 external subjects`, or `5 external subjects (2 to 4 a direction)`.
    """
    count = len(view.subjects.get(split, []))
    text = f"{count} {split} subject{'s' if count != 1 else ''}"
    if not is_partial(view, split):
        return text
    counts = sorted(set(direction_counts(view, split).values()))
    span = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    return f"{text} ({span} a direction)"


def untrained_sentences(view: RunView) -> list[str]:
    """Say which directions are compared by themselves alone, since not every method has them.

    Returns
    -------
    list of str
        Empty where every method could be trained in every direction.
    """
    if view.shared_directions == view.directions:
        return []
    return [
        "Means over directions leave out those between scanners that not every method could be "
        f"trained for: {_untrained_pairs(view)}."
    ]


def not_trained_notes(view: RunView) -> list[str]:
    """Say why some methods have no scores in some directions; nothing where all have."""
    return [f"Not trained: {_untrained_pairs(view)}."] if view.untrained else []


def _untrained_pairs(view: RunView) -> str:
    pairs = {" – ".join(sorted(pair)): reason for pair, reason in view.untrained.items()}
    return "; ".join(f"{pair} ({_short(reason)})" for pair, reason in pairs.items())


def _short(reason: str) -> str:
    return reason.removeprefix("not trained: ")


def unequal_fold_sentences(view: RunView) -> list[str]:
    """Say which folds do not count in a direction, since a method could not be trained in them.

    Returns
    -------
    list of str
        Empty where every method has every fold.
    """
    gaps = view.left_out
    known = {*view.directions} - {*view.untrained}
    own = {
        (" – ".join(sorted((source, target))), int(fold))
        for source, target, fold in gaps[["source", "target", "fold"]].itertuples(index=False)
        if (source, target) in known
    }
    if not own:
        return []
    shown = "; ".join(f"{pair}, fold {fold}" for pair, fold in sorted(own))
    return [f"Folds in which a method was not trained count for no method: {shown}."]
