"""Critical-difference diagram: mean ranks, and which of them do not differ (Demsar 2006)."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from phycharm.benchmarks.statistics.ranking import cliques

from ..run.names import short_label
from ..run.run_view import RunView
from .style import INK, RULE, house_style, new_figure


def rank_diagram(
    view: RunView, mean_ranks: Mapping[str, float], difference: float
) -> Figure | None:
    """Draw methods on an axis of mean ranks, tied groups joined by bars.

    Parameters
    ----------
    view : RunView
        The run.
    mean_ranks : mapping of str to float
        Mean rank over subjects, 1 the best.
    difference : float
        Nemenyi's critical difference.

    Returns
    -------
    Figure or None
        None with fewer than two methods.
    """
    if len(mean_ranks) < 2:
        return None
    order = sorted(mean_ranks, key=lambda m: (mean_ranks[m], m))
    groups = cliques(mean_ranks, difference)
    with house_style():
        figure = new_figure(7.2, 0.75 + 0.25 * len(order) + 0.12 * len(groups))
        axes = figure.subplots()
        _axis(axes, len(order), difference)
        for row, group in enumerate(groups):
            ends = mean_ranks[group[0]] - 0.03, mean_ranks[group[-1]] + 0.03
            height = -0.35 - 0.28 * row
            axes.plot(ends, (height, height), color=INK, lw=3.2, solid_capstyle="butt")
        bottom = -0.6 - 0.28 * len(groups)
        for row, method in enumerate(order):
            _stem(axes, view, method, mean_ranks[method], bottom - 0.62 * row, len(order))
        axes.set_ylim(bottom - 0.62 * (len(order) - 0.4), 1.25)
    return figure


def _axis(axes: Axes, methods: int, difference: float) -> None:
    axes.grid(visible=False)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.set_yticks([])
    axes.set_xlim(0.6, methods + 1.6)
    axes.set_xticks([])
    axes.plot((1, methods), (0, 0), color=INK, lw=1)
    for rank in range(1, methods + 1):
        axes.plot((rank, rank), (0, 0.12), color=INK, lw=1)
        axes.text(rank, 0.2, str(rank), ha="center", va="bottom", fontsize=8)
    if difference == difference:
        end = min(1 + difference, methods + 0.9)
        axes.plot((1, end), (0.85, 0.85), color=RULE, lw=2.5, solid_capstyle="butt")
        axes.text(1, 0.93, f"critical difference {difference:.2f}", fontsize=8, va="bottom")


def _stem(axes: Axes, view: RunView, method: str, rank: float, height: float, methods: int) -> None:
    colour = view.colours.get(method, INK)
    end = methods + 0.15
    axes.plot((rank, rank, end), (0, height, height), color=colour, lw=0.9)
    axes.plot(rank, 0, "o", color=colour, ms=4.5, clip_on=False)
    axes.text(end + 0.05, height, f"{short_label(method)}  {rank:.2f}", va="center", fontsize=8.5)
