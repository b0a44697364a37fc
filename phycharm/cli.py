"""The command line: `phycharm COMMAND`. Rooms are imported only by the command that needs them."""

import sys
import warnings
from pathlib import Path
from typing import Annotated, Any, Literal

import cyclopts
from cyclopts import App, Parameter

from .errors import InputError

Device = Literal["auto", "cpu", "cuda"]

app = App(
    name="phycharm",
    help="Harmonize T1-weighted MRI between scanners, and judge how well it works.",
    help_format="markdown",
)


@app.command
def benchmark(
    protocol: str = "quick",
    *,
    dataset: Path | None = None,
    harmonizer: Annotated[list[str] | None, Parameter(negative="")] = None,
    out: Path | None = None,
    device: Device = "auto",
    fresh: Annotated[bool, Parameter(negative="")] = False,
) -> int:
    """Train, harmonize, score and report; goes on where an earlier run was interrupted.

    Parameters
    ----------
    protocol
        smoke, quick or paper, or the path of a protocol of your own (TOML).
    dataset
        BIDS dataset; without it the protocol's digital subjects are simulated.
    harmonizer
        Method to run instead of the protocol's; may be given several times.
    out
        Results folder; by default results/PROTOCOL.
    device
        Where to compute.
    fresh
        Delete earlier results in the folder and start over.
    """
    from phycharm.benchmarks.protocol import load_protocol
    from phycharm.benchmarks.runner import run_benchmark
    from phycharm.reports import leaderboard_text, write_report

    chosen = load_protocol(protocol)
    result = run_benchmark(
        chosen,
        out=out or Path("results") / chosen.name,
        dataset=dataset,
        harmonizers=harmonizer,
        device=device,
        fresh=fresh,
    )
    report_path = write_report([result.folder], reference=chosen.statistics.reference)
    print(leaderboard_text(result.folder))
    print(f"Report: {report_path}")
    for failure in result.failed:
        print(f"phycharm: failed: {failure}", file=sys.stderr)
    return 1 if result.failed else 0


@app.command
def simulate(
    out: Path,
    *,
    subjects: int = 9,
    quantitative_subjects: int = 8,
    voxel_size: float = 1.0,
    scanners: str = "GE,Siemens,Philips",
    seed: int = 0,
    anatomy: Path | None = None,
) -> None:
    """Make a BIDS dataset of digital travelling subjects on which the truth is known.

    Parameters
    ----------
    out
        Folder to make.
    subjects
        Travelling subjects, each scanned on every scanner.
    quantitative_subjects
        Further subjects with MPRAGE, MP2RAGE and T1 map.
    voxel_size
        Edge of a voxel in mm.
    scanners
        Names, separated by commas.
    seed
        Everything random follows from it.
    anatomy
        Folder with tissue maps of real people, to take the MNI152 template's place.
    """
    from .simulate import simulate_dataset

    simulate_dataset(
        out,
        subjects=subjects,
        quantitative_subjects=quantitative_subjects,
        voxel_size=voxel_size,
        scanners=[name.strip() for name in scanners.split(",") if name.strip()],
        seed=seed,
        anatomy=anatomy,
    )
    print(f"Dataset: {out}")


@app.command
def report(
    *results: Path,
    out: Path | None = None,
    reference: str = "phycharm",
    order: str = "mean-rank",
    figures: Path | None = None,
) -> None:
    """Write the HTML report of one results folder, or of several side by side.

    Parameters
    ----------
    results
        Results folders.
    out
        Where the report goes; by default report.html in the (first) results folder.
    reference
        Method that the others are tested against.
    order
        What the leaderboard is ordered by: mean-rank, borda, or the name of a metric.
    figures
        Folder for the paper's figures and tables (PDF, SVG, PNG, LaTeX, CSV).
    """
    from phycharm.reports import write_figures, write_report

    if not results:
        raise InputError("No results folder given; try `phycharm report results/quick`.")
    if figures is not None:
        written = [path for folder in results for path in write_figures(folder, figures)]
        print(f"Figures: {figures} ({len(written)} files)")
        return
    print(f"Report: {write_report(list(results), out, reference=reference, order=order)}")


@app.command
def doctor() -> None:
    """Say what is there (torch, GPU, FSL, ANTs, Slurm, ...) and what each missing piece costs."""
    from .doctor import diagnosis

    print(diagnosis())


@app.command
def protocols() -> None:
    """List the protocols that come with the package."""
    from phycharm.benchmarks.protocol import load_protocol, protocol_names

    for name in protocol_names():
        found = load_protocol(name)
        print(f"{name} (version {found.version}): {found.summary}")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; the user's mistakes end in one line and exit code 2."""
    warnings.showwarning = _show_warning
    try:
        code = app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except InputError as error:
        _say(str(error))
        sys.exit(2)
    except cyclopts.CycloptsError as error:
        _say(" ".join(str(error).split()) + " See `phycharm --help`.")
        sys.exit(2)
    except KeyboardInterrupt:
        _say("interrupted; the same command goes on from here.")
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)


def _say(message: str) -> None:
    print(f"phycharm: {message}", file=sys.stderr)


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    _say(f"warning: {message}")
