"""Tolerances: the most specific entry counts, and a mistyped file is refused."""

import numpy as np
import pytest

from phycharm.benchmarks.statistics.regression import (
    Tolerances,
    read_tolerances,
    reference_names,
    reference_path,
    tolerances_for,
)
from phycharm.errors import InputError

TEXT = """
[default]
absolute = 1e-6
[metrics]
ssim = { absolute = 0.01 }
psnr = { seed_sds = 2 }
nrmse = { absolute = 0.001, seed_sds = 3 }
[methods.unet]
absolute = 0.5
[methods.unet.metrics]
ssim = { absolute = 0.02 }
[methods.pix2pix.metrics]
ssim = { absolute = 0.03 }
[seed_spread.unet]
ssim = 0.004
"""


@pytest.fixture
def tolerances(tmp_path):
    path = tmp_path / "tolerance.toml"
    path.write_text(TEXT)
    return read_tolerances(path)


@pytest.mark.parametrize(
    ("method", "metric", "seed_sd", "limit"),
    [
        ("none", "dice", np.nan, 1e-6),
        ("none", "ssim", np.nan, 0.01),
        ("none", "psnr", 0.2, 0.4),
        # In seed SDs alone, and none is known: the default.
        ("none", "psnr", np.nan, 1e-6),
        ("none", "nrmse", np.nan, 0.001),
        ("none", "nrmse", 0.1, 0.3),
        ("none", "nrmse", 1e-5, 0.001),
        ("unet", "ssim", np.nan, 0.02),
        ("unet", "psnr", 0.2, 0.5),
        ("pix2pix", "ssim", np.nan, 0.03),
        ("pix2pix", "dice", np.nan, 1e-6),
    ],
)
def test_the_most_specific_entry_counts(tolerances, method, metric, seed_sd, limit):
    assert tolerances.limit(method, metric, seed_sd=seed_sd) == pytest.approx(limit)


def test_the_spread_that_was_measured_elsewhere(tolerances):
    assert tolerances.spread("unet", "ssim") == 0.004
    assert np.isnan(tolerances.spread("unet", "psnr"))
    assert np.isnan(tolerances.spread("none", "ssim"))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "default"),
        ("[default]\nseed_sds = 1", "absolute"),
        ("[default]\nabsolute = -1", "default.absolute"),
        ("[default]\nabsolute = nan", "default.absolute"),
        ("[default]\nabsolute = 1\n[metric.ssim]\nabsolute = 1", "metric"),
        ("[default]\nabsolute = 1\n[metrics.ssim]\nabs = 1", "metrics.ssim.abs"),
        ("[default]\nabsolute = 1\n[metrics.ssim]", "give absolute, seed_sds, or both"),
        ("[default", "not readable as TOML"),
    ],
)
def test_a_mistyped_file_is_refused(tmp_path, text, word):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(InputError) as found:
        read_tolerances(path)
    assert word in str(found.value)
    assert str(path) in str(found.value)
    assert "\n" not in str(found.value)


def test_no_file(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_tolerances(tmp_path / "absent.toml")


def test_the_reference_s_own_count_where_none_are_given(tmp_path):
    default = tolerances_for(tmp_path)
    assert default.limit("unet", "ssim") == 1e-6
    (tmp_path / "tolerance.toml").write_text("[default]\nabsolute = 7")
    assert tolerances_for(tmp_path).limit("unet", "ssim") == 7
    (tmp_path / "other.toml").write_text("[default]\nabsolute = 8")
    assert tolerances_for(tmp_path, tmp_path / "other.toml").limit("unet", "ssim") == 8


def test_what_the_file_names_and_no_score_has():
    content = {
        "default": {"absolute": 0},
        "metrics": {"sim": {"absolute": 1}},
        "methods": {"x": {}},
    }
    tolerances = Tolerances.model_validate(content)
    assert tolerances.unknown({"unet"}, {"ssim"}) == ["sim", "x"]


@pytest.mark.parametrize("name", reference_names())
def test_shipped_references_have_tolerances_that_can_be_read(name):
    tolerances = tolerances_for(reference_path(name))
    assert tolerances.default.absolute > 0


def test_no_such_reference(tmp_path):
    with pytest.raises(InputError, match="no reference of the package"):
        reference_path(tmp_path / "smok")
