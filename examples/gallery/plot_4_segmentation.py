"""
Tissues, beside the truth
=========================

Segments a scan with the engine that comes with the package and holds the result against the
tissue that the scan was made of. **The person and the scanner are simulated**: that is why there
is a truth.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from phycharm import BidsDataset, segment, simulate_dataset
from phycharm.benchmarks.segmentation import TISSUES
from phycharm.data.intensity import percentile_99

# %%
# A scan and its segmentation
# ---------------------------
# ``phycharm segment`` does the same for files. Other engines (``fsl-fast``, ``atropos``) answer
# with the same fields.

folder = simulate_dataset(
    Path(tempfile.mkdtemp()) / "people",
    subjects=1,
    quantitative_subjects=0,
    voxel_size=2.0,
    scanners=["GE", "Siemens"],
)
dataset = BidsDataset(folder)
cohort = dataset.travelling().map(percentile_99)
scan = cohort.scan("01", cohort.scanner("Siemens"))
found = segment(scan)
print(found.engine)

# %%
# The truth
# ---------
# A simulated dataset keeps the share of each tissue in each voxel. The soft Dice overlap of found
# and true shares, 2 sum(min(p, q)) / sum(p + q), is the metric ``dice_truth``.

truth = dataset.true_fractions("01")
for tissue, p, q in zip(TISSUES, found.partial_volumes, truth, strict=True):
    q = np.where(scan.mask, q, 0)
    overlap = 2 * np.minimum(p, q).sum() / (p + q).sum()
    print(f"{tissue}: Dice {overlap:.3f}, {found.volumes_ml[tissue]:.0f} ml")

# %%
# Where they differ
# -----------------

middle = scan.image.shape[2] // 2
figure, panels = plt.subplots(2, 4, figsize=(10, 5.6), layout="constrained")
panels[0, 0].imshow(np.rot90(scan.image[:, :, middle]), cmap="gray", vmin=0, vmax=1)
panels[0, 0].set_title("scan")
for row, (name, shares) in enumerate((("found", found.partial_volumes), ("true", truth))):
    for column, tissue in enumerate(TISSUES, start=1):
        inside = np.where(scan.mask, shares[column - 1], 0)
        panels[row, column].imshow(np.rot90(inside[:, :, middle]), cmap="viridis", vmin=0, vmax=1)
        panels[row, column].set_title(f"{tissue}, {name}")
for panel in panels.flat:
    panel.set_axis_off()
plt.show()
