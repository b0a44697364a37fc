"""`phycharm report --figures`: the paper's figures and tables as files, by the paper's numbers."""

import re
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from matplotlib.figure import Figure

from phycharm.utils.atomic import write_text

from .figures.captioned_figure import Caption
from .figures.case_training import case_training_plot
from .figures.histograms import histogram_plot
from .figures.maps import maps_picture
from .figures.masks import mask_picture
from .figures.pictures import picture
from .figures.reliability.accuracy_dots import accuracy_dots
from .figures.reliability.loss_scatter import loss_scatter
from .figures.reliability.volume_dots import volume_dots
from .figures.style import write_figure
from .figures.volumes import bland_altman, volume_bars
from .rare_collections import rare_collections
from .run.load import load_runs
from .run.run_view import RunView
from .run.slices import compare_images, median_subject
from .tables.apart.common_domain import common_domain_table
from .tables.leaderboard import leaderboard_table
from .tables.map_tables import map_source_table
from .tables.paper_tables import paper_tables
from .tables.people_table import people_table
from .tables.reliability.accuracy_table import accuracy_tables
from .tables.reliability.recovery_table import recovery_tables
from .tables.reliability.travellers_table import travellers_table
from .tables.reliability.volume_tables import limits_tables, volume_tables
from .tables.statistics_tables import comparison_tables
from .tables.table import Table, to_csv, to_latex
from .tables.variant_tables import variant_tables
from .text import reliability_captions
from .text.captions import bland_altman as agreement_words
from .text.captions import comparison as picture_words
from .text.captions import histograms as histogram_words
from .text.captions import maps as map_words
from .text.captions import masks as mask_words
from .text.captions import training_by_case as training_words
from .text.captions import volume_bars as volume_words

_Drawing = tuple[str, Figure | None, Caption]
_SPLITS = {"validation": ("4", "6", "S3"), "external": ("5", "7", "8")}


@rare_collections()
def write_figures(
    results: Sequence[Path],
    out: Path,
    *,
    reference: str | None = None,
    order: str = "mean-rank",
) -> list[Path]:
    """Write the paper's figures (PDF, SVG, PNG at 300 dpi) and tables (LaTeX, CSV).

    Numbered as in the PhyCHarm paper: Figures 3 to 8, S1 to S3, Tables 1 to 3, S2 and S3, as far
    as the run has what they show; then the leaderboard, the tests, the agreement plots and what
    there is on reliability, which the paper does not have. `captions.md` says what each one shows
    and how it was computed.

    Parameters
    ----------
    results : sequence of Path
        Folders of runs.
    out : Path
        Folder to write into; made if need be. Each of several runs gets a folder of its name in it.
    reference : str, optional
        Method that is compared with every other; by default the one that each run's protocol names.
    order : str
        What the leaderboard is sorted by: `mean-rank`, `borda` or the name of a metric.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    InputError
        If there is no such results folder, none was given, no run knows `reference`, or `order`
        names nothing that was measured.
    """
    views = load_runs(list(results), reference=reference, order=order)
    names = _distinct([view.content.name for view in views]) if len(views) > 1 else [""]
    places = zip(views, names, strict=True)
    return [path for view, name in places for path in _write(view, Path(out) / name)]


def _distinct(names: list[str]) -> list[str]:
    """Give runs that share a name a number, so that none overwrites another's figures."""
    found: list[str] = []
    for name in names:
        tries = (f"{name}-{number}" if number > 1 else name for number in count(1))
        found.append(next(t for t in tries if t not in found))
    return found


def _write(view: RunView, out: Path) -> list[Path]:
    paths: list[Path] = []
    captions = [f"# Figures and tables of {view.content.name}", ""]
    if view.substitution:
        captions += [view.substitution, ""]
    if view.content.simulated:
        captions += ["**The scanners are simulated: no person was scanned.**", ""]
    for stem, figure, words in _drawings(view):
        if figure is not None:
            paths += write_figure(figure, out / stem)
            captions += [f"## {stem}", "", f"{words.title}. {words.look} {words.how}", ""]
    for table in _tables(view):
        for suffix, text in ((".tex", to_latex(table)), (".csv", to_csv(table))):
            path = out / f"{_plain(table.name)}{suffix}"
            write_text(path, text)
            paths.append(path)
        captions += [f"## {table.name}", "", f"{table.title}. {' '.join(table.notes)}", ""]
    path = out / "captions.md"
    write_text(path, "\n".join(captions))
    return [*paths, path]


def _drawings(view: RunView) -> Iterator[_Drawing]:
    """Draw one figure at a time, so that only one is in memory."""
    maps = maps_picture(view)
    if maps is not None:
        yield "figure-3", maps[0], map_words(maps[1])
    for split, (images, masks, volumes) in _SPLITS.items():
        if split in view.splits:
            yield from _directions(view, split, images, masks)
            yield f"figure-{volumes}", volume_bars(view, split), volume_words(view, split)
            words = agreement_words(view, split)
            yield f"extra-agreement-{split}", bland_altman(view, split), words
    for split, letter in (("external", ""), ("validation", "-validation")):
        if split in view.splits:
            words = histogram_words(view, split)
            yield f"figure-S1{letter}", histogram_plot(view, split), words
    yield from _reliability(view)
    by_case = case_training_plot(view)
    if by_case is not None:
        yield "figure-S2", by_case[0], training_words(*by_case[1:])


def _reliability(view: RunView) -> Iterator[_Drawing]:
    for split in view.splits:
        words = reliability_captions.volume_dots(view, split)
        yield f"extra-{words.name}", volume_dots(view, split), words
        words = reliability_captions.accuracy_dots(view, split)
        yield f"extra-{words.name}", accuracy_dots(view, split), words
        words = reliability_captions.loss_scatter(view, split)
        yield f"extra-{words.name}", loss_scatter(view, split), words


def _directions(view: RunView, split: str, images: str, masks: str) -> Iterator[_Drawing]:
    for direction in view.directions:
        subject = median_subject(view, split, direction)
        shown = subject and compare_images(view, subject, *direction, view.methods)
        if not shown:
            continue
        where = "-to-".join(_plain(name) for name in direction)
        yield (
            f"figure-{images}_{where}",
            picture(view, shown, split),
            picture_words(view, shown, split),
        )
        words = mask_words(view, shown, split)
        yield f"figure-{masks}_{where}", mask_picture(view, shown, split), words


def _tables(view: RunView) -> list[Table]:
    boards = [leaderboard_table(view, split) for split in view.splits]
    boards += [common_domain_table(view, split) for split in view.splits]
    shown = {m.key for m in view.headline}
    tests = [table for table in comparison_tables(view) if table.measure in shown]
    return [
        *paper_tables(view),
        *([people] if (people := people_table(view)) else []),
        *([by_scanner] if (by_scanner := map_source_table(view)) else []),
        *variant_tables(view),
        *(b for b in boards if b is not None),
        *tests,
        *volume_tables(view),
        *limits_tables(view),
        *accuracy_tables(view),
        *recovery_tables(view),
        *([people] if (people := travellers_table(view)) else []),
    ]


def _plain(name: str) -> str:
    """Make a name fit for a file: letters, digits and dashes, nothing that a path knows."""
    return re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-") or "unnamed"
