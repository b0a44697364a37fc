"""Image translation by one network per direction, as U-Net and PhyCHarm share it."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from phycharm.baselines.unet import UNet
from phycharm.data.cohort import Cohort
from phycharm.data.intensity import percentile_99
from phycharm.method import translation
from phycharm.networks.in_batches import in_batches

from support import phantom
from support.phantom import TINY_FEATURES

PAIR = (phantom.GE, phantom.SIEMENS)
QUICK = {"epochs": 1, "batch_size": 8}


def unet(cohort, validation=None, *, training=QUICK, **settings):
    settings = {"features": TINY_FEATURES, **settings}
    return UNet(training=training, **settings).fit(cohort, validation)


def error(image, scan):
    return float(np.sqrt(((image - scan.image)[scan.mask] ** 2).mean()))


def weights(method):
    return list(method._networks.state_dict().values())


@pytest.fixture(scope="module")
def pair(cohort):
    return cohort.subset(subjects=["01", "02"], scanners=PAIR)


@pytest.fixture(scope="module")
def fitted(cohort):
    """All six directions."""
    return unet(cohort.subset(subjects=["01"]))


@pytest.fixture(scope="module")
def scan(cohort):
    return cohort.scan("03", phantom.GE)


def test_all_six_directions_have_a_network_and_run(fitted, cohort):
    images = []
    for source, target in cohort.directions():
        image = fitted.harmonize(cohort.scan("03", source), target)
        assert np.isfinite(image).all()
        images.append(image)
    differences = [np.abs(a - b).max() for n, a in enumerate(images) for b in images[:n]]
    assert len(differences) == 15
    assert min(differences) > 1e-3


def test_direction_that_was_not_fitted(pair, cohort):
    method = unet(pair)
    with pytest.raises(ValueError, match="unet was not fitted to GE->Philips"):
        method.harmonize(cohort.scan("03", phantom.GE), phantom.PHILIPS)
    with pytest.raises(ValueError, match="not fitted"):
        UNet(features=TINY_FEATURES).harmonize(cohort.scan("03", phantom.GE), phantom.SIEMENS)


def test_it_learns_what_separates_two_scanners(cohort, scan):
    pair = cohort.subset(subjects=["01", "02"], scanners=[phantom.GE, phantom.PHILIPS])
    training = {"epochs": 25, "batch_size": 2, "learning_rate": 0.01, "schedule": "cosine"}
    method = unet(pair, training=training, features=(8,) * 6, dropout=0.0)
    target = cohort.scan("03", phantom.PHILIPS)
    image = method.harmonize(scan, phantom.PHILIPS)
    assert error(image, target) < 0.85 * error(scan.image, target)
    losses = [r["value"] for r in method.history if r["source"] == "GE"]
    assert losses[-1] < 0.3 * losses[0]


class TestResidual:
    """The network may learn the difference from its input; the preprint's learns the whole."""

    @staticmethod
    def silent(method):
        """Let every network answer 0."""
        with torch.no_grad():
            for network in method._networks.values():
                network.final_conv.weight.zero_()
                network.final_conv.bias.zero_()
        return method

    @pytest.mark.parametrize("residual", [True, False])
    def test_network_that_says_nothing(self, pair, scan, residual):
        method = self.silent(unet(pair, residual=residual))
        image = method.harmonize(scan, phantom.SIEMENS)
        expected = scan.image if residual else np.zeros_like(scan.image)
        np.testing.assert_allclose(image, expected, atol=1e-6)

    def test_it_is_told_as_a_deviation(self):
        told = "learns the difference"
        assert any(told in sentence for sentence in UNet().deviations)
        assert not any(told in sentence for sentence in UNet(residual=False).deviations)
        assert UNet(residual=False).deviations == UNet.card.deviations

    def test_another_plan_is_told_too(self):
        (sentence,) = UNet(residual=False, training={"epochs": 3}).deviations
        assert "epochs 3 instead of 200" in sentence


def test_loss_counts_the_brain_only(pair):
    method = unet(pair)
    slices = method._matched_slices(pair, *PAIR)
    network = method._networks["GE->Siemens"]
    elsewhere = replace(slices, wanted=torch.where(slices.mask, slices.wanted, 1e3))
    with torch.no_grad():
        made = {"HN": network(slices.inputs)}
    loss = method._loss(made, slices)["loss"]
    assert torch.equal(loss, method._loss(made, elsewhere)["loss"])
    image = method._image(slices.inputs, made["HN"])
    expected = (image - slices.wanted)[slices.mask].square().mean()
    torch.testing.assert_close(loss, expected)


