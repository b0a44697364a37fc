"""Harmonize a BIDS dataset outside of phycharm, and leave the images for it to judge.

    python examples/precomputed/match_histograms.py DATASET harmonized/matched
    phycharm benchmark quick --dataset DATASET --harmonizer none \
        --harmonizer precomputed:harmonized/matched --out results/matched

Here a few lines of scikit-image stand for your tool. What matters is what they leave behind: one
file `sub-<subject>_from-<source>_to-<target>_T1w.nii.gz` for every scan and target, on the grid of
the scan, and `card.json`, which says what the tool is and whom it has learned from.
"""

import argparse
import json
from pathlib import Path

import nibabel
import numpy as np
from skimage.exposure import match_histograms


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dataset", type=Path, help="BIDS dataset, one session per scanner")
    parser.add_argument("out", type=Path, help="folder for the harmonized images")
    parser.add_argument(
        "--reference",
        help="subject whose scans give the target's histogram (the first one by default); must be "
        "one that the benchmark trains on",
    )
    arguments = parser.parse_args()
    scans = find_scans(arguments.dataset)
    reference = arguments.reference or min(subject for subject, _ in scans)
    targets = sorted({scanner for subject, scanner in scans if subject == reference})
    arguments.out.mkdir(parents=True, exist_ok=True)
    for (subject, source), path in sorted(scans.items()):
        for target in targets:
            if target != source:
                name = f"sub-{subject}_from-{source}_to-{target}_T1w.nii.gz"
                matched = harmonize(arguments.dataset, path, scans[reference, target])
                nibabel.save(matched, arguments.out / name)
    write_card(arguments.out, arguments.dataset, reference)


def find_scans(dataset):
    """Return the T1w images of people who travel (no T1 map), by subject and session."""
    scans = {}
    for folder in sorted(dataset.glob("sub-*")):
        if any(folder.rglob("*_T1map.nii.gz")):
            continue
        for path in sorted(folder.glob("ses-*/anat/*_T1w.nii.gz")):
            subject, session = path.name.split("_")[:2]
            scans[subject.removeprefix("sub-"), session.removeprefix("ses-")] = path
    return scans


def harmonize(dataset, path, reference_path):
    image, wanted = nibabel.load(path), nibabel.load(reference_path)
    brain, wanted_brain = find_brain(dataset, path), find_brain(dataset, reference_path)
    matched = np.zeros(image.shape, dtype=np.float32)
    matched[brain] = match_histograms(image.get_fdata()[brain], wanted.get_fdata()[wanted_brain])
    return nibabel.Nifti1Image(matched, image.affine)


def find_brain(dataset, path):
    """Read the brain mask that belongs to a T1w image, from whichever derivatives have it."""
    name = path.name.replace("_T1w", "_desc-brain_mask")
    mask = next((dataset / "derivatives").rglob(name))
    return nibabel.load(mask).get_fdata() > 0.5


def write_card(out, dataset, reference):
    card = {
        "name": "matched-elsewhere",
        "summary": "Histogram matching to one scan of the target, made outside of phycharm.",
        "license": "MIT",
        "supervision": "unpaired",
        "trained_on": [f"{dataset.name}/sub-{reference}"],
    }
    (out / "card.json").write_text(json.dumps(card, indent=2))


if __name__ == "__main__":
    main()
