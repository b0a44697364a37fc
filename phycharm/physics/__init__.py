"""MR signal models."""
