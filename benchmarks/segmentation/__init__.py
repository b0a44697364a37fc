"""Tissue segmentation: one interface, several engines."""

from .engines import ENGINES, get_segmenter
from .files import segment_file, write_segmentation
from .segmentation import TISSUES, Segmentation
from .segmenter import Segmenter

__all__ = [
    "ENGINES",
    "TISSUES",
    "Segmentation",
    "Segmenter",
    "get_segmenter",
    "segment_file",
    "write_segmentation",
]
