"""Who stands behind each pair of scanners, where people lack scanners."""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

from ..run.people import unequal_fold_sentences, untrained_sentences
from ..run.run_view import RunView
from .table import Column, Table, TableCell

_HEADS = ("Training", "Validation", "External")


def people_table(view: RunView) -> Table | None:
    """Lay out how many people every pair of scanners has to learn from and to be scored on.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    Table or None
        A row per pair of scanners; None where everybody was on every scanner.
    """
    protocol = view.content.section("protocol")
    lacking = protocol.get("lacking")
    if not isinstance(lacking, Mapping) or not lacking:
        return None
    folds = [fold for fold in protocol.get("folds") or [] if isinstance(fold, Mapping)]
    rows = []
    for pair in combinations(map(str, protocol.get("scanners") or []), 2):
        learned = [_count(fold.get("train"), pair, lacking) for fold in folds]
        chosen = sum(_count(fold.get("validation"), pair, lacking) > 0 for fold in folds)
        external = _count(protocol.get("external"), pair, lacking)
        span = sorted({*learned}) or [0]
        text = str(span[0]) if len(span) == 1 else f"{span[0]} to {span[-1]}"
        rows.append(
            [
                TableCell(text=" – ".join(pair), sort=" – ".join(pair)),
                TableCell(text=text, sort=float(span[-1])),
                TableCell(text=f"{chosen} of {len(folds)}", sort=float(chosen)),
                TableCell(text=str(external), sort=float(external)),
                TableCell(text=_untrained(view, pair) or "–"),
            ]
        )
    return Table(
        name="people",
        title="People of each pair of scanners",
        columns=[
            Column(text="Scanners", number=False),
            *(Column(text=head) for head in _HEADS),
            Column(text="Not trained", number=False),
        ],
        rows=rows,
        notes=[
            "People who were on both scanners. Training: those whom a fold learns from; "
            "validation: folds whose left-out subject was on both, by whom a state is chosen "
            "(elsewhere the last state is kept); external: those who are scored.",
            "Whoever lacks a scanner: "
            + "; ".join(f"sub-{s} {', '.join(map(str, n))}" for s, n in lacking.items())
            + ".",
            *untrained_sentences(view),
            *unequal_fold_sentences(view),
        ],
    )


def _count(people: Any, pair: tuple[str, str], lacking: Mapping[str, Any]) -> int:
    return sum(not set(pair) & set(lacking.get(person) or ()) for person in people or ())


def _untrained(view: RunView, pair: tuple[str, str]) -> str:
    """Say why nobody could teach a pair, and in which folds."""
    gaps = view.left_out
    own = gaps[gaps["source"].isin(pair) & gaps["target"].isin(pair)]
    folds = {str(reason): sorted(set(part["fold"])) for reason, part in own.groupby("reason")}
    return "; ".join(
        f"fold {', '.join(map(str, own))}: {reason.removeprefix('not trained: ')}"
        for reason, own in folds.items()
    )
