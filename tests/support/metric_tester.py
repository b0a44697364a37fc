"""One tester that holds a metric against a reference implementation."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

SHAPES = ((24, 20, 17), (13, 30, 12))
DTYPES = (torch.float32, torch.float64)


def phantom(shape: tuple[int, int, int], *, seed: int = 0) -> np.ndarray:
    """Smooth blobs plus noise, positive, about 0 to 1.5."""
    rng = np.random.default_rng(seed)
    x, y, z = np.meshgrid(*[np.linspace(-2, 2, n) for n in shape], indexing="ij")
    blobs = 1 + 0.5 * np.sin(3 * x + rng.normal()) * np.cos(2 * y) * np.sin(z + rng.normal())
    return np.clip(blobs + 0.1 * rng.normal(size=shape), 0, None)


def ellipsoid(shape: tuple[int, int, int]) -> np.ndarray:
    """A mask that leaves the corners and two borders free."""
    grids = np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij")
    return sum(g**2 for g in grids) < 0.9


@dataclass(frozen=True, kw_only=True)
class MetricTester:
    """Compares a metric with its reference over types, shapes and masks.

    `metric(reference, image, mask, data_range)` takes tensors; `oracle` the same as float64
    arrays and is an independent implementation.
    """

    metric: Callable
    oracle: Callable
    tolerance: float
    data_range: float = 1.5

    def check(self, shape: tuple[int, int, int], dtype: torch.dtype, *, masked: bool) -> None:
        a, b = phantom(shape, seed=1), phantom(shape, seed=2)
        a, b = (v.astype("float32" if dtype == torch.float32 else "float64") for v in (a, b))
        mask = ellipsoid(shape) if masked else None
        tensor_mask = None if mask is None else torch.from_numpy(mask)
        got = self.metric(torch.from_numpy(a), torch.from_numpy(b), tensor_mask, self.data_range)
        expected = self.oracle(a.astype("float64"), b.astype("float64"), mask, self.data_range)
        assert got.ndim == 0
        assert abs(float(got) - expected) < self.tolerance, (float(got), expected)
