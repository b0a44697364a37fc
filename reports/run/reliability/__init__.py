"""Reliability of a run as its tables and figures need it, computed once for both."""
