"""Cells: which there are, and how they are told apart."""

from dataclasses import replace

import pytest

from phycharm.benchmarks.protocol.cells import Cell, fingerprint, plan_cells, safe_name
from phycharm.benchmarks.protocol.sections import Maps
from phycharm.harmonizers.card import MethodCard

SCANNERS = ("GE", "Philips", "Siemens")
CASES = Maps(cases=[4, 1], harmonize_with_all=True).harmonized_cases


def card(name, scope="pair"):
    return MethodCard(name=name, summary="", scope=scope)


def plan(methods, *, folds=(1,), seeds=(0,)):
    return list(plan_cells(methods, scanners=SCANNERS, folds=folds, seeds=seeds))


def test_pairwise_method_is_fitted_to_every_pair():
    cells = plan({"unet": card("unet")})
    assert [cell.scanners for cell in cells] == [
        ("GE", "Philips"), ("GE", "Siemens"), ("Philips", "Siemens"),
    ]  # fmt: skip
    assert cells[0].name == "unet_GE-Philips_fold-1_seed-0"
    assert not any(cell.whole for cell in cells)


@pytest.mark.parametrize("scope", ["all", "common-domain"])
def test_others_are_fitted_once(scope):
    (cell,) = plan({"none": card("none", scope)})
    assert cell.scanners == SCANNERS
    assert cell.name == "none_all_fold-1_seed-0"


def test_method_of_two_scanners_is_still_of_all():
    (cell,) = plan_cells({"x": card("x", "all")}, scanners=SCANNERS[:2], folds=[1], seeds=[0])
    assert cell.name == "x_all_fold-1_seed-0"


def test_every_fold_and_seed():
    methods = {"unet": card("unet"), "none": card("none", "all")}
    cells = plan(methods, folds=(1, 2, 3, 4), seeds=(0, 7))
    assert len(cells) == (3 + 1) * 4 * 2
    assert len({cell.name for cell in cells}) == len(cells)


def test_what_draws_nothing_is_fitted_once():
    methods = {"none": MethodCard(name="none", summary="", scope="all", deterministic=True)}
    assert [(c.fold, c.seed) for c in plan(methods, folds=(1, 2), seeds=(3, 7))] == [(1, 3), (2, 3)]


def test_name_of_the_table_stands_for_what_the_user_wrote():
    (cell, *_) = plan({"my.module:My Method": card("mine")})
    assert cell.spec == "my.module:My Method"
    assert cell.name.startswith("mine_")


def test_method_that_needs_maps_runs_on_those_of_every_case():
    methods = {"own": MethodCard(name="own", summary="", scope="all", needs=("maps",))}
    cells = list(plan_cells(methods, scanners=SCANNERS, folds=[1], seeds=[0], cases=CASES))
    assert [(cell.harmonizer, cell.case) for cell in cells] == [("own", 4), ("own-case-1", 1)]
    assert [cell.spec for cell in cells] == ["own", "own"]
    assert cells[1].name == "own-case-1_all_fold-1_seed-0"
    # What separates the cases shall be the maps, and not the first weights.
    assert cells[1].lottery == cells[0].lottery == cells[0].name


def test_every_method_runs_on_the_cases_of_its_preset():
    maps = Maps(cases={"paper": [4, 1]}, harmonize_with_all=True)
    common = {"summary": "", "scope": "all", "needs": ("maps",)}
    methods = {
        "own": MethodCard(name="own", **common),
        "printed": MethodCard(name="printed", maps_preset="paper", **common),
    }
    cases = maps.harmonized_cases
    cells = list(plan_cells(methods, scanners=SCANNERS, folds=[1], seeds=[0], cases=cases))
    assert [(cell.harmonizer, cell.case) for cell in cells] == [
        ("own", 4), ("printed", 4), ("printed-case-1", 1),
    ]  # fmt: skip
    first = Maps(cases={"paper": [2, 1]})
    assert first.harmonized_cases(methods["printed"]) == (2,)
    assert first.cases_of("paper") == (2, 1)
    assert first.cases_of("corrected") == (4,)


def test_a_protocol_chooses_the_preset_of_methods_that_name_none():
    maps = Maps(preset="paper")
    common = {"name": "own", "summary": "", "needs": ("maps",)}
    assert maps.preset_of(MethodCard(**common)) == "paper"
    assert maps.preset_of(MethodCard(**common, maps_preset="corrected")) == "corrected"
    assert Maps().preset_of(MethodCard(**common)) == "corrected"


def test_other_methods_know_no_cases():
    methods = {"none": card("none", "all")}
    (cell,) = plan_cells(methods, scanners=SCANNERS, folds=[1], seeds=[0], cases=CASES)
    assert (cell.harmonizer, cell.case) == ("none", None)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("unet", "unet"),
        ("my method/2", "my-method-2"),
        ("../../etc", "etc"),
        ("Zürich", "Z-rich"),
        ("a_b", "a-b"),
        ("///", "method"),
    ],
)
def test_safe_names(name, safe):
    assert safe_name(name) == safe


def test_fingerprint_depends_on_content_and_not_on_order():
    a = fingerprint({"x": [1, 2], "y": {"b": 1, "a": "é"}})
    assert a == fingerprint({"y": {"a": "é", "b": 1}, "x": (1, 2)})
    assert len(a) == 64
    for other in ({"x": [2, 1], "y": {"b": 1, "a": "é"}}, {"x": [1, 2]}, None):
        assert fingerprint(other) != a


def test_fingerprint_never_changes():
    # printf '{"a": [1, "é"]}' | sha256sum
    assert fingerprint({"a": [1, "é"]}).startswith("bc6eab48b8d3b8f2")


def test_every_part_of_a_cell_counts():
    cell = Cell(spec="x", harmonizer="x", scanners=SCANNERS, whole=True, fold=1, seed=0)
    others = [
        replace(cell, **change)
        for change in (
            {"spec": "y"}, {"harmonizer": "y"}, {"scanners": SCANNERS[:2]}, {"whole": False},
            {"fold": 2}, {"seed": 1},
        )
    ]  # fmt: skip
    prints = {fingerprint(one.__dict__) for one in [cell, *others]}
    assert len(prints) == 7
