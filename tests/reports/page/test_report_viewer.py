"""Volumes for the slice viewer: what comes out of the page is what went in."""

import base64
import gzip
import hashlib
import importlib.resources
import json
import tomllib

import numpy as np
import pytest

from phycharm.reports.page.viewer import block_mean, niivue_script, pack, viewer_data
from phycharm.reports.run.slices import worst_cases


def unpack(text):
    return np.frombuffer(gzip.decompress(base64.b64decode(text)), dtype=np.uint8)


@pytest.fixture(scope="module")
def data(view):
    return viewer_data(view, 10_000_000)


def test_packing_is_lossless_and_the_same_twice():
    raw = np.random.default_rng(0).integers(0, 255, 1000, dtype=np.uint8).tobytes()
    assert gzip.decompress(base64.b64decode(pack(raw))) == raw
    assert pack(raw) == pack(raw)


def test_harmonized_images_come_back_to_a_grey_level(view, data):
    entry = data.index["subjects"][0]
    pair = next(d for d in entry["directions"] if (d["source"], d["target"]) == ("GE", "Siemens"))
    target = unpack(data.volumes[entry["scans"]["Siemens"]])
    residual = unpack(data.volumes[pair["images"]["phycharm"]])
    levels = (residual + target).reshape(entry["shape"], order="F")
    image = view.images.harmonized("phycharm", entry["subject"], "GE", "Siemens")
    # The crop is the union of the brains and a margin: compare the sorted bright voxels.
    assert levels.size == np.prod(entry["shape"])
    scale = np.percentile(levels[levels > 20], 50) / np.percentile(image[image > 0.09], 50)
    order = np.sort(image[image > 0.3])[-500:] * scale
    np.testing.assert_allclose(np.sort(levels.ravel())[-500:], order, rtol=0.08)


def test_nothing_is_left_out_of_a_small_run(view, data):
    assert len(data.index["subjects"]) == 5
    assert set(data.index["methods"]) == {"phycharm", "unet"}
    assert data.notes == []
    numbers = [n for e in data.index["subjects"] for n in e["scans"].values()]
    numbers += [
        n for e in data.index["subjects"] for d in e["directions"] for n in d["images"].values()
    ]
    assert sorted(numbers) == list(range(len(data.volumes)))


def test_a_budget_drops_subjects_first_then_resolution(view, data):
    whole = data.size
    smaller = viewer_data(view, budget=whole // 2)
    assert smaller.size <= whole // 2
    assert len(smaller.index["subjects"]) < 5
    assert any("more subjects" in note for note in smaller.notes)
    tiny = viewer_data(view, budget=whole // 15)
    assert tiny.size <= whole // 15
    assert tiny.index["subjects"][0]["voxel"][0] > data.index["subjects"][0]["voxel"][0]


def test_the_worst_served_subject_comes_first_and_in_that_direction(view, data):
    subject, source, target = worst_cases(view, "external", "phycharm", 1)[0]
    first = data.index["subjects"][0]
    pair = first["directions"][first["start"]]
    assert (first["subject"], pair["source"], pair["target"]) == (subject, source, target)


def test_size_is_what_the_page_takes(view, data):
    assert data.size == pytest.approx(
        len(json.dumps(data.index)) + sum(map(len, data.volumes)), rel=0.05
    )
    assert viewer_data(view, 1000) is None


def test_block_mean_averages_blocks():
    image = np.arange(5 * 4 * 4, dtype=np.float32).reshape(5, 4, 4)
    small = block_mean(image, 2)
    assert small.shape == (2, 2, 2)
    assert small[0, 0, 0] == image[:2, :2, :2].mean()
    assert block_mean(image, 1) is image


class TestNiivue:
    FOLDER = importlib.resources.files("phycharm.reports") / "vendor" / "niivue"
    SAID = tomllib.loads((FOLDER / "niivue.toml").read_text(encoding="utf-8"))

    def test_is_the_file_that_its_note_names(self):
        library = (self.FOLDER / self.SAID["file"]).read_bytes()
        assert hashlib.sha256(library).hexdigest() == self.SAID["sha256"]

    def test_is_of_the_version_that_its_note_names(self):
        assert f'{{version:"{self.SAID["version"]}"}}' in niivue_script()

    def test_the_script_in_the_page_is_the_file(self):
        # The page's security policy hashes the text: no byte may change on the way.
        assert niivue_script().encode("utf-8") == (self.FOLDER / self.SAID["file"]).read_bytes()

    def test_its_licence_goes_with_it(self):
        assert "BSD 2-Clause" in (self.FOLDER / "LICENSE").read_text(encoding="utf-8")
        bundled = (self.FOLDER / "BUNDLED-LICENSES.txt").read_text(encoding="utf-8")
        for package in ("fflate", "gl-matrix", "nifti-reader-js", "zarrita"):
            assert f"\n{package}\n" in bundled
