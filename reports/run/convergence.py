"""What twice the budget would still gain: whether methods were trained to their end."""

import pandas as pd

from .run_view import RunView

LIMIT = 0.003
"""Gain in SSIM by twice the budget from which on a method counts as not at its end."""

IMAGES, MAPS = "ssim", "t1_error"


def convergence_gains(view: RunView) -> pd.DataFrame:
    """Average what was measured of a doubled budget over directions.

    Parameters
    ----------
    view : RunView
        The run.

    Returns
    -------
    DataFrame
        A row per method and metric: `harmonizer`, `metric`, `steps` (of the single budget, for a
        direction), `value`, `value_doubled`, `gain` (positive where twice the budget is better),
        `spread` (standard deviation of the gain over directions; NaN where there is one). People,
        folds and seeds are averaged first. Methods of the run come in its order, maps last.
    """
    table = view.content.convergence
    table = table[table["metric"].isin([IMAGES, MAPS])].dropna(subset=["value", "value_doubled"])
    better = table["metric"].map({IMAGES: 1.0, MAPS: -1.0}).astype(float)
    table = table.assign(gain=better * (table["value_doubled"] - table["value"]))
    keys = ["harmonizer", "metric"]
    numbers = ["steps", "value", "value_doubled", "gain"]
    directions = table.groupby([*keys, "source", "target"])[numbers].mean().reset_index()
    gains = directions.groupby(keys)[numbers].mean()
    gains["spread"] = directions.groupby(keys)["gain"].std()
    order = {name: place for place, name in enumerate(view.methods)}
    place = [order.get(str(name), len(order)) for name, _ in gains.index]
    return (
        gains.reset_index().assign(place=place).sort_values(["place", *keys]).drop(columns="place")
    )


def unfinished_methods(view: RunView) -> list[str]:
    """List the methods that twice the budget would still improve by more than `LIMIT` in SSIM."""
    gains = convergence_gains(view)
    late = gains[(gains["metric"] == IMAGES) & (gains["gain"] > LIMIT)]
    return [str(name) for name in late["harmonizer"]]