class TestNoLeakage:
    """Fault b: nothing that is predicted from may come from what is to be predicted."""

    @staticmethod
    def with_other_targets(pair):
        def load(subject, on):
            scan = pair.scan(subject, on)
            return scan if on is phantom.GE else scan.with_image(scan.image[::-1] * 0.5)

        return Cohort(subjects=pair.subjects, scanners=pair.scanners, load=load)

    def test_inputs_do_not_change_with_the_target(self, pair):
        method = unet(pair)
        slices = method._matched_slices(pair, *PAIR)
        changed = method._matched_slices(self.with_other_targets(pair), *PAIR)
        assert torch.equal(changed.inputs, slices.inputs)
        assert not torch.equal(changed.wanted, slices.wanted)

    def test_matched_slices_are_the_same_planes_of_the_same_person(self, pair):
        slices = unet(pair)._matched_slices(pair, *PAIR)
        inputs, wanted = slices.inputs, slices.wanted
        assert inputs.shape == wanted.shape == slices.mask.shape
        similarity = [
            np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(inputs, wanted, strict=True)
        ]
        assert min(similarity) > 0.9

    def test_validation_teaches_nothing(self, pair, cohort):
        people = [cohort.subset(subjects=[one], scanners=PAIR) for one in ("03", "02")]
        first, second = (unet(pair.subset(subjects=["01"]), valid) for valid in people)
        assert all(torch.equal(a, b) for a, b in zip(weights(first), weights(second), strict=True))

    def test_harmonizing_needs_no_cohort(self, pair, scan, tmp_path):
        unet(pair).save(tmp_path)
        image = UNet.load(tmp_path).harmonize(scan, phantom.SIEMENS)
        assert image.any()


class TestInvariance:
    """Fault c: a slice's result is its own."""

    def test_batch_size(self, fitted, scan, monkeypatch):
        image = fitted.harmonize(scan, phantom.SIEMENS)
        for size in (1, 4):
            monkeypatch.setattr(translation, "in_batches", partial(in_batches, size=size))
            again = fitted.harmonize(scan, phantom.SIEMENS)
            np.testing.assert_allclose(again, image, atol=2e-5)

    def test_order_of_slices(self, fitted, scan):
        turned = replace(scan, image=scan.image[..., ::-1], mask=scan.mask[..., ::-1])
        image = fitted.harmonize(turned, phantom.SIEMENS)[..., ::-1]
        np.testing.assert_allclose(image, fitted.harmonize(scan, phantom.SIEMENS), atol=2e-5)

    def test_other_slices(self, fitted, scan):
        changed = scan.image.copy()
        changed[..., 3] = changed[::-1, :, 3]
        others = [z for z in range(scan.image.shape[2]) if z != 3]
        before, after = (
            fitted.harmonize(one, phantom.SIEMENS) for one in (scan, scan.with_image(changed))
        )
        np.testing.assert_allclose(after[..., others], before[..., others], atol=2e-5)

    def test_order_of_subjects(self, fitted, cohort):
        scans = list(cohort.scans(phantom.GE))
        forth = [fitted.harmonize(scan, phantom.SIEMENS) for scan in scans]
        back = [fitted.harmonize(scan, phantom.SIEMENS) for scan in reversed(scans)]
        for a, b in zip(forth, reversed(back), strict=True):
            np.testing.assert_array_equal(a, b)

    def test_empty_border(self, fitted, scan):
        widths = ((3, 0), (0, 7), (2, 1))
        padded = replace(scan, image=np.pad(scan.image, widths), mask=np.pad(scan.mask, widths))
        inner = fitted.harmonize(padded, phantom.SIEMENS)[3:, :-7, 2:-1]
        np.testing.assert_allclose(inner, fitted.harmonize(scan, phantom.SIEMENS), atol=2e-5)

    def test_everything_outside_the_mask(self, fitted, scan):
        raw = phantom.raw_scan("03", phantom.GE)
        dirty = percentile_99(raw.with_image(np.where(raw.mask, raw.image, np.float32(9e9))))
        np.testing.assert_array_equal(
            fitted.harmonize(dirty, phantom.SIEMENS), fitted.harmonize(scan, phantom.SIEMENS)
        )


