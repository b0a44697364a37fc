"""Independent implementations of every image metric: scikit-image, SciPy or plain NumPy."""

import numpy as np
from scipy.ndimage import binary_erosion, gaussian_filter, generate_binary_structure
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance
from skimage.metrics import (
    normalized_root_mse,
    peak_signal_noise_ratio,
    structural_similarity,
)

WINDOW = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}


def ssim(a, b, mask, data_range):
    mean, whole = structural_similarity(a, b, data_range=data_range, full=True, **WINDOW)
    return mean if mask is None else whole[mask].mean()


def ssim_slices(a, b, mask, data_range):
    chosen = [k for k in range(a.shape[2]) if mask is None or mask[:, :, k].any()]
    return np.mean(
        [
            structural_similarity(a[..., k], b[..., k], data_range=data_range, **WINDOW)
            for k in chosen
        ]
    )


def psnr(a, b, mask, data_range):
    a, b = (a, b) if mask is None else (a[mask], b[mask])
    return peak_signal_noise_ratio(a, b, data_range=data_range)


def psnr_slices(a, b, mask, data_range):
    chosen = [k for k in range(a.shape[2]) if mask is None or mask[:, :, k].any()]
    return np.mean(
        [peak_signal_noise_ratio(a[..., k], b[..., k], data_range=data_range) for k in chosen]
    )


def nrmse(a, b, mask, data_range):
    a, b = (a, b) if mask is None else (a[mask], b[mask])
    return normalized_root_mse(a, b, normalization="euclidean")


def _counts(a, b, mask, data_range):
    a, b = (a.ravel(), b.ravel()) if mask is None else (a[mask], b[mask])
    low = min(0.0, np.percentile(a, 0.1, method="inverted_cdf"))
    edges = low + np.arange(151) * data_range / 100
    return edges, [np.histogram(np.clip(v, edges[0], edges[-1]), edges)[0] for v in (a, b)]


def wasserstein(a, b, mask, data_range):
    edges, (p, q) = _counts(a, b, mask, data_range)
    return wasserstein_distance(edges[:-1], edges[:-1], p, q) / data_range


def jensen_shannon(a, b, mask, data_range):
    _, (p, q) = _counts(a, b, mask, data_range)
    return jensenshannon(p, q, base=2)


def sharpness(a, b, mask, data_range):
    mask = np.ones(a.shape, bool) if mask is None else mask
    inner = binary_erosion(mask, generate_binary_structure(3, 1), border_value=0)
    energy = [sum(g[inner] ** 2 for g in np.gradient(v)).sum() for v in (a, b)]
    return energy[1] / energy[0]


def sharpness_source(a, b, mask, data_range):
    inside = np.ones(a.shape, bool) if mask is None else mask
    return sharpness(a / a[inside].std(), b / b[inside].std(), mask, data_range)


def structure(a, b, mask, data_range):
    weight = np.ones(a.shape) if mask is None else mask.astype(float)

    def local(v):
        blur = [
            gaussian_filter(u, 1.5, truncate=3.5, mode="constant") for u in (v * weight, weight)
        ]
        return np.divide(*blur, out=np.zeros_like(v), where=weight > 0)

    variance = [local(v * v) - local(v) ** 2 for v in (a, b)]
    covariance = local(a * b) - local(a) * local(b)
    inside = weight > 0
    correlation = covariance[inside] / np.sqrt(variance[0][inside] * variance[1][inside])
    return np.average(correlation, weights=variance[0][inside])
