"""Images that cannot be segmented, and the words that say so."""

from dataclasses import replace

import numpy as np
import pytest

from phycharm.benchmarks.segmentation import ENGINES, get_segmenter
from phycharm.benchmarks.segmentation.brain import brain_image
from phycharm.errors import InputError

from support.segmentation_cases import phantom, scan_of


@pytest.fixture
def brain():
    image, labels = phantom()
    return image, labels > 0


def refuse(scan, match):
    with pytest.raises(InputError, match=match) as caught:
        get_segmenter("hmrf").segment(scan)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith("01 GE: ")


def test_empty_mask(brain):
    refuse(scan_of(brain[0], mask=np.zeros_like(brain[1])), "mask is empty")


def test_mask_of_another_shape(brain):
    refuse(scan_of(brain[0], mask=brain[1][1:]), "resample the mask")


def test_4d(brain):
    refuse(scan_of(np.stack([brain[0]] * 2, -1), mask=brain[1]), r"\(22, 20, 18, 2\)")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_in_the_brain(brain, value):
    brain[0][8, 8, 8] = value
    refuse(scan_of(brain[0], mask=brain[1]), "NaN or infinite")


def test_nan_outside_the_brain_does_not_matter(brain):
    expected = get_segmenter("hmrf").segment(scan_of(brain[0], mask=brain[1]))
    brain[0][~brain[1]] = np.nan
    found = get_segmenter("hmrf").segment(scan_of(brain[0], mask=brain[1]))
    np.testing.assert_array_equal(found.partial_volumes, expected.partial_volumes)


def test_z_scored_image(brain):
    image, mask = brain
    centred = (image - image[mask].mean()) / image[mask].std()
    refuse(scan_of(centred, mask=mask), "z-scored")


def test_nothing_positive(brain):
    refuse(scan_of(np.zeros_like(brain[0]), mask=brain[1]), "maximum is 0")


@pytest.mark.parametrize("values", [[400], [400, 900]])
def test_fewer_intensities_than_tissues(brain, values):
    image = np.resize(np.array(values, dtype=np.float32), brain[0].shape)
    refuse(scan_of(image, mask=brain[1]), "too few distinct")


def test_one_voxel(brain):
    mask = np.zeros_like(brain[1])
    mask[5, 5, 5] = True
    refuse(scan_of(brain[0], mask=mask), "too few distinct")


def test_a_few_negative_voxels_are_left_out_with_a_warning(brain):
    image, mask = brain
    image[3, 3, 3:6] = -7
    scan = scan_of(image, mask=mask)
    with pytest.warns(UserWarning, match="01 GE: .* is negative and counts as outside"):
        found = get_segmenter("hmrf").segment(scan)
    assert not found.labels[3, 3, 3:6].any()
    assert not found.partial_volumes[:, 3, 3, 3:6].any()
    np.testing.assert_array_equal(found.labels > 0, mask & (image > 0))


def test_outside_the_mask_is_not_looked_at(brain):
    image, mask = brain
    expected = get_segmenter("hmrf").segment(scan_of(image, mask=mask))
    image[~mask] = 5000
    found = get_segmenter("hmrf").segment(scan_of(image, mask=mask))
    np.testing.assert_array_equal(found.labels, expected.labels)
    np.testing.assert_array_equal(found.bias, expected.bias)
    assert (found.bias[~mask] == 1).all()


@pytest.mark.parametrize("unit", [1e-20, 1e-6, 1e-3, 0.02, 0.03, 0.5, 4, 1e3, 1e20])
def test_the_unit_of_the_intensities_does_not_matter(brain, unit):
    image, mask = brain
    expected = brain_image(scan_of(image, mask=mask))
    found = brain_image(scan_of(image * np.float32(unit), mask=mask))
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert np.percentile(found[found > 0], 99) == pytest.approx(1000, rel=1e-6)


@pytest.mark.parametrize("unit", [2.0**-30, 2.0**-5, 2.0**10])
def test_volumes_are_those_of_every_unit(brain, unit):
    image, mask = brain
    engine = get_segmenter("hmrf")
    expected = engine.segment(scan_of(image, mask=mask))
    found = engine.segment(scan_of(image * np.float32(unit), mask=mask))
    assert found.volumes_ml == expected.volumes_ml
    np.testing.assert_array_equal(found.labels, expected.labels)
    np.testing.assert_array_equal(found.bias, expected.bias)


@pytest.mark.parametrize("gain", [0.7, 1, 1.3])
def test_a_standardized_scan_keeps_the_unit_that_it_shares_with_others(brain, gain):
    image, mask = brain
    scan = replace(scan_of(gain * image / 1000, mask=mask), standardization="p99")
    np.testing.assert_allclose(brain_image(scan), np.where(mask, gain * image, 0), rtol=1e-6)


def test_the_scan_is_not_changed(brain):
    image, mask = brain[0] / 1000, brain[1]
    before = image.copy()
    get_segmenter("hmrf").segment(scan_of(image, mask=mask))
    np.testing.assert_array_equal(image, before)


def test_unknown_engine():
    with pytest.raises(InputError, match=r"did you mean 'fsl-fast'.*atropos, fsl-fast, hmrf"):
        get_segmenter("fslfast")


def test_default_engine_comes_first():
    assert next(iter(ENGINES)) == "hmrf"


@pytest.mark.parametrize("device", ["cuda:99", "toaster"])
def test_unusable_device(device):
    with pytest.raises(InputError, match=f"Device '{device}' cannot be used .*use 'cpu'") as caught:
        get_segmenter("hmrf", device=device)
    assert "\n" not in str(caught.value)
