"""Scores written down by hand, for tests that know the answer."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from phycharm.reports.run.run_content import CONVERGENCE_COLUMNS, RunContent
from phycharm.reports.run.run_view import RunView

from .synthetic_records import METRICS

Values = Mapping[tuple[str, str], Sequence[float]]


def frame(values: Values, *, metric: str = "ssim", split: str = "external") -> pd.DataFrame:
    """Scores by method and direction `A>B`: one value per subject, in order."""
    rows = []
    for (method, direction), own in values.items():
        source, target = direction.split(">")
        for number, value in enumerate(own, start=1):
            rows.append(
                {
                    "protocol": "test",
                    "protocol_version": 1,
                    "split": split,
                    "fold": 1,
                    "source": source,
                    "target": target,
                    "subject": f"{number:02d}",
                    "harmonizer": method,
                    "seed": 0,
                    "metric": metric,
                    "tissue": "",
                    "value": value,
                }
            )
    return pd.DataFrame(rows)


def view_of(
    scores: pd.DataFrame,
    *,
    order: str = "mean-rank",
    methods: Mapping[str, Mapping[str, object]] | None = None,
    **manifest: object,
) -> RunView:
    """A view of these scores and nothing else but method cards, if they are given."""
    empty = pd.DataFrame()
    results = RunContent(
        path=Path("run"),
        manifest=manifest,
        methods=methods or {},
        metrics=METRICS,
        scores=scores,
        histograms=empty,
        maps=pd.DataFrame(columns=["value"]),
        convergence=pd.DataFrame(columns=list(CONVERGENCE_COLUMNS)),
        cells=(),
        history=empty,
        notes=[],
    )
    return RunView(content=results, order=order)
