"""A results folder in Python: scores, leaderboard, verdict and figures, as the report has them."""

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from phycharm.errors import InputError
from phycharm.utils.suggestions import did_you_mean

from .figures.paired import paired_plot
from .page.page import template
from .run.load import load_runs
from .run.names import label
from .run.reliability.findings import accuracies, recovery, reliability, travellers
from .run.run_view import RunView
from .run.standings import standings
from .tables.leaderboard import leaderboard_table
from .text.verdict import write_verdict


class Results:
    """What a benchmark run has found; shows itself in a notebook.

    Parameters
    ----------
    view : RunView
        The run as the report sees it; `load_results` makes one.
    """

    def __init__(self, view: RunView) -> None:
        self._view = view
        self._verdict = write_verdict(view)

    def __repr__(self) -> str:
        kind = "simulated scanners; " if self.simulated else ""
        return f"<{type(self).__name__} of {str(self.folder)!r}: {kind}{self.verdict}>"

    @property
    def folder(self) -> Path:
        """The results folder."""
        return self._view.content.path

    @property
    def scores(self) -> pd.DataFrame:
        """All scores, one a row, with the columns that docs/results.md describes; a copy."""
        return self._view.content.scores.copy()

    @property
    def methods(self) -> list[str]:
        """Methods that are compared, by the names in `scores`."""
        return list(self._view.methods)

    @property
    def simulated(self) -> bool:
        """Whether the scanners do not exist, so that no person was scanned."""
        return self._view.content.simulated

    @property
    def notes(self) -> list[str]:
        """What is missing in the folder or unreadable, one sentence each."""
        return list(self._view.content.notes)

    @property
    def verdict(self) -> str:
        """Who comes first and whether that is more than chance, in the report's one sentence."""
        return self._verdict.headline

    @property
    def cautions(self) -> list[str]:
        """What weakens the verdict, one sentence each."""
        return list(self._verdict.details)

    def leaderboard(
        self, split: str | None = None, direction: tuple[str, str] | None = None
    ) -> pd.DataFrame:
        """Return the report's leaderboard: the place of every method and its means.

        Parameters
        ----------
        split : str, optional
            `external` or `validation`; by default the one that the verdict rests on.
        direction : (str, str), optional
            Source and target scanner; by default the mean over all directions.

        Returns
        -------
        DataFrame
            A row per method, best first, under its printed name; columns `Place` and the means of
            the headline measures, NaN where one is undefined. Empty where nothing can be judged.

        Raises
        ------
        InputError
            If the run has no such split or direction.
        """
        self._require(split, direction)
        ranked = standings(self._view, split or self._view.split, direction)
        measures = [m for m in self._view.headline if m.judged]
        names, rows = [], []
        for method, own in ranked.groupby("harmonizer", sort=False):
            means = own.set_index(["metric", "tissue"])["mean"]
            names.append(label(str(method)))
            found = [float(means.get((m.metric, m.tissue), np.nan)) for m in measures]
            rows.append([int(own["place"].iloc[0]), *found])
        columns = ["Place", *(m.title for m in measures)]
        return pd.DataFrame(rows, index=pd.Index(names, name="Method"), columns=columns)

    @property
    def volumes(self) -> pd.DataFrame:
        """Tissue volumes in ml, with the columns that docs/results.md describes; a copy.

        Without rows where a run of an earlier version kept none; `notes` says so.
        """
        return self._view.content.volumes.copy()

    def reliability(self, split: str | None = None) -> pd.DataFrame:
        """Return the reliability of tissue volumes over scanners, before (`none`) and after.

        Parameters
        ----------
        split : str, optional
            `external` or `validation`; by default the one that the verdict rests on.

        Returns
        -------
        DataFrame
            As `phycharm.benchmarks.statistics.volume_reliability` gives it: ICC(2,1), ICC(3,1),
            coefficient of variation within people, and concordance of ranks, by method, tissue and
            target scanner, and over targets. Empty where the run kept no volumes.

        Raises
        ------
        InputError
            If the run has no such split.
        """
        return self._of_split(reliability(self._view), split)

    def scanner_accuracy(self, split: str | None = None) -> pd.DataFrame:
        """Return how often a classifier still tells the scanner of an image, beside chance.

        Parameters
        ----------
        split : str, optional
            `external` or `validation`; by default the one that the verdict rests on.

        Returns
        -------
        DataFrame
            As `phycharm.benchmarks.statistics.scanner_accuracy` gives it. Empty where the run kept
            no features, or fewer than three people have an image from every scanner.

        Raises
        ------
        InputError
            If the run has no such split.
        """
        return self._of_split(accuracies(self._view), split)

    def atrophy(self, split: str | None = None) -> pd.DataFrame:
        """Return how much of a known loss of grey matter each method leaves to be found.

        Parameters
        ----------
        split : str, optional
            `external` or `validation`; by default the one that the verdict rests on.

        Returns
        -------
        DataFrame
            As `phycharm.benchmarks.statistics.atrophy_recovery` gives it. Empty where nobody has
            lost any, as far as is known.

        Raises
        ------
        InputError
            If the run has no such split.
        """
        return self._of_split(recovery(self._view), split)

    def travellers(self) -> pd.DataFrame:
        """Return how many travellers a paired test would need, by measure, rival and effect.

        Returns
        -------
        DataFrame
            Columns `metric` and `tissue`, then those that
            `phycharm.benchmarks.statistics.travellers_needed` gives. Empty with fewer than two
            people or methods.
        """
        return travellers(self._view).copy()

    def _of_split(self, table: pd.DataFrame, split: str | None) -> pd.DataFrame:
        self._require(split, None)
        return table[table["split"] == (split or self._view.split)].reset_index(drop=True)

    def plot(self, metric: str = "ssim", tissue: str = "", split: str | None = None) -> Figure:
        """Draw the report's figure of one measure: every subject under every method.

        Parameters
        ----------
        metric : str
            A name in the column `metric` of `scores`.
        tissue : str
            `CSF`, `GM`, `WM`, or empty for the whole brain.
        split : str, optional
            `external` or `validation`; by default the one that the verdict rests on.

        Returns
        -------
        matplotlib.figure.Figure
            A panel per direction, a line per subject.

        Raises
        ------
        InputError
            If that was not measured.
        """
        self._require(split, None)
        measure = self._view.find(metric, tissue)
        figure = paired_plot(self._view, measure, split or self._view.split) if measure else None
        if figure is None:
            known = [
                f"{m.metric} ({m.tissue})" if m.tissue else m.metric for m in self._view.measures
            ]
            wanted = f"{metric} ({tissue})" if tissue else metric
            raise InputError(f"{wanted} was not measured; {did_you_mean(wanted, known)}")
        return figure

    def _repr_html_(self) -> str:
        table = leaderboard_table(self._view, self._view.split)
        return template("notebook.html").render(
            simulated=self.simulated,
            verdict=self._verdict,
            table=table,
            notes=[*(table.notes if table else []), *self.notes],
        )

    def _require(self, split: str | None, direction: tuple[str, str] | None) -> None:
        if split is not None and split not in self._view.splits:
            hint = did_you_mean(split, self._view.splits)
            raise InputError(f"{self.folder}: no split {split!r}; {hint}")
        if direction is not None and tuple(direction) not in self._view.directions:
            known = [" to ".join(pair) for pair in self._view.directions]
            hint = did_you_mean(" to ".join(direction), known)
            raise InputError(f"{self.folder}: no direction {direction!r}; {hint}")


def load_results(folder: str | Path) -> Results:
    """Open a results folder, finished or not.

    Parameters
    ----------
    folder : str or Path
        Where `run_benchmark` or `phycharm benchmark` put it.

    Returns
    -------
    Results
        Its scores, leaderboard, verdict and figures.

    Raises
    ------
    InputError
        If there is no such folder, or it holds something else.
    """
    (view,) = load_runs([folder], reference=None)
    return Results(view)
