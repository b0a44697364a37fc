"""The preprocessed dataset as a folder: whose it is, and what describes it."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import __version__
from ..data.bids.bids_dataset import BidsDataset
from ..data.datasets.shipped import PREPROCESSOR
from ..errors import InputError
from ..utils.atomic import write_json, write_text
from ..utils.json_file import read_object
from .excluded import Excluded
from .imaging.itk import itk_version
from .preprocess_settings import PreprocessSettings
from .result_files import MASKS, PREPROCESSING, ResultFiles
from .scan_summary import ScanSummary
from .source_scan import SourceScan

_BIDS_VERSION = "1.10.0"
_DESCRIPTION = "dataset_description.json"
_PARTICIPANTS = ("participants.tsv", "participants.json")
_README = """\
Preprocessed by `phycharm preprocess`: T1w images on one grid for each person, brains only.

derivatives/masks: the brain that all scans of a person show.
derivatives/preprocessing: the transforms from the grids to the raw scans, and the summary.
quality.html: every scan to look at.
.cache: finished stages, so that a later call goes on; it may be deleted.
"""


@dataclass(frozen=True)
class OutFolder:
    """Where a preprocessing writes.

    Parameters
    ----------
    root : Path
        New, empty, or written by an earlier call.
    """

    root: Path

    @property
    def cache(self) -> Path:
        """Folder of finished stages."""
        return self.root / ".cache"

    @property
    def summary(self) -> Path:
        """What was done, with all numbers."""
        return self.root / PREPROCESSING / "summary.json"

    @contextmanager
    def claimed(self, raw: BidsDataset) -> Iterator[None]:
        """Make sure that the folder can be written to and holds nobody else's data.

        Raises
        ------
        InputError
            If it is the raw dataset or lies in it, or holds something else.
        """
        own, theirs = self.root.resolve(), raw.root.resolve()
        inside = own.is_relative_to(theirs) and not own.is_relative_to(theirs / "derivatives")
        if inside or theirs.is_relative_to(own):
            raise InputError(
                f"{self.root}: lies among the raw data of {raw.root}; give a folder of its own."
            )
        if self.root.exists() and not self.root.is_dir():
            raise InputError(f"{self.root}: is a file and no folder; give another folder.")
        if self.root.is_dir() and any(self.root.iterdir()) and not self._ours():
            raise InputError(
                f"{self.root}: holds something else than a preprocessing; give another folder."
            )
        self.root.mkdir(parents=True, exist_ok=True)
        self.cache.mkdir(exist_ok=True)
        yield

    def _ours(self) -> bool:
        path = self.root / _DESCRIPTION
        if not path.is_file():
            return self.cache.is_dir()
        made_by = read_object(path, remedy="correct it, or give another folder").get("GeneratedBy")
        return isinstance(made_by, list) and any(
            isinstance(one, dict) and one.get("Name") == PREPROCESSOR for one in made_by
        )

    def describe(
        self,
        raw: BidsDataset,
        settings: PreprocessSettings,
        *,
        written: Sequence[SourceScan],
        summaries: Sequence[ScanSummary],
        excluded: Sequence[Excluded],
        notes: Sequence[str],
    ) -> None:
        """Write what describes the dataset, and delete what an earlier call left and this did not.

        Parameters
        ----------
        raw : BidsDataset
            Where the scans come from.
        settings : PreprocessSettings
            What they were made with.
        written : sequence of SourceScan
            All images that the dataset shall hold.
        summaries, excluded, notes : sequence
            What the quality page shows.
        """
        self._delete_others(written)
        write_json(self.root / _DESCRIPTION, _description(raw, settings))
        for place, name in ((MASKS, "Brain masks"), (PREPROCESSING, "Transforms and summary")):
            record = {
                "Name": name,
                "BIDSVersion": _BIDS_VERSION,
                "DatasetType": "derivative",
                "GeneratedBy": [_generator(settings)],
            }
            write_json(self.root / place / _DESCRIPTION, record)
        write_text(self.root / "README", _README)
        write_text(self.root / ".bidsignore", ".cache/\nquality.html\n")
        for name in _PARTICIPANTS:
            if (raw.root / name).is_file():
                shutil.copyfile(raw.root / name, self.root / name)
        summary = {
            "dataset": raw.name,
            "version": __version__,
            "settings": settings.as_record(),
            "simpleitk": itk_version(),
            "scans": [one.as_record() for one in summaries],
            "excluded": [vars(one) for one in excluded],
            "notes": list(notes),
        }
        write_json(self.summary, summary)

    def _delete_others(self, written: Sequence[SourceScan]) -> None:
        """Delete results of scans that are excluded by now: nobody shall read them."""
        expected = {path for scan in written for path in ResultFiles(self.root, scan).paths}
        for place in (Path(), MASKS, PREPROCESSING):
            for path in list((self.root / place).glob("sub-*/**/sub-*")):
                if path.is_file() and path not in expected:
                    path.unlink()
                    with suppress(OSError):
                        path.parent.rmdir()


def _description(raw: BidsDataset, settings: PreprocessSettings) -> dict[str, Any]:
    earlier = raw.description.get("GeneratedBy")
    return {
        "Name": f"{raw.name}, preprocessed",
        "BIDSVersion": _BIDS_VERSION,
        "DatasetType": "derivative",
        # What was simulated stays so: whoever made the raw data is named after us.
        "GeneratedBy": [_generator(settings), *(earlier if isinstance(earlier, list) else [])],
        **({"License": raw.description["License"]} if "License" in raw.description else {}),
        "SourceDatasets": [{"URL": raw.description.get("DatasetDOI", raw.root.resolve().as_uri())}],
    }


def _generator(settings: PreprocessSettings) -> dict[str, Any]:
    told = ", ".join(f"{name} {value}" for name, value in settings.as_record().items() if value)
    return {"Name": PREPROCESSOR, "Version": __version__, "Description": told}
