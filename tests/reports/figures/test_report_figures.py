"""Figures: what is drawn is what was measured, and what is written is what was asked for."""

import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from phycharm.errors import InputError
from phycharm.reports import write_figures
from phycharm.reports.figures import pictures
from phycharm.reports.figures.case_training import case_training_plot
from phycharm.reports.figures.heatmap import heat_map
from phycharm.reports.figures.histograms import _mean_curve
from phycharm.reports.figures.masks import mask_picture
from phycharm.reports.figures.paired import paired_plot
from phycharm.reports.figures.pictures import picture
from phycharm.reports.figures.ranks import rank_diagram
from phycharm.reports.figures.style import house_style, new_figure, to_svg
from phycharm.reports.figures.training import training_plot
from phycharm.reports.figures.volumes import _agreement, bland_altman, volume_bars
from phycharm.reports.page.sections import make_sections
from phycharm.reports.run.cell_records import CellRecord
from phycharm.reports.run.run_view import RunView
from phycharm.reports.run.slices import (
    bounding_box,
    busiest_window,
    compare_images,
    median_subject,
    worst_cases,
)
from phycharm.reports.tables.paper_tables import paper_tables
from phycharm.reports.text.captions import training_by_case

from support.score_frames import frame
from support.synthetic_records import METRICS

DIRECTION = ("GE", "Siemens")


@pytest.fixture(scope="module")
def shown(view):
    subject = median_subject(view, "external", DIRECTION)
    return compare_images(view, subject, *DIRECTION, view.methods)


def texts(figure):
    return {text.get_text() for text in figure.findobj(match=lambda a: hasattr(a, "get_text"))}


def test_paired_plot_draws_every_subject_under_every_method(view):
    figure = paired_plot(view, view.headline[0], "external")
    panel = next(axes for axes in figure.axes if axes.get_title(loc="left") == "GE → Siemens")
    lines = [line for line in panel.lines if str(line.get_gid()).startswith("hit-")]
    table = view.measured(view.headline[0], "external", DIRECTION)[view.methods]
    assert len(lines) == len(table) == 5
    drawn = np.sort([line.get_xdata()[0] for line in lines])
    np.testing.assert_allclose(drawn, np.sort(table[view.methods[0]]))


def test_heat_map_prints_the_means(view):
    figure = heat_map(view, view.headline[0], "external")
    mean = view.measured(view.headline[0], "external", DIRECTION)["unet"].mean()
    assert view.headline[0].text(mean) in texts(figure)


def test_pictures_show_source_methods_and_target_with_scores(view, shown):
    figure = picture(view, shown, "external")
    assert {"Source: GE", "PhyCHarm", "U-Net", "Target: Siemens"} <= texts(figure)
    value = view.value(view.headline[0], "external", DIRECTION, shown.subject, "phycharm")
    assert any(f"SSIM {view.headline[0].text(value)}" in text for text in texts(figure))
    errors = [i for axes in figure.axes for i in axes.images if i.get_cmap().name == "RdBu_r"]
    assert len(errors) == 3
    assert {image.get_clim() for image in errors} == {(-shown.error_limit, shown.error_limit)}


def test_masks_count_agreement_like_dice(view, shown):
    figure = mask_picture(view, shown, "external")
    dice = view.find("dice", "GM")
    value = view.value(dice, "external", DIRECTION, shown.subject, "phycharm")
    assert f"Dice {dice.text(value)}" in texts(figure)


def test_bars_stand_at_the_mean_difference(view):
    figure = volume_bars(view, "external")
    panel = next(axes for axes in figure.axes if axes.get_title(loc="left") == "GE → Siemens")
    measure = view.find("abs_volume_difference_ml", "GM")
    expected = view.measured(measure, "external", DIRECTION)["none"].mean()
    assert panel.patches[0].get_height() == pytest.approx(expected)


def test_agreement_recovers_the_volume_of_the_target(view):
    table = _agreement(view, "external", "GM")
    row = table[(table["subject"] == "05") & (table["target"] == "Siemens")].iloc[0]
    labels = view.images.tissues("05", "Siemens")
    assert row["volume"] == pytest.approx((labels == 2).sum() * 6.0**3 / 1000)
    assert bland_altman(view, "external") is not None


def test_training_curves_and_ranks(view):
    titles = {axes.get_title(loc="left") for axes in training_plot(view).axes}
    assert {"PhyCHarm (HN)", "U-Net (HN)"} <= titles
    figure = rank_diagram(view, {"phycharm": 1.0, "unet": 2.0, "none": 3.0}, 1.5)
    assert {"PhyCHarm  1.00", "critical difference 1.50"} <= texts(figure)
    assert rank_diagram(view, {"phycharm": 1.0}, 1.5) is None


