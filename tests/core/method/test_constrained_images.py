"""The constrained image: physics that points the right way, learned from training people alone."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from phycharm.data.cohort import Cohort
from phycharm.errors import InputError
from phycharm.method.constrained_images import ConstrainedImages

from support import phantom
from support.known_maps import KnownMaps

SHAPE = (40, 48, 14)
DIRECTIONS = phantom.cohort().directions()
BY_NAME = pytest.mark.parametrize(
    ("source", "target"), DIRECTIONS, ids=lambda scanner: scanner.name
)


@pytest.fixture(scope="module")
def people():
    return phantom.cohort(shape=SHAPE)


@pytest.fixture(scope="module")
def physics(people):
    made = ConstrainedImages()
    made.learn(people.subset(subjects=["01", "02"]), KnownMaps())
    return made


def white_over_grey(image, subject):
    t1, *_ = phantom.person(subject, shape=SHAPE)
    white, grey = ((600, 1000), (1200, 1700))
    return float(
        np.median(image[(t1 > white[0]) & (t1 < white[1])])
        / np.median(image[(t1 > grey[0]) & (t1 < grey[1])])
    )


def difference(image, wanted):
    inside = wanted.mask
    return float(np.sqrt(np.square(np.asarray(image) - wanted.image)[inside].mean()))


class TestDirections:
    @BY_NAME
    def test_contrast_moves_towards_the_target(self, physics, people, source, target):
        """It moved away from it wherever GE took part, when the centre was thought linear."""
        scan, wanted = people.scan("03", source), people.scan("03", target)
        made = physics.compute(scan, target).numpy()
        before, after, goal = (
            white_over_grey(image, "03") for image in (scan.image, made, wanted.image)
        )
        assert abs(np.log(after / goal)) < 0.4 * abs(np.log(before / goal))

    @BY_NAME
    def test_beats_doing_nothing(self, physics, people, source, target):
        scan, wanted = people.scan("03", source), people.scan("03", target)
        made = physics.compute(scan, target)
        assert difference(made, wanted) < 0.9 * difference(scan.image, wanted)

    @BY_NAME
    def test_is_on_the_targets_scale(self, physics, people, source, target):
        scan, wanted = people.scan("03", source), people.scan("03", target)
        made = physics.compute(scan, target).numpy()
        inside = wanted.mask
        assert np.median(made[inside]) == pytest.approx(np.median(wanted.image[inside]), rel=0.06)

    def test_where_both_scanners_are_the_same_nothing_changes(self, physics, people):
        scan = people.scan("03", phantom.GE)
        made = physics.compute(scan, phantom.GE).numpy()
        np.testing.assert_allclose(made[scan.mask], scan.image[scan.mask], rtol=1e-4)


# What the sidecars of public datasets say of a readout train, by vendor: never all of it.
AS_PUBLISHED = {
    "GE": {"repetition_time": None, "readouts": None},
    "Philips": {"inversion_time": None, "repetition_time": None},
    "Siemens": {"echo_spacing": None, "readouts": None},
}


@pytest.fixture(scope="module")
def published(people):
    scanners = {
        on.name: replace(on, acquisition=replace(on.acquisition, **AS_PUBLISHED[on.name]))
        for on in people.scanners
    }

    def load(subject, on):
        return replace(people.scan(subject, on.name), scanner=on)

    return Cohort(subjects=people.subjects, scanners=[*scanners.values()], load=load)


@pytest.fixture(scope="module")
def fitted(published):
    made = ConstrainedImages()
    made.learn(published.subset(subjects=["01"]), KnownMaps())
    return made


class TestUnknownTimes:
    @BY_NAME
    def test_contrast_moves_towards_the_target(self, fitted, published, source, target):
        scan, wanted = published.scan("03", source.name), published.scan("03", target.name)
        made = fitted.compute(scan, wanted.scanner)
        before, after, goal = (
            white_over_grey(image, "03") for image in (scan.image, made.numpy(), wanted.image)
        )
        assert abs(np.log(after / goal)) < 0.5 * abs(np.log(before / goal))
        assert difference(made, wanted) < 0.9 * difference(scan.image, wanted)

    def test_kept_with_the_model(self, fitted, published):
        again = ConstrainedImages()
        again.restore(json.loads(json.dumps(fitted.state())), KnownMaps())
        scan, target = published.scan("03", "GE"), published.scanner("Philips")
        np.testing.assert_array_equal(again.compute(scan, target), fitted.compute(scan, target))


class TestLearning:
    def test_finds_the_early_centres(self, physics):
        for on in (phantom.GE, phantom.PHILIPS):
            found = physics.effective[on.name].acquisition.centre
            assert found == pytest.approx(phantom.centre(on), abs=12)

    def test_only_training_people_are_seen(self, people):
        seen = []

        def load(subject, on):
            seen.append(subject)
            return people.scan(subject, on)

        watched = Cohort(subjects=people.subjects, scanners=people.scanners, load=load)
        ConstrainedImages().learn(watched.subset(subjects=["01"]), KnownMaps())
        assert set(seen) == {"01"}

    def test_maps_of_a_training_scan_are_predicted_once(self, people):
        maps = KnownMaps()
        physics = ConstrainedImages()
        physics.learn(people.subset(subjects=["01"]), maps)
        assert len(maps.asked) == 3
        physics.compute(people.scan("01", phantom.GE), phantom.SIEMENS)
        assert len(maps.asked) == 3
        physics.forget_maps()
        physics.compute(people.scan("01", phantom.GE), phantom.SIEMENS)
        assert len(maps.asked) == 4

    def test_blurred_images_get_a_smooth_ratio(self, people, physics):
        def load(subject, on):
            scan = people.scan(subject, on)
            return scan.with_image(blur(scan)) if on.name == "Siemens" else scan

        blurred = Cohort(subjects=people.subjects, scanners=people.scanners, load=load)
        learned = ConstrainedImages()
        learned.learn(blurred.subset(subjects=["01", "02"]), KnownMaps())
        widths = learned.findings["resolution"]
        assert widths["Siemens"] > widths["Philips"] + 0.3
        scan, wanted = blurred.scan("03", phantom.SIEMENS), people.scan("03", phantom.PHILIPS)
        smooth = difference(learned.compute(scan, phantom.PHILIPS), wanted)
        learned._widths["Siemens"] = 0.0
        assert smooth < difference(learned.compute(scan, phantom.PHILIPS), wanted)

    def test_findings_are_plain_data(self, physics):
        import json

        findings = json.loads(json.dumps(physics.findings))
        assert set(findings["acquisitions"]) == {"GE", "Philips", "Siemens"}
        assert findings["signal"] == "train"

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"inversion_time": 2100.0}, "GE: TI lasts 2100 ms, longer than TR"),
            ({"readouts": 300}, "GE: the readout train lasts"),
        ],
    )
    def test_acquisition_that_no_physics_fits_is_named(self, people, changes, said):
        wrong = replace(phantom.GE, acquisition=replace(phantom.GE.acquisition, **changes))
        cohort = Cohort(
            subjects=["01"],
            scanners=[wrong, phantom.SIEMENS],
            load=lambda subject, on: replace(
                people.scan(subject, phantom.GE if on is wrong else on), scanner=on
            ),
        )
        with pytest.raises(InputError) as failure:
            ConstrainedImages().learn(cohort, KnownMaps())
        assert said in str(failure.value)
        assert "\n" not in str(failure.value)

    def test_brains_too_small_for_a_curve_leave_the_acquisition_as_it_is(self):
        small = phantom.cohort(shape=(8, 9, 4))
        physics = ConstrainedImages()
        physics.learn(small.subset(subjects=["01"]), KnownMaps())
        found = physics.effective["Siemens"]
        assert not any(one.determined for one in found.parameters)
        assert found.images == 0

    def test_without_trains_it_is_the_inversion_recovery(self, people):
        bare = [
            replace(s, acquisition=replace(s.acquisition, echo_spacing=None, readouts=None))
            for s in (phantom.PHILIPS, phantom.SIEMENS)
        ]
        cohort = Cohort(
            subjects=["01"],
            scanners=bare,
            load=lambda subject, on: replace(
                people.scan(subject, next(s for s in phantom.SCANNERS if s.name == on.name)),
                scanner=on,
            ),
        )
        physics = ConstrainedImages()
        physics.learn(cohort, KnownMaps())
        assert physics.model == "ir"
        assert not physics.effective


class TestImage:
    @pytest.mark.parametrize("scale", [1e-2, 500.0, 4095.0])
    def test_scale_of_m0_does_not_matter(self, people, physics, scale):
        scaled = ConstrainedImages()
        scaled.learn(people.subset(subjects=["01", "02"]), KnownMaps(scale=scale))
        scan = people.scan("03", phantom.GE)
        torch.testing.assert_close(
            scaled.compute(scan, phantom.SIEMENS),
            physics.compute(scan, phantom.SIEMENS),
            rtol=1e-3,
            atol=1e-3,
        )

    def test_only_the_source_scan_is_looked_at(self, people):
        maps = KnownMaps()
        physics = ConstrainedImages()
        physics.learn(people.subset(subjects=["01"]), maps)
        maps.asked.clear()
        scan = people.scan("03", phantom.GE)
        physics.compute(scan, phantom.SIEMENS)
        assert maps.asked == [scan]

    @BY_NAME
    def test_nothing_outside_the_mask(self, physics, people, source, target):
        scan = people.scan("03", source)
        made = physics.compute(scan, target)
        assert made.dtype == torch.float32
        assert not made.numpy()[~scan.mask].any()
        assert 0 <= made.min() <= made.max() <= 3

    def test_wrong_maps_give_finite_images(self, people, physics):
        class Wild:
            def predict(self, scan):
                rng = np.random.default_rng(0)
                t1, m0 = rng.normal(0, 1000, (2, *scan.image.shape)).astype(np.float32)
                return t1 * scan.mask, m0 * scan.mask

        class Nothing:
            def predict(self, scan):
                return scan.image * 0, scan.image * 0

        state = physics.state()
        for wrong in (Wild(), Nothing()):
            wronged = ConstrainedImages()
            wronged.restore(state, wrong)
            made = wronged.compute(people.scan("03", phantom.GE), phantom.SIEMENS)
            assert made.isfinite().all()
            assert 0 <= made.min() <= made.max() <= 3

    def test_scanner_that_was_never_learned_is_served_by_its_sidecar(self, physics, people):
        """What physics can do and a network cannot."""
        known = replace(phantom.QUANT, acquisition=replace(phantom.QUANT.acquisition, centre=88))
        scan = people.scan("03", phantom.PHILIPS)
        wanted = phantom.cohort(("03",), (phantom.QUANT,), shape=SHAPE).scan("03", phantom.QUANT)
        before = abs(white_over_grey(scan.image, "03") - white_over_grey(wanted.image, "03"))
        made = physics.compute(scan, known).numpy()
        after = abs(white_over_grey(made, "03") - white_over_grey(wanted.image, "03"))
        assert after < 0.5 * before

    def test_restored_is_the_same(self, physics, people):
        again = ConstrainedImages()
        again.restore(physics.state(), KnownMaps())
        scan = people.scan("03", phantom.SIEMENS)
        assert torch.equal(again.compute(scan, phantom.GE), physics.compute(scan, phantom.GE))

    def test_without_a_generator(self, people):
        with pytest.raises(ValueError, match="not fitted"):
            ConstrainedImages().compute(people.scan("03", phantom.GE), phantom.SIEMENS)


def blur(scan):
    from scipy import ndimage

    weight = ndimage.gaussian_filter(scan.mask.astype(np.float32), 0.9)
    smooth = ndimage.gaussian_filter(scan.image, 0.9) / np.maximum(weight, 1e-6)
    return np.where(scan.mask, smooth, 0).astype(np.float32)
