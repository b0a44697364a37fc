"""The methods that must be beaten (none, linear, histogram), and what the U-Net shares."""

from dataclasses import replace

import numpy as np
import pytest
from skimage.exposure import match_histograms

from phycharm.baselines.histogram import HistogramMatching
from phycharm.baselines.linear import LinearScaling
from phycharm.baselines.no_harmonization import NoHarmonization
from phycharm.baselines.unet import UNet
from phycharm.method.phycharm import PhyCHarm

from support import phantom

SIMPLE = (NoHarmonization, LinearScaling, HistogramMatching)


@pytest.fixture(scope="module")
def train(cohort):
    return cohort.subset(subjects=["01", "02"])


@pytest.fixture(scope="module")
def scan(cohort):
    return cohort.scan("03", phantom.GE)


def brain(scan):
    return scan.image[scan.mask].astype(np.float64)


def harmonized(method, scan, target=phantom.SIEMENS):
    return method.harmonize(scan, target)


@pytest.mark.parametrize("kind", SIMPLE)
class TestEveryOne:
    def test_saved_and_loaded_is_the_same(self, kind, train, scan, tmp_path):
        method = kind().fit(train)
        method.save(tmp_path)
        np.testing.assert_array_equal(
            harmonized(kind.load(tmp_path), scan), harmonized(method, scan)
        )

    def test_all_six_directions(self, kind, train, cohort):
        method = kind().fit(train)
        for source, target in cohort.directions():
            image = method.harmonize(cohort.scan("03", source), target)
            assert np.isfinite(image).all()
            assert not image[~cohort.scan("03", source).mask].any()

    def test_scan_is_not_changed(self, kind, train, scan):
        before = scan.image.copy()
        harmonized(kind().fit(train), scan)
        np.testing.assert_array_equal(scan.image, before)

    def test_constant_brain(self, kind, train, scan):
        flat = scan.with_image(scan.mask.astype(np.float32) * 0.5)
        assert np.isfinite(harmonized(kind().fit(train), flat)).all()

    def test_empty_brain_values(self, kind, train, scan):
        assert np.isfinite(
            harmonized(kind().fit(train), scan.with_image(np.zeros_like(scan.image)))
        ).all()

    def test_views_of_other_arrays(self, kind, train, scan):
        method = kind().fit(train)
        turned = replace(scan, image=scan.image[::-1], mask=scan.mask[::-1])
        np.testing.assert_allclose(
            harmonized(method, turned)[::-1], harmonized(method, scan), atol=1e-6
        )

    def test_serves_all_scanners_at_once(self, kind):
        assert kind.card.scope == "all"
        assert kind.card.supervision != "paired"


class TestNone:
    def test_is_the_source_image_itself(self, scan):
        np.testing.assert_array_equal(harmonized(NoHarmonization(), scan), scan.image)

    def test_needs_no_fit(self, scan):
        assert NoHarmonization().parameters == 0


class TestLinear:
    def test_mean_and_spread_are_the_targets(self, train, scan):
        image = harmonized(LinearScaling().fit(train), scan)
        wanted = [brain(s) for s in train.scans(phantom.SIEMENS)]
        assert image[scan.mask].mean(dtype=float) == pytest.approx(
            np.mean([w.mean() for w in wanted]), rel=1e-5
        )
        assert image[scan.mask].std(dtype=float) == pytest.approx(
            np.mean([w.std() for w in wanted]), rel=1e-5
        )

    def test_is_one_shift_and_one_positive_scale(self, train, scan):
        image = harmonized(LinearScaling().fit(train), scan)
        slope, offset = np.polyfit(brain(scan), image[scan.mask].astype(float), 1)
        assert slope > 0
        np.testing.assert_allclose(image[scan.mask], slope * brain(scan) + offset, atol=1e-5)

    def test_units_of_the_source_do_not_matter(self, train, scan):
        method = LinearScaling().fit(train)
        other = scan.with_image(np.where(scan.mask, scan.image * 300 + 7, 0).astype(np.float32))
        np.testing.assert_allclose(harmonized(method, other), harmonized(method, scan), atol=1e-4)

    def test_improves_on_none(self, train, cohort, scan):
        pair = cohort.subset(subjects=["01", "02"], scanners=[phantom.GE, phantom.PHILIPS])
        target = cohort.scan("03", phantom.PHILIPS)
        image = LinearScaling().fit(pair).harmonize(scan, phantom.PHILIPS)
        errors = [np.abs(i - target.image)[scan.mask].mean() for i in (image, scan.image)]
        assert errors[0] < errors[1]


