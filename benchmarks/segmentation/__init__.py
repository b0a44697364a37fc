"""Tissue segmentation: one interface, several engines."""

from .engines import ENGINES, get_segmenter
from .files import segment, segment_file, write_segmentation
from .segmentation import TISSUES, Segmentation
from .segmenter import Segmenter

__all__ = [
    "ENGINES",
    "TISSUES",
    "Segmentation",
    "Segmenter",
    "get_segmenter",
    "segment",
    "segment_file",
    "write_segmentation",
]
