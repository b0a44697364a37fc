"""Tables in the paper's layout and numbering, with measured values only."""

from ..run.measures import Measure
from ..run.names import label
from ..run.people import head_of, not_trained_notes, subjects_text
from ..run.run_view import RunView
from ..run.seeds import seed_spread
from .direction_tables import mean_cell, or_untrained
from .map_tables import map_table
from .seed_notes import seed_notes
from .table import Column, Table, TableCell

_SIMILARITY = (("ssim", ""), ("psnr", ""))
_DICE = (("dice", "GM"), ("dice", "WM"))
# Number in the paper: measures, split.
_LAYOUT = {
    "Table 2": (_SIMILARITY, "external"),
    "Table 3": (_DICE, "external"),
    "Table S2": (_SIMILARITY, "validation"),
    "Table S3": (_DICE, "validation"),
}
_LAST = ("unet", "pix2pix", "calamiti", "phycharm-paper", "phycharm")


def paper_tables(view: RunView, *numbers: str) -> list[Table]:
    """Lay out Tables 1, 2, 3, S2 and S3 of the PhyCHarm paper, as far as they were measured.

    Parameters
    ----------
    view : RunView
        The run.
    *numbers : str
        Which ones (`Table 2`); all without any.

    Returns
    -------
    list of Table
        Named `table-2` and so on; rows are directions and measures, columns methods, no
        harmonization first and PhyCHarm last.
    """
    chosen = numbers or ("Table 1", *_LAYOUT)
    found = []
    for number in chosen:
        table = map_table(view) if number == "Table 1" else _table(view, number)
        if table is not None:
            found.append(_numbered(table, number))
    return found


def _numbered(table: Table, number: str) -> Table:
    return Table(
        name=number.lower().replace(" ", "-"),
        title=f"{number} of the paper: {table.title}",
        columns=table.columns,
        rows=table.rows,
        notes=table.notes,
        split=table.split,
    )


def _table(view: RunView, number: str) -> Table | None:
    pairs, split = _LAYOUT[number]
    measures = [m for m in (view.find(*pair) for pair in pairs) if m is not None]
    methods = sorted(view.contestants, key=_position)
    rows = []
    for direction in view.directions:
        for measure in measures:
            values = view.measured(measure, split, direction)[methods]
            if values.notna().any(axis=None):
                first = [
                    TableCell(text=head_of(view, split, direction)),
                    TableCell(text=_head(measure)),
                ]
                best = _best(measure, {m: float(values[m].mean()) for m in methods})
                seeds = seed_spread(view, measure, split, direction)
                means = {
                    m: mean_cell(measure, values[m], best=m == best, seed_spread=seeds[m])
                    for m in methods
                }
                cells = [or_untrained(view, cell, m, direction) for m, cell in means.items()]
                rows.append(first + cells)
    if not rows:
        return None
    engine = view.segmenter
    notes = [
        f"Mean ± standard deviation over {subjects_text(view, split)}; "
        "bold: best mean of a row, which need not differ from the next.",
        *seed_notes(view),
        *not_trained_notes(view),
        *(f"{m.label}: {m.definition}" for m in measures),
    ]
    if engine and any(m.tissue for m in measures):
        notes.append(f"Segmentation: {engine}.")
    names = dict.fromkeys(Measure(metric=m.metric).label for m in measures)
    heads = [Column(text=t, number=False) for t in ("Direction", "Measure")]
    return Table(
        name=number,
        title=f"{' and '.join(names)} by direction and method, {split} subjects",
        columns=[*heads, *(Column(text=label(m)) for m in methods)],
        rows=rows,
        notes=notes,
        split=split,
    )


def _head(measure: Measure) -> str:
    return f"{measure.title} {measure.arrow}".strip()


def _best(measure: Measure, means: dict[str, float]) -> str | None:
    known = {name: mean for name, mean in means.items() if mean == mean}
    if not known or not measure.judged:
        return None
    return min(known, key=lambda name: measure.badness(known[name]))


def _position(method: str) -> tuple[int, str]:
    last = _LAST.index(method) + 1 if method in _LAST else 0
    return (-1 if method == "none" else last, method)
