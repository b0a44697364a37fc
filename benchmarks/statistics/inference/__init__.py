"""Tests and intervals on plain arrays: signed ranks, Friedman, bootstrap, multiplicity."""
