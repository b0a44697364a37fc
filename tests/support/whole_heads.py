"""Whole heads with skull, scalp and neck, of which is known where every point lies."""

import json
from dataclasses import dataclass

import nibabel
import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation

# Intensity of air, scalp, bone, fluid, grey and white matter.
CONTRASTS = {
    "GE": (8.0, 900.0, 90.0, 150.0, 480.0, 760.0),
    "Siemens": (4.0, 380.0, 40.0, 45.0, 180.0, 330.0),
    "Philips": (6.0, 1100.0, 120.0, 260.0, 620.0, 880.0),
}
_BRAIN = np.array([66.0, 84.0, 62.0])  # mm: semi-axes, 1.44 l


@dataclass(frozen=True)
class Person:
    """A head as functions of its own coordinates in mm (RAS+, 0 in the middle of the brain)."""

    seed: int = 0

    def _waves(self, points, count, shortest, longest):
        rng = np.random.default_rng([self.seed, count])
        total = np.zeros(points.shape[:-1], dtype=np.float32)
        for _ in range(count):
            direction = rng.normal(size=3)
            direction /= np.linalg.norm(direction)
            length = rng.uniform(shortest, longest)
            phase = rng.uniform(0, 2 * np.pi)
            total += np.sin(2 * np.pi * (points @ direction) / length + phase)
        return total / np.sqrt(count)

    def tissues(self, points):
        """Labels 0 air, 1 scalp, 2 bone, 3 fluid, 4 grey and 5 white matter, (..., 3) to (...)."""
        x, y, z = np.moveaxis(points, -1, 0)
        # Wider at the back and flat below, so that no turn leaves the shape as it is.
        side = _BRAIN[0] * (1 - 0.12 * np.clip(y / _BRAIN[1], -1, 1))
        radius = np.sqrt((x / side) ** 2 + (y / _BRAIN[1]) ** 2 + (z / _BRAIN[2]) ** 2)
        radius += 0.25 * np.clip(-z / _BRAIN[2] - 0.45, 0, 1) * np.clip(y / _BRAIN[1], 0, 1)
        depth = (1 - radius) * 68  # mm, nearly
        labels = np.zeros(points.shape[:-1], dtype=np.uint8)
        neck = (np.hypot(x / 55, (y + 15) / 58) < 1) & (z < -20)
        labels[neck] = 1
        labels[depth > -16] = 1
        labels[(depth > -10) & (depth <= -3)] = 2
        labels[depth > -3] = 3
        folds = self._waves(points, 9, 18, 34)
        labels[(depth > 0) & (folds > -1.1)] = 4
        labels[depth + 2.5 * folds > 7] = 5
        ventricle = (np.abs(np.abs(x) - 9) < 5) & (np.abs(y) < 32) & (np.abs(z - 8) < 9)
        labels[ventricle] = 3
        labels[np.hypot(x / 9, (y + 22) / 9) < (z > -95) * (z < -30)] = 5  # the stem
        return labels

    def scan(self, scanner, pose, *, shape, affine, noise=0.02, seed=0, defaced=False):
        """Scan the head: image (float32) and true brain mask on a grid.

        `pose` leads from the head's coordinates to the scanner's world, (4, 4).
        """
        fine = 2
        offsets = (np.arange(fine) + 0.5) / fine - 0.5
        backwards = np.linalg.inv(pose) @ affine
        rng = np.random.default_rng([self.seed, seed, len(scanner)])
        values = np.array(CONTRASTS[scanner], dtype=np.float32)
        image = np.zeros(shape, dtype=np.float32)
        brain = np.zeros(shape, dtype=np.float32)
        grid = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), axis=-1)
        for shift in np.stack(np.meshgrid(offsets, offsets, offsets), axis=-1).reshape(-1, 3):
            points = (grid + shift) @ backwards[:3, :3].T + backwards[:3, 3]
            labels = self.tissues(points)
            image += values[labels] / fine**3
            brain += (labels >= 3) / np.float32(fine**3)
        field = 1 + 0.15 * np.sin(grid @ (2.2 / np.array(shape)))
        image *= field.astype(np.float32)
        image += rng.normal(scale=noise * values[5], size=shape).astype(np.float32)
        image = np.abs(image)
        if defaced:
            centre = grid @ backwards[:3, :3].T + backwards[:3, 3]
            image[(centre[..., 1] > 52) & (centre[..., 2] < -20)] = 0
        mask = ndimage.binary_fill_holes(brain > 0.5)
        return image, mask


