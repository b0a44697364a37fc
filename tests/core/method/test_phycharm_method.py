"""PhyCHarm, with its network and without."""

from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
import torch

from phycharm.data.cohort import Cohort
from phycharm.data.intensity import percentile_99
from phycharm.errors import InputError
from phycharm.method.maps import MapsGenerator
from phycharm.method.phycharm import PhyCHarm
from phycharm.method.phycharm_physics import PhyCHarmPhysics
from phycharm.method.translation import PRETRAINED

from support import phantom
from support.known_maps import KnownMaps
from support.phantom import TINY_FEATURES

QUICK = {"epochs": 1, "batch_size": 8}


def prepared(scan, target, **settings):
    """The network's input for a scan when the maps are known."""
    method = PhyCHarm(features=TINY_FEATURES, **settings)
    method._physics.generator = KnownMaps()
    method._physics._model = "train"
    return method._prepare(scan, target)


@pytest.fixture(scope="module")
def generator():
    made = MapsGenerator(training=QUICK, features=TINY_FEATURES)
    return made.fit(phantom.quantitative_cohort(), scanners=phantom.SCANNERS)


@pytest.fixture(scope="module")
def fitted(cohort, generator):
    method = PhyCHarm(training=QUICK, features=TINY_FEATURES)
    return method.fit(cohort.subset(subjects=["01"]), maps=generator)


@pytest.fixture(scope="module")
def scan(cohort):
    return cohort.scan("03", phantom.GE)


class TestNoLeakage:
    """Fault b: the target's image may be anything, the input stays the same."""

    def test_inputs_do_not_change_with_the_target(self, cohort, fitted):
        def load(subject, on):
            scan = cohort.scan(subject, on)
            return scan if on is phantom.GE else scan.with_image(scan.image[::-1] * 0.3)

        changed = Cohort(subjects=cohort.subjects, scanners=cohort.scanners, load=load)
        for target in (phantom.SIEMENS, phantom.PHILIPS):
            before = fitted._matched_slices(cohort, phantom.GE, target)
            after = fitted._matched_slices(changed, phantom.GE, target)
            assert torch.equal(after.inputs, before.inputs)
            assert torch.equal(after.mask, before.mask)
            assert not torch.equal(after.wanted, before.wanted)


