"""The wavefront sweep against a sweep that visits one voxel after the other."""

import itertools

import numpy as np
import pytest
import torch

from phycharm.benchmarks.segmentation.hmrf.icm import icm_sweep, wavefronts
from phycharm.benchmarks.segmentation.hmrf.meanfield import Neighbours
from phycharm.benchmarks.segmentation.hmrf.mixtures import PAIRS


def agreement(one, other):
    if one == other:
        return 2
    mixes = [t for t in (one, other) if t >= 3]
    pures = [t for t in (one, other) if t < 3]
    return 1 if mixes and pures and pures[0] in PAIRS[mixes[0] - 3] else -1


def sweep_voxel_by_voxel(likelihood, inside, spacing):
    """Raster order, x fastest, in place. `likelihood` is (X, Y, Z, 6)."""
    types = np.where(inside, likelihood.argmax(-1), -1)
    offsets = [o for o in itertools.product((-1, 0, 1), repeat=3) if np.abs(o).sum() in (1, 2)]
    x_size, y_size, z_size = inside.shape
    for z, y, x in itertools.product(range(z_size), range(y_size), range(x_size)):
        if not inside[x, y, z]:
            continue
        field = np.zeros(6)
        for offset in offsets:
            near = tuple(np.add((x, y, z), offset))
            if inside[near]:
                weight = 1 / np.linalg.norm(np.multiply(offset, spacing))
                field += [weight * agreement(types[near], t) for t in range(6)]
        types[x, y, z] = (likelihood[x, y, z] * np.exp(0.3 * field)).argmax()
    return types


def random_problem(seed, shape=(9, 8, 7)):
    generator = np.random.default_rng(seed)
    inside = np.zeros(shape, dtype=bool)
    inside[1:-1, 1:-1, 1:-1] = generator.random([size - 2 for size in shape]) < 0.85
    # Likelihoods so alike that the neighbours decide most voxels.
    likelihood = np.exp(generator.normal(0, 2, (*shape, 6)))
    return likelihood.astype(np.float32), inside


@pytest.mark.parametrize("seed", range(3))
def test_wavefronts_give_the_raster_sweep(seed):
    spacings = [(1.0, 1.25, 2.0), (2.0, 0.9, 1.1)]
    problems = [random_problem(2 * seed + b) for b in range(2)]
    likelihood, inside = (np.stack(parts) for parts in zip(*problems, strict=True))
    expected = [
        sweep_voxel_by_voxel(*problem, spacing)
        for problem, spacing in zip(problems, spacings, strict=True)
    ]
    shape = inside.shape[1:]
    flat = torch.from_numpy(inside.reshape(-1)).nonzero()[:, 0]
    found = icm_sweep(
        torch.from_numpy(likelihood.reshape(-1, 6))[flat],
        flat,
        flat // int(np.prod(shape)),
        shape,
        Neighbours(torch.tensor(spacings, dtype=torch.float64), (shape[1] * shape[2], shape[2], 1)),
    )
    started = likelihood.argmax(-1)[inside]
    assert (found.numpy() != started).mean() > 0.1
    np.testing.assert_array_equal(found.numpy(), np.stack(expected)[inside])


def test_no_voxel_shares_a_wavefront_with_a_neighbour():
    shape = (5, 6, 7)
    places = torch.arange(np.prod(shape))
    order, sizes = wavefronts(places, shape)
    assert sum(sizes) == len(places)
    for front in order.split(sizes):
        x, y, z = (torch.from_numpy(a) for a in np.unravel_index(places[front].numpy(), shape))
        position = torch.stack([x, y, z], -1).float()
        steps = (position[:, None] - position[None]).abs()
        neighbour = (steps.amax(-1) == 1) & (steps.sum(-1) <= 2)
        assert not neighbour.any()
