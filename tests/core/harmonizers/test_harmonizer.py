"""The interface that every method stands behind."""

import json
import random

import numpy as np
import pytest
import torch

from phycharm.errors import InputError
from phycharm.harmonizers.card import MethodCard
from phycharm.harmonizers.harmonizer import Harmonizer
from phycharm.harmonizers.storage import FittedState

from support import phantom


class Noisy(Harmonizer):
    """Adds noise from every generator, scaled by what `fit` drew."""

    card = MethodCard(name="noisy", summary="Noise.", revision="7")

    def __init__(self, *, strength=0.1, seed=0, device="cpu"):
        super().__init__(seed=seed, device=device)
        self.strength = strength
        self._learned = torch.zeros(1)

    def learn(self, train, validation, **context):
        self.context = context
        self._learned = torch.rand(1) + random.random() + np.random.rand()  # noqa: NPY002
        self.history.append({"epoch": 1})

    def apply(self, scan, target):
        noise = torch.rand(scan.image.shape) + float(np.random.rand()) + random.random()  # noqa: NPY002
        return torch.from_numpy(scan.image) + self.strength * noise * self._learned

    def state(self):
        return FittedState(tensors={"learned": self._learned}, facts={"answer": 42})

    def restore(self, state):
        assert state.facts == {"answer": 42}
        self._learned = state.tensors["learned"]


class Returns(Harmonizer):
    """Returns what it is told to."""

    card = MethodCard(name="returns", summary="Whatever.")

    def __init__(self, make, *, seed=0, device="cpu"):
        super().__init__(seed=seed, device=device)
        self.make = make

    def apply(self, scan, target):
        return self.make(scan)


@pytest.fixture
def scan(cohort):
    return cohort.scan("01", phantom.GE)


def test_output_is_float32_of_the_same_shape_and_zero_outside_the_mask(cohort, scan):
    image = Noisy().fit(cohort).harmonize(scan, phantom.SIEMENS)
    assert isinstance(image, np.ndarray)
    assert image.dtype == np.float32
    assert image.shape == scan.image.shape
    assert not image[~scan.mask].any()
    assert (image[scan.mask] > scan.image[scan.mask]).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda scan: scan.image.astype(np.float64),
        lambda scan: (scan.image * 100).astype(np.int16),
        lambda scan: torch.from_numpy(scan.image).double(),
        lambda scan: torch.from_numpy(scan.image).requires_grad_(),
        lambda scan: scan.image[::-1][::-1],
    ],
    ids=["float64", "int16", "tensor", "with gradient", "view"],
)
def test_any_array_or_tensor_will_do(scan, make):
    image = Returns(make).harmonize(scan, phantom.SIEMENS)
    assert image.dtype == np.float32
    expected = np.asarray(make(scan).detach() if hasattr(make(scan), "detach") else make(scan))
    np.testing.assert_allclose(image[scan.mask], expected[scan.mask], rtol=1e-6)


def test_another_shape_is_refused(scan):
    with pytest.raises(ValueError, match=r"returns returned shape \(23, 32, 8\)"):
        Returns(lambda scan: scan.image[1:]).harmonize(scan, phantom.SIEMENS)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_in_the_brain_must_be_finite(scan, bad):
    with pytest.raises(ValueError, match="returns returned values that are not finite"):
        Returns(lambda scan: np.where(scan.mask, bad, 0)).harmonize(scan, phantom.SIEMENS)


def test_values_outside_the_brain_do_not_count(scan):
    image = Returns(lambda scan: np.where(scan.mask, scan.image, np.nan)).harmonize(
        scan, phantom.SIEMENS
    )
    np.testing.assert_array_equal(image, np.where(scan.mask, scan.image, 0))


def test_scan_is_not_changed(cohort, scan):
    before = scan.image.copy()
    image = Returns(lambda scan: scan.image).harmonize(scan, phantom.SIEMENS)
    image += 1
    np.testing.assert_array_equal(scan.image, before)


