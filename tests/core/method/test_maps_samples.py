"""Training slices of the maps generator."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from phycharm.method.maps.samples import map_samples, synthesised_t1w
from phycharm.networks.canvas.slices import SliceCanvas

from support import phantom

SYNTHESISED = [
    replace(scanner.acquisition, centre=phantom.centre(scanner)) for scanner in phantom.SCANNERS
]


@pytest.fixture(scope="module")
def canvas(quantitative):
    masks = (quantitative.read(subject).scan.mask for subject in quantitative.subjects)
    return SliceCanvas.around(masks, multiple=16)


@pytest.fixture(scope="module")
def samples(quantitative, canvas):
    return map_samples(quantitative, canvas, SYNTHESISED, model="train", device="cpu")


def planes(quantitative):
    masks = [quantitative.read(subject).scan.mask for subject in quantitative.subjects]
    return sum(int(mask.any((0, 1)).sum()) for mask in masks)


def test_every_plane_once_for_every_acquisition(samples, quantitative):
    assert len(samples) == planes(quantitative) * 4
    counts = torch.bincount(samples.acquisition).tolist()
    assert counts == [planes(quantitative)] * 4
    assert samples.acquisitions == (*SYNTHESISED, phantom.QUANT.acquisition)


def test_paper_has_the_measured_images_only(quantitative, canvas):
    samples = map_samples(quantitative, canvas, [], model="train", device="cpu")
    assert len(samples) == planes(quantitative)
    assert samples.acquisitions == (phantom.QUANT.acquisition,)


def test_image_and_maps_belong_together(samples):
    # M0 f(T1) of the acquisition is the synthesised image, up to one factor a volume.
    for index, scanner in enumerate(phantom.SCANNERS):
        chosen = samples.acquisition == index
        t1, m0, mask, image = (
            values[chosen].numpy()
            for values in (samples.t1, samples.m0, samples.mask, samples.image)
        )
        signal = 10 * m0 * phantom.weight(np.where(mask, t1, 1e5), scanner)
        for volume in np.array_split(np.arange(len(image)), 2):
            inside = mask[volume] & (signal[volume] > 0.05)
            ratio = image[volume][inside] / signal[volume][inside]
            np.testing.assert_allclose(ratio, ratio[0], rtol=2e-3)


def test_measured_image_is_not_replaced_by_a_synthesised_one(quantitative, canvas):
    with_own = [*SYNTHESISED, phantom.QUANT.acquisition]
    samples = map_samples(quantitative, canvas, with_own, model="train", device="cpu")
    alone = map_samples(quantitative, canvas, [], model="train", device="cpu")
    assert len(samples) == planes(quantitative) * 4
    assert samples.computed == 4
    assert not (samples.acquisition == 3).any()
    assert torch.equal(samples.image[samples.acquisition == 4], alone.image)


def test_maps_are_zero_outside_the_brain(samples):
    outside = ~samples.mask
    assert not samples.t1[outside].any()
    assert not samples.m0[outside].any()
    assert not samples.image[outside].any()


def test_selection_keeps_the_rows_together(samples):
    indices = torch.tensor([5, 0, 30])
    some = samples.at(indices)
    assert len(some) == 3
    assert torch.equal(some.t1[2], samples.t1[30])
    assert some.acquisition.tolist() == samples.acquisition[indices].tolist()


@pytest.mark.parametrize("scanner", phantom.SCANNERS, ids=lambda scanner: scanner.name)
def test_synthesised_image_looks_like_the_scanners_own(scanner):
    one = phantom.quantitative_scan("01")
    known = replace(scanner.acquisition, centre=phantom.centre(scanner))
    made = synthesised_t1w(one, known, model="train")
    real = phantom.cohort().scan("01", scanner)
    assert made.dtype == np.float32
    assert np.percentile(made[one.scan.mask], 99) == pytest.approx(1, rel=1e-5)
    assert not made[~one.scan.mask].any()
    inside = one.scan.mask
    assert np.corrcoef(made[inside], real.image[inside])[0, 1] > 0.97
    farthest = max(
        np.abs(made - phantom.cohort().scan("01", other).image)[inside].mean()
        for other in phantom.SCANNERS
    )
    assert np.abs(made - real.image)[inside].mean() < 0.7 * farthest


def test_maps_are_kept_once_however_many_images_there_are_of_them(samples, quantitative):
    assert len(samples.maps) == planes(quantitative) == len(samples) // 4
    for index in range(4):
        own = samples.at((samples.acquisition == index).nonzero()[:, 0])
        assert torch.equal(own.t1, samples.maps[:, 0:1])
        assert torch.equal(own.mask, samples.maps[:, 2:3] > 0)


def test_file_units_are_those_of_the_preprint(quantitative, canvas):
    plain, printed = (
        map_samples(quantitative, canvas, [], model="ir", device="cpu", **units)
        for units in ({}, {"file_units": True, "m0_unit": 500.0})
    )
    first = slice(0, 3)
    one = quantitative.read(quantitative.subjects[0])
    for name, factor in (("image", one.scan.scale / 4095), ("m0", one.m0_scale / 500), ("t1", 1)):
        wanted = getattr(plain, name)[first] * factor
        torch.testing.assert_close(getattr(printed, name)[first], wanted)