class TestMethod:
    def test_all_six_directions_run(self, fitted, cohort):
        """Fault g: in the authors' code one direction crashes and one takes T1 for M0."""
        for source, target in cohort.directions():
            image = fitted.harmonize(cohort.scan("03", source), target)
            assert np.isfinite(image).all()
        assert len(fitted._networks) == 6

    def test_batch_and_order_of_slices_do_not_matter(self, fitted, scan):
        turned = replace(scan, image=scan.image[..., ::-1], mask=scan.mask[..., ::-1])
        image = fitted.harmonize(turned, phantom.SIEMENS)[..., ::-1]
        np.testing.assert_allclose(image, fitted.harmonize(scan, phantom.SIEMENS), atol=1e-4)

    def test_without_quantitative_people_it_says_what_is_missing(self, cohort):
        with pytest.raises(InputError, match="quantitative cohort") as failure:
            PhyCHarm(features=TINY_FEATURES).fit(cohort)
        assert "\n" not in str(failure.value)

    def test_it_makes_its_own_generator_from_quantitative_people(self, cohort, scan):
        settings = {"training": QUICK, "features": TINY_FEATURES, "case": 2}
        plan = {"steps": 2, "batch_size": 8}
        method = PhyCHarm(training=plan, features=TINY_FEATURES, maps=settings)
        people = phantom.quantitative_cohort()
        pair = cohort.subset(subjects=["01"], scanners=[phantom.GE, phantom.SIEMENS])
        method.fit(pair, quantitative=people.subset(["Q1"]), quantitative_validation=people)
        assert {row["network"] for row in method.history} == {"QMG", PRETRAINED, "HN"}
        assert method._physics.fitted_generator.case == 2
        assert {r["split"] for r in method.history if r["network"] == "QMG"} == {
            "train", "validation",
        }  # fmt: skip
        assert method.harmonize(scan, phantom.SIEMENS).any()

    def test_generator_at_hand_is_not_trained_again(self, cohort, generator):
        before = [tensor.clone() for tensor in generator.state().tensors.values()]
        pair = cohort.subset(subjects=["01"], scanners=[phantom.GE, phantom.SIEMENS])
        PhyCHarm(training=QUICK, features=TINY_FEATURES).fit(pair, maps=generator)
        after = generator.state().tensors.values()
        assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))

    def test_network_starts_the_same_with_either_generator(self, cohort):
        """What maps were given must not shift the random numbers of the network."""
        pair = cohort.subset(subjects=["01"], scanners=[phantom.GE, phantom.SIEMENS])
        people = phantom.quantitative_cohort(("Q1",))
        settings = {"training": QUICK, "features": TINY_FEATURES}
        own = PhyCHarm(**settings, maps=settings).fit(pair, quantitative=people)
        given = PhyCHarm(**settings, maps=settings).fit(
            pair, maps=own._physics.fitted_generator, quantitative=people
        )
        for a, b in zip(own.state().tensors.values(), given.state().tensors.values(), strict=True):
            assert torch.equal(a, b)

    def test_saved_and_loaded_is_the_same(self, fitted, scan, tmp_path):
        fitted.save(tmp_path / "model")
        loaded = PhyCHarm.load(tmp_path / "model")
        assert loaded.settings() == fitted.settings()
        np.testing.assert_array_equal(
            loaded.harmonize(scan, phantom.SIEMENS), fitted.harmonize(scan, phantom.SIEMENS)
        )
        image = torch.from_numpy(scan.image)
        assert not torch.equal(loaded._prepare(scan, phantom.SIEMENS)[0], image)

    def test_same_seed_same_images(self, fitted, cohort, scan, generator):
        again = PhyCHarm(training=QUICK, features=TINY_FEATURES)
        again.fit(cohort.subset(subjects=["01"]), maps=generator)
        np.testing.assert_array_equal(
            again.harmonize(scan, phantom.SIEMENS), fitted.harmonize(scan, phantom.SIEMENS)
        )

    def test_parameters_count_maps_and_networks(self, fitted, generator):
        networks = sum(p.numel() for p in fitted._networks.parameters())
        assert fitted.parameters == generator.parameters + networks

    def test_not_fitted(self, scan, tmp_path):
        with pytest.raises(ValueError, match="not fitted"):
            PhyCHarm(features=TINY_FEATURES).harmonize(scan, phantom.SIEMENS)
        with pytest.raises(ValueError, match="not fitted"):
            PhyCHarm(features=TINY_FEATURES).save(tmp_path / "model")


