"""Which files are harmonized from which scanner, and where the results go."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..data.bids.bids_dataset import BidsDataset
from ..data.bids.bids_name import BidsName
from ..data.scanner import Scanner
from ..data.stored_image import require_file
from ..errors import InputError
from ..harmonizers.harmonizer import Harmonizer
from ..utils.suggestions import did_you_mean

_NIFTI = (".nii", ".nii.gz")
# What a result cannot be written as, and what no folder is meant to be called.
_OTHER_IMAGES = (".gz", ".bz2", ".zst", ".mgh", ".mgz", ".hdr", ".img", ".mnc", ".nrrd", ".dcm")


@dataclass(frozen=True, kw_only=True)
class Job:
    """One image to harmonize.

    Parameters
    ----------
    image : Path
        T1-weighted NIfTI file.
    mask : Path or None
        Its brain mask.
    source : Scanner
        What it comes from.
    out : Path
        File to write.
    """

    image: Path
    mask: Path | None
    source: Scanner
    out: Path


@dataclass(frozen=True, kw_only=True)
class JobPlanner:
    """Turn what the user named into jobs.

    Parameters
    ----------
    method : Harmonizer
        Fitted or loaded.
    target : Scanner
        One of the method's, from `scanner_of`.
    out : Path
        File for one input, folder otherwise.
    source : str, optional
        Name of the scanner that the files come from.
    """

    method: Harmonizer
    target: Scanner
    out: Path
    source: str | None = None

    def plan(self, inputs: Sequence[Path], *, mask: Path | None = None) -> list[Job]:
        """Plan the jobs, and make sure that none of them harms another's files.

        Parameters
        ----------
        inputs : sequence of Path
            NIfTI files, or one BIDS folder.
        mask : Path, optional
            Brain mask, for one file.

        Returns
        -------
        list of Job
            At least one.

        Raises
        ------
        InputError
            If something given cannot be used, or a result would overwrite an input or another
            result.
        """
        if not inputs:
            raise InputError("No image given; name NIfTI files, or one BIDS folder.")
        folders = [path for path in inputs if path.is_dir()]
        if folders and len(inputs) > 1:
            raise InputError(f"{folders[0]}: a folder among other inputs; give it alone.")
        if mask is not None and folders:
            raise InputError(
                f"{mask}: one mask for a whole folder; a BIDS folder's own masks, in derivatives/, "
                "are used, so leave --mask out."
            )
        if mask is not None and len(inputs) > 1:
            raise InputError(
                f"{mask}: one mask for {len(inputs)} images; harmonize them one by one."
            )
        jobs = list(self._in_folder(folders[0]) if folders else self._files(inputs, mask))
        _require_harmless(jobs)
        return jobs

    def _files(self, inputs: Sequence[Path], mask: Path | None) -> Iterator[Job]:
        source = self._source()
        named = _is_nifti(self.out) and not self.out.is_dir()
        single = named and len(inputs) == 1
        if _is_other_image(self.out):
            raise InputError(f"{self.out}: results are .nii or .nii.gz; change --out.")
        if named and not single:
            raise InputError(f"{self.out}: one file for {len(inputs)} images; give a folder.")
        for image in inputs:
            require_file(image)
            if not _is_nifti(image):
                raise InputError(f"{image}: neither .nii nor .nii.gz; convert it to NIfTI.")
            out = self.out if single else self.out / image.name
            yield Job(image=image, mask=mask, source=source, out=out)

    def _in_folder(self, root: Path) -> Iterator[Job]:
        self._require_apart_from_raw_data(root)
        dataset = BidsDataset(root)
        found = False
        for key, image in sorted(dataset.files("T1w").items()):
            source = self._made_on(key[1])
            if source is not None:
                found = True
                mask = dataset.files("mask").get(key)
                out = self._derived(image, root, key)
                yield Job(image=image, mask=mask, source=source, out=out)
        if not found:
            sessions = ", ".join(f"ses-{scanner.name}" for scanner in self._sources())
            raise InputError(
                f"{root}: no T1w image of {sessions}, from which the model goes to "
                f"{self.target.name}; say with --from which scanner the images come from."
            )

    def _derived(self, image: Path, root: Path, key: tuple[str, str]) -> Path:
        """Name a result as BIDS derivatives are named: all entities of the image, and `desc`."""
        entities = BidsName.parse(image.name).entities or {"sub": key[0], "ses": key[1]}
        label = "".join(letter for letter in self.target.name if letter.isalnum())
        named = {**entities, "desc": f"harmonizedTo{label}"}
        stem = "_".join(f"{key}-{value}" for key, value in named.items())
        return self.out / image.parent.relative_to(root) / f"{stem}_T1w.nii.gz"

    def _made_on(self, session: str) -> Scanner | None:
        """Return the scanner of a session; None where its images are not to be harmonized."""
        if self.source is None:
            return {scanner.name: scanner for scanner in self._sources()}.get(session)
        source, scanners = self._source(), [scanner.name for scanner in self.method.scanners]
        return source if session == source.name or session not in scanners else None

    def _sources(self) -> list[Scanner]:
        """List the scanners from which the method goes to the target."""
        others = [scanner for scanner in self.method.scanners if scanner.name != self.target.name]
        directions = self.method.fitted_on.get("directions")
        if directions is None:
            return others
        return [scanner for scanner in others if [scanner.name, self.target.name] in directions]

    def _source(self) -> Scanner:
        """Return the one scanner that files come from."""
        sources = {scanner.name: scanner for scanner in self._sources()}
        names = ", ".join(sources) or "no scanner"
        if self.source is not None:
            source = scanner_of(self.method, self.source)
            if source.name not in sources:
                raise InputError(
                    f"The model does not go from {source.name} to {self.target.name}: it goes "
                    f"there from {names}; change --from or --to."
                )
            return source
        if len(sources) != 1:
            raise InputError(
                f"The model goes to {self.target.name} from {names}; say with --from which scanner "
                "the files come from."
            )
        return next(iter(sources.values()))

    def _require_apart_from_raw_data(self, root: Path) -> None:
        out, dataset = self.out.resolve(), root.resolve()
        if out.is_relative_to(dataset) and not out.is_relative_to(dataset / "derivatives"):
            raise InputError(
                f"{self.out}: lies among the raw data of {root}; give a folder of its own, such as "
                f"{root / 'derivatives' / 'harmonized'}."
            )


def _is_nifti(path: Path) -> bool:
    # Some systems write names in capitals.
    return path.name.casefold().endswith(_NIFTI)


def _is_other_image(path: Path) -> bool:
    name = path.name.casefold()
    return name.endswith(_OTHER_IMAGES) and not _is_nifti(path) and not path.is_dir()


def scanner_of(method: Harmonizer, name: str) -> Scanner:
    """Return a scanner that a method was fitted to.

    Parameters
    ----------
    method : Harmonizer
        Fitted or loaded.
    name : str
        Of the scanner.

    Raises
    ------
    InputError
        If the method does not know it.
    """
    known = {scanner.name: scanner for scanner in method.scanners}
    if not known:
        raise InputError("The model was fitted to no scanner; make it again by `phycharm train`.")
    if name not in known:
        raise InputError(f"The model knows no scanner {name!r}; {did_you_mean(name, known)}")
    return known[name]


def _require_harmless(jobs: Sequence[Job]) -> None:
    inputs = {path.resolve() for job in jobs for path in (job.image, job.mask) if path is not None}
    taken: dict[Path, Path] = {}
    for job in jobs:
        place = job.out.resolve()
        if place in inputs:
            raise InputError(f"{job.out}: would be overwritten, and it is an input; change --out.")
        if place in taken:
            raise InputError(
                f"{job.image}: has the name of {taken[place]}, and both would go to {job.out}; "
                "harmonize them into different folders."
            )
        taken[place] = job.image
        file = next((parent for parent in job.out.parents if parent.is_file()), None)
        if file is not None:
            raise InputError(f"{file}: is a file and no folder; change --out.")
