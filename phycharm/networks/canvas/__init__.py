"""Volumes laid out as slices of one size, and back."""
