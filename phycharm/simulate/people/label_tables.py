"""Lookup tables of label maps: BIDS tables and FreeSurfer's colour tables."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ...errors import InputError
from .label_names import BIDS_CLASSES, class_of_name


def find_table(image: Path, top: Path) -> Path | None:
    """Find the lookup table of a label map.

    Parameters
    ----------
    image : Path
        A file `NAME_dseg.nii.gz` somewhere in `top`.
    top : Path
        Folder in which, and above which no more, tables are looked for.

    Returns
    -------
    Path or None
        The nearest table that fits: `NAME_dseg.tsv` beside the image; in its folder or one above a
        `dseg.tsv` all parts of whose name are the image's too, as BIDS inherits it; or a text file
        with `LUT` in its name, as FreeSurfer's `FreeSurferColorLUT.txt`.
    """
    mine = set(image.name.split(".")[0].split("_"))
    folder = image.parent
    while True:
        tables = [path for path in folder.glob("*dseg.tsv") if set(path.stem.split("_")) <= mine]
        found = sorted(tables, key=lambda path: -len(path.stem.split("_")))
        found += sorted(folder.glob("*LUT*.txt"))
        if found:
            return found[0]
        if folder == top or folder == folder.parent:
            return None
        folder = folder.parent


def read_classes(table: Path, labels: Iterable[int]) -> Mapping[int, str]:
    """Read which class of tissue each label is of.

    Parameters
    ----------
    table : Path
        A `.tsv` with columns index, name and, if you like, mapping (a number of BIDS's common
        labels, which then decides); or FreeSurfer's text with a number and a name a line.
    labels : iterable of int
        The labels of the map; the table may explain more.

    Returns
    -------
    mapping of int to str
        Class of every label; see `label_names.class_of_name`.

    Raises
    ------
    InputError
        If the table cannot be read, lacks a label, or a name in it says no one tissue.
    """
    rows = _read_tsv(table) if table.suffix == ".tsv" else _read_colours(table)
    known = {index: (name, mapping) for index, name, mapping in rows}
    classes = {}
    for label in labels:
        if label not in known and label != 0:
            raise InputError(f"{table}: does not explain label {label}; add a row for it.")
        name, mapping = known.get(label, ("background", ""))
        code = _mapped(mapping, table) if mapping else class_of_name(name)
        if code is None:
            raise InputError(
                f"{table}: label {label}, {mapping or name!r}, is of no one tissue that is known; "
                "give it a BIDS number in a column mapping: 0 background, 1 GM, 2 WM, 3 CSF, "
                "4 bone, 5 soft tissue, 8 cortical GM, 9 subcortical GM, 10 brainstem."
            )
        classes[label] = code
    return classes


def _mapped(mapping: str, table: Path) -> str | None:
    try:
        return BIDS_CLASSES.get(int(float(mapping)))
    except (ValueError, OverflowError):
        raise InputError(f"{table}: mapping {mapping!r} is no number; give one of BIDS.") from None


def _read_tsv(table: Path) -> Iterator[tuple[int, str, str]]:
    lines = _lines(table)
    reader = csv.DictReader(lines, delimiter="\t")
    if not {"index", "name"} <= set(reader.fieldnames or ()):
        raise InputError(f"{table}: needs columns index and name, separated by tabs.")
    for row in reader:
        mapping = (row.get("mapping") or "").strip()
        yield _index(row["index"], table), row["name"] or "", "" if mapping == "n/a" else mapping


def _read_colours(table: Path) -> Iterator[tuple[int, str, str]]:
    for line in _lines(table):
        parts = line.split()
        if len(parts) >= 2 and not parts[0].startswith("#"):
            yield _index(parts[0], table), parts[1], ""


def _index(text: str | None, table: Path) -> int:
    try:
        return int(float(text or ""))
    except (ValueError, OverflowError):
        raise InputError(f"{table}: index {text!r} is no number; correct that row.") from None


def _lines(table: Path) -> list[str]:
    try:
        return table.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{table}: not a readable text file ({error}); save it again.") from error