def by_case(view, cases):
    """The view with its PhyCHarm fits once more for every case, each curve at its own height."""
    history, cells = view.content.history, list(view.content.cells)
    curves, cards = [history], dict(view.content.methods)
    for case in cases:
        name = f"phycharm-case-{case}"
        cards[name] = {**cards["phycharm"], "name": name, "variant_of": "phycharm"}
        own = history[history["harmonizer"] == "phycharm"]
        curves.append(
            own.assign(
                cell=f"{name}_" + own["cell"], harmonizer=name, value=own["value"] * (case + 1)
            )
        )
        cells += [
            CellRecord(path=Path(f"{name}_{cell}"), record={"harmonizer": name, "case": case})
            for cell in own["cell"].unique()
        ]
    results = replace(view.content, history=pd.concat(curves), cells=tuple(cells), methods=cards)
    return RunView(content=results)


def test_maps_of_two_presets_have_a_panel_each(view):
    """One mean over both zigzagged, for they were trained for other numbers of steps."""
    kept = view.content
    (first, *_) = [cell for cell in kept.cells if cell.harmonizer == "maps"]
    printed = CellRecord(
        path=first.path.with_name("maps_paper_case-4_seed-0"),
        record={**first.record, "preset": "paper", "case": 4},
    )
    curves = kept.history[kept.history["harmonizer"] == "unet"]
    parts = [
        curves.assign(cell=cell.name, harmonizer="maps", network="QMG", case=4)
        for cell in (first, printed)
    ]
    both = replace(kept, cells=(*kept.cells, printed), history=pd.concat(parts))
    figure = training_plot(RunView(content=both))
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert {" ".join(title.split()) for title in titles if title} == {
        "Quantitative maps, corrected, case 4 (QMG)",
        "Quantitative maps, paper, case 4 (QMG)",
    }
    assert max(len(line) for title in titles for line in title.splitlines()) <= 32


def test_headings_of_pictures_do_not_run_into_each_other(view, shown, monkeypatch):
    monkeypatch.setattr(pictures, "short_label", lambda name: "PhyCHarm, physics alone")
    figure = picture(view, shown, "external")
    figure.canvas.draw()
    heads = [text for text in figure.axes[0].texts if text.get_fontweight() == "bold"]
    assert len(heads) == 4
    boxes = [text.get_window_extent() for text in heads]
    assert all(a.x1 <= b.x0 for a, b in pairwise(sorted(boxes, key=lambda box: box.x0)))


def test_training_loss_has_a_line_per_loss_case_and_a_panel_per_direction(view):
    many = by_case(view, (1, 2, 3))
    figure, method, cases = case_training_plot(many)
    assert (method, cases) == ("phycharm", [1, 2, 3, 4])
    assert {"GE → Siemens", "Siemens → GE"} == {a.get_title(loc="left") for a in figure.axes}
    for axes in figure.axes:
        source, target = axes.get_title(loc="left").split(" → ")
        lines = {line.get_label(): line.get_ydata() for line in axes.lines}
        history = view.content.history
        plain = history[
            (history["harmonizer"] == "phycharm")
            & (history["split"] == "train")
            & (history["source"] == source)
            & (history["target"] == target)
        ]
        expected = plain.groupby("epoch")["value"].mean()
        np.testing.assert_allclose(lines["case 4"], expected)
        np.testing.assert_allclose(lines["case 2"], 3 * expected)
    assert "PhyCHarm was trained on maps of the loss cases 1, 2, 3, 4" in (
        training_by_case(method, cases).how
    )
    (section,) = [s for s in make_sections(many, "r0") if s.id == "training"]
    assert [figure.name for figure in section.figures][-1] == "training-by-case"
    titles = {axes.get_title(loc="left") for axes in training_plot(many).axes}
    assert not any("case" in title for title in titles)


def test_training_loss_of_one_case_says_so(view):
    _, method, cases = case_training_plot(view)
    assert cases == [4]  # the protocol's first: these cells are too old to record one
    assert "trained PhyCHarm on maps of loss case 4 alone" in training_by_case(method, cases).how


def test_a_method_without_maps_has_no_loss_case(view):
    """Nor has one that says so: the protocol's first case is only what PhyCHarm was fitted on."""
    kept = view.content.history[view.content.history["harmonizer"] == "unet"]
    scores = view.content.scores
    rivals = replace(view.content, history=kept, scores=scores[scores["harmonizer"] != "phycharm"])
    assert RunView(content=rivals).reference == "unet"
    assert case_training_plot(RunView(content=rivals)) is None
    silent = [
        CellRecord(path=c.path, record={**c.record, "case": None}) for c in view.content.cells
    ]
    assert case_training_plot(RunView(content=replace(view.content, cells=tuple(silent)))) is None


def test_the_method_with_maps_is_shown_whoever_is_the_reference(view):
    other = RunView(content=view.content, wanted_reference="unet")
    assert case_training_plot(other)[1:] == ("phycharm", [4])