class TestWhatTheNetworkSees:
    def test_constrained_image_and_source(self, scan):
        both = prepared(scan, phantom.SIEMENS).numpy()
        np.testing.assert_array_equal(both[1], scan.image)
        (alone,) = prepared(scan, phantom.SIEMENS, inputs=["constrained"]).numpy()
        np.testing.assert_array_equal(both[0], alone)
        assert any("sees the source image" in sentence for sentence in PhyCHarm().deviations)

    def test_order_decides_what_the_residual_starts_from(self, scan):
        both = prepared(scan, phantom.SIEMENS, inputs=["source", "constrained"]).numpy()
        np.testing.assert_array_equal(both[0], scan.image)

    @pytest.mark.parametrize("wrong", [[], ["target"], ["source", "source"]])
    def test_unknown_inputs(self, wrong):
        with pytest.raises(InputError, match="inputs"):
            PhyCHarm(inputs=wrong)

    @pytest.mark.parametrize("both", [True, False])
    def test_what_the_maps_lose_is_not_lost(self, cohort, generator, scan, monkeypatch, both):
        """An image that the maps make flat still tells the network what it was."""
        inputs = ["constrained", "source"] if both else ["constrained"]
        method = PhyCHarm(training=QUICK, features=TINY_FEATURES, inputs=inputs)
        pair = cohort.subset(subjects=["01"], scanners=[phantom.GE, phantom.SIEMENS])
        method.fit(pair, maps=generator)
        monkeypatch.setattr(
            type(method._physics),
            "compute",
            lambda _, scan, target: torch.full(scan.image.shape, 0.5),
        )
        other = scan.with_image(scan.image[::-1].copy())
        made, differs = (method.harmonize(one, phantom.SIEMENS) for one in (scan, other))
        assert (np.abs(made - differs).max() > 1e-4) == both

    def test_loss_counts_where_both_scanners_saw_brain(self, cohort, fitted):
        """What only the source's mask holds is 0 in the target without being dark there."""

        def load(subject, on):
            scan = cohort.scan(subject, on)
            if on is not phantom.SIEMENS:
                return scan
            smaller = scan.mask & (np.arange(scan.mask.shape[0]) > 10)[:, None, None]
            return replace(scan, mask=smaller)

        cut = Cohort(subjects=["01"], scanners=cohort.scanners, load=load)
        whole = fitted._matched_slices(cohort.subset(subjects=["01"]), phantom.GE, phantom.SIEMENS)
        common = fitted._matched_slices(cut, phantom.GE, phantom.SIEMENS)
        assert 0 < common.mask.sum() < whole.mask.sum()
        assert not (common.mask & ~whole.mask).any()


class TestPretraining:
    """Synthesised pairs first: the people with maps on all scanners, by the fitted physics."""

    PLAN: ClassVar = {"steps": 4, "batch_size": 8}

    @pytest.fixture(scope="class")
    @staticmethod
    def pair(cohort):
        return cohort.subset(subjects=["01"], scanners=[phantom.GE, phantom.SIEMENS])

    def fit(self, pair, generator, people=None, **settings):
        method = PhyCHarm(training=self.PLAN, features=TINY_FEATURES, **settings)
        return method.fit(pair, maps=generator, quantitative=people)

    def test_budget_is_shared_and_not_raised(self, pair, generator):
        people = phantom.quantitative_cohort(("Q1",))
        method = self.fit(pair, generator, people, pretraining=0.25)
        counts = {
            network: sorted({r["step"] for r in method.history if r["network"] == network})
            for network in (PRETRAINED, "HN")
        }
        assert counts == {PRETRAINED: [1], "HN": [2, 3, 4]}
        assert any("first 25% of the network" in sentence for sentence in method.deviations)

    def test_it_changes_the_network(self, pair, generator, scan):
        people = phantom.quantitative_cohort(("Q1",))
        images = [
            self.fit(pair, generator, people, pretraining=share).harmonize(scan, phantom.SIEMENS)
            for share in (0.0, 0.5)
        ]
        assert np.abs(images[1] - images[0]).max() > 1e-4

    def test_without_people_with_maps_the_travellers_have_all_steps(self, pair, generator):
        method = self.fit(pair, generator)
        assert {row["network"] for row in method.history} == {"HN"}
        assert not any("synthesised" in s for s in method.deviations)

    def test_what_it_learned_from_is_kept_with_the_model(self, pair, generator, tmp_path):
        method = self.fit(pair, generator, phantom.quantitative_cohort(("Q1",)))
        method.save(tmp_path / "model")
        assert PhyCHarm.load(tmp_path / "model").deviations == method.deviations

    def test_images_are_forgotten_afterwards(self, pair, generator):
        method = self.fit(pair, generator, phantom.quantitative_cohort(("Q1",)))
        assert method._others is None
        assert not method._physics._kept

    @pytest.mark.parametrize("share", [-0.1, 1.0, 2])
    def test_share_that_leaves_nothing(self, share):
        with pytest.raises(InputError, match="pretraining"):
            PhyCHarm(pretraining=share)


