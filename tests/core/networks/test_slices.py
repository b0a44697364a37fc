"""Volumes as stacks of slices, and back."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from phycharm.networks.canvas.field_of_view import FieldOfView
from phycharm.networks.canvas.slices import SliceCanvas, as_tensor, cut, paste


def box(shape, *corners):
    """A brain that fills a box; corners are (start, stop) along x, y and z."""
    mask = np.zeros(shape, bool)
    mask[tuple(slice(*corner) for corner in corners)] = True
    return mask


def volume(shape, channels=1):
    rng = np.random.default_rng(0)
    return torch.from_numpy(rng.random((channels, *shape)).astype(np.float32))


@st.composite
def boxes(draw):
    shape = tuple(draw(st.integers(2, 40)) for _ in range(3))
    starts = [draw(st.integers(0, size - 1)) for size in shape]
    stops = [draw(st.integers(start + 1, size)) for start, size in zip(starts, shape, strict=True)]
    return box(shape, *zip(starts, stops, strict=True))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(boxes(), st.sampled_from([4, 8, 16]), st.integers(1, 2))
def test_paste_undoes_cut_wherever_the_brain_lies(mask, multiple, channels):
    canvas = SliceCanvas.around([mask], multiple=multiple)
    placement = canvas.place(mask)
    whole = volume(mask.shape, channels)
    slices = cut(whole, placement)
    assert slices.shape == (mask.any((0, 1)).sum(), channels, canvas.height, canvas.width)
    back = paste(slices, placement)
    assert back.shape == whole.shape
    inside = torch.from_numpy(mask).expand_as(whole)
    assert torch.equal(back[inside], whole[inside])


@settings(max_examples=40, deadline=None, derandomize=True)
@given(boxes(), st.integers(1, 40), st.integers(1, 40))
def test_any_canvas_holds_the_brain(mask, height, width):
    placement = SliceCanvas(height, width, 8).place(mask)
    slices = cut(as_tensor(mask.astype(np.float32), "cpu"), placement)
    assert slices.sum() == mask.sum()


def test_slices_hold_what_numpy_slicing_gives():
    mask = box((20, 24, 6), (4, 12), (6, 20), (1, 4))
    placement = SliceCanvas(16, 16, 16).place(mask)
    whole = volume(mask.shape)
    slices = cut(whole, placement)
    assert placement.planes == (1, 2, 3)
    x, y = placement.corner
    assert (x, y) == (0, 5)  # 16 voxels around 4..12 and 6..20
    expected = whole[0, x : x + 16, y : y + 16, 1:4].permute(2, 0, 1)[:, None]
    assert torch.equal(slices, expected)


def test_canvas_beyond_the_volume_is_zero():
    mask = box((10, 10, 2), (0, 10), (0, 10), (0, 2))
    placement = SliceCanvas(16, 16, 16).place(mask)
    slices = cut(torch.ones(1, 10, 10, 2), placement)
    assert slices.shape == (2, 1, 16, 16)
    assert slices[0, 0, 3:13, 3:13].all()
    assert slices.sum() == 2 * 100
    assert paste(slices, placement).all()


def test_slices_without_brain_are_left_out_and_come_back_as_zero():
    mask = box((8, 8, 9), (2, 6), (2, 6), (0, 9))
    mask[..., [0, 4, 8]] = False
    placement = SliceCanvas(16, 16, 16).place(mask)
    assert placement.planes == (1, 2, 3, 5, 6, 7)
    back = paste(torch.ones(6, 1, 16, 16), placement)
    assert not back[..., [0, 4, 8]].any()


def test_canvas_is_the_smallest_that_holds_everybody():
    masks = [box((60, 60, 4), (5, 5 + a), (5, 5 + b), (0, 4)) for a, b in ((20, 33), (31, 10))]
    canvas = SliceCanvas.around(masks, multiple=16)
    assert (canvas.height, canvas.width) == (32, 48)


def test_smallest_brain_leaves_an_instance_norm_more_than_one_voxel():
    canvas = SliceCanvas.around([box((5, 5, 5), (1, 2), (1, 2), (1, 2))], multiple=16)
    assert canvas.height * canvas.width // 16**2 > 1


def test_larger_brain_gets_a_larger_canvas():
    placement = SliceCanvas(16, 16, 16).place(box((40, 40, 2), (0, 17), (0, 16), (0, 2)))
    assert placement.size == (32, 16)


@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_of_any_layout_become_tensors(order):
    array = np.asarray(np.random.default_rng(0).random((3, 4, 5), np.float32), order=order)
    tensor = as_tensor(array[:, ::-1], "cpu")
    assert tensor.shape == (1, 3, 4, 5)
    np.testing.assert_array_equal(tensor[0].numpy(), array[:, ::-1])


class TestFieldOfView:
    def test_every_slice_is_there_whole(self):
        brain = np.zeros((20, 40, 5), bool)
        brain[3:9, 10:30, 2] = True
        placement = FieldOfView.around([brain], multiple=16).place(brain)
        volume = torch.rand(1, *brain.shape)
        slices = cut(volume, placement)
        assert slices.shape == (5, 1, 32, 48)
        assert slices.sum().item() == pytest.approx(volume.sum().item(), rel=1e-6)
        assert torch.equal(paste(slices, placement), volume)

    def test_it_holds_the_largest(self):
        volumes = [np.ones(shape, bool) for shape in ((20, 40, 2), (50, 33, 2))]
        assert FieldOfView.around(volumes, multiple=16) == FieldOfView(64, 48, 16)

    def test_a_larger_volume_gets_a_larger_one(self):
        placement = FieldOfView(32, 32, 16).place(np.ones((40, 20, 1), bool))
        assert placement.size == (48, 32)
