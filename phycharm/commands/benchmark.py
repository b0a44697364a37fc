"""`phycharm benchmark`."""

import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from .options import Device, numbers, pairs


def benchmark(  # noqa: PLR0913 - a command has that many options
    protocol: str = "quick",
    *,
    dataset: Path | None = None,
    dataset_file: Path | None = None,
    maps_dataset: Path | None = None,
    harmonizer: Annotated[list[str] | None, Parameter(negative="")] = None,
    seed: int | None = None,
    seeds: str | None = None,
    out: Path | None = None,
    device: Device = "auto",
    fresh: Annotated[bool, Parameter(negative="")] = False,
    preprocess: Annotated[bool, Parameter(negative="")] = False,
    jobs: int | None = None,
    threads: int | None = None,
    executor: Literal["local", "slurm"] = "local",
    slurm: Annotated[list[str] | None, Parameter(negative="")] = None,
    stack: int | None = None,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
    wait: Annotated[bool, Parameter(negative="")] = False,
    tensorboard: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Train, harmonize, score and report; goes on where an earlier run was interrupted.

    Parameters
    ----------
    protocol
        smoke, quick or paper, or the path of a protocol of your own (TOML).
    dataset
        BIDS dataset; without it the protocol's digital subjects are simulated.
    dataset_file
        What the dataset's names mean (TOML, written by `phycharm inspect --write`); by default that
        is found out.
    maps_dataset
        BIDS dataset of the people with T1 maps, where the dataset has none; without any, simulated
        people take their place in methods that need maps.
    harmonizer
        Method to run instead of the protocol's; may be given several times.
    seed
        Seed of the simulated people instead of the protocol's: other people.
    seeds
        Training seeds, separated by commas, instead of the protocol's (0,1,2).
    out
        Results folder; by default results/PROTOCOL, with --seed results/PROTOCOL-seed-N.
    device
        Where to compute.
    fresh
        Delete earlier results in the folder and start over.
    preprocess
        The dataset holds raw heads: preprocess them first, into the results folder, at the
        protocol's voxel size; `phycharm preprocess` has all settings.
    jobs
        Cells at once, each in a process of its own, and with --preprocess scans at once; by default
        as many as there are cores (GPUs, where these compute), if memory allows.
    threads
        Of all processes together, or of one job of a cluster; by default as many as cores may be
        used, and one in a job.
    executor
        Where cells are done: by this machine, or as job arrays of Slurm (needs submitit).
    slurm
        Option of sbatch, such as partition=gpu or time=240 (minutes); may be given several times.
    stack
        Fits of one method whose networks are trained as one; by default 8 on a GPU, which small
        networks leave idle, and 1 on a CPU, where nothing is gained, and in jobs of a cluster.
    dry_run
        Only say how long it would take on this machine, or which jobs of a cluster there would be.
    wait
        Wait for another run that works in the results folder.
    tensorboard
        Write training curves for TensorBoard too, into the results folder.
    """
    from phycharm.benchmarks.protocol.loading import load_protocol
    from phycharm.benchmarks.run.run_folder import PREPROCESSED
    from phycharm.benchmarks.run.runner import run_benchmark
    from phycharm.benchmarks.run.workers.execution import Execution
    from phycharm.reports import leaderboard_text, write_report

    from ..preprocess.raw_data import ready_dataset
    from ..utils.untrusted.printable import say

    execution = Execution(
        jobs=jobs,
        threads=threads,
        executor=executor,
        slurm=pairs(slurm or [], option="--slurm"),
        stack=stack,
        dry_run=dry_run,
    )
    chosen = load_protocol(protocol)
    # Other people are another experiment: they get a folder of their own.
    name = chosen.name if seed is None else f"{chosen.name}-seed-{seed}"
    folder = out or Path("results") / name
    if dataset is not None:
        ready = ready_dataset(
            dataset,
            folder / PREPROCESSED if preprocess else None,
            voxel_size=chosen.simulation.voxel_size,
            jobs=jobs or 1,
            rules=dataset_file,
        )
        if ready != dataset:
            # What was preprocessed has the names that the rules gave it.
            dataset, dataset_file = ready, None
    result = run_benchmark(
        chosen,
        out=folder,
        dataset=dataset,
        dataset_file=dataset_file,
        maps_dataset=maps_dataset,
        harmonizers=harmonizer,
        seed=seed,
        seeds=None if seeds is None else numbers(seeds, option="--seeds"),
        device=device,
        fresh=fresh,
        execution=execution,
        wait=wait,
        tensorboard=tensorboard,
    )
    if dry_run:
        return 0
    report_path = write_report([result.folder])
    say(leaderboard_text(result.folder))
    say(f"Report: {report_path}")
    for failure in result.failed:
        say(f"phycharm: failed: {failure}", file=sys.stderr)
    return 1 if result.failed else 0
