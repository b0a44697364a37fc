"""Figures, tables and HTML, drawn from a results folder and nothing else."""

from .figure_files import write_figures
from .report import write_report
from .text.terminal import leaderboard_text

__all__ = ["leaderboard_text", "write_figures", "write_report"]
