"""Models of revision 1 of the maps, saved with the version before: the same answers for ever."""

from pathlib import Path

import numpy as np
import pytest

from phycharm.data.scan import Scan
from phycharm.data.scanner import Scanner
from phycharm.harmonizers.external import load_harmonizer
from phycharm.method.maps import MapsGenerator
from phycharm.method.maps.deviations import STANDARDIZED
from phycharm.physics.acquisition import Acquisition

SAVED = Path(__file__).parent / "saved_models"
PLANES = slice(3, 5)


@pytest.fixture(scope="module")
def answers():
    with np.load(SAVED / "answers.npz") as stored:
        return dict(stored)


def scanner(name, *, ti, tr, te):
    """A scanner as the models were trained on, of whose readout train nothing is known."""
    times = {"inversion_time": ti, "repetition_time": tr, "echo_time": te}
    return Scanner(name=name, acquisition=Acquisition(**times, flip_angle=9.0))


SIEMENS = scanner("Siemens", ti=1200.0, tr=2400.0, te=2.12)


@pytest.fixture(scope="module")
def scan(answers):
    return Scan(
        image=answers["scan"],
        mask=answers["mask"],
        affine=np.eye(4),
        scanner=scanner("GE", ti=450.0, tr=2200.0, te=3.192),
        subject="03",
    )


@pytest.mark.parametrize("preset", ["paper", "corrected"])
def test_maps_of_both_presets(answers, scan, preset):
    generator = MapsGenerator.load(SAVED / f"maps-{preset}")
    assert not generator.file_units
    for name, image in zip(("T1", "M0"), generator.predict(scan), strict=True):
        wanted = answers[f"{name}_{preset}"]
        assert np.std(wanted) > 0.1 * np.abs(wanted).max()
        np.testing.assert_allclose(image[..., PLANES], wanted, rtol=1e-4, atol=1e-3)


def test_images_of_a_phycharm_of_the_preset_paper(answers, scan):
    method = load_harmonizer(SAVED / "phycharm-paper-preset")
    image = method.harmonize(scan, SIEMENS)[..., PLANES]
    assert np.std(answers["image"]) > 0.05
    np.testing.assert_allclose(image, answers["image"], rtol=1e-4, atol=1e-4)


def test_saved_again_they_stay_what_they_were(scan, tmp_path):
    old = MapsGenerator.load(SAVED / "maps-paper")
    old.save(tmp_path / "again")
    again = MapsGenerator.load(tmp_path / "again")
    assert again.settings() == old.settings()
    for a, b in zip(again.predict(scan), old.predict(scan), strict=True):
        np.testing.assert_array_equal(a, b)


def test_they_say_that_their_images_were_standardized():
    assert set(STANDARDIZED) <= set(MapsGenerator.load(SAVED / "maps-paper").deviations)
    assert not set(STANDARDIZED) & set(MapsGenerator(preset="paper").deviations)
