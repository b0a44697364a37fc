"""Harmonizing files: any NIfTI image, several of them, or the T1w images of a BIDS folder."""

from collections.abc import Sequence
from pathlib import Path

from .. import __version__
from ..harmonizers.external import load_harmonizer, outsider_at_work
from ..preprocess import PreprocessSettings
from ..utils.atomic import write_json
from ..utils.device import resolve_device
from ..utils.progress import progress_bar
from .file_harmonizer import FileHarmonizer
from .jobs import JobPlanner, scanner_of
from .raw_head import Outside, RawHeadHarmonizer

_BIDS_VERSION = "1.10.0"


def harmonize_inputs(  # noqa: PLR0913 - raw heads have settings too
    inputs: Sequence[Path],
    *,
    model: Path,
    target: str,
    out: Path,
    source: str | None = None,
    mask: Path | None = None,
    harmonizer: str | None = None,
    device: str = "auto",
    raw: PreprocessSettings | None = None,
    outside: Outside = "keep",
) -> list[Path]:
    """Harmonize one file, several files, or the T1w images of a BIDS folder.

    Parameters
    ----------
    inputs : sequence of Path
        NIfTI files, or one BIDS folder, of which the first T1w image of every subject and session
        is taken.
    model : Path
        Folder of a fitted method.
    target, source : str
        Names of scanners the method was fitted to. The source may be left out where only one is
        possible. In a BIDS folder it is the session, and if it is given, the images of other
        scanners' sessions are left out and those of all further sessions count as the source's.
    out : Path
        File for one input, folder otherwise; for a BIDS folder it becomes a BIDS derivative.
    mask : Path, optional
        Brain mask, for one input file; in a BIDS folder its own masks are used.
    harmonizer : str, optional
        Method that the model is of; needed for a class by path, see `load_harmonizer`.
    device : str
        `auto`, `cpu` or `cuda`.
    raw : PreprocessSettings, optional
        If given, the images are raw heads: they are preprocessed by it, and the result is the head
        in its native space.
    outside : {"keep", "zero"}
        What becomes of a raw head around its brain.

    Returns
    -------
    list of Path
        Files written.

    Raises
    ------
    InputError
        If something given cannot be used.
    """
    method = load_harmonizer(model, harmonizer=harmonizer, device=resolve_device(device))
    goal = scanner_of(method, target)
    planner = JobPlanner(method=method, target=goal, out=out, source=source)
    jobs = planner.plan(inputs, mask=mask)
    if inputs[0].is_dir():
        _describe(out, name=f"T1w images harmonized to {goal.name}")
    with progress_bar("harmonizing", len(jobs)) as bar:
        for job in jobs:
            applied = FileHarmonizer(method=method, source=job.source, target=goal)
            with outsider_at_work(method, doing=str(job.image)):
                if raw is None:
                    applied.run(job.image, job.out, mask=job.mask)
                else:
                    head = RawHeadHarmonizer(applied=applied, settings=raw, outside=outside)
                    head.run(job.image, job.out, mask=job.mask)
            bar.advance(detail=job.image.name)
    return [job.out for job in jobs]


def _describe(out: Path, *, name: str) -> None:
    """Write what BIDS wants to know of a derivative, unless its folder says it already."""
    path = out / "dataset_description.json"
    if path.exists():
        return
    content = {
        "Name": name,
        "BIDSVersion": _BIDS_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "phycharm harmonize", "Version": __version__}],
    }
    write_json(path, content)
