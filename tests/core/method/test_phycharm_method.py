"""PhyCHarm: the constrained image, and the whole method."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from phycharm.data.cohort import Cohort
from phycharm.data.intensity import percentile_99
from phycharm.errors import InputError
from phycharm.method.maps import MapsGenerator
from phycharm.method.phycharm import PhyCHarm
from phycharm.physics.acquisition import Acquisition

from support import phantom
from support.phantom import TINY_FEATURES

QUICK = {"epochs": 1, "batch_size": 8}
DIRECTIONS = phantom.cohort().directions()


class KnownMaps:
    """A generator that knows the truth, on any scale, and remembers what it was asked."""

    def __init__(self, *, scale=1.0):
        self.scale = scale
        self.asked = []
        self.history = []

    def predict(self, scan):
        self.asked.append(scan)
        t1, m0, _ = phantom.person(scan.subject, shape=scan.image.shape)
        return t1.astype(np.float32), (self.scale * m0).astype(np.float32)


def prepared(scan, target, *, scale=1.0, **settings):
    """The network's input for a scan when the maps are known."""
    method = PhyCHarm(features=TINY_FEATURES, **settings)
    method._generator = KnownMaps(scale=scale)
    method._model = "ir"
    return method._prepare(scan, target)[0].numpy()


def error(image, scan):
    return float(np.sqrt(((image - scan.image)[scan.mask] ** 2).mean()))


def contrast(image, subject):
    """Median of white matter, grey matter and fluid: what the physics explains."""
    t1, *_ = phantom.person(subject)
    ranges = ((600, 1100), (1150, 1900), (2500, 6000))
    return np.array([np.median(image[(t1 > low) & (t1 < high)]) for low, high in ranges])


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


class TestConstrainedImage:
    @pytest.mark.parametrize(("source", "target"), DIRECTIONS, ids=lambda s: s.name)
    def test_true_maps_bring_the_image_to_the_target(self, cohort, source, target):
        for subject in cohort.subjects:
            scan, wanted = (cohort.scan(subject, on) for on in (source, target))
            before, after = (
                np.abs(contrast(image, subject) - contrast(wanted.image, subject)).mean()
                for image in (scan.image, prepared(scan, target))
            )
            assert after < 0.5 * before

    @pytest.mark.parametrize("scale", [1e-2, 500.0, 4095.0])
    def test_scale_of_m0_does_not_matter(self, scan, scale):
        """Fault d: signal and image are put on one scale, whatever the maps are in."""
        reference = prepared(scan, phantom.SIEMENS)
        np.testing.assert_allclose(
            prepared(scan, phantom.SIEMENS, scale=scale), reference, rtol=1e-4, atol=1e-5
        )

    @pytest.mark.parametrize(("source", "target"), DIRECTIONS, ids=lambda s: s.name)
    def test_is_on_the_common_intensity_scale(self, cohort, source, target):
        scan = cohort.scan("02", source)
        image = prepared(scan, target)
        assert image.dtype == np.float32
        assert np.percentile(image[scan.mask], 99) == pytest.approx(1, rel=1e-4)
        assert image.min() >= 0
        assert image.max() <= 3
        assert not image[~scan.mask].any()

    def test_decay_that_it_implies_is_one_that_tissue_has(self, scan):
        """With scales mixed up the authors' pseudo T2* was 0.4 ms."""
        echo_times = [phantom.GE.acquisition.echo_time, 12.0]
        slow = replace(
            phantom.GE, acquisition=replace(phantom.GE.acquisition, echo_time=echo_times[1])
        )
        late = prepared(scan, slow)[scan.mask]
        early = prepared(scan, phantom.GE)[scan.mask]
        # Both are scaled to their own 99th percentile: what remains is how decay varies.
        assert np.corrcoef(early, late)[0, 1] > 0.9

    def test_same_acquisition_gives_the_image_back(self, scan):
        image = prepared(scan, replace(phantom.GE, name="Another"))
        inside = scan.mask & (scan.image > 0.3)
        np.testing.assert_allclose(image[inside], scan.image[inside], rtol=0.02)

    def test_generator_sees_the_source_scan_and_nothing_else(self, cohort, scan):
        method = PhyCHarm(features=TINY_FEATURES)
        method._generator = KnownMaps()
        method._prepare(scan, phantom.SIEMENS)
        assert method._generator.asked == [scan]

    def test_wrong_maps_give_finite_images(self, scan):
        class Wild(KnownMaps):
            def predict(self, scan):
                rng = np.random.default_rng(0)
                t1, m0 = rng.normal(0, 1000, (2, *scan.image.shape)).astype(np.float32)
                return t1 * scan.mask, m0 * scan.mask

        method = PhyCHarm(features=TINY_FEATURES)
        for wild in (
            Wild(),
            type("Nothing", (), {"predict": lambda _, scan: (scan.image * 0,) * 2})(),
        ):
            method._generator = wild
            image = method._prepare(scan, phantom.SIEMENS)
            assert image.isfinite().all()
            assert 0 <= image.min() <= image.max() <= 3

    def test_views_of_other_arrays_will_do(self, scan):
        turned = replace(scan, image=scan.image[..., ::-1], mask=scan.mask[..., ::-1])
        method = PhyCHarm(features=TINY_FEATURES)

        class Turned(KnownMaps):
            def predict(self, scan):
                return tuple(np.ascontiguousarray(v[..., ::-1]) for v in super().predict(scan))

        method._generator = Turned()
        image = method._prepare(turned, phantom.SIEMENS)[0].numpy()[..., ::-1]
        np.testing.assert_allclose(image, prepared(scan, phantom.SIEMENS), atol=1e-5)


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

    def test_target_is_known_by_its_acquisition_alone(self, scan):
        other = replace(phantom.SIEMENS, name="Other", manufacturer="x", field_strength=7.0)
        np.testing.assert_array_equal(prepared(scan, other), prepared(scan, phantom.SIEMENS))
        slower = replace(
            phantom.SIEMENS,
            acquisition=replace(phantom.SIEMENS.acquisition, inversion_time=1000.0),
        )
        assert np.abs(prepared(scan, slower) - prepared(scan, phantom.SIEMENS)).max() > 0.02


