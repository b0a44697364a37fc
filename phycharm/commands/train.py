"""`phycharm train`."""

from pathlib import Path

from .options import Device, Out


def train(
    harmonizer: str,
    *,
    dataset: Path,
    out: Out,
    protocol: str = "quick",
    maps: Path | None = None,
    dataset_file: Path | None = None,
    maps_dataset: Path | None = None,
    device: Device = "auto",
) -> None:
    """Fit a method to all travelling subjects of a dataset, for use on other scans.

    Parameters
    ----------
    harmonizer
        Method to fit.
    dataset
        BIDS dataset.
    out
        Folder of the model.
    protocol
        Whose training budget and settings to use.
    maps
        Folder that `phycharm train-maps` wrote, for a method that needs maps; without it a
        generator is trained first.
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
    from phycharm.benchmarks.run.training import train_harmonizer

    from ..utils.untrusted.printable import say

    train_harmonizer(
        harmonizer,
        load_protocol(protocol),
        dataset,
        out,
        device=device,
        maps=maps,
        dataset_file=dataset_file,
        maps_dataset=maps_dataset,
    )
    say(f"Model: {out}")
