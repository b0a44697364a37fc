"""What the first screen says is missing."""

import pytest

from phycharm.reports.page.run_page import _notes

from support.score_frames import frame, view_of

SCORES = frame({("polynomial", "A>B"): [0.9] * 6, ("none", "A>B"): [0.5] * 6})


def notes(*planned):
    return _notes(view_of(SCORES, protocol={"harmonizers": ["none", *planned]}), 0)[:-1]


@pytest.mark.parametrize(
    "spec",
    [
        "polynomial",
        "polynomial:PolynomialMapping",
        "precomputed:results/a=b",
        "command:python map.py --degree=3",
        "polynomial=own.module:Class",
    ],
)
def test_a_method_named_by_path_is_not_missed_by_another_name(spec):
    assert notes(spec) == []


def test_a_planned_method_without_scores_is_named():
    assert notes("unet") == ["U-Net of the protocol is not among the scores."]
    assert notes("mine=own:Class", "unet") == [
        "mine and U-Net of the protocol are not among the scores."
    ]
