"""Image metrics: pure functions on tensors, and a catalogue of what they mean.

The catalogue is imported with the package; the functions, which need torch, on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .catalogue import METRICS, as_records, from_records
from .metric import Metric

if TYPE_CHECKING:
    from .checks import ComparisonError
    from .fidelity import nrmse, psnr, psnr_slices
    from .histograms import (
        Histogram,
        histogram_counts,
        histogram_edges,
        jensen_shannon,
        wasserstein,
    )
    from .ranges import data_range
    from .scoring import score_image
    from .structural_similarity import ssim, ssim_map, ssim_slices
    from .texture import sharpness, structure

__all__ = [
    "METRICS",
    "ComparisonError",
    "Histogram",
    "Metric",
    "as_records",
    "data_range",
    "from_records",
    "histogram_counts",
    "histogram_edges",
    "jensen_shannon",
    "nrmse",
    "psnr",
    "psnr_slices",
    "score_image",
    "sharpness",
    "ssim",
    "ssim_map",
    "ssim_slices",
    "structure",
    "wasserstein",
]

_HOMES = {
    "ComparisonError": "checks",
    "Histogram": "histograms",
    "data_range": "ranges",
    "histogram_counts": "histograms",
    "histogram_edges": "histograms",
    "jensen_shannon": "histograms",
    "nrmse": "fidelity",
    "psnr": "fidelity",
    "psnr_slices": "fidelity",
    "score_image": "scoring",
    "sharpness": "texture",
    "ssim": "structural_similarity",
    "ssim_map": "structural_similarity",
    "ssim_slices": "structural_similarity",
    "structure": "texture",
    "wasserstein": "histograms",
}


def __getattr__(name: str) -> Any:
    """Import a function on first use (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