class TestFindings:
    def test_effective_acquisitions_are_kept_with_the_model(self, fitted, tmp_path):
        found = fitted.findings["acquisitions"]
        assert set(found) == {"GE", "Philips", "Siemens"}
        fitted.save(tmp_path / "model")
        again = PhyCHarm.load(tmp_path / "model").findings["acquisitions"]
        assert again["GE"]["acquisition"] == found["GE"]["acquisition"]

    def test_signal_can_be_named(self, cohort, generator):
        pair = cohort.subset(subjects=["01"], scanners=[phantom.PHILIPS, phantom.SIEMENS])
        method = PhyCHarm(training=QUICK, features=TINY_FEATURES, signal="ir")
        assert method.fit(pair, maps=generator).findings["signal"] == "ir"


class TestEarlierModels:
    """Models of revision 3 have other settings; their images: `test_earlier_models`."""

    @pytest.mark.parametrize("both", [True, False])
    def test_settings_are_translated(self, both):
        saved = {"preset": "corrected", "source_channel": both, "signal": None, "seed": 1}
        settings = PhyCHarm.current_settings(saved)
        assert settings["inputs"] == ["constrained", "source"][: 1 + both]
        assert "source_channel" not in settings
        assert settings["pretraining"] == 0
        assert saved["source_channel"] == both

    def test_paper_preset_is_no_longer_trained(self, cohort, generator):
        with pytest.raises(InputError, match="phycharm-paper"):
            PhyCHarm(preset="paper", features=TINY_FEATURES).fit(cohort, maps=generator)


class TestPhysicsAlone:
    def test_is_the_constrained_image(self, cohort, generator, scan):
        method = PhyCHarmPhysics().fit(cohort.subset(subjects=["01", "02"]), maps=generator)
        made = method.harmonize(scan, phantom.SIEMENS)
        expected = method._physics.compute(scan, phantom.SIEMENS).numpy()
        np.testing.assert_array_equal(made, expected)
        assert not method.history

    def test_saved_and_loaded_is_the_same(self, cohort, generator, scan, tmp_path):
        method = PhyCHarmPhysics().fit(cohort.subset(subjects=["01", "02"]), maps=generator)
        method.save(tmp_path / "model")
        loaded = PhyCHarmPhysics.load(tmp_path / "model")
        np.testing.assert_array_equal(
            loaded.harmonize(scan, phantom.SIEMENS), method.harmonize(scan, phantom.SIEMENS)
        )
        assert loaded.findings["resolution"] == method.findings["resolution"]

    def test_learns_a_generator_where_none_is_given(self, cohort, scan):
        settings = {"training": QUICK, "features": TINY_FEATURES}
        method = PhyCHarmPhysics(maps=settings)
        method.fit(
            cohort.subset(subjects=["01"]), quantitative=phantom.quantitative_cohort(("Q1",))
        )
        assert {row["network"] for row in method.history} == {"QMG"}
        assert method.harmonize(scan, phantom.SIEMENS).any()

    def test_without_quantitative_people(self, cohort):
        with pytest.raises(InputError, match="phycharm-physics needs a quantitative cohort"):
            PhyCHarmPhysics().fit(cohort)

    def test_not_fitted(self, scan, tmp_path):
        with pytest.raises(ValueError, match="not fitted"):
            PhyCHarmPhysics().harmonize(scan, phantom.SIEMENS)
        with pytest.raises(ValueError, match="not fitted"):
            PhyCHarmPhysics().save(tmp_path)


def test_raw_units_of_the_vendor_do_not_matter(fitted, scan):
    raw = phantom.raw_scan("03", phantom.GE)
    other = percentile_99(raw.with_image(raw.image * np.float32(0.01)))
    np.testing.assert_allclose(
        fitted.harmonize(other, phantom.SIEMENS), fitted.harmonize(scan, phantom.SIEMENS), atol=1e-4
    )
