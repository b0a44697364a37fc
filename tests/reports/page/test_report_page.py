"""The page: complete in itself, honest about what it is, harmless whatever the names are."""

import json
import re
import subprocess
import sys

import pandas as pd
import pytest

from phycharm.errors import InputError
from phycharm.reports import leaderboard_text, write_report
from phycharm.reports.page.page import script_json
from phycharm.reports.report import FILE_BYTES

from support.harmless import elements, harmless
from support.hostile_run import NASTY
from support.score_frames import frame
from support.synthetic_results import make_results


def test_the_page_loads_nothing(html):
    assert harmless(html)
    assert not re.search(r"@import|url\((?!#|\"?data:)", html.split("</style>")[0])
    assert not [tag for tag, _ in elements(html) if tag in ("link", "iframe", "object", "embed")]


def test_the_page_holds_its_parts(html):
    for part in ("leaderboard", "directions", "subjects", "images", "histograms", "tissues"):
        assert f'id="r0-{part}"' in html
    for part in ("maps", "training", "statistics", "methods", "provenance", "viewer", "worst"):
        assert f'id="r0-{part}"' in html
    assert "SIMULATED SCANNERS" in html
    assert "pix2pix_GE-Siemens_fold-1_seed-0" in html
    assert "the discriminator diverged" in html
    assert "No harmonization" in html
    assert "cannot reach alpha with n = 5" in html


def test_every_figure_says_what_to_look_for_and_how_it_was_made(html):
    figures = re.findall(r"<figure.*?</figure>", html, re.DOTALL)
    assert len(figures) > 20
    for figure in figures:
        caption = re.search(r"<figcaption>(.*?)</figcaption>", figure, re.DOTALL).group(1)
        assert "<b>Look for:</b>" in caption
        assert "<b>How:</b>" in caption
        assert "aria-label=" in figure


def test_definitions_stand_with_the_tables(html):
    for table in re.findall(
        r'<div class="block" data-f data-split="external" data-measure="psnr".*?</div>\s*</div>',
        html,
        re.DOTALL,
    ):
        assert "Peak signal-to-noise ratio in the mask" in table


def test_nothing_is_called_published(html):
    text = re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)
    assert "published" not in text.lower()
    assert "none is taken from a publication" in text


def test_no_path_of_this_machine_gets_out(html, run_dir):
    assert str(run_dir.parent) not in html


def test_the_page_keeps_to_its_size(page, run_dir, tmp_path, monkeypatch):
    whole = page.stat().st_size
    assert whole <= FILE_BYTES
    volumes = re.findall(r'id="r0-volume-\d+">([^<]*)<', page.read_text())
    limit = whole - sum(map(len, volumes)) // 2
    monkeypatch.setattr("phycharm.reports.report.FILE_BYTES", limit)
    small = write_report([run_dir], tmp_path / "small.html")
    assert limit - 300_000 < small.stat().st_size <= limit
    html = small.read_text()
    assert "more subjects are in the results folder" in html
    assert "data-open-viewer" in html
    monkeypatch.setattr("phycharm.reports.report.FILE_BYTES", 1000)
    bare = write_report([run_dir], tmp_path / "bare.html").read_text()
    assert "they do not fit into this file" in bare
    assert 'id="viewer-library"' not in bare


def test_real_scanners_have_no_banner(tmp_path):
    run = make_results(
        tmp_path / "run",
        scanners=("A", "B"),
        methods=("none",),
        external=("05",),
        folds=(),
        shape=(14, 14, 12),
        simulated=False,
        segmented=False,
    )
    html = write_report([run]).read_text()
    assert "SIMULATED SCANNERS" not in html
    assert "1 subject is too few to tell methods apart" in html or "Only No harmonization" in html


def test_the_text_names_the_best_and_marks_ties(run_dir):
    text = leaderboard_text(run_dir)
    assert text.startswith("SIMULATED SCANNERS")
    assert "PhyCHarm" in text
    assert "No harmonization" in text
    assert "Oracle" not in text
    assert all(len(line.rstrip()) <= 100 for line in text.splitlines() if "Place" in line)
    assert "* " in text.splitlines()[-1]


def test_an_empty_folder_gives_a_report(tmp_path):
    html = write_report([tmp_path]).read_text()
    assert "There are no scores to judge yet." in html
    assert "scores.parquet is missing." in html
    assert harmless(html)
    assert "no scores" in leaderboard_text(tmp_path)


def test_scores_alone_give_a_report(tmp_path):
    scores = frame({("unet", "A>B"): [0.9], ("none", "A>B"): [0.5]})
    dead = frame({("unet", "A>B"): [float("nan")], ("none", "A>B"): [float("nan")]}, metric="psnr")
    pd.concat([scores, dead]).to_parquet(tmp_path / "scores.parquet")
    html = write_report([tmp_path]).read_text()
    assert "Every value of psnr is undefined (NaN)." in html
    assert "methods.json is missing." in html
    assert harmless(html)


def test_images_on_which_the_segmentation_engine_failed_are_counted_and_listed(tmp_path):
    scores = frame({("unet", "A>B"): [0.9] * 6, ("none", "A>B"): [0.5] * 6})
    scores.to_parquet(tmp_path / "scores.parquet")
    counted = "The segmentation engine failed on"
    assert counted not in leaderboard_text(tmp_path)
    for cell, lines in (
        ("unet_1", ["sub-01_from-A_to-B: <b>crash</b>"]),
        ("none_1", ["x: y"] * 50),
    ):
        (tmp_path / "cells" / cell).mkdir(parents=True)
        (tmp_path / "cells" / cell / "cell.json").write_text(json.dumps({"warnings": lines}))
    html = write_report([tmp_path]).read_text()
    assert f"<p>{counted} 51 images, which have no tissue scores" in html
    assert "<h3>51 images without a segmentation</h3>" in html
    assert html.count("<code>none_1</code>: x: y") == 40
    assert "and 11 more" in html
    assert harmless(html)
    assert f"{counted} 51 images" in leaderboard_text(tmp_path)
    (tmp_path / "cells" / "none_1" / "cell.json").unlink()
    html = write_report([tmp_path]).read_text()
    assert f"{counted} 1 image, which has no tissue scores" in html
    assert "<code>unet_1</code>: sub-01_from-A_to-B: &lt;b&gt;crash&lt;/b&gt;" in html


def test_names_stay_names(hostile_page):
    html = hostile_page.read_text()
    assert harmless(html)
    assert "&lt;/script&gt;&lt;script&gt;window.pwned=1" in html
    assert "<img src=x" not in html
    assert "49" not in re.findall(r"<p class=\"kicker\">(.*?)</p>", html)[0]
    for block in re.findall(
        r'<script type="application/json"[^>]*>(.*?)</script>', html, re.DOTALL
    ):
        json.loads(block)


def test_json_cannot_end_its_element():
    text = str(script_json({"a": NASTY + "<!--", "b": float("1.5")}))
    assert "<" not in text
    assert json.loads(text) == {"a": NASTY + "<!--", "b": 1.5}


def test_no_results_and_unknown_orders_are_input_errors(tmp_path, run_dir):
    with pytest.raises(InputError, match="No results folder"):
        write_report([])
    with pytest.raises(InputError, match="no such results folder"):
        write_report([tmp_path / "nowhere"])
    with pytest.raises(InputError, match="sim"):
        write_report([run_dir], tmp_path / "x.html", order="sssim")
    assert not (tmp_path / "x.html").exists()


def test_the_room_never_imports_torch():
    code = (
        "import phycharm.reports, sys; sys.exit('torch' in sys.modules or 'monai' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