def test_mean_histogram_sums_to_one_whatever_the_bins():
    rows = []
    for subject, count in (("01", 10), ("02", 20)):
        edges = np.linspace(0, 1, count + 1)
        rows += [
            {"subject": subject, "bin_left": a, "bin_right": b, "count": 5}
            for a, b in pairwise(edges)
        ]
    curve = _mean_curve(pd.DataFrame(rows))
    assert curve["share"].sum() == pytest.approx(1)
    np.testing.assert_allclose(curve["share"], 1 / len(curve))


def test_svg_is_well_formed_follows_the_page_and_trusts_no_name():
    with house_style("x"):
        figure = new_figure(3, 2)
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], gid="hit-3-line")
        axes.set_title("<script>alert('$x$')</script>")
    svg = to_svg(figure, "x")
    root = ElementTree.fromstring(svg)
    assert root.tag.endswith("svg")
    assert "<script" not in svg
    assert "&lt;script&gt;alert('$x$')" in svg
    assert "currentColor" in svg
    assert 'class="hit" data-subject="3"' in svg


def test_svg_is_the_same_twice(view):
    def draw():
        return to_svg(rank_diagram(view, {"phycharm": 1.0, "none": 2.0}, 1.0), "ranks")

    assert draw() == draw()


def test_the_median_subject_is_the_median(view):
    values = view.measured(view.headline[0], "external", DIRECTION)["phycharm"]
    assert values[median_subject(view, "external", DIRECTION)] == values.median()


def test_worst_cases_are_the_worst(view):
    worst = worst_cases(view, "external", "phycharm", 3)
    values = [
        view.value(view.headline[0], "external", (source, target), subject, "phycharm")
        for subject, source, target in worst
    ]
    everything = pd.concat(
        view.measured(view.headline[0], "external", d)["phycharm"] for d in view.directions
    )
    np.testing.assert_allclose(values, np.sort(everything)[:3])


def test_zoom_finds_where_the_scans_differ_most():
    error = np.zeros((40, 50), dtype=np.float32)
    error[28:36, 10:18] = 1
    rows, columns = busiest_window(error, share=0.2)
    assert 24 <= rows.start <= 32
    assert 6 <= columns.start <= 14
    assert rows.stop - rows.start == columns.stop - columns.start == 8


def test_bounding_box_stays_inside():
    mask = np.zeros((5, 6, 7), dtype=bool)
    mask[0, 2:4, 6] = True
    assert bounding_box(mask) == (slice(0, 2), slice(1, 5), slice(5, 7))


def test_paper_tables_hold_measured_means(view):
    tables = {table.name: table for table in paper_tables(view)}
    assert set(tables) == {"table-1", "table-2", "table-3", "table-s2", "table-s3"}
    table = tables["table-2"]
    assert [c.text for c in table.columns][2:] == ["No harmonization", "U-Net", "PhyCHarm"]
    row = next(r for r in table.rows if r[0].text == "GE → Siemens" and "SSIM" in r[1].text)
    mean = view.measured(view.find("ssim"), "external", DIRECTION)["phycharm"].mean()
    assert row[-1].sort == pytest.approx(mean)
    assert len(tables["table-1"].rows) == 4


def test_figures_are_written_by_the_papers_numbers(run_dir, tmp_path, monkeypatch):
    # Everything but the drawing of pixels: one figure is written in full below.
    saved = []

    def save(self, path, **options):
        saved.append((path.name, options))
        path.write_bytes(b"drawn")

    monkeypatch.setattr(Figure, "savefig", save)
    paths = write_figures([run_dir], tmp_path / "out")
    names = {path.name for path in paths}
    for number in ("3", "S1", "S2", "S3", "8"):
        assert f"figure-{number}.pdf" in names
    for number in ("4", "5", "6", "7"):
        assert {f"figure-{number}_GE-to-Siemens{s}" for s in (".pdf", ".svg", ".png")} <= names
    for number in ("1", "2", "3", "s2", "s3"):
        assert {f"table-{number}.tex", f"table-{number}.csv"} <= names
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    assert all(options["dpi"] == 300 for _, options in saved)
    captions = (tmp_path / "out" / "captions.md").read_text()
    assert "The scanners are simulated" in captions
    assert "figure-5_GE-to-Siemens" in captions


def test_a_written_figure_is_a_real_one(tmp_path, view):
    from phycharm.reports.figures.style import write_figure

    figure = rank_diagram(view, {"phycharm": 1.0, "none": 2.0}, 1.0)
    width = figure.get_figwidth()
    pdf, svg, png = write_figure(figure, tmp_path / "ranks")
    assert pdf.read_bytes().startswith(b"%PDF")
    assert re.search(r">\s*PhyCHarm", svg.read_text())
    with Image.open(png) as image:
        assert image.width == pytest.approx(300 * width, abs=1)