class TestSelection:
    """Fault e: the best state by validation, for each direction."""

    @pytest.fixture
    def validation(self, cohort):
        return cohort.subset(subjects=["03"], scanners=PAIR)

    def test_kept_state_is_the_best_of_its_direction(self, pair, validation):
        training = {"epochs": 6, "batch_size": 4, "learning_rate": 0.1}
        for seed in range(20):
            method = unet(pair, validation, training=training, seed=seed)
            curves = {
                (source.name, target.name): [
                    row["value"]
                    for row in method.history
                    if (row["source"], row["target"], row["split"])
                    == (source.name, target.name, "validation")
                ]
                for source, target in pair.directions()
            }
            if any(curve.index(min(curve)) < 5 for curve in curves.values()):
                break
        else:
            raise AssertionError("the last epoch was the best with every seed")
        for source, target in pair.directions():
            slices = method._matched_slices(validation, source, target)
            with torch.no_grad():
                network = method._networks[f"{source.name}->{target.name}"]
                made = slices.inputs + in_batches(network, slices.inputs)
            found = (made - slices.wanted)[slices.mask].square().mean().item()
            assert found == pytest.approx(min(curves[source.name, target.name]), rel=1e-4)

    def test_larger_brains_to_validate_on(self, pair):
        def load(subject, on):
            shape = (44, 52, 8) if subject == "04" else phantom.SHAPE
            return percentile_99(phantom.raw_scan(subject, on, shape=shape))

        people = Cohort(subjects=("03", "04"), scanners=PAIR, load=load)
        method = unet(pair.subset(subjects=["01"]), people)
        assert {row["split"] for row in method.history} == {"train", "validation"}

    def test_larger_brain_than_any_before_is_harmonized(self, fitted):
        big = percentile_99(phantom.raw_scan("05", phantom.GE, shape=(60, 70, 5)))
        image = fitted.harmonize(big, phantom.SIEMENS)
        assert image.shape == (60, 70, 5)
        assert (image[big.mask] != 0).mean() > 0.99


class TestReproducibility:
    def test_same_seed_same_images(self, pair, scan):
        first = unet(pair, seed=3).harmonize(scan, phantom.SIEMENS)
        torch.rand(7)
        second = unet(pair, seed=3).harmonize(scan, phantom.SIEMENS)
        np.testing.assert_array_equal(first, second)
        other = unet(pair, seed=4).harmonize(scan, phantom.SIEMENS)
        assert np.abs(first - other).max() > 1e-3

    def test_saved_and_loaded_is_the_same(self, fitted, scan, tmp_path):
        fitted.save(tmp_path / "model")
        torch.manual_seed(0)
        expected = torch.rand(3)
        torch.manual_seed(0)
        loaded = UNet.load(tmp_path / "model")
        assert torch.equal(torch.rand(3), expected), "loading draws from everybody's generator"
        assert loaded.settings() == fitted.settings()
        assert loaded.scanners == fitted.scanners
        np.testing.assert_array_equal(
            loaded.harmonize(scan, phantom.PHILIPS), fitted.harmonize(scan, phantom.PHILIPS)
        )

    def test_nothing_to_save_before_fit(self, tmp_path):
        with pytest.raises(ValueError, match="not fitted"):
            UNet(features=TINY_FEATURES).save(tmp_path / "model")
        assert not (tmp_path / "model").exists()

    def test_fitting_again_forgets_the_first(self, pair, cohort, scan):
        method = unet(cohort.subset(subjects=["02"], scanners=(phantom.GE, phantom.PHILIPS)))
        method.fit(pair)
        np.testing.assert_array_equal(
            method.harmonize(scan, phantom.SIEMENS),
            unet(pair).harmonize(scan, phantom.SIEMENS),
        )
        with pytest.raises(ValueError, match="not fitted"):
            method.harmonize(scan, phantom.PHILIPS)


def test_history_names_network_and_direction(fitted):
    assert {row["network"] for row in fitted.history} == {"HN"}
    directions = {(row["source"], row["target"]) for row in fitted.history}
    assert len(directions) == 6
    assert all(row["epoch"] == 1 for row in fitted.history)


def test_dropout_is_off_when_harmonizing(pair, scan):
    method = unet(pair, dropout=0.9)
    first, second = (method.harmonize(scan, phantom.SIEMENS) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    networks = method._networks.values()
    assert not any(module.training for network in networks for module in network.modules())


def test_default_network_is_the_preprints():
    method = UNet()
    assert method.features == (16, 32, 64, 128, 256, 32)
    assert method.dropout == 0.1
