"""Where the numbers come from: configuration, versions, hardware, timings, and a text to paste."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ..run.names import label
from ..run.run_view import RunView
from .table import Column, Table, TableCell

_LONGEST = 160


@dataclass(frozen=True, kw_only=True)
class Facts:
    """One part of the provenance drawer: a title and pairs of name and value."""

    title: str
    pairs: list[tuple[str, str]]


def provenance(view: RunView) -> list[Facts]:
    """Lay out the manifest of a run.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    list of Facts
        Run, protocol, dataset, scanners, hardware, software; parts that are missing say so.
    """
    manifest = view.content.manifest
    run = {
        "Folder": view.content.name,
        "Status": manifest.get("status"),
        "Started": manifest.get("started"),
        "Finished": manifest.get("finished"),
        "Wall time": _duration(manifest.get("wall_seconds")),
        "Peak memory": _memory(manifest.get("peak_memory_mb")),
        "Segmentation": manifest.get("segmenter"),
        "Fingerprint": manifest.get("fingerprint"),
        "Seeds": ", ".join(map(str, sorted(set(view.content.scores["seed"])))),
    }
    dataset = dict(view.content.section("dataset"))
    checksums = dataset.pop("checksums", None)
    if isinstance(checksums, Mapping):
        dataset["files with a checksum in run.json"] = len(checksums)
    environment = dict(view.content.section("environment"))
    packages = environment.pop("packages", None)
    parts = {
        "Run": run,
        "Protocol": view.content.section("protocol"),
        "Data": dataset,
        "Scanners": view.content.section("scanners"),
        "Hardware": view.content.section("hardware"),
        "Software": {**environment, **(packages if isinstance(packages, Mapping) else {})},
    }
    return [Facts(title=title, pairs=flatten(part)) for title, part in parts.items()]


def flatten(content: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Turn nested settings into pairs of dotted name and text; what is empty is left out.

    Examples
    --------
    >>> flatten({"split": {"training": 4, "folds": [1, 2]}, "segmenter": ""})
    [('split.training', '4'), ('split.folds', '1, 2')]
    """
    pairs: list[tuple[str, str]] = []
    for key, value in content.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            pairs += flatten(value, f"{name}.")
        elif value not in (None, "", [], {}):
            text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            pairs.append((name, text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"))
    return pairs


def timing_table(view: RunView) -> Table | None:
    """Sum up, per method, how long its fits took and what they needed; None without cells."""
    fits = [cell for cell in view.content.cells if cell.record and cell.fitted]
    if not fits:
        return None
    frame = pd.DataFrame(
        [{"method": c.harmonizer, **{k: _number(c.record.get(k)) for k in _COSTS}} for c in fits]
    )
    rows = []
    for method, own in frame.groupby("method", sort=True):
        longest = own["peak_memory_mb"].max()
        rows.append(
            [
                TableCell(text=view.name(str(method)), sort=str(method)),
                TableCell(text=str(len(own)), sort=len(own)),
                _cell(_duration(own["fit_seconds"].sum()), own["fit_seconds"].sum()),
                _cell(_duration(own["harmonize_seconds"].sum()), own["harmonize_seconds"].sum()),
                _cell(_memory(longest), longest),
                _cell(f"{own['parameters'].max():,.0f}".replace(",", " "), own["parameters"].max()),
            ]
        )
    heads = ("Method", "Fits", "Training", "Harmonizing", "Peak memory", "Trainable numbers")
    return Table(
        name="cost",
        title="What each method cost",
        columns=[Column(text=head, number=bool(index)) for index, head in enumerate(heads)],
        rows=rows,
        notes=[
            "Wall time summed over all fits. Peak memory is the most that the process had held "
            "until the end of a fit, earlier ones included; size is that of the largest fit."
        ],
    )


_COSTS = ("fit_seconds", "harmonize_seconds", "peak_memory_mb", "parameters")


def failed_cells(view: RunView) -> list[tuple[str, str]]:
    """List name and error of every fit that failed."""
    failed = [cell for cell in view.content.cells if cell.failed]
    return [(c.name, str(c.record.get("error") or "no reason was recorded")) for c in failed]


def unsegmented_images(view: RunView) -> list[tuple[str, str]]:
    """List every image on which the segmentation engine failed: name of its fit, and why."""
    return [(cell.name, line) for cell in view.content.cells for line in cell.warnings]


def deviations(view: RunView) -> list[tuple[str, Sequence[str]]]:
    """List where methods depart from their papers, from their cards and their fits."""
    found: dict[str, list[str]] = {}
    for name in view.methods:
        card = view.content.methods.get(name, {})
        found.setdefault(name, []).extend(_texts(card.get("deviations")))
    for cell in view.content.cells:
        method = view.variants.get(cell.harmonizer, cell.harmonizer)
        if preset := cell.record.get("preset"):
            method = f"{label(method)}, preset {preset}"
        found.setdefault(method, []).extend(_texts(cell.record.get("deviations")))
    return [(label(name), list(dict.fromkeys(texts))) for name, texts in found.items() if texts]


def _texts(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")


def _cell(text: str, value: float) -> TableCell:
    return (
        TableCell(text="–")
        if pd.isna(value) or not text
        else TableCell(text=text, sort=float(value))
    )


def _duration(seconds: Any) -> str:
    if not isinstance(seconds, int | float) or pd.isna(seconds):
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{seconds / 60:.1f} min"
    return f"{seconds / 3600:.1f} h"


def _memory(megabytes: Any) -> str:
    if not isinstance(megabytes, int | float) or pd.isna(megabytes):
        return ""
    return f"{megabytes:.0f} MB" if megabytes < 1024 else f"{megabytes / 1024:.1f} GB"