@pytest.fixture
def small_runs(tmp_path):
    """Three runs without images, two of one name."""
    scores = frame({(m, "A>B"): [0.9 - i / 9] * 6 for i, m in enumerate(("phycharm", "unet"))})
    folders = [tmp_path / name for name in ("a/run", "b/run", "c/other")]
    for folder in folders:
        folder.mkdir(parents=True)
        scores.to_parquet(folder / "scores.parquet")
        (folder / "metrics.json").write_text(json.dumps(METRICS))
    return folders


@pytest.fixture
def only_tables(monkeypatch):
    """Figures are slow, and what is asked of them here is asked of the tables too."""
    monkeypatch.setattr("phycharm.reports.figure_files._drawings", lambda view: iter(()))


def test_files_compare_with_the_reference_that_was_asked_for(small_runs, tmp_path, only_tables):
    write_figures([small_runs[0]], tmp_path / "out", reference="unet")
    captions = (tmp_path / "out" / "captions.md").read_text()
    assert "U-Net against each rival in SSIM" in captions
    assert "takes its place" not in captions
    (small_runs[0] / "methods.json").write_text(json.dumps({"nyul": {"name": "nyul"}}))
    write_figures([small_runs[0]], tmp_path / "out", reference="nyul")
    captions = (tmp_path / "out" / "captions.md").read_text()
    assert "The reference method nyul did not take part; PhyCHarm takes its place." in captions


def test_a_reference_that_no_run_knows_is_refused(small_runs, tmp_path, only_tables):
    with pytest.raises(InputError, match=r"No method 'unnet'.*did you mean 'unet'\? There are"):
        write_figures([small_runs[0]], tmp_path / "out", reference="unnet")
    assert not (tmp_path / "out").exists()
    # Side by side, one that took part in some of the runs is known.
    other = frame({(m, "A>B"): [0.5] * 6 for m in ("nyul", "unet")})
    other.to_parquet(small_runs[2] / "scores.parquet")
    write_figures(small_runs, tmp_path / "out", reference="nyul")


def test_files_are_in_the_order_that_was_asked_for(small_runs, tmp_path, only_tables):
    write_figures([small_runs[0]], tmp_path / "out", order="borda")
    captions = (tmp_path / "out" / "captions.md").read_text()
    assert "Ordered by the Borda count" in captions
    with pytest.raises(InputError, match="psnr"):
        write_figures([small_runs[0]], tmp_path / "out", order="psnr")


def test_files_of_several_runs_go_to_folders_of_their_names(small_runs, tmp_path, only_tables):
    out = tmp_path / "out"
    paths = write_figures(small_runs, out)
    assert {path.relative_to(out).parts[0] for path in paths} == {"run", "run-2", "other"}
    assert (out / "other" / "captions.md").read_text().startswith("# Figures and tables of other")
    assert len(paths) == len(set(paths)) == sum(p.is_file() for p in out.rglob("*"))
    with pytest.raises(InputError, match="No results folder"):
        write_figures([], out)


def test_cases_are_shown_of_the_method_that_has_them(view):
    """Where the reference has the maps of one case alone, Fig. S2 is of who has more."""
    many = by_case(view, (1, 2)).content
    renamed = {f"phycharm-case-{case}": f"printed-case-{case}" for case in (1, 2)}
    cards = {renamed.get(name, name): card for name, card in many.methods.items()}
    cards |= {name: {**cards[name], "variant_of": "unet"} for name in renamed.values()}
    history = many.history.replace({"harmonizer": renamed})
    curves = RunView(content=replace(many, history=history, methods=cards))
    assert case_training_plot(curves)[1:] == ("unet", [1, 2])


def test_a_protocol_may_name_cases_by_preset(view):
    protocol = {**view.content.section("protocol")}
    protocol["maps"] = {"cases": {"paper": [4, 1], "corrected": [3]}, "preset": "corrected"}
    manifest = {**view.content.manifest, "protocol": protocol}
    assert RunView(content=replace(view.content, manifest=manifest)).maps_case == 3


def test_curves_advance_by_steps_where_they_were_counted(view):
    history = view.content.history
    counted = history.assign(step=35 * history["epoch"])
    stepped = RunView(content=replace(view.content, history=counted))
    for one, word, factor in ((view, "epoch", 1), (stepped, "step", 35)):
        axes = training_plot(one).axes[0]
        assert axes.get_xlabel() == word
        ends = {float(line.get_xdata()[-1]) for line in axes.lines}
        assert ends == {factor * history["epoch"].max()}
        figure, *_ = case_training_plot(one)
        assert word in texts(figure)
        assert float(figure.axes[0].lines[0].get_xdata()[-1]) in ends
