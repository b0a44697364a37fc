"""Figures, tables and HTML, drawn from a results folder and nothing else."""

from .figure_files import write_figures
from .quality.quality_page import write_quality_page
from .report import write_report
from .text.terminal import convergence_text, leaderboard_text

__all__ = [
    "convergence_text",
    "leaderboard_text",
    "write_figures",
    "write_quality_page",
    "write_report",
]
