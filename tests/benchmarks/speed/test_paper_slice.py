"""The slice of a protocol tries every method, and projects the whole of it."""

import math
import re
from dataclasses import replace

import pytest

from phycharm.benchmarks.protocol.loading import load_protocol
from phycharm.benchmarks.protocol.sections import Simulation
from phycharm.benchmarks.run.budget.cost_estimate import CostEstimate
from phycharm.benchmarks.run.budget.method_cost import MethodCost
from phycharm.benchmarks.run.budget.tried_cell import TriedCell
from phycharm.benchmarks.speed import paper_slice
from phycharm.benchmarks.speed.copies import copied_people
from phycharm.benchmarks.speed.paper_slice import PaperSlice
from phycharm.data.bids.bids_dataset import BidsDataset

from support.tiny_protocols import pair_protocol

PEOPLE = Simulation(subjects=3, quantitative_subjects=2, voxel_size=12, scanners=("GE", "Siemens"))
PROTOCOL = pair_protocol(harmonizers=("none", "unet", "phycharm"), seeds=(0, 1), simulation=PEOPLE)


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("slice")
    return paper_slice.tried(PROTOCOL, folder, device="cpu", steps=1, stack=2)


def test_as_many_people_as_asked_for(tmp_path):
    dataset = BidsDataset(copied_people(PROTOCOL, tmp_path / "people"))
    cohort = dataset.travelling(PROTOCOL.scanners)
    assert list(cohort.subjects) == ["01", "02", "03"]
    assert dataset.quantitative_people == {"Q01", "Q02"}
    one, other = (cohort.scan(who, cohort.scanners[0]) for who in ("01", "03"))
    assert (one.image == other.image).all()
    assert other.subject == "03"


def test_every_method_is_tried_alone(found):
    tried = {cost.harmonizer: cost for cost in found.alone.costs}
    assert {name: cost.cells for name, cost in tried.items()} == {
        "oracle": 1, "blurred": 1, "constant": 1, "none": 1, "unet": 2,
        "maps_corrected_case-4": 2, "phycharm": 2,
    }  # fmt: skip
    trained = [tried[name].tried for name in ("unet", "maps_corrected_case-4", "phycharm")]
    for one in trained:
        assert one.together == 1
        assert 0 < one.steps_per_second < one.slices_per_second
        assert one.harmonize_seconds > 0
    assert math.isnan(tried["none"].tried.steps_per_second)
    assert tried["none"].tried.score_seconds > 0


def test_what_can_be_stacked_is_tried_as_one(found):
    together = {cost.harmonizer: cost.tried.together for cost in found.stacked.costs}
    assert together == {"unet": 2, "maps_corrected_case-4": 2, "phycharm": 2}


def hours(seconds, cells=1, **choices):
    return MethodCost(
        harmonizer="unet", cells=cells, tried=TriedCell(fit_seconds=seconds, **choices)
    )


class TestPage:
    none = MethodCost(harmonizer="none", cells=2, tried=TriedCell(evaluate_seconds=1800.0))
    mine = MethodCost(harmonizer="mine", cells=1, tried=None)
    slice = PaperSlice(
        alone=CostEstimate(
            costs=(none, mine, hours(3600.0, 4, steps_per_second=5.0, slices_per_second=10.0)),
            jobs=1,
        ),
        stacked=CostEstimate(costs=(hours(900.0, 4, together=4, slices_per_second=40.0),), jobs=1),
    )

    def test_hours_are_those_of_all_cells(self):
        assert self.slice.hours == (5.0, 2.0)

    def test_rows(self):
        head, _, none, mine, unet = self.slice.table().splitlines()
        assert head.count("|") == none.count("|") == unet.count("|")
        assert unet == "| unet | 4 | 5 | 10 | 40 | 4 |  |  | 4 | 1 |"
        assert none == "| none | 2 |  |  |  |  |  |  | 1 |  |"
        assert mine == "| mine | 1 |  |  |  |  |  |  |  |  |"

    def test_a_stack_that_failed_counts_as_fits_alone(self):
        failed = MethodCost(harmonizer="unet", cells=4, tried=None, unknown="ValueError: no")
        found = replace(self.slice, stacked=CostEstimate(costs=(failed,), jobs=1))
        assert found.hours == (5.0, 5.0)
        assert found.unknown == [self.mine, failed]

    def test_the_goal_is_that_of_paper(self):
        def told(name):
            protocol = load_protocol(name)
            return paper_slice.page(protocol, self.slice, device="cpu", command=["--steps", "3"])

        text = told("paper")
        assert text.startswith("`python -m phycharm.benchmarks.speed.paper_slice --steps 3` on ")
        end = "5 h with each fit alone, 2 h with stacks. The goal is 4 h on a GPU."
        assert text.endswith(f"{end}\n\nmine: 1 cell, not tried: it is not ours.")
        assert "goal" not in told("smoke")


def test_the_command_prints_the_page(monkeypatch, capsys, found):
    asked = {}

    def tried(protocol, folder, **choices):
        asked.update(choices, protocol=protocol.name, empty=not [*folder.iterdir()])
        return found

    monkeypatch.setattr(paper_slice, "tried", tried)
    paper_slice.main(["--protocol", "smoke", "--device", "cpu", "--steps", "5"])
    assert asked == {"protocol": "smoke", "device": "cpu", "steps": 5, "stack": 8, "empty": True}
    out = capsys.readouterr().out
    assert re.search(r"^\| phycharm \| 2 \| [\d.]+ \|", out, re.MULTILINE)


@pytest.mark.parametrize("option", ["--steps", "--stack"])
def test_nothing_cannot_be_tried(option, capsys):
    with pytest.raises(SystemExit):
        paper_slice.main([option, "0"])
    assert "give 1 or more" in capsys.readouterr().err
