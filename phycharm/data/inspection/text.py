"""What is understood of a dataset, for a person to read."""

from collections.abc import Iterable, Sequence

from .advice import Advice
from .facts import Facts

_NAMES = {"inversion_time": "TI", "repetition_time": "TR", "echo_time": "TE"}
_WIDEST = 60


def inspection_text(facts: Facts, advice: Advice) -> str:
    """Lay out facts and advice as plain text.

    Parameters
    ----------
    facts : dict
        As `dataset_facts` gives them.
    advice : Advice
        On them.
    """
    blocks = [
        _head(facts),
        _scanners(facts),
        _people(facts),
        _acquisitions(facts),
        _images(facts),
        _listed("In the way", advice.obstacles),
        _listed("Worth knowing", advice.notes),
        f"Next: {advice.command}"
        if advice.command
        else "Next: nothing can be done with it as it is.",
    ]
    return "\n\n".join(block for block in blocks if block)


def _head(facts: Facts) -> str:
    dataset = facts["dataset"]
    kind = " (simulated: no person was scanned)" if dataset["simulated"] else ""
    lines = [f"{dataset['name']}{kind}", f"  Folder: {dataset['path']}"]
    if dataset["license"]:
        lines.append(f"  Licence: {dataset['license']}")
    lines.append(f"  Names were read by {facts['rules']['source']}")
    sessions = facts["rules"]["sessions"]
    for key, value in sessions.items():
        lines.append(f"    {key}: {value if isinstance(value, str) else ', '.join(value)}")
    for key, labels in facts["rules"]["split"].items():
        lines.append(f"  Split, {key}: {', '.join(labels)}")
    return "\n".join(lines)


def _scanners(facts: Facts) -> str:
    rows = [
        (
            name,
            one["manufacturer"],
            ", ".join(one["models"]) or "-",
            f"{one['field_strength']:g} T" if one["field_strength"] else "-",
            str(one["people"]),
            str(one["scans"]),
            str(one["repeated"]),
            _short(one["sessions"]),
        )
        for name, one in facts["scanners"].items()
    ]
    head = ("Scanner", "Vendor", "Model", "Field", "People", "Scans", "With repeat", "Sessions")
    return _table(head, rows) if rows else "No scanner."


def _people(facts: Facts) -> str:
    people, pairs = facts["people"], facts["pairs"]
    lines = [f"Travelling people: {len(people)}" + (f" ({_short(list(people))})" if people else "")]
    pairs = [pair for pair in pairs if pair["people"]]
    if pairs:
        counts: dict[int, list[str]] = {}
        for pair in pairs:
            counts.setdefault(pair["people"], []).append(" - ".join(pair["scanners"]))
        lines.append(f"Pairs that somebody was on both of: {len(pairs)}")
        for count in sorted(counts, reverse=True):
            who = "1 person" if count == 1 else f"{count} people"
            lines += _wrapped(f"  {who}: ", counts[count])
    maps = facts["quantitative"]
    if maps["people"]:
        places = ", ".join(f"{count} from {place}" for place, count in maps["maps_from"].items())
        lines.append(f"People with T1 maps: {len(maps['people'])} (maps: {places})")
    else:
        lines.append("People with T1 maps: none")
    return "\n".join(lines)


def _acquisitions(facts: Facts) -> str:
    rows = []
    for name, scanner in facts["scanners"].items():
        known = scanner["acquisition"]
        if not known:
            continue
        cells = [_value(known[key]["value"]) for key in _NAMES]
        angle, spacing, readouts = (
            known[key]["value"] for key in ("flip_angle", "echo_spacing", "readouts")
        )
        train = "-" if spacing is None else f"{spacing:g} ms"
        train += "" if readouts is None else f" x {readouts}"
        source = next((known[key]["from"] for key in _NAMES if known[key]["from"]), "-")
        rows.append((name, *cells, f"{angle:g}°", train, source))
    head = (
        "Acquisition",
        "TI (ms)",
        "TR (ms)",
        "TE (ms)",
        "Angle",
        "Readouts",
        "From, for instance",
    )
    return _table(head, rows) if rows else ""


def _value(value: float | None) -> str:
    return "missing" if value is None else f"{value:g}"


def _images(facts: Facts) -> str:
    masks, grids, content = facts["masks"], facts["grids"], facts["content"]
    missing = len(content["not_fetched"])
    fetched = "all fetched" if not missing else f"{missing} not fetched"
    pipelines = f" (derivatives/{', '.join(masks['pipelines'])})" if masks["pipelines"] else ""
    lines = [
        f"Images: {content['images']}, {fetched}",
        f"Brain masks: {masks['scans_with']} of {masks['scans']} scans{pipelines}",
    ]
    if grids["read"]:
        lines.append(
            f"Grids: {grids['people_on_one_grid']} of {grids['people']} people have all images on "
            "one grid"
        )
        sizes = list(grids["sizes"].items())
        lines += [f"  {count} images: {size}" for size, count in sizes[:4]]
        lines += [f"  and {len(sizes) - 4} other grids"] if len(sizes) > 4 else []
    else:
        lines.append("Grids: no header can be read")
    return "\n".join(lines)


def _listed(title: str, lines: Iterable[str]) -> str:
    body = [f"  - {line}" for line in lines]
    return "\n".join([f"{title}:", *body]) if body else ""


def _short(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= 3 else f"{names[0]} ... {names[-1]} ({len(names)})"


def _wrapped(start: str, names: Sequence[str]) -> list[str]:
    lines, line = [], start
    for name in names:
        if len(line) > _WIDEST and line.strip():
            lines.append(line.rstrip())
            line = " " * len(start)
        line += f"{name}, "
    return [*lines, line.rstrip(", ")]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in [head, *rows]
    )
