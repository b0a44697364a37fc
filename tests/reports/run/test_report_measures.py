"""Measures: labels, printing, and which way is better."""

import numpy as np
import pandas as pd
import pytest

from phycharm.reports.run.cell_records import NO_CASE, CellRecord
from phycharm.reports.run.measures import Measure, find_measures, headline
from phycharm.reports.run.names import (
    colours,
    dashes,
    is_control,
    label,
    short_label,
    variant_label,
)

SSIM = Measure(metric="ssim", higher_is_better=True, best=1.0)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.98765, "0.988"),
        (-0.5, "−0.500"),
        (0.0, "0.000"),
        (-1e-20, "0.000"),
        (0.0002, "0.0002"),
        (float("nan"), "–"),
    ],
)
def test_values_are_printed_with_care(value, text):
    assert SSIM.text(value) == text


def test_units_decide_the_decimals():
    assert Measure(metric="psnr", unit="dB").text(31.4159) == "31.42"
    assert Measure(metric="abs_volume_difference_ml", unit="ml").text(3.14159) == "3.1"


@pytest.mark.parametrize(
    ("measure", "worst_first"),
    [
        (SSIM, [0.1, 0.5, 0.9]),
        (Measure(metric="nrmse", higher_is_better=False), [0.9, 0.5, 0.1]),
        (Measure(metric="sharpness", best=1.0), [3.0, 0.5, 1.1]),
    ],
)
def test_badness_falls_as_values_improve(measure, worst_first):
    badness = measure.badness(pd.Series(worst_first))
    assert list(badness) == sorted(badness, reverse=True)
    assert len(set(badness)) == 3


def test_arrows_say_which_way_is_better():
    assert SSIM.arrow == "↑"
    assert Measure(metric="nrmse", higher_is_better=False).arrow == "↓"
    assert Measure(metric="sharpness", best=1.0).arrow == "→ 1"
    assert Measure(metric="mystery").arrow == ""
    assert not Measure(metric="mystery").judged


def test_measures_follow_the_records_and_unknown_ones_come_last():
    scores = pd.DataFrame(
        {"metric": ["zzz", "dice", "ssim", "dice"], "tissue": ["", "WM", "", "GM"]}
    )
    records = [
        {"name": "ssim", "higher_is_better": True},
        {"name": "dice", "definition": "Overlap."},
    ]
    measures = find_measures(scores, records)
    assert [m.key for m in measures] == ["ssim", "dice/GM", "dice/WM", "zzz"]
    assert measures[1].definition == "Overlap."
    assert "Not defined" in measures[3].definition


def test_headline_falls_back_to_what_can_be_judged():
    scores = pd.DataFrame({"metric": ["foo", "bar"], "tissue": ["", ""]})
    measures = find_measures(scores, [{"name": "foo", "higher_is_better": True}, {"name": "bar"}])
    assert [m.key for m in headline(measures)] == ["foo"]


def test_colours_differ_and_do_not_depend_on_rank():
    methods = ["phycharm", "unet", "pix2pix", "calamiti", "nyul", "linear", "histogram", "none"]
    first = colours(methods, "phycharm")
    assert len(set(first.values())) == len(methods)
    assert colours(methods[::-1], "phycharm") == first
    fewer = ["phycharm", "mine", "nyul", "none"]
    assert colours(fewer, "phycharm")["nyul"] == first["nyul"]
    many = [*methods, *(f"other-{i}" for i in range(5))]
    assert len(set(colours(many, "phycharm").values())) == len(many)
    styles = dashes(methods)
    assert [method for method, style in styles.items() if style == ":"] == ["none"]


def test_colours_are_told_apart_without_red_and_green():
    # Viénot, Brettel, Mollon 1999 (Color Res. Appl. 24:243-252): what a deuteranope sees, as the
    # lightness and the blue-yellow difference that remain.
    methods = ["phycharm", "unet", "pix2pix", "calamiti", "nyul", "none"]
    seen = []
    for colour in colours(methods, "phycharm").values():
        red, green, blue = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        mixed = 0.29 * red + 0.71 * green
        seen.append((mixed, blue))
    distances = [np.hypot(a[0] - b[0], a[1] - b[1]) for i, a in enumerate(seen) for b in seen[:i]]
    assert min(distances) > 0.1


def test_controls_are_known_by_name_and_by_card():
    assert is_control("oracle", {})
    assert is_control("mine", {"mine": {"control": True}})
    assert not is_control("unet", {"unet": {"control": False}})
    assert label("unheard-of") == "unheard-of"


def test_variants_are_named_by_what_their_name_adds():
    assert variant_label("phycharm-case-1", "phycharm") == "PhyCHarm, case 1"
    assert variant_label("other", "phycharm") == "PhyCHarm, other"
    assert label("mine-case-2") == "mine-case-2"
    assert short_label("a" * 90) == "a" * 31 + "…"


@pytest.mark.parametrize(
    ("name", "record", "case"),
    [
        ("phycharm_GE-Siemens_fold-1_seed-0", {"case": 3}, 3),
        ("phycharm_GE-Siemens_fold-1_seed-0", {"case": None}, NO_CASE),
        ("phycharm-case-2_GE-Siemens_fold-1_seed-0", {}, 2),
        ("mine-case-2_GE-Siemens_fold-1_seed-0", {"case": None}, NO_CASE),
        ("maps_case-4_seed-0", {}, 4),
        ("maps_paper_case-1_seed-0", {}, 1),
        ("maps_paper_case-1_seed-0", {"case": 3}, 3),
        ("unet_my-case-1_fold-1_seed-0", {"case": True}, NO_CASE),
    ],
)
def test_the_loss_case_of_a_fit_is_the_recorded_one(tmp_path, name, record, case):
    assert CellRecord(path=tmp_path / name, record=record).case == case


def test_a_spread_has_the_decimals_of_its_mean():
    assert SSIM.spread(0.0123) == "0.012"
    assert SSIM.spread(0.0002) == "< 0.001"
    assert SSIM.spread(0.0) == "0.000"


def test_doing_nothing_stays_grey_when_it_is_the_reference():
    methods = ["none", "phycharm", "unet"]
    found = colours(methods, "none")
    assert found["none"] == colours(methods, "phycharm")["none"]
    assert len(set(found.values())) == 3
