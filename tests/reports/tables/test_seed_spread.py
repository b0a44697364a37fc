"""Several training seeds: averaged before subjects are compared, and their spread is shown."""

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from phycharm.reports.run.run_view import RunView
from phycharm.reports.run.seeds import seed_spread, training_seeds
from phycharm.reports.tables.direction_tables import direction_tables
from phycharm.reports.tables.leaderboard import leaderboard_table, make_leaderboard
from phycharm.reports.tables.paper_tables import paper_tables
from phycharm.reports.text.methods_text import methods_text
from phycharm.reports.text.verdict import write_verdict

from support.score_frames import frame, view_of

BOTH = ("GE>Siemens", "Siemens>GE")
NOISE = np.linspace(-0.01, 0.01, 6)
# Mean, and what a seed adds to it, by method: only the trained ones differ.
MEANS = {"phycharm": 0.90, "unet": 0.88, "pix2pix": 0.80, "none": 0.50}
SHIFTS = {"phycharm": (0.0, 0.02), "unet": (0.0, 0.04), "pix2pix": (0.0, 0.01), "none": (0.0, 0.0)}


def scores(seeds=(0, 1)):
    parts = [
        frame({(m, d): MEANS[m] + SHIFTS[m][seed] + NOISE for m in MEANS for d in BOTH}).assign(
            seed=seed
        )
        for seed in seeds
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture
def view():
    return view_of(scores())


@pytest.fixture
def single():
    return view_of(scores(seeds=(0,)))


def spread_of(method):
    return np.std(SHIFTS[method], ddof=1)


class TestSpread:
    def test_of_the_mean_over_subjects(self, view):
        (measure,) = view.headline
        found = seed_spread(view, measure, "external")
        assert list(found.index) == view.methods
        for method in MEANS:
            assert found[method] == pytest.approx(spread_of(method))

    def test_by_direction(self):
        values = scores()
        moved = (values["seed"] == 1) & (values["source"] == "GE")
        view = view_of(values.assign(value=values["value"] + 0.1 * moved))
        (measure,) = view.headline
        one, other = (
            seed_spread(view, measure, "external", pair)["none"]
            for pair in (("GE", "Siemens"), ("Siemens", "GE"))
        )
        assert one == pytest.approx(np.std([0, 0.1], ddof=1))
        assert other == pytest.approx(0)

    def test_one_seed_has_none(self, single):
        assert training_seeds(single) == [0]
        assert seed_spread(single, single.headline[0], "external").isna().all()

    def test_seeds_of_controls_are_no_training_seeds(self):
        controls = frame({("oracle", d): np.ones(6) for d in BOTH}).assign(seed=9)
        view = view_of(pd.concat([scores(), controls]))
        assert training_seeds(view) == [0, 1]

    def test_an_undefined_measure(self, view):
        (measure,) = view.headline
        assert seed_spread(view, measure, "validation").isna().all()


class TestValues:
    def test_a_subject_is_the_mean_over_seeds(self, view):
        found = view.measured(view.headline[0], "external")
        np.testing.assert_allclose(found["phycharm"], 0.91 + NOISE)
        assert len(found) == len(NOISE)

    def test_a_seed_with_more_folds_does_not_weigh_more(self):
        values = scores()
        more = values[values["seed"] == 1].assign(fold=2)
        view = view_of(pd.concat([values, more]))
        np.testing.assert_allclose(
            view.measured(view.headline[0], "external")["phycharm"], 0.91 + NOISE
        )


class TestTables:
    def test_leaderboard(self, view):
        board = make_leaderboard(view)
        row = next(row for row in board.bodies[0].rows if row[1].text == "U-Net")
        (detail,) = [cell.detail for cell in row if "seeds" in cell.detail]
        assert detail == "subjects ± 0.007, seeds ± 0.028"
        assert any("over the 2 training seeds" in note for note in board.notes)

    def test_leaderboard_of_a_file(self, view):
        # It has no column of ranks, below which the page keeps the spreads.
        table = leaderboard_table(view, "external")
        row = next(row for row in table.rows if row[1].text == "U-Net")
        (detail,) = [cell.detail for cell in row if "seeds" in cell.detail]
        assert detail.endswith(", subjects ± 0.007, seeds ± 0.028")
        assert " to " in detail
        assert any("over the 2 training seeds" in note for note in table.notes)

    def test_leaderboard_of_one_seed(self, single):
        board = make_leaderboard(single)
        details = [cell.detail for cell in itertools.chain(*board.bodies[0].rows)]
        assert not [detail for detail in details if "seed" in detail]
        assert "SD 0.007" in details
        assert [note for note in board.notes if note.startswith("One training seed:")]

    def test_leaderboard_of_one_subject(self):
        one = scores()
        table = leaderboard_table(view_of(one[one["subject"] == "01"]), "external")
        details = [cell.detail for row in table.rows for cell in row]
        assert "nan" not in "".join(details)

    def test_scores_by_direction(self, view):
        for table in (*direction_tables(view, view.headline), *paper_tables(view, "Table 2")):
            details = [cell.detail for row in table.rows for cell in row if cell.detail]
            assert "± 0.007, seeds ± 0.028" in details
            assert [note for note in table.notes if note.startswith("Seeds: standard deviation")]

    def test_scores_by_direction_of_one_seed(self, single):
        for table in (*direction_tables(single, single.headline), *paper_tables(single)):
            texts = [cell.detail for row in table.rows for cell in row] + table.notes
            assert not [text for text in texts if "Seeds:" in text or "seeds ±" in text]


class TestText:
    def test_who_is_within_the_spread(self, view):
        details = write_verdict(view).details
        assert (
            "Over 2 training seeds the mean SSIM of a method has a standard deviation of up to "
            "0.028 (U-Net); differences smaller than the spread over training seeds are no "
            "findings." in details
        )
        # .91 and .90: .01 apart, and two trainings lie .0316 apart.
        assert (
            "In SSIM U-Net is within the spread over seeds of PhyCHarm, which leads there: another "
            "training could turn the order." in details
        )

    def test_who_was_trained_once_is_named(self, view):
        kept = view.content
        fewer = kept.scores[(kept.scores["harmonizer"] != "unet") | (kept.scores["seed"] == 0)]
        said = "U-Net was trained with one: its spread is not known."
        assert said in write_verdict(RunView(content=replace(kept, scores=fewer))).details
        assert said not in write_verdict(view).details
        cards = {**kept.methods, "unet": {**kept.methods.get("unet", {}), "deterministic": True}}
        drawn = RunView(content=replace(kept, scores=fewer, methods=cards))
        assert said not in write_verdict(drawn).details

    def test_nobody_is_near(self):
        near = scores()
        view = view_of(near[near["harmonizer"] != "unet"])
        assert not [text for text in write_verdict(view).details if "could turn" in text]

    def test_one_seed_says_nothing(self, single):
        assert not [text for text in write_verdict(single).details if "seed" in text]

    def test_methods_text(self, view, single):
        assert "Each was fitted with 2 training seeds." in methods_text(view).paragraph
        assert "training seed" not in methods_text(single).paragraph
