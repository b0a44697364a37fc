"""Bringing the scans of a person together, with a check of every result."""
