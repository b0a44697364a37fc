"""How often a classifier tells the scanner of an image, beside chance."""

from matplotlib.figure import Figure

from ...run.names import short_label
from ...run.reliability.findings import ALL_TARGETS, accuracies
from ...run.run_view import RunView
from ..style import INK, house_style, new_figure


def accuracy_dots(view: RunView, split: str) -> Figure | None:
    """Draw the accuracy for every method: a diamond over all targets, a dot for each.

    Parameters
    ----------
    view : RunView
        The run.
    split : str
        Which subjects.

    Returns
    -------
    Figure or None
        None where nobody could be asked about.
    """
    found = accuracies(view)
    found = found[found["split"] == split]
    if found.empty:
        return None
    there = set(found["harmonizer"])
    methods = [method for method in view.methods if method in there]
    with house_style():
        figure = new_figure(6.4, 0.8 + 0.25 * len(methods))
        axes = figure.subplots()
        for chance in sorted(set(found["chance"])):
            axes.axvline(float(chance), color=INK, lw=1, ls="--")
        for row, method in enumerate(methods):
            own = found[found["harmonizer"] == method]
            whole = own["target"] == ALL_TARGETS
            parts = own.loc[~whole, "accuracy"]
            colour = view.colours[method]
            axes.plot(parts, [row] * len(parts), "o", ms=3.5, color=colour, alpha=0.6, mec="none")
            axes.plot(own.loc[whole, "accuracy"], [row], "D", ms=6, color=colour, mec="none")
        axes.set_yticks(range(len(methods)), [short_label(method) for method in methods])
        axes.set_ylim(len(methods) - 0.5, -0.5)
        axes.set_xlim(0, 1.03)
        axes.set_xlabel("accuracy ↓ (dashed: chance)")
        axes.grid(visible=False, axis="y")
    return figure
