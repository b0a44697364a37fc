"""Harmonizing files: any NIfTI image, in its own orientation and on its own intensity scale."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import numpy.typing as npt
from nibabel.orientations import apply_orientation, io_orientation, ornt_transform

from .atomic import atomic_file
from .bids import BidsDataset
from .device import resolve_device
from .errors import InputError
from .external import load_harmonizer
from .harmonizer import Harmonizer
from .intensity import percentile_99
from .nifti import read_volume
from .progress import progress_bar
from .registry import did_you_mean
from .scan import Scan
from .scanner import Scanner

_LEAST_BACKGROUND = 0.1


def harmonize_inputs(
    inputs: Sequence[Path],
    *,
    model: Path,
    target: str,
    out: Path,
    source: str | None = None,
    mask: Path | None = None,
    device: str = "auto",
) -> list[Path]:
    """Harmonize one file, several files, or every T1w image of a BIDS folder.

    Parameters
    ----------
    inputs : sequence of Path
        NIfTI files, or one BIDS folder.
    model : Path
        Folder of a fitted method.
    target, source : str
        Names of scanners the method was fitted to; the source may be left out where only one is
        possible, and is the session in a BIDS folder.
    out : Path
        File for one input, folder otherwise.
    mask : Path, optional
        Brain mask, for one input.
    device : str
        `auto`, `cpu` or `cuda`.

    Returns
    -------
    list of Path
        Files written.

    Raises
    ------
    InputError
        If something given cannot be used.
    """
    method = load_harmonizer(model, device=resolve_device(device))
    goal = _scanner(method, target)
    jobs = list(_jobs(inputs, method, goal, out, source=source, mask=mask))
    if not jobs:
        raise InputError(
            f"{inputs[0] if inputs else out}: no T1w image to harmonize; check the path."
        )
    with progress_bar("harmonizing", len(jobs)) as bar:
        for job in jobs:
            applied = FileHarmonizer(method=method, source=job.source, target=goal)
            applied.run(job.image, job.out, mask=job.mask)
            bar.advance(detail=job.image.name)
    return [job.out for job in jobs]


@dataclass(frozen=True, kw_only=True)
class _Job:
    image: Path
    mask: Path | None
    source: Scanner
    out: Path


def _jobs(
    inputs: Sequence[Path],
    method: Harmonizer,
    target: Scanner,
    out: Path,
    *,
    source: str | None,
    mask: Path | None,
) -> Iterator[_Job]:
    if len(inputs) == 1 and inputs[0].is_dir():
        yield from _bids_jobs(inputs[0], method, target, out)
        return
    if mask is not None and len(inputs) > 1:
        raise InputError(f"{mask}: one mask for {len(inputs)} images; harmonize them one by one.")
    scanner = _source(method, target, source)
    for image in inputs:
        single_file = len(inputs) == 1 and out.suffix in (".nii", ".gz")
        yield _Job(
            image=image, mask=mask, source=scanner, out=out if single_file else out / image.name
        )


def _bids_jobs(root: Path, method: Harmonizer, target: Scanner, out: Path) -> Iterator[_Job]:
    dataset = BidsDataset(root)
    sources = {s.name: s for s in method.scanners if s.name != target.name}
    for (subject, session), image in sorted(dataset.files("T1w").items()):
        if session in sources:
            stem = f"sub-{subject}_ses-{session}_desc-harmonizedTo{target.name}_T1w.nii.gz"
            yield _Job(
                image=image,
                mask=dataset.files("mask").get((subject, session)),
                source=sources[session],
                out=out / f"sub-{subject}" / f"ses-{session}" / "anat" / stem,
            )


def _scanner(method: Harmonizer, name: str) -> Scanner:
    known = {scanner.name: scanner for scanner in method.scanners}
    if name not in known:
        raise InputError(f"The model knows no scanner {name!r}; {did_you_mean(name, known)}")
    return known[name]


def _source(method: Harmonizer, target: Scanner, name: str | None) -> Scanner:
    if name is not None:
        return _scanner(method, name)
    others = [scanner for scanner in method.scanners if scanner.name != target.name]
    if len(others) != 1:
        names = ", ".join(scanner.name for scanner in others)
        raise InputError(f"The files could come from {names}; say which with --from.")
    return others[0]


@dataclass(frozen=True, kw_only=True)
class FileHarmonizer:
    """Apply a fitted method to image files.

    Parameters
    ----------
    method : Harmonizer
        Fitted or loaded.
    source, target : Scanner
        What the files come from, and what they shall look like.
    """

    method: Harmonizer
    source: Scanner
    target: Scanner

    def run(self, image: Path, out: Path, *, mask: Path | None = None) -> None:
        """Harmonize one file.

        The result has the input's grid, orientation and header, and its intensity scale too: the
        99th percentile by which the input is standardized is multiplied in again, since what a
        harmonized image is in the target's own units no method can know. It is float32.

        Parameters
        ----------
        image : Path
            T1-weighted NIfTI file.
        out : Path
            File to write.
        mask : Path, optional
            Brain mask on the same grid; without it the voxels above 0, if the brain has been
            extracted.

        Raises
        ------
        InputError
            If a file cannot be used.
        """
        scan = self._read(image, mask)
        standardized = percentile_99(scan)
        harmonized = self.method.harmonize(standardized, self.target)
        scale = np.float32(np.percentile(scan.image[scan.mask], 99))
        _write_like(image, out, harmonized * max(scale, np.float32(0)))

    def _read(self, image: Path, mask: Path | None) -> Scan:
        voxels, affine = read_volume(image)
        brain = _brain(voxels, image) if mask is None else read_volume(mask)[0] > 0.5
        if brain.shape != voxels.shape:
            raise InputError(
                f"{mask}: has shape {brain.shape} and the image {voxels.shape}; resample the mask."
            )
        if not brain.any():
            raise InputError(f"{mask or image}: no voxel is brain; check the mask.")
        return Scan(
            image=voxels,
            mask=brain,
            affine=affine,
            scanner=self.source,
            subject=image.name.partition(".")[0],
        )


def _brain(voxels: npt.NDArray[np.float32], path: Path) -> npt.NDArray[np.bool_]:
    brain = voxels > 0
    if (~brain).mean() < _LEAST_BACKGROUND:
        raise InputError(
            f"{path}: has hardly any voxel at 0, so its brain has not been extracted; give a brain "
            "mask with --mask."
        )
    return np.asarray(brain)


def _write_like(original: Path, out: Path, image: npt.NDArray[np.float32]) -> None:
    """Write a RAS volume in the orientation, and with the header, of another file."""
    template: Any = nibabel.load(original)
    to_original = ornt_transform(io_orientation(np.eye(4)), io_orientation(template.affine))
    header = template.header.copy()
    header.set_data_dtype(np.float32)
    # The stored scale factors belong to the input's integers.
    header.set_slope_inter(1, 0)
    result = nibabel.Nifti1Image(
        np.asarray(apply_orientation(image, to_original), dtype=np.float32),
        template.affine,
        header,
    )
    with atomic_file(out) as temporary:
        nibabel.save(result, temporary)
