"""Mean-field posteriors of the hidden Markov random field.

The field of Zhang, Brady and Smith, IEEE TMI 20(1):45-57, 2001, in its mean-field form: each voxel
sees its neighbours' probabilities, weighted by one over their distance in mm.
"""

import torch

from .gaussians import posteriors_of

_SWEEPS = 5
# A core's cache holds the pieces on a CPU; a GPU wants whole volumes.
_CHUNK = {"cpu": 1 << 18}
_WHOLE = 1 << 28


class Neighbours:
    """Sums over the 18-neighbourhood (faces and edges, not corners) of a stack's voxels.

    Parameters
    ----------
    spacing : Tensor of float64, shape (B, 3)
        Voxel edges in mm.
    strides : tuple of int
        Steps in the row from a voxel to its neighbour along x, y and z.

    Attributes
    ----------
    reach : int
        How much shorter, at each end, a sum is than the rows it is made of.
    steps : Tensor of int64, shape (18,)
        Steps in the row from a voxel to its neighbours.
    weights : Tensor of float32, shape (B, 18)
        One over the distance of each of them in mm.
    """

    def __init__(self, spacing: torch.Tensor, strides: tuple[int, int, int]) -> None:
        x, y, z = strides
        self._strides = strides
        self.reach = x + y + z
        dx, dy, dz = spacing.unbind(-1)
        lengths = (dx, dy, dz, dx.hypot(dy), dx.hypot(dz), dy.hypot(dz))
        self._group_weights = torch.stack([1 / length for length in lengths], -1).float()
        groups = [(x,), (y,), (z,), (x + y, x - y), (x + z, x - z), (y + z, y - z)]
        steps = [sign * step for group in groups for step in group for sign in (-1, 1)]
        sizes = torch.tensor([2 * len(group) for group in groups], device=spacing.device)
        self.steps = torch.tensor(steps, device=spacing.device)
        self.weights = self._group_weights.repeat_interleave(sizes, -1)

    def sum(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the weighted sum of every voxel's neighbours.

        Sums along y and z are made once and shared by the faces and edges that hold them, which
        leaves 12 passes of the 18, and makes no copy that is longer than a piece.

        Parameters
        ----------
        rows : Tensor of float32, shape (B, K, N)
            A piece of the rows, zero outside the brain.

        Returns
        -------
        Tensor of float32, shape (B, K, N - 2 reach)
            Of the inner voxels; meaningless on the stack's border.
        """
        x, y, z = self._strides
        wx, wy, wz, wxy, wxz, wyz = self._group_weights[:, None, :, None].unbind(2)
        along_y, along_z = _both_sides(rows, y), _both_sides(rows, z)
        plane = _both_sides(along_y, z).mul_(wyz)
        along_y, along_z, centre = along_y[..., z:-z], along_z[..., y:-y], rows[..., y + z : -y - z]
        plane.addcmul_(along_y, wy).addcmul_(along_z, wz)
        beside = along_y.mul_(wxy).addcmul_(along_z, wxz).addcmul_(centre, wx)
        return _both_sides(beside, x).add_(plane[..., x:-x])


def _both_sides(rows: torch.Tensor, step: int) -> torch.Tensor:
    """Add the neighbours at either side; the result is `step` shorter at each end."""
    return rows[..., 2 * step :] + rows[..., : -2 * step]


def mean_field(
    density: torch.Tensor, start: torch.Tensor, neighbours: Neighbours, beta: float
) -> torch.Tensor:
    """Iterate the mean-field equations: five sweeps, all voxels at once.

    Parameters
    ----------
    density : Tensor of float32, shape (B, K, P)
        Density of each class at each voxel, 0 outside the brain.
    start : Tensor of float32, shape (B, K, P)
        Probabilities to begin with; five sweeps forget them.
    neighbours : Neighbours
        The field's neighbourhood.
    beta : float
        How much neighbours count.

    Returns
    -------
    Tensor of float32, shape (B, K, P)
        Posterior probabilities; all 0 outside the brain and where no class is likely.
    """
    reach, end = neighbours.reach, density.shape[-1] - neighbours.reach
    chunk = _CHUNK.get(density.device.type, _WHOLE)
    now, following = start.clone(), torch.zeros_like(start)
    for _ in range(_SWEEPS):
        for low in range(reach, end, chunk):
            high = min(low + chunk, end)
            field = neighbours.sum(now[..., low - reach : high + reach]).mul_(beta).exp_()
            following[..., low:high] = posteriors_of(field.mul_(density[..., low:high]))
        now, following = following, now
    return now
