"""
One person on two scanners
==========================

Simulates one digital person, scans them on a digital GE and a digital Siemens scanner, and looks at
what differs. **Both scanners are simulated**, so the truth is known: the anatomy is the same.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from phycharm import BidsDataset, simulate_dataset
from phycharm.data.intensity import percentile_99

# %%
# The dataset
# -----------
# ``phycharm simulate`` does the same from the command line. It is a BIDS dataset in which every
# session is a scanner.

folder = Path(tempfile.mkdtemp()) / "people"
simulate_dataset(
    folder,
    subjects=1,
    quantitative_subjects=0,
    voxel_size=2.0,
    scanners=["GE", "Siemens"],
    seed=0,
)
for path in sorted(folder.glob("sub-*/ses-*/anat/*")):
    print(path.relative_to(folder))

# %%
# The scans
# ---------
# A cohort gives scans by person and scanner. Units are arbitrary in T1-weighted MRI, so every scan
# is divided by the 99th percentile of its brain, as the benchmark does.

cohort = BidsDataset(folder).travelling().map(percentile_99)
ge, siemens = cohort.scanners
scans = {scanner.name: cohort.scan("01", scanner) for scanner in (ge, siemens)}
for scanner in (ge, siemens):
    times = scanner.acquisition
    print(
        f"{scanner.name}: TI {times.inversion_time:g} ms, TR {times.repetition_time:g} ms, "
        f"TE {times.echo_time:g} ms"
    )

# %%
# Same head, another picture
# --------------------------
# The difference is not one factor: grey matter, white matter and edges differ each in its own way.
# That is why one shift and one scale per scan (the method ``linear``) do not undo it.

middle = scans["GE"].image.shape[2] // 2
pictures = {name: scan.image[:, :, middle] for name, scan in scans.items()}
pictures["Siemens - GE"] = pictures["Siemens"] - pictures["GE"]

figure, panels = plt.subplots(1, 3, figsize=(9, 3.6), layout="constrained")
for panel, (name, picture) in zip(panels, pictures.items(), strict=True):
    signed = "-" in name
    shown = panel.imshow(
        np.rot90(picture),
        cmap="RdBu_r" if signed else "gray",
        vmin=-0.5 if signed else 0,
        vmax=0.5 if signed else 1,
    )
    panel.set_title(name)
    panel.set_axis_off()
figure.colorbar(shown, ax=panels[-1], shrink=0.7, label="99th percentile = 1")

# %%
# The grey levels of the two brains lie differently:

figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
for name, scan in scans.items():
    axes.hist(scan.image[scan.mask], bins=100, range=(0, 1.3), histtype="step", label=name)
axes.set_xlabel("intensity (99th percentile = 1)")
axes.set_ylabel("voxels")
axes.legend(frameon=False)
plt.show()
