"""The laws of a harmonizer: what holds for every method, and is tried by `phycharm check`."""

from .check import LAWS, check_harmonizer, check_report
from .law import Law, LawResult

__all__ = ["LAWS", "Law", "LawResult", "check_harmonizer", "check_report"]
