"""What moved, as one HTML file that loads nothing."""

from pathlib import Path

from markupsafe import Markup

from phycharm.benchmarks.statistics.regression import Delta
from phycharm.utils.atomic import write_text

from ..page.downloads import pack_tables
from ..page.page import content_policy, script_digest, template
from ..run.names import label
from ..tables.provenance import flatten
from ..tables.table import Column, Table, TableCell
from .delta_tables import duplicates_table, moved_table, rows_table

_TEMPLATES = Path(__file__).parents[1] / "templates"
_SHOWN = ("environment.", "hardware.", "protocol.version", "segmenter")


def write_delta_page(delta: Delta, out: str | Path) -> Path:
    """Write the page of what moved between a reference and a run.

    Parameters
    ----------
    delta : Delta
        From `compare_scores`.
    out : str or Path
        The file to write.

    Returns
    -------
    Path
        The file: complete in itself, it loads nothing.
    """
    script = "\n".join(_read(name) for name in ("tables.js", "theme.js", "delta.js"))
    tables = [t for t in (moved_table(delta), rows_table(delta), duplicates_table(delta)) if t]
    settings = _environments(delta)
    html = template("delta.html").render(
        delta=delta,
        tables=tables,
        settings=settings,
        texts=pack_tables([*tables, *([settings] if settings else [])]),
        failed=delta.reasons(),
        methods=sorted({label(str(name)) for name in delta.rows["harmonizer"]}),
        css=Markup(_read("style.css")),
        script=Markup(script),
        policy=content_policy([script_digest(script)]),
    )
    path = Path(out)
    write_text(path, html)
    return path


def _environments(delta: Delta) -> Table | None:
    """Set side by side where both were computed, as far as it is not the same."""
    sides = [dict(flatten(one.manifest)) for one in (delta.reference, delta.run)]
    if not all(sides):
        return None
    names = sorted({name for own in sides for name in own if name.startswith(_SHOWN)})
    rows = [
        [TableCell(text=name, sort=name), *(TableCell(text=own.get(name, "–")) for own in sides)]
        for name in names
        if sides[0].get(name) != sides[1].get(name)
    ]
    if not rows:
        return None
    return Table(
        name="environments",
        title="Where it was computed",
        columns=[Column(text=text, number=False) for text in ("Setting", "Reference", "Run")],
        rows=rows,
    )


def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")
