"""`phycharm train-maps`."""

from pathlib import Path
from typing import Literal

from .options import Device, Out


def train_maps(
    *,
    dataset: Path,
    out: Out,
    protocol: str = "quick",
    case: Literal[1, 2, 3, 4] = 4,
    preset: Literal["corrected", "paper"] | None = None,
    dataset_file: Path | None = None,
    maps_dataset: Path | None = None,
    device: Device = "auto",
) -> None:
    """Fit the Quantitative Maps Generator to the people with T1 maps of a dataset.

    Parameters
    ----------
    dataset
        BIDS dataset with T1w, T1map and MP2RAGE images.
    out
        Folder of the generator.
    protocol
        Whose training budget to use.
    case
        Loss case of the preprint.
    preset
        `corrected` or, for phycharm-paper, `paper`; by default the protocol's.
    dataset_file
        What the dataset's names mean (TOML, written by `phycharm inspect --write`); by default that
        is found out.
    maps_dataset
        BIDS dataset of the people with T1 maps, where the dataset has none; without any, simulated
        people take their place in methods that need maps.
    device
        Where to compute.
    """
    from phycharm.benchmarks.protocol.loading import load_protocol
    from phycharm.benchmarks.run.training import train_generator

    from ..utils.untrusted.printable import say

    train_generator(
        load_protocol(protocol),
        dataset,
        out,
        case=case,
        device=device,
        preset=preset,
        dataset_file=dataset_file,
        maps_dataset=maps_dataset,
    )
    say(f"Maps generator: {out}")
