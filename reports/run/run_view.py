"""One run as the report sees it: subjects as the unit, methods apart from controls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from .cell_records import NO_CASE, CellRecord
from .images import ImageLibrary
from .left_out import equal_folds, equal_seeds, left_out, untrained_directions
from .measures import Measure, find_measures, headline
from .names import colours, engine_name, is_control, label, variant_label
from .run_content import RunContent

_KEYS = ["split", "source", "target", "subject", "harmonizer", "metric", "tissue"]
_MEASURE = ["metric", "tissue", "split"]
EVERYWHERE = ""
"""Stands for source and target where a subject's directions are averaged."""
_ALPHA = 0.05
_SPLITS = ("external", "validation")


@dataclass(frozen=True, kw_only=True, eq=False)
class RunView:
    """What is compared with what.

    Parameters
    ----------
    content : RunContent
        The run.
    wanted_reference : str
        Method that the others are compared with, if it took part.
    order : str
        What the leaderboard is sorted by: `mean-rank`, `borda` or the name of a metric.
    """

    content: RunContent
    wanted_reference: str = "phycharm"
    order: str = "mean-rank"

    @cached_property
    def images(self) -> ImageLibrary:
        """The volumes of the run."""
        return ImageLibrary(content=self.content)

    @cached_property
    def left_out(self) -> pd.DataFrame:
        """What nobody could teach a method (see `reports.run.left_out`)."""
        return left_out(self.content.cells)

    @cached_property
    def fits(self) -> pd.DataFrame:
        """The scores of every training seed, in the folds that all methods could be trained in."""
        return equal_folds(self.content.scores, self.left_out)

    @cached_property
    def scores(self) -> pd.DataFrame:
        """The scores that are compared in a direction: every method's of the same folds and seeds.

        Seeds that only some methods were asked for count for none (see `equal_seeds`); whatever
        failed stays wanted.
        """
        return equal_seeds(self.fits, self.content.cells, self.trained)

    @cached_property
    def untrained(self) -> dict[tuple[str, str], str]:
        """Directions that some method could not be trained in, and why."""
        return untrained_directions(self.content.scores, self.left_out)

    @cached_property
    def shared_directions(self) -> list[tuple[str, str]]:
        """Directions of the means over directions: those that every method could be trained in."""
        shared = [direction for direction in self.directions if direction not in self.untrained]
        return shared or self.directions

    @cached_property
    def shared_scores(self) -> pd.DataFrame:
        """The scores of those directions."""
        return self.in_shared_directions(self.scores)

    def in_shared_directions(self, scores: pd.DataFrame) -> pd.DataFrame:
        """Keep the rows of the directions that every method could be trained in."""
        if len(self.shared_directions) == len(self.directions):
            return scores
        shared = pd.MultiIndex.from_tuples(self.shared_directions)
        return scores[pd.MultiIndex.from_frame(scores[["source", "target"]]).isin(shared)]

    @cached_property
    def measures(self) -> list[Measure]:
        """Everything that was measured."""
        return find_measures(self.content.scores, self.content.metrics)

    @cached_property
    def headline(self) -> list[Measure]:
        """What the first screen shows: measures with a defined value, where there are any."""
        known = self.content.scores.dropna(subset="value")
        pairs = set(zip(known["metric"], known["tissue"], strict=True))
        defined = [m for m in self.measures if (m.metric, m.tissue) in pairs]
        return headline(defined or self.measures)

    @cached_property
    def values(self) -> pd.DataFrame:
        """One value per subject: mean over folds, then over seeds; undefined ones left out."""
        by_seed = self.scores.groupby([*_KEYS, "seed"], sort=False)["value"].mean()
        frame = by_seed.groupby(_KEYS, sort=False).mean().reset_index()
        frame["direction"] = frame["source"] + " → " + frame["target"]
        return frame

    @cached_property
    def splits(self) -> list[str]:
        """Splits with scores, the external one first."""
        found = set(self.content.scores["split"])
        return [s for s in _SPLITS if s in found] + sorted(found.difference(_SPLITS))

    @property
    def split(self) -> str:
        """The split that the verdict rests on."""
        return self.splits[0] if self.splits else "external"

    @cached_property
    def directions(self) -> list[tuple[str, str]]:
        """Pairs of source and target, in the order of the protocol's scanners."""
        known = self.content.section("protocol").get("scanners") or []
        order = {str(name): index for index, name in enumerate(known)}
        pairs = self.content.scores[["source", "target"]].drop_duplicates()
        found = [(str(s), str(t)) for s, t in pairs.itertuples(index=False)]
        last = len(order)
        return sorted(found, key=lambda p: (order.get(p[0], last), order.get(p[1], last), p))

    @cached_property
    def scanners(self) -> list[str]:
        """Scanners that occur, in that same order."""
        names = [name for pair in self.directions for name in pair]
        return list(dict.fromkeys(names))

    @cached_property
    def controls(self) -> list[str]:
        """Checks of the metrics that took part."""
        return [m for m in self._names if is_control(m, self.content.methods)]

    @cached_property
    def methods(self) -> list[str]:
        """Methods in the comparison: the reference, its rivals by name, and doing nothing."""
        names = [m for m in self._names if m not in self.controls and m not in self.variants]
        return sorted(names, key=lambda m: (m != self.wanted_reference, m == "none", m))

    @cached_property
    def variants(self) -> dict[str, str]:
        """Variants of methods, no rivals of anybody, and the method that each is one of."""
        cards = self.content.methods
        bases = {name: card.get("variant_of") for name, card in cards.items()}
        return {name: base for name, base in bases.items() if isinstance(base, str) and base}

    def name(self, method: str) -> str:
        """Name of a method, or of a variant of one, for people."""
        base = self.variants.get(method)
        return variant_label(method, base) if base else label(method)

    @cached_property
    def common_domain(self) -> list[str]:
        """Methods that map to a domain of their own and not to a target scanner."""
        cards = self.content.methods
        return [m for m in self.methods if cards.get(m, {}).get("scope") == "common-domain"]

    @cached_property
    def contestants(self) -> list[str]:
        """Methods whose scores can be compared: those that imitate a target scanner."""
        return [m for m in self.methods if m not in self.common_domain]

    @cached_property
    def deterministic(self) -> list[str]:
        """Methods that draw nothing: one fit of them stands for those of all seeds."""
        return [m for m in self.methods if self.content.methods.get(m, {}).get("deterministic")]

    @cached_property
    def trained(self) -> list[str]:
        """Methods that a training seed can change."""
        return [m for m in self.methods if m not in self.deterministic]

    @property
    def maps_case(self) -> int:
        """Loss case of the maps that methods under their own name work with; else `NO_CASE`."""
        maps = self.content.section("protocol").get("maps")
        cases = maps.get("cases") if isinstance(maps, Mapping) else None
        if isinstance(maps, Mapping) and isinstance(cases, Mapping):
            cases = cases.get(maps.get("preset"))
        first = cases[0] if isinstance(cases, list) and cases else NO_CASE
        return first if isinstance(first, int) else NO_CASE

    def case(self, cell: CellRecord) -> int:
        """Loss case of the maps of a fit; `NO_CASE` where it works without maps or says nothing.

        Cells written before they recorded it are of the protocol's first case, if their method
        needs maps and their name says no other.
        """
        if cell.says_case or cell.harmonizer == "maps":
            return cell.case
        needs = self.content.methods.get(cell.harmonizer, {}).get("needs")
        if not isinstance(needs, list) or "maps" not in needs:
            return NO_CASE
        return self.maps_case if cell.case == NO_CASE else cell.case

    @property
    def alpha(self) -> float:
        """Level of the tests and one minus the coverage of the intervals: the protocol's or 5 %."""
        settings = self.content.section("protocol").get("statistics")
        found = settings.get("alpha") if isinstance(settings, Mapping) else None
        return float(found) if isinstance(found, int | float) and 0 < found < 1 else _ALPHA

    @property
    def level(self) -> str:
        """Level of the tests, to print."""
        return f"{100 * self.alpha:g} %"

    @property
    def coverage(self) -> str:
        """Coverage of the intervals, to print."""
        return f"{100 * (1 - self.alpha):g} %"

    @property
    def segmenter(self) -> str:
        """Name of the segmentation engine for people; empty where run.json names none."""
        return engine_name(str(self.content.manifest.get("segmenter") or ""))

    @cached_property
    def reference(self) -> str:
        """The method that the others are compared with: the first where the wanted one is not."""
        return next(iter([*self.contestants, *self.methods]), self.wanted_reference)

    @property
    def substitution(self) -> str:
        """A sentence where another method takes the wanted reference's place; else empty."""
        wanted = self.wanted_reference
        if self.reference == wanted:
            return ""
        why = "is a variant and no method" if wanted in self.variants else "did not take part"
        why = "maps to a common domain" if wanted in self.common_domain else why
        return f"The reference method {wanted} {why}; {label(self.reference)} takes its place."

    @cached_property
    def colours(self) -> dict[str, str]:
        """Colour of every method."""
        return colours(self.methods, self.reference)

    @cached_property
    def subjects(self) -> dict[str, list[str]]:
        """Subjects of every split."""
        groups = self.content.scores.groupby("split")["subject"]
        return {str(split): sorted(set(names)) for split, names in groups}

    def measured(
        self,
        measure: Measure,
        split: str,
        direction: tuple[str, str] | None = None,
    ) -> pd.DataFrame:
        """Return the values of one measure, a row per subject and a column per method.

        Parameters
        ----------
        measure : Measure
            What was measured.
        split : str
            `external` or `validation`.
        direction : (str, str), optional
            Source and target; without it, a subject's mean over the directions that it has of those
            in which every method could be trained.

        Returns
        -------
        DataFrame
            Columns in the order of `methods`, then `controls` and `variants`; NaN where undefined.
        """
        where = direction or (EVERYWHERE, EVERYWHERE)
        found = self._tables.get((measure.metric, measure.tissue, split, *where))
        return pd.DataFrame(columns=self._columns, dtype=float) if found is None else found

    def value(
        self, measure: Measure, split: str, direction: tuple[str, str], subject: str, method: str
    ) -> float:
        """Return one subject's value under one method, NaN where there is none."""
        table = self.measured(measure, split, direction)
        if subject not in table.index or method not in table:
            return float("nan")
        return float(table.to_numpy()[table.index.get_loc(subject), table.columns.get_loc(method)])

    def scores_of(self, measures: Sequence[Measure], *, shared: bool = False) -> pd.DataFrame:
        """Return the scores of some measures only, of all or of the shared directions."""
        scores = self.shared_scores if shared else self.scores
        wanted = [(m.metric, m.tissue) for m in measures]
        keys = pd.MultiIndex.from_tuples(wanted, names=["metric", "tissue"])
        return scores[pd.MultiIndex.from_frame(scores[["metric", "tissue"]]).isin(keys)]

    def find(self, metric: str, tissue: str = "") -> Measure | None:
        """Return a measure by metric and tissue, None where it was not measured."""
        wanted = (metric, tissue)
        return next((m for m in self.measures if (m.metric, m.tissue) == wanted), None)

    @cached_property
    def _names(self) -> list[str]:
        return sorted(set(self.content.scores["harmonizer"]))

    @cached_property
    def _columns(self) -> list[str]:
        return [*self.methods, *self.controls, *self.variants]

    @cached_property
    def _tables(self) -> dict[tuple[str, ...], pd.DataFrame]:
        """Subjects by methods, for every measure, split and direction, and over directions."""
        keys = [*_MEASURE, "source", "target", "subject", "harmonizer"]
        single = self.values.set_index(keys)["value"]
        shared = [f"{source} → {target}" for source, target in self.shared_directions]
        averaged = self.values[self.values["direction"].isin(shared)]
        mean = averaged.groupby([*_MEASURE, "subject", "harmonizer"])["value"].mean()
        mean = pd.concat({(EVERYWHERE, EVERYWHERE): mean}, names=["source", "target"])
        both = pd.concat([single, mean.reorder_levels(keys)]).unstack("harmonizer")
        both = both.reindex(columns=self._columns)
        return {
            tuple(map(str, key)): table.droplevel(list(range(5)))
            for key, table in both.groupby(level=list(range(5)), sort=False)
        }
