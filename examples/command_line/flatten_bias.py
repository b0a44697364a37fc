"""A harmonization program that knows nothing of phycharm: one NIfTI file in, one out.

    cd examples/command_line
    phycharm benchmark quick --harmonizer none --harmonizer \
        "command:python flatten_bias.py {input} {output} --mask {mask}"

It divides a scan by its own blurred brain, which takes away the receive field of whatever scanner.
"""

import argparse
from pathlib import Path

import nibabel
import numpy as np
from scipy.ndimage import gaussian_filter


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--mask", type=Path, required=True, help="brain mask")
    parser.add_argument("--blur", type=float, default=20.0, help="sigma of the blur in mm")
    arguments = parser.parse_args()
    image = nibabel.load(arguments.input)
    brain = nibabel.load(arguments.mask).get_fdata() > 0.5
    if not brain.any():
        # The last line on stderr is what the benchmark's report will show.
        raise SystemExit(f"{arguments.mask}: no voxel is brain")
    sigma = [arguments.blur / size for size in image.header.get_zooms()]
    flat = flatten(image.get_fdata(dtype=np.float32), brain, sigma)
    nibabel.save(nibabel.Nifti1Image(flat, image.affine), arguments.output)


def flatten(voxels, brain, sigma):
    """Divide by the weighted blur of the brain; keep its mean."""
    weight = gaussian_filter(brain.astype(np.float32), sigma)
    field = gaussian_filter(np.where(brain, voxels, 0).astype(np.float32), sigma)
    flat = np.zeros_like(voxels)
    flat[brain] = voxels[brain] * weight[brain] / np.maximum(field[brain], 1e-6)
    return flat * voxels[brain].mean() / max(flat[brain].mean(), 1e-6)


if __name__ == "__main__":
    main()