def test_same_twice_whatever_was_harmonized_before(cohort, scan):
    method = Noisy().fit(cohort)
    first = method.harmonize(scan, phantom.SIEMENS)
    method.harmonize(cohort.scan("02", phantom.PHILIPS), phantom.GE)
    np.testing.assert_array_equal(method.harmonize(scan, phantom.SIEMENS), first)


def test_seed_drives_fit(cohort, scan):
    images = [Noisy(seed=s).fit(cohort).harmonize(scan, phantom.SIEMENS) for s in (1, 1, 2)]
    np.testing.assert_array_equal(images[0], images[1])
    assert np.abs(images[0] - images[2]).max() > 1e-3


def test_nobody_elses_random_numbers_are_touched(cohort, scan):
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    method = Noisy().fit(cohort)
    method.harmonize(scan, phantom.SIEMENS)
    assert torch.equal(torch.rand(3), expected)


def test_no_gradient_is_recorded(scan):
    weight = torch.ones(1, requires_grad=True)
    seen = []

    def make(scan):
        result = torch.from_numpy(scan.image) * weight
        seen.append(result.requires_grad)
        return result

    Returns(make).harmonize(scan, phantom.SIEMENS)
    assert seen == [False]


def test_fit_returns_itself_and_remembers_whom_it_saw(cohort):
    method = Noisy()
    train, validation = cohort.subset(subjects=["01", "02"]), cohort.subset(subjects=["03"])
    assert method.fit(train, validation, maps="given") is method
    assert method.context == {"maps": "given"}
    assert method.fitted_on["subjects"] == ["01", "02"]
    assert method.fitted_on["validation"] == ["03"]
    assert method.scanners == list(phantom.SCANNERS)


def test_history_starts_anew_with_every_fit(cohort):
    method = Noisy().fit(cohort).fit(cohort)
    assert method.history == [{"epoch": 1}]


def test_saved_and_loaded_is_the_same(cohort, scan, tmp_path):
    method = Noisy(strength=0.3, seed=5).fit(cohort)
    method.save(tmp_path / "model")
    loaded = Noisy.load(tmp_path / "model")
    assert loaded.settings() == method.settings()
    assert loaded.fitted_on == method.fitted_on
    assert loaded.scanners == list(phantom.SCANNERS)
    np.testing.assert_array_equal(
        loaded.harmonize(scan, phantom.SIEMENS), method.harmonize(scan, phantom.SIEMENS)
    )


def test_saved_model_says_what_it_is(cohort, tmp_path):
    Noisy(strength=0.3, seed=5).fit(cohort).save(tmp_path)
    facts = json.loads((tmp_path / "harmonizer.json").read_text())
    assert facts["harmonizer"] == "noisy"
    assert facts["revision"] == "7"
    assert facts["settings"] == {"strength": 0.3, "seed": 5}
    assert facts["fitted_on"]["subjects"] == ["01", "02", "03"]


def test_model_of_another_method_is_refused(cohort, tmp_path):
    Noisy().fit(cohort).save(tmp_path)
    with pytest.raises(InputError, match="'noisy', not of 'returns'"):
        Returns.load(tmp_path)


def test_repr_shows_what_differs_from_the_defaults():
    assert repr(Noisy()) == "Noisy()"
    assert repr(Noisy(strength=0.2, device="cuda")) == "Noisy(strength=0.2)"


def test_settings_can_make_the_same_method_again():
    method = Noisy(strength=0.2, seed=9)
    assert method.settings() == {"strength": 0.2, "seed": 9}
    assert Noisy(**method.settings()).settings() == method.settings()


def test_number_of_learned_parameters():
    assert Noisy().parameters == 1
    assert Returns(lambda scan: scan.image).parameters == 0


def test_method_that_was_not_fitted_knows_no_scanner():
    assert Noisy().scanners == []


def test_method_without_harmonize_cannot_be_made():
    class Nothing(Harmonizer):
        card = MethodCard(name="nothing", summary="")

    with pytest.raises(TypeError, match="apply"):
        Nothing()
