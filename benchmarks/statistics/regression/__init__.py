"""Regression of scores: a run held against a reference, and references renewed."""

from .bless import bless
from .compare_scores import compare_scores
from .delta import Delta
from .fallen_scores import fallen_scores
from .references import reference_names, reference_path
from .score_set import ScoreSet, read_score_set
from .tolerances import Tolerances, read_tolerances, tolerances_for

__all__ = [
    "Delta",
    "ScoreSet",
    "Tolerances",
    "bless",
    "compare_scores",
    "fallen_scores",
    "read_score_set",
    "read_tolerances",
    "reference_names",
    "reference_path",
    "tolerances_for",
]
