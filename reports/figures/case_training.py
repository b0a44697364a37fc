"""Training loss of the harmonization network by loss case of the maps (Fig. S2 of the paper)."""

import pandas as pd
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..run.cell_records import NO_CASE
from ..run.run_view import RunView
from .style import INK, house_style, new_figure
from .training import loss_axis, progress_column

_MOST_PANELS = 12
_NETWORK = "HN"
# Okabe and Ito's palette; every case keeps its colour and dashes in every run.
_STYLES = {
    1: ("#d55e00", "--"),
    2: ("#009e73", "-."),
    3: ("#cc79a7", (0, (5, 1, 1, 1, 1, 1))),
    4: ("#0072b2", "-"),
}
_OTHER = ("#7a5195", ":")


def case_curves(view: RunView) -> pd.DataFrame:
    """Average the training loss of the networks that work with maps, case by case.

    Parameters
    ----------
    view : RunView
        The run. Fits whose loss case is unknown, or that work without maps, do not count.

    Returns
    -------
    DataFrame
        Columns `method` (fits of a variant count as those of its method), `source`, `target`,
        `case`, `step` (or `epoch`, see `progress_column`), `value`: mean over folds and seeds;
        empty where no such curves were kept.
    """
    history = view.content.history
    cases = {cell.name: view.case(cell) for cell in view.content.cells}
    history = history.assign(
        case=[cases.get(str(cell), NO_CASE) for cell in history["cell"]],
        method=[view.variants.get(str(name), str(name)) for name in history["harmonizer"]],
    )
    chosen = history[
        (history["case"] != NO_CASE)
        & (history["network"] == _NETWORK)
        & (history["split"] == "train")
        & (history["term"] == "loss")
        & (history["value"] > 0)
    ]
    keys = ["method", "source", "target", "case", progress_column(chosen)]
    return chosen.groupby(keys)["value"].mean().reset_index()


def case_training_plot(view: RunView) -> tuple[Figure, str, list[int]] | None:
    """Draw training loss over steps, one panel per direction and one line per loss case.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    (Figure, str, list of int) or None
        The figure, of at most twelve directions, the method whose training it shows (that which was
        trained on the maps of most cases; of several such the reference method, or the first), and
        the loss cases drawn. None where no curves of a network on maps of a known case were kept.
    """
    curves = case_curves(view)
    cases = curves.groupby("method")["case"].nunique()
    trained = [m for m in (view.reference, *view.methods) if m in cases.index]
    method = max(trained, key=lambda m: int(cases[m]), default=None)
    curves = curves[curves["method"] == method]
    known = set(zip(curves["source"], curves["target"], strict=True))
    directions = [d for d in view.directions if d in known][:_MOST_PANELS]
    if not directions:
        return None
    columns = min(3, len(directions))
    rows = -(-len(directions) // columns)
    with house_style():
        figure = new_figure(3.2 * columns, 2.0 * rows + 0.6)
        grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
        for axes, (source, target) in zip(grid.flat, directions, strict=False):
            _panel(axes, curves[(curves["source"] == source) & (curves["target"] == target)])
            axes.set_title(f"{source} → {target}")
        for axes in grid.flat[len(directions) :]:
            axes.set_visible(False)
        _legend(figure)
        figure.supxlabel(_progress(curves), fontsize=9, color=INK)
        figure.supylabel("training loss", fontsize=9, color=INK)
    return figure, str(method), sorted({int(case) for case in curves["case"]})


def _panel(axes: Axes, curves: pd.DataFrame) -> None:
    for case, own in curves.groupby("case"):
        number = int(str(case))
        colour, style = _STYLES.get(number, _OTHER)
        line = axes.plot(own[_progress(own)], own["value"], linestyle=style, color=colour, lw=1.5)
        line[0].set_label(f"case {number}")
    loss_axis(axes)


def _progress(curves: pd.DataFrame) -> str:
    return "step" if "step" in curves else "epoch"


def _legend(figure: Figure) -> None:
    handles: dict[str, Artist] = {}
    for axes in figure.axes:
        handles |= dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    ordered = dict(sorted(handles.items()))
    figure.legend(
        list(ordered.values()), list(ordered), loc="outside upper center", ncols=4, fontsize=8
    )
