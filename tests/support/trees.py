"""Trees of real datasets' shapes: names and sidecars, with one tiny image behind every name."""

import gzip
import json

import nibabel
import numpy as np

SIEMENS = {
    "Manufacturer": "Siemens",
    "ManufacturersModelName": "Prisma",
    "InversionTime": 0.9,
    "RepetitionTime": 2.3,
    "EchoTime": 0.0029,
}
TRIO = SIEMENS | {"ManufacturersModelName": "TrioTim"}
GE = {
    "Manufacturer": "GE",
    "ManufacturersModelName": "DISCOVERY MR750",
    "InversionTime": 0.45,
    "RepetitionTime": 0.0066,
    "EchoTime": 0.0029,
}
PHILIPS = {
    "Manufacturer": "Philips",
    "ManufacturersModelName": "Achieva",
    "RepetitionTime": 0.0071,
    "EchoTime": 0.0032,
    "EchoTrainLength": 208,
}


def _volume(shape, *, mask=False):
    voxels = np.indices(shape).sum(0) % 7 + 1
    data = (voxels > 2).astype(np.uint8) if mask else voxels.astype(np.int16)
    return nibabel.Nifti1Image(data, np.diag([3.0, 3, 3, 1])).to_bytes()


IMAGE, MASK = _volume((6, 5, 4)), _volume((6, 5, 4), mask=True)


def grow(root, files, *, name="A dataset of its own", **description):
    """Write files: images by their names alone, JSON from what is given beside an image's name."""
    root.mkdir(parents=True, exist_ok=True)
    told = {"Name": name, "BIDSVersion": "1.8.0", **description}
    (root / "dataset_description.json").write_text(json.dumps(told))
    for path, fields in (files if isinstance(files, dict) else dict.fromkeys(files)).items():
        put(root / path, fields)
    return root


def put(image, fields=None):
    """Write one image, and its sidecar where there is something to say."""
    image.parent.mkdir(parents=True, exist_ok=True)
    content = MASK if "_mask." in image.name else IMAGE
    image.write_bytes(gzip.compress(content, 1) if image.name.endswith(".gz") else content)
    if fields is not None:
        stem = image.name.removesuffix(".gz").removesuffix(".nii")
        image.with_name(f"{stem}.json").write_text(json.dumps(fields))
    return image


def t1w(person, session, entities="", *, suffix="T1w", extension=".nii.gz"):
    """Return the path of an image in BIDS."""
    folder = f"sub-{person}/ses-{session}" if session else f"sub-{person}"
    stem = f"sub-{person}" + (f"_ses-{session}" if session else "")
    return f"{folder}/anat/{stem}{entities and '_' + entities}_{suffix}{extension}"


def masks(root, *, pipeline="masks"):
    """Give every T1w image of a tree a brain mask of its name."""
    for image in sorted(root.glob("sub-*/**/*_T1w.nii*")):
        place = root / "derivatives" / pipeline / image.relative_to(root)
        put(place.with_name(image.name.replace("_T1w", "_desc-brain_mask")))


def scanner_and_repeat():
    """Sessions are scanner and repeat; one person has everything twice, one lacks a scanner."""
    machines = {"LIP1PRI": SIEMENS, "LIP3TRI": TRIO, "JEN3GEM": GE, "JEN1ACH": PHILIPS}
    files = {}
    for person in ("10", "11", "12", "13"):
        for scanner, fields in machines.items():
            if (person, scanner) == ("13", "LIP3TRI"):
                continue
            for repeat in (1, 2) if person == "10" else (1,):
                files[t1w(person, f"{scanner}{repeat:03d}")] = fields
                files[t1w(person, f"{scanner}{repeat:03d}", "mod-T1w", suffix="defacemask")] = None
    return files


def year_and_site():
    """Sessions are year and site; runs are repeats; a site's label changes with its scanner."""
    files = {}
    sites = {"Y1BER": GE, "Y2BER": GE, "Y1ULM": TRIO, "Y2ULM": TRIO, "Y3ULP": SIEMENS}
    for session, fields in sites.items():
        for person in ("01", "02", "03"):
            if person == "03" and session.startswith("Y1"):
                continue
            for run in (1, 2) if "ULM" in session else (1,):
                files[t1w(person, session, f"run-{run}")] = fields
    return files


def person_in_session():
    """Sessions are person, site and number."""
    return {
        t1w(person, f"{person}{site}{number}", f"run-0{run}"): fields
        for person in ("THQ0001", "THQ0002")
        for site, fields in (("CCF", TRIO), ("JHU", PHILIPS))
        for number in (1, 2)
        for run in (1, 2)
    }


def two_sequences():
    """Two sequences of different TI in one session."""
    fast = GE | {"InversionTime": 0.45}
    slow = GE | {"InversionTime": 1.06}
    files = {}
    for person in ("01", "02", "03"):
        for repeat in (1, 2):
            files[t1w(person, f"north{repeat}", "acq-fspgr")] = fast
            files[t1w(person, f"north{repeat}", "acq-mprage")] = slow
            files[t1w(person, f"south{repeat}", "acq-mprage")] = SIEMENS
    return files


def maps_by_acq(people=("P001", "P002")):
    """One scanner; MP2RAGE's images all end in T1map and are told apart by acq-."""
    files = {}
    for person in people:
        for run in (1, 2):
            files[t1w(person, "01", f"run-{run}")] = SIEMENS
        for kind in ("inv1", "inv2", "uni", "mp2rage"):
            files[t1w(person, "01", f"acq-{kind}", suffix="T1map")] = {}
    return files
