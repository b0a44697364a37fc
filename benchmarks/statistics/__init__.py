"""Statistics on subjects: comparisons, leaderboard, ranks and checks of the metrics.

Needs pandas and SciPy, never torch. `scipy.stats` is imported by its first use (SciPy does so):
that takes half a second, and what only draws figures does without.
"""

from .ceiling import ceiling
from .comparison import compare
from .contest.ahead import BEHIND_RULE, people_needed
from .contest.common_set import Lack
from .contest.criteria import stands_for
from .contest.judgement import Judgement
from .inference.agreement import limits_of_agreement, within_person_cv
from .inference.friedman import Friedman, critical_difference, friedman
from .inference.intervals import median_coverage
from .inference.intraclass import icc_agreement, icc_consistency
from .inference.multiplicity import benjamini_hochberg, holm
from .inference.wilcoxon import SignedRank, hodges_lehmann, signed_rank, smallest_p
from .leaderboard import judge, leaderboard
from .leakage import leakage
from .ranking import cliques, rank_methods
from .reliability.atrophy_recovery import atrophy_recovery
from .reliability.scanner_accuracy import scanner_accuracy
from .reliability.travellers import travellers_needed
from .reliability.volume_agreement import volume_limits, volume_reliability
from .seeds import seed_means
from .subjects import CONTROLS, SCORE_COLUMNS, subject_values
from .trust import trust

__all__ = [
    "BEHIND_RULE",
    "CONTROLS",
    "SCORE_COLUMNS",
    "Friedman",
    "Judgement",
    "Lack",
    "SignedRank",
    "atrophy_recovery",
    "benjamini_hochberg",
    "ceiling",
    "cliques",
    "compare",
    "critical_difference",
    "friedman",
    "hodges_lehmann",
    "holm",
    "icc_agreement",
    "icc_consistency",
    "judge",
    "leaderboard",
    "leakage",
    "limits_of_agreement",
    "median_coverage",
    "people_needed",
    "rank_methods",
    "scanner_accuracy",
    "seed_means",
    "signed_rank",
    "smallest_p",
    "stands_for",
    "subject_values",
    "travellers_needed",
    "trust",
    "volume_limits",
    "volume_reliability",
    "within_person_cv",
]
