"""Regression of scores: a run held against a reference, and references renewed."""

from .blessing import bless
from .delta import Delta
from .references import reference_names, reference_path
from .score_comparison import compare_scores
from .score_falls import fallen_scores
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
