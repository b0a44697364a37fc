"""Statistics on subjects: comparisons, leaderboard, ranks and checks of the metrics.

Needs pandas and SciPy, never torch.
"""

from .ceiling import ceiling
from .comparison import compare
from .inference.friedman import Friedman, critical_difference, friedman
from .inference.multiplicity import benjamini_hochberg, holm
from .inference.wilcoxon import SignedRank, hodges_lehmann, signed_rank, smallest_p
from .leaderboard import leaderboard
from .leakage import leakage
from .noise import TIE_RULE
from .ranking import cliques, rank_methods
from .seeds import seed_means
from .subjects import CONTROLS, SCORE_COLUMNS, subject_values
from .trust import trust

__all__ = [
    "CONTROLS",
    "SCORE_COLUMNS",
    "TIE_RULE",
    "Friedman",
    "SignedRank",
    "benjamini_hochberg",
    "ceiling",
    "cliques",
    "compare",
    "critical_difference",
    "friedman",
    "hodges_lehmann",
    "holm",
    "leaderboard",
    "leakage",
    "rank_methods",
    "seed_means",
    "signed_rank",
    "smallest_p",
    "subject_values",
    "trust",
]
