"""The people of `phantom` as a BIDS dataset on disk, small enough to be written for one test."""

import json

import numpy as np

from phycharm.data.nifti import write_volume

from . import phantom

INV2 = {"InversionTime": 2.83, "RepetitionTimePreparation": 5.0, "EchoTime": 0.0029}


def sidecar(on):
    """A scanner's acquisition as BIDS says it, in seconds."""
    times = on.acquisition
    return {
        "InversionTime": times.inversion_time / 1000,
        "RepetitionTimePreparation": times.repetition_time / 1000,
        "RepetitionTimeExcitation": times.echo_spacing / 1000,
        "NumberShots": times.readouts,
        "EchoTime": times.echo_time / 1000,
        "FlipAngle": times.flip_angle,
        "Manufacturer": on.manufacturer,
        "MagneticFieldStrength": 3,
    }


def write_dataset(
    root,
    *,
    subjects=("01", "02", "03"),
    scanners=phantom.SCANNERS,
    quantitative=("Q1", "Q2"),
    shape=phantom.SHAPE,
):
    """Write a dataset of real-looking people (not marked as simulated)."""
    write_json(root / "dataset_description.json", {"Name": "Phantoms", "BIDSVersion": "1.10.0"})
    for subject in subjects:
        for on in scanners:
            write_scan(root, phantom.raw_scan(subject, on, shape=shape))
    for subject in quantitative:
        write_quantitative(root, subject, shape=shape)
    return root


def t1w_path(root, subject, session):
    return root / f"sub-{subject}/ses-{session}/anat/sub-{subject}_ses-{session}_T1w.nii.gz"


def mask_path(root, subject, session):
    stem = f"sub-{subject}_ses-{session}_desc-brain_mask.nii.gz"
    return root / f"derivatives/masks/sub-{subject}/ses-{session}/anat" / stem


def sidecar_path(image):
    return image.with_name(image.name.replace(".nii.gz", ".json"))


def write_scan(root, scan):
    image = t1w_path(root, scan.subject, scan.scanner.name)
    write_volume(image, scan.image, scan.affine)
    write_volume(mask_path(root, scan.subject, scan.scanner.name), scan.mask, scan.affine)
    write_json(sidecar_path(image), sidecar(scan.scanner))


def write_quantitative(root, subject, *, shape):
    scan = phantom.raw_scan(subject, phantom.QUANT, shape=shape)
    write_scan(root, scan)
    t1, m0, mask = phantom.person(subject, shape=shape)
    folder = root / f"sub-{subject}/ses-QUANT/anat"
    stem = f"sub-{subject}_ses-QUANT"
    write_volume(folder / f"{stem}_T1map.nii.gz", (t1 / 1000).astype(np.float32), scan.affine)
    second = m0 * (
        1 - 2 * np.exp(-2830 / np.where(mask, t1, 1)) + np.exp(-5000 / np.where(mask, t1, 1))
    )
    image = folder / f"{stem}_inv-2_MP2RAGE.nii.gz"
    write_volume(image, np.abs(second).astype(np.float32), scan.affine)
    write_json(sidecar_path(image), INV2)


def write_json(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")