class TestMethod:
    def test_all_six_directions_run(self, fitted, cohort):
        """Fault g: in the authors' code one direction crashes and one takes T1 for M0."""
        for source, target in cohort.directions():
            image = fitted.harmonize(cohort.scan("03", source), target)
            assert np.isfinite(image).all()
        assert len(fitted._networks) == 6

    def test_every_direction_takes_t1_for_t1(self, cohort):
        class Swapped(KnownMaps):
            def predict(self, scan):
                return tuple(reversed(super().predict(scan)))

        for source, target in cohort.directions():
            scan, wanted = cohort.scan("02", source), cohort.scan("02", target)
            method = PhyCHarm(features=TINY_FEATURES)
            method._generator = Swapped()
            swapped = method._prepare(scan, target)[0].numpy()
            assert error(prepared(scan, target), wanted) < error(swapped, wanted)

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
        method = PhyCHarm(training=QUICK, features=TINY_FEATURES, maps=settings)
        people = phantom.quantitative_cohort()
        pair = cohort.subset(subjects=["01"], scanners=[phantom.GE, phantom.SIEMENS])
        method.fit(pair, quantitative=people.subset(["Q1"]), quantitative_validation=people)
        assert {row["network"] for row in method.history} == {"QMG", "HN"}
        assert method._generator.case == 2
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
        given = PhyCHarm(**settings, maps=settings).fit(pair, maps=own._generator)
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
    def test_constrained_image_and_source_for_corrected(self, scan):
        method = PhyCHarm()
        method._generator = KnownMaps()
        both = method._prepare(scan, phantom.SIEMENS).numpy()
        np.testing.assert_array_equal(both[1], scan.image)
        np.testing.assert_array_equal(both[0], prepared(scan, phantom.SIEMENS))
        assert any("sees the source image" in sentence for sentence in method.deviations)

    def test_constrained_image_alone_for_paper(self, scan):
        method = PhyCHarm(preset="paper")
        method._generator = KnownMaps()
        assert len(method._prepare(scan, phantom.SIEMENS)) == 1
        assert not method.residual
        assert method.deviations == PhyCHarm.card.deviations

    @pytest.mark.parametrize("source_channel", [True, False])
    def test_what_the_maps_lose_is_not_lost(
        self, cohort, generator, scan, monkeypatch, source_channel
    ):
        """An image that the maps make flat still tells the network what it was."""
        method = PhyCHarm(training=QUICK, features=TINY_FEATURES, source_channel=source_channel)
        pair = cohort.subset(subjects=["01"], scanners=[phantom.GE, phantom.SIEMENS])
        method.fit(pair, maps=generator)

        def flat(image, *_, **__):
            return torch.full_like(image, 0.5)

        monkeypatch.setattr("phycharm.method.phycharm.constrained_t1w", flat)
        other = scan.with_image(scan.image[::-1].copy())
        made, differs = (method.harmonize(one, phantom.SIEMENS) for one in (scan, other))
        assert (np.abs(made - differs).max() > 1e-4) == source_channel


class TestSignalModel:
    TRAIN = Acquisition(
        inversion_time=1000.0, repetition_time=2300.0, echo_time=2.9, flip_angle=8.0,
        echo_spacing=7.0, readouts=176,
    )  # fmt: skip

    def model(self, cohort, **settings):
        method = PhyCHarm(training=QUICK, features=TINY_FEATURES, **settings)
        return method.fit(cohort, maps=KnownMaps())._model

    def trained(self, cohort):
        scanners = [replace(s, acquisition=self.TRAIN) for s in (phantom.GE, phantom.SIEMENS)]
        load = {s.name: s for s in phantom.SCANNERS}
        return Cohort(
            subjects=["01"],
            scanners=scanners,
            load=lambda subject, on: replace(cohort.scan(subject, load[on.name]), scanner=on),
        )

    def test_paper_is_the_preprints_equation(self, cohort):
        assert self.model(self.trained(cohort), preset="paper") == "ir"

    def test_corrected_takes_the_richest_that_is_known(self, cohort):
        assert self.model(self.trained(cohort)) == "mprage"
        assert (
            self.model(cohort.subset(subjects=["01"], scanners=[phantom.GE, phantom.SIEMENS]))
            == "ir"
        )

    def test_it_can_be_named(self, cohort):
        assert self.model(self.trained(cohort), signal="ir") == "ir"


def test_raw_units_of_the_vendor_do_not_matter(fitted, scan):
    raw = phantom.raw_scan("03", phantom.GE)
    other = percentile_99(raw.with_image(raw.image * np.float32(0.01)))
    np.testing.assert_allclose(
        fitted.harmonize(other, phantom.SIEMENS), fitted.harmonize(scan, phantom.SIEMENS), atol=1e-4
    )
