"""Cells of one run in several processes."""
