"""Watching trainings that are done as one, and holding them to what they are alone."""

import pytest

from phycharm.networks.stacking.stacked_training import StackedTraining


def watched_stacks(monkeypatch):
    """Return a list that gets the number of trainings of each stack."""
    sizes = []
    original = StackedTraining.run

    def watched(self):
        sizes.append(len(self._members))
        original(self)

    monkeypatch.setattr(StackedTraining, "run", watched)
    return sizes


def assert_same_history(one, other, *, tolerance):
    """Hold two histories to each other: the same rows, with the same values to a tolerance."""
    assert [row | {"value": 0} for row in one] == [row | {"value": 0} for row in other]
    values = [[row["value"] for row in rows] for rows in (one, other)]
    assert values[0] == pytest.approx(values[1], rel=tolerance, abs=tolerance)
