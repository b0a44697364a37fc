"""The numbers that define the metrics; the printed definitions are made from them."""

SSIM_SIGMA = 1.5
"""Standard deviation of the Gaussian window in voxels (Wang et al. 2004, section III-C)."""

SSIM_RADIUS = 5
"""Half width of the window in voxels: `SSIM_SIGMA` times 3.5, rounded, as in scikit-image."""

SSIM_K1 = 0.01
"""Stabilizer of the luminance term, as a fraction of the data range (Wang et al. 2004)."""

SSIM_K2 = 0.03
"""Stabilizer of the contrast and structure term, as a fraction of the data range."""

PSNR_CAP = 100.0
"""Highest PSNR ever given, in dB, so that identical images have a finite score."""

RANGE_PERCENTILES = (0.1, 99.9)
"""Percentiles of the reference in its mask between which its intensities are taken to lie."""

BINS_PER_RANGE = 100
"""Histogram bins in one data range."""

HISTOGRAM_SPAN = 1.5
"""Width of the histogram in data ranges: room for images brighter than the reference."""