class TestHistogram:
    def test_equals_scikit_image_for_one_training_scan(self, cohort, scan):
        """Matching to one reference is what scikit-image does by its own cumulative counts."""
        method = HistogramMatching().fit(cohort.subset(subjects=["01"]))
        reference = cohort.scan("01", phantom.SIEMENS)
        expected = match_histograms(brain(scan), brain(reference))
        found = harmonized(method, scan)[scan.mask]
        # A thousand levels against every voxel's own: they differ where values are sparse.
        assert np.abs(found - expected).mean() < 2e-3
        assert np.corrcoef(found, expected)[0, 1] > 0.9999

    def test_quantiles_are_the_mean_quantiles_of_the_training_scans(self, train, scan):
        image = harmonized(HistogramMatching().fit(train), scan)[scan.mask]
        levels = np.linspace(1, 99, 50)
        wanted = np.mean(
            [np.percentile(brain(s), levels) for s in train.scans(phantom.SIEMENS)], axis=0
        )
        # Between two tissues there are few voxels, and a quantile there is uncertain.
        np.testing.assert_allclose(np.percentile(image, levels), wanted, atol=0.02)

    def test_order_of_voxels_is_kept(self, train, scan):
        image = harmonized(HistogramMatching().fit(train), scan)[scan.mask]
        order = np.argsort(brain(scan), kind="stable")
        assert (np.diff(image[order]) >= 0).all()

    def test_any_monotone_change_of_the_source_is_undone(self, train, scan):
        method = HistogramMatching().fit(train)
        bent = scan.with_image(np.where(scan.mask, scan.image**2 + 3, 0).astype(np.float32))
        np.testing.assert_allclose(harmonized(method, bent), harmonized(method, scan), atol=5e-3)

    def test_many_equal_voxels(self, train, scan):
        coarse = scan.with_image((np.round(scan.image * 4) / 4).astype(np.float32))
        image = harmonized(HistogramMatching().fit(train), coarse)[scan.mask]
        values = np.unique(coarse.image[scan.mask])
        made = [np.unique(image[coarse.image[scan.mask] == value]) for value in values]
        assert all(len(found) == 1 for found in made), "equal voxels must stay equal"
        assert (np.diff(np.concatenate(made)) >= 0).all()

    def test_fitting_again_forgets_the_first(self, train, cohort, scan):
        method = (
            HistogramMatching()
            .fit(cohort)
            .fit(train.subset(scanners=[phantom.GE, phantom.SIEMENS]))
        )
        with pytest.raises(KeyError):
            method.harmonize(scan, phantom.PHILIPS)


class TestUNet:
    def test_differs_from_phycharm_in_the_physics_only(self):
        mine, theirs = UNet(), PhyCHarm()
        shared = set(mine.settings()) & set(theirs.settings())
        assert shared == {"training", "features", "dropout", "residual", "seed"}
        assert all(mine.settings()[key] == theirs.settings()[key] for key in shared)
        for name in ("_fit_direction", "_loss", "_image", "_matched_slices", "apply"):
            assert getattr(UNet, name) is getattr(PhyCHarm, name)

    def test_prepares_nothing(self, scan):
        np.testing.assert_array_equal(UNet()._prepare(scan, phantom.SIEMENS)[0], scan.image)

    def test_card(self):
        assert UNet.card.name == "unet"
        assert UNet.card.supervision == "paired"
        assert UNet.card.scope == "pair"
