"""Tissue segmentation: one interface, several engines."""
