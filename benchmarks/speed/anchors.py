"""What the speed of this package is held against: the same work as others do it.

The authors' manner is gzipped volumes decoded for every slice, batches of two, float32. None of
this is anybody's code.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import torch
from torch import Tensor, nn

from phycharm.networks.basic_unet import PAPER_FEATURES
from phycharm.networks.losses import masked_mse

LEARNING_RATE = 1e-3
DROPOUT = 0.1


@dataclass(frozen=True, kw_only=True)
class SlicePairs:
    """Matched slices in memory and, for those who read them anew, on disk.

    Parameters
    ----------
    source, target : Tensor, shape (N, 1, H, W)
        Images.
    mask : Tensor of bool, shape (N, 1, H, W)
        Brain.
    files : list of (Path, Path, Path)
        Gzipped volumes, shape (H, W, N / len(files)), of source, target and mask, one triple for
        each person.
    """

    source: Tensor
    target: Tensor
    mask: Tensor
    files: list[tuple[Path, Path, Path]]

    def __len__(self) -> int:
        return len(self.source)


def made_up_pairs(folder: Path, *, height: int, width: int, depth: int, people: int) -> SlicePairs:
    """Write gzipped volumes of people who never were, as large as those of a protocol."""
    draw = np.random.default_rng(0)
    columns: list[list[Tensor]] = [[], [], []]
    files = []
    for person in range(people):
        ball = _ball(height, width, depth)
        # Whole numbers, as scanners make them.
        source = np.where(ball, draw.normal(1000, 50, ball.shape), 0).astype(np.int16)
        volumes: list[np.ndarray[Any, Any]] = [
            source,
            (0.8 * source).astype(np.int16),
            ball.astype(np.uint8),
        ]
        paths = [folder / f"{person}-{name}.nii.gz" for name in ("source", "target", "mask")]
        for volume, path, column in zip(volumes, paths, columns, strict=True):
            nibabel.save(nibabel.Nifti1Image(volume, np.eye(4)), path)
            column.append(_slices(volume, 1.0 if volume.dtype == np.uint8 else 1000.0))
        files.append((paths[0], paths[1], paths[2]))
    sources, targets, masks = (torch.cat(column) for column in columns)
    return SlicePairs(source=sources, target=targets, mask=masks > 0, files=files)


def plain_network(in_channels: int = 1) -> nn.Module:
    """MONAI's BasicUNet as it comes."""
    from monai.networks.nets.basic_unet import BasicUNet

    network: nn.Module = BasicUNet(
        spatial_dims=2,
        in_channels=in_channels,
        out_channels=1,
        features=PAPER_FEATURES,
        act=("LeakyReLU", {"negative_slope": 0.1, "inplace": True}),
        norm=("instance", {"affine": True}),
        dropout=DROPOUT,
    )
    return network


def plain_loop(pairs: SlicePairs, *, batch: int, steps: int, device: str) -> None:
    """Train as a tutorial does: slices in memory, float32, the loss looked at in every step."""
    order = torch.randperm(len(pairs))
    columns = [one.to(device) for one in (pairs.source, pairs.target, pairs.mask)]

    def batches() -> Iterator[Sequence[Tensor]]:
        for start in range(0, steps * batch, batch):
            chosen = order[torch.arange(start, start + batch) % len(pairs)]
            yield [column[chosen] for column in columns]

    _trained(batches(), device)


def authors_manner(pairs: SlicePairs, *, steps: int, device: str) -> None:
    """Train in batches of two, of which every slice has three volumes decoded for it."""
    depth = len(pairs) // len(pairs.files)
    order = torch.randperm(len(pairs)).tolist()

    def slice_of(path: Path, index: int) -> Tensor:
        volume = _decoded(path)
        return torch.from_numpy(volume[..., index] / (volume.max() or 1))[None]

    def batches() -> Iterator[Sequence[Tensor]]:
        for step in range(steps):
            chosen = [order[(2 * step + n) % len(pairs)] for n in range(2)]
            columns = [
                torch.stack([slice_of(pairs.files[c // depth][k], c % depth) for c in chosen])
                for k in range(3)
            ]
            source, target, mask = (column.to(device) for column in columns)
            yield source, target, mask > 0

    _trained(batches(), device)


def monai_cache(pairs: SlicePairs, *, batch: int, steps: int, device: str) -> None:
    """Train from MONAI's CacheDataset and torch's DataLoader."""
    from monai.data.dataset import CacheDataset
    from torch.utils.data import DataLoader

    items = [
        {"source": s, "target": t, "mask": m}
        for s, t, m in zip(pairs.source, pairs.target, pairs.mask, strict=True)
    ]
    cached = CacheDataset(items, transform=dict, progress=False)
    loader = DataLoader(cached, batch_size=batch, shuffle=True, num_workers=0)

    def batches() -> Iterator[Sequence[Tensor]]:
        done = 0
        while True:
            for one in loader:
                if done == steps:
                    return
                done += 1
                yield [one[name].to(device) for name in ("source", "target", "mask")]

    _trained(batches(), device)


def authors_inference(network: nn.Module, files: Sequence[Path], depth: int, device: str) -> None:
    """Apply a network to a volume slice by slice, each of which has the volumes decoded for it."""
    network.eval()
    with torch.no_grad():
        for index in range(depth):
            volumes = [_decoded(path) for path in files]
            network(torch.from_numpy(volumes[0][..., index].copy())[None, None].to(device))


def _trained(batches: Iterator[Sequence[Tensor]], device: str) -> None:
    network = plain_network().to(device).train()
    optimizer = torch.optim.Adam(network.parameters(), lr=LEARNING_RATE)
    shown = 0.0
    for source, target, mask in batches:
        loss = masked_mse(network(source), target, mask)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        shown += loss.item()


def _decoded(path: Path) -> np.ndarray[Any, np.dtype[np.float32]]:
    image: Any = nibabel.load(path)
    return np.asarray(image.dataobj, dtype=np.float32)


def _ball(height: int, width: int, depth: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    axes = [np.linspace(-1.1, 1.1, size) for size in (height, width, depth)]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    return x**2 + y**2 + z**2 < 1


def _slices(volume: np.ndarray[Any, Any], unit: float) -> Tensor:
    """Return axial slices, shape (N, 1, H, W)."""
    first = np.moveaxis(volume, -1, 0).astype(np.float32) / np.float32(unit)
    return torch.from_numpy(first)[:, None].contiguous()
