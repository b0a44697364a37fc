"""The page on a preprocessing, from a summary that was made up."""

import json
import re
from html import unescape

import numpy as np
import pytest
from PIL import Image as Picture

from phycharm.errors import InputError
from phycharm.reports import write_quality_page

HOSTILE = "<script>alert(1)</script>"


def scan(subject, scanner, *, correlation=None, run=1):
    reference = correlation is None
    number = None if reference else 1.5
    return {
        "subject": subject, "scanner": scanner, "run": run, "image": "i",
        "view": f"{subject}-{scanner}.png", "mask_view": f"{subject}-{scanner}-mask.png",
        "engine": "template", "volume_ml": 1432.4, "common_ml": 1400.0, "blank_ml": 3.0,
        "reference": reference, "dice": number and 0.95, "correlation": correlation,
        "rotation": number, "shift": number, "attempts": 0 if reference else 2, "seconds": 61.0,
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    scans = [
        scan("01", "GE"), scan("01", "Siemens", correlation=0.93),
        scan("02", "GE"), scan("02", "Siemens", correlation=0.81),
        scan("02", "Siemens", correlation=0.97, run=2),
    ]  # fmt: skip
    for one in scans:
        for key in ("view", "mask_view"):
            pixels = np.zeros((40, 120), dtype=np.uint8)
            pixels[10:30, 20:100] = 255
            Picture.fromarray(pixels).save(tmp_path / one[key])
    summary = {
        "dataset": f"Heads {HOSTILE}",
        "version": "1",
        "simpleitk": "2",
        "settings": {
            "size": "240x240x224", "voxel_size": 0.8, "reference": "", "brain": "auto",
            "registration": "affine", "engine": "simpleitk", "mid_space": True, "bias": "n4",
        },
        "scans": scans,
        "excluded": [{"name": "sub-03 GE", "file": "sub-03.nii.gz", "reason": f"died {HOSTILE}"}],
        "notes": ["sub-01: something to know."],
    }  # fmt: skip
    path = tmp_path / "derivatives/preprocessing/summary.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(summary), encoding="utf-8")
    return tmp_path


@pytest.fixture
def html(folder):
    return write_quality_page(folder).read_text(encoding="utf-8")


def test_worst_person_and_worst_scan_come_first(html):
    assert re.findall(r'<article class="person" id="(.*?)"', html) == ["sub-02", "sub-01"]
    table = html[html.index('id="numbers"') : html.index('id="people"')]
    assert re.findall(r">(0\.\d{3})</td>", table)[::2] == ["0.810", "0.930", "0.970"]


def test_what_was_excluded_is_told_and_why(html):
    assert "sub-03 GE" in html
    assert "1 excluded" in html
    assert "something to know" in html


def test_data_cannot_become_code(html):
    assert HOSTILE not in html
    assert "&lt;script&gt;alert(1)" in html


def test_nothing_is_loaded(html):
    assert not re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', html)
    assert "default-src 'none'" in unescape(html)


def test_every_scan_has_its_picture_and_its_edge(html):
    assert html.count('src="data:image/webp;base64,') == 10
    assert "run 2" in html


def test_lost_picture_is_told(folder):
    (folder / "01-GE.png").unlink()
    assert "pictures of this scan are gone" in write_quality_page(folder).read_text("utf-8")


def test_folder_without_a_preprocessing(tmp_path):
    with pytest.raises(InputError, match="phycharm preprocess"):
        write_quality_page(tmp_path)