def pose_of(rotation_degrees=(0, 0, 0), shift=(0, 0, 0)):
    """A rigid map from turns about x, y and z, and a shift in mm."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", rotation_degrees, degrees=True).as_matrix()
    matrix[:3, 3] = shift
    return matrix


def native_grid(voxel_size, *, extent=(200, 230, 250), axes="RAS", shift=(0, 0, -25)):
    """Shape and affine of a scan whose axes run as named, such as LAS or PSR."""
    turn = nibabel.orientations.ornt_transform(
        nibabel.orientations.axcodes2ornt(axes), nibabel.orientations.axcodes2ornt("RAS")
    )
    size = np.broadcast_to(np.asarray(voxel_size, dtype=float), 3)
    shape = tuple(int(np.ceil(edge / step)) for edge, step in zip(extent, size, strict=True))
    affine = np.diag([*size, 1.0])
    affine[:3, 3] = np.array(shift) - size * (np.array(shape) - 1) / 2
    # `turn` leads from the named order to RAS; the grid is laid in RAS and stored in that order.
    stored = tuple(shape[int(axis)] for axis in turn[:, 0])
    return stored, affine @ nibabel.orientations.inv_ornt_aff(turn, stored)


def write_head(path, image, affine, *, dtype=np.int16, sidecar=None):
    """Write a scan as a scanner's converter does, with its sidecar."""
    path.parent.mkdir(parents=True, exist_ok=True)
    stored = nibabel.Nifti1Image(np.rint(image).astype(dtype), affine)
    stored.set_qform(affine, code=1)
    stored.set_sform(affine, code=1)
    nibabel.save(stored, path)
    times = {"InversionTime": 0.9, "RepetitionTime": 2.3, "EchoTime": 0.003, "FlipAngle": 9}
    text = json.dumps(times | (sidecar or {}))
    path.with_name(path.name.partition(".")[0] + ".json").write_text(text, encoding="utf-8")


# Where each scanner holds the head, and how it stores it.
POSES = {
    "GE": pose_of((4, -3, 6), (3, -8, 12)),
    "Siemens": pose_of((-9, 5, -8), (-12, 15, -20)),
    "Philips": pose_of((14, 2, 10), (8, 22, 30)),
}
STORED = {
    "GE": {"axes": "LPI", "dtype": np.int16, "stretch": (1, 1, 1.2)},
    "Siemens": {"axes": "PSR", "dtype": np.uint16, "stretch": (1, 1.1, 1)},
    "Philips": {"axes": "RAS", "dtype": np.float32, "stretch": (1.15, 1, 1)},
}


def write_raw_dataset(root, *, voxel_size, people=("01",), scanners=("GE", "Siemens"), masks=False):
    """Write raw heads as BIDS; returns the poses by (subject, scanner)."""
    root.mkdir(parents=True, exist_ok=True)
    description = {"Name": "Heads in known poses", "BIDSVersion": "1.10.0"}
    (root / "dataset_description.json").write_text(json.dumps(description), encoding="utf-8")
    poses = {}
    for number, person in enumerate(people):
        for scanner in scanners:
            pose = POSES[scanner] @ pose_of((3 * number, -2 * number, number), (0, number, 0))
            poses[person, scanner] = pose
            how = STORED[scanner]
            shape, affine = native_grid(
                voxel_size * np.array(how["stretch"]),
                axes=how["axes"],
                shift=pose[:3, 3] - [0, 0, 25],
            )
            image, mask = Person(number).scan(scanner, pose, shape=shape, affine=affine)
            stem = f"sub-{person}_ses-{scanner}"
            place = root / f"sub-{person}" / f"ses-{scanner}" / "anat"
            sidecar = {"Manufacturer": scanner}
            write_head(
                place / f"{stem}_T1w.nii.gz", image, affine, dtype=how["dtype"], sidecar=sidecar
            )
            if masks:
                given = root / "derivatives" / "masks" / place.relative_to(root)
                given.mkdir(parents=True, exist_ok=True)
                nibabel.save(
                    nibabel.Nifti1Image(mask.astype(np.uint8), affine),
                    given / f"{stem}_desc-brain_mask.nii.gz",
                )
    return poses


def target_errors(transform_paths, poses, radius=60.0, count=2000):
    """Registration errors in mm over a brain, of every scan against the first.

    The transforms (ITK's, LPS+) lead from the common grid to each raw scan; with the known poses
    each gives where in the head a point of the grid lies, and a perfect registration makes these
    places one.
    """
    import SimpleITK

    rng = np.random.default_rng(0)
    points = rng.normal(size=(count, 3))
    points = radius * points / np.linalg.norm(points, axis=1)[:, None] * rng.random((count, 1))
    lps = np.array([-1, -1, 1])
    reference = None
    errors = {}
    for name, path in transform_paths.items():
        transform = SimpleITK.ReadTransform(str(path))
        inverse = transform.GetInverse()
        if reference is None:
            # Points of the head, in the world of the grid, by way of the first scan.
            raw = points @ poses[name][:3, :3].T + poses[name][:3, 3]
            reference = np.array([inverse.TransformPoint(tuple(p)) for p in raw * lps])
        reached = np.array([transform.TransformPoint(tuple(p)) for p in reference]) * lps
        back = np.linalg.inv(poses[name])
        found = reached @ back[:3, :3].T + back[:3, 3]
        errors[name] = np.linalg.norm(found - points, axis=1)
    return errors
