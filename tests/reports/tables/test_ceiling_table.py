"""The scan-rescan ceiling as the report lays it out."""

import numpy as np
import pytest

from phycharm.reports.tables.statistics_tables import ceiling_table

from support.score_frames import frame, view_of

METHOD = {("none", "A>B"): [0.7, 0.8, 0.9], ("none", "B>A"): [0.7, 0.8, 0.9]}


def test_a_row_for_what_repeats_score_on_the_mean_over_directions():
    repeats = {("rescan", "A>B"): [0.90, 0.94, 0.98], ("rescan", "B>A"): [0.92, 0.96, 0.94]}
    table = ceiling_table(view_of(frame(METHOD | repeats)))
    ((split, measure, count, mean),) = table.rows
    assert (split.text, measure.text, count.text) == ("external", "SSIM", "3")
    assert mean.sort == pytest.approx(np.mean([0.91, 0.95, 0.96]))
    assert mean.detail == ""  # three people make no interval
    six = {(n, d): [*v, *np.add(v, 0.01)] for (n, d), v in (METHOD | repeats).items()}
    ((*_, mean),) = ceiling_table(view_of(frame(six))).rows
    assert mean.detail == "0.910 to 0.970"


def test_one_repeat_has_no_interval():
    table = ceiling_table(view_of(frame(METHOD | {("rescan", "A>B"): [0.9]})))
    assert [row[3].detail for row in table.rows] == [""]


def test_without_repeats_there_is_no_table():
    assert ceiling_table(view_of(frame(METHOD))) is None
