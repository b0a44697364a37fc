from .catalogue import METRICS, as_records, from_records
from .checks import ComparisonError
from .fidelity import nrmse, psnr, psnr_slices
from .histograms import Histogram, histogram_counts, histogram_edges, jensen_shannon, wasserstein
from .image_scores import score_image
from .metric import Metric
from .ranges import data_range
from .structural_similarity import ssim, ssim_map, ssim_slices
from .texture import sharpness, sharpness_source, structure

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
    "sharpness_source",
    "ssim",
    "ssim_map",
    "ssim_slices",
    "structure",
    "wasserstein",
]
