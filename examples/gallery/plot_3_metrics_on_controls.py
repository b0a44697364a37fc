"""
Can a metric be believed?
=========================

A metric deserves belief where it puts images with a known order into that order. The benchmark
tries this in every run; here it is done by hand. **The person and both scanners are simulated.**
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch
from scipy.ndimage import gaussian_filter

from phycharm import BidsDataset, simulate_dataset
from phycharm.benchmarks.metrics import METRICS, score_image
from phycharm.data.intensity import percentile_99

# %%
# Four images whose order is known
# --------------------------------
# Judged against the scan of the target scanner: that scan itself, the same blurred, the untouched
# scan of the other scanner, and an image without any features.

folder = simulate_dataset(
    Path(tempfile.mkdtemp()) / "people",
    subjects=1,
    quantitative_subjects=0,
    voxel_size=3.0,
    scanners=["GE", "Siemens"],
)
cohort = BidsDataset(folder).travelling().map(percentile_99)
source, target = (cohort.scan("01", scanner) for scanner in cohort.scanners)
images = {
    "the target itself": target.image,
    "the target, blurred": gaussian_filter(target.image, 1.0),
    "the untouched source": source.image,
    "a featureless image": np.full_like(target.image, target.image[target.mask].mean()),
}

middle = target.image.shape[2] // 2
figure, panels = plt.subplots(1, 4, figsize=(10, 3), layout="constrained")
for panel, (name, image) in zip(panels, images.items(), strict=True):
    shown = np.where(target.mask, image, 0)[:, :, middle]
    panel.imshow(np.rot90(shown), cmap="gray", vmin=0, vmax=1)
    panel.set_title(name)
    panel.set_axis_off()

# %%
# Their scores
# ------------
# The mask and the data range are the target's, whatever image is judged, so that no image is
# measured with a ruler of its own.

names = ["ssim", "psnr", "nrmse", "wasserstein", "sharpness"]
scores = {
    name: score_image(*map(torch.from_numpy, (target.image, image, target.mask)), names=names)
    for name, image in images.items()
}
print(f"{'':22}" + "".join(f"{name:>13}" for name in names))
for name, row in scores.items():
    print(f"{name:22}" + "".join(f"{row[metric]:13.3f}" for metric in names))

# %%
# What the order says
# -------------------
# ``merit`` turns every metric so that more is better, also where the best value lies in the middle,
# as with sharpness. A metric that prefers the featureless image to the untouched source is not to
# be trusted in this direction; a blurred image that comes out near the top shows what the metric
# does not see.

figure, panels = plt.subplots(1, len(names), figsize=(11, 2.6), layout="constrained", sharey=True)
for panel, metric in zip(panels, names, strict=True):
    merits = METRICS[metric].merit([row[metric] for row in scores.values()])
    panel.barh(list(scores), merits - merits.min())
    panel.invert_yaxis()
    panel.set_title(metric)
    panel.set_xticks([])
    panel.set_xlabel("better →")
plt.show()
