"""The Quantitative Maps Generator: T1 and M0 maps from one T1-weighted image."""

from .generator import MapsGenerator

__all__ = ["MapsGenerator"]
