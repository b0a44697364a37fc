"""The command line: `phycharm COMMAND`. Rooms are imported only by the command that needs them."""

import re
import sys
import warnings
from pathlib import Path
from typing import Annotated, Any, Literal

import cyclopts
from cyclopts import App, Parameter

from ..errors import InputError

Device = Literal["auto", "cpu", "cuda"]

# What is being written stands under such a name until it is whole; the user knows the other.
_PARTIAL = re.compile(r"\.partial-\d+-")

app = App(
    name="phycharm",
    help="Harmonize T1-weighted MRI between scanners, and judge how well it works.",
    help_format="markdown",
    suppress_keyboard_interrupt=False,
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
    from phycharm.benchmarks.protocol.protocol import load_protocol
    from phycharm.benchmarks.run.runner import run_benchmark
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
    report_path = write_report([result.folder])
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
    from ..simulate import simulate_dataset

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
    reference: str | None = None,
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
        Method that the others are tested against; by default the one that the protocol names.
    order
        What the leaderboard is ordered by: mean-rank, borda, or the name of a metric.
    figures
        Folder for the paper's figures and tables (PDF, SVG, PNG, LaTeX, CSV).
    """
    from phycharm.reports import write_figures, write_report

    if not results:
        raise InputError("No results folder given; try `phycharm report results/quick`.")
    if figures is not None:
        written = write_figures(list(results), figures, reference=reference, order=order)
        print(f"Figures: {figures} ({len(written)} files)")
        return
    print(f"Report: {write_report(list(results), out, reference=reference, order=order)}")


@app.command
def train(
    harmonizer: str,
    *,
    dataset: Path,
    out: Annotated[Path, Parameter(name=["--out", "-o"])],
    protocol: str = "quick",
    maps: Path | None = None,
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
    device
        Where to compute.
    """
    from phycharm.benchmarks.protocol.protocol import load_protocol
    from phycharm.benchmarks.run.training import train_harmonizer

    train_harmonizer(harmonizer, load_protocol(protocol), dataset, out, device=device, maps=maps)
    print(f"Model: {out}")


@app.command
def train_maps(
    *,
    dataset: Path,
    out: Annotated[Path, Parameter(name=["--out", "-o"])],
    protocol: str = "quick",
    case: Literal[1, 2, 3, 4] = 4,
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
    device
        Where to compute.
    """
    from phycharm.benchmarks.protocol.protocol import load_protocol
    from phycharm.benchmarks.run.training import train_generator

    train_generator(load_protocol(protocol), dataset, out, case=case, device=device)
    print(f"Maps generator: {out}")


@app.command
def harmonize(
    *inputs: Path,
    model: Path,
    to: str,
    out: Annotated[Path, Parameter(name=["--out", "-o"])],
    source: Annotated[str | None, Parameter(name="--from")] = None,
    mask: Path | None = None,
    harmonizer: str | None = None,
    device: Device = "auto",
) -> None:
    """Harmonize NIfTI files, or the T1w images of a BIDS folder, by a trained model.

    Parameters
    ----------
    inputs
        One file, several files, or one BIDS folder.
    model
        Folder that `phycharm train` wrote.
    to
        Target scanner, one of those the model was fitted to.
    out
        File to write for one input, else a folder.
    source
        Scanner that the files come from; needed where the model knows more than two. In a BIDS
        folder the session says it.
    mask
        Brain mask, for one input file.
    harmonizer
        package.module:Class again, where the model is of a class that was named so: importing it
        runs its code, and a folder is not trusted to choose that.
    device
        Where to compute.
    """
    from ..application.apply import harmonize_inputs

    written = harmonize_inputs(
        list(inputs),
        model=model,
        target=to,
        out=out,
        source=source,
        mask=mask,
        harmonizer=harmonizer,
        device=device,
    )
    for path in written:
        print(path)


@app.command
def import_checkpoint(
    *checkpoints: Path, out: Annotated[Path, Parameter(name=["--out", "-o"])]
) -> None:
    """Convert the authors' released PhyCHarm checkpoints to a model folder (safetensors).

    Parameters
    ----------
    checkpoints
        Files such as MapG_T1.pth MapG_M0.pth Harm_GE_Siemens.pth.
    out
        Folder of the model.
    """
    from ..method.checkpoints import import_checkpoints

    import_checkpoints(list(checkpoints), out)
    print(f"Model: {out}")


@app.command
def check(harmonizer: str, *, device: Device = "cpu") -> int:
    """Check on small volumes that a method obeys the laws of a harmonizer.

    Parameters
    ----------
    harmonizer
        A registered name, package.module:Class, precomputed:DIR or "command:...".
    device
        Where to compute.
    """
    from ..laws import check_harmonizer, check_report
    from ..utils.device import resolve_device

    results = check_harmonizer(harmonizer, device=resolve_device(device))
    print(check_report(results))
    return 1 if any(result.failed for result in results) else 0


@app.command
def segment(
    image: Path,
    out: Path,
    *,
    engine: str = "hmrf",
    mask: Path | None = None,
    device: Device = "auto",
) -> None:
    """Segment a T1-weighted image into CSF, grey and white matter, and write files as FAST does.

    Parameters
    ----------
    image
        NIfTI file, brain extracted or with a mask.
    out
        Folder for the files.
    engine
        hmrf, fsl-fast or atropos.
    mask
        Brain mask on the same grid.
    device
        Where to compute.
    """
    from phycharm.benchmarks.segmentation import segment_file

    from ..utils.device import resolve_device

    found = segment_file(image, out, engine=engine, mask=mask, device=resolve_device(device))
    for tissue, volume in found.volumes_ml.items():
        print(f"{tissue}: {volume:.2f} ml")


@app.command
def doctor() -> None:
    """Say what is there (torch, GPU, FSL, ANTs, Slurm, ...) and what each missing piece costs."""
    from ..application.doctor import diagnosis

    print(diagnosis())


@app.command
def protocols() -> None:
    """List the protocols that come with the package."""
    from phycharm.benchmarks.protocol.protocol import load_protocol, protocol_names

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
    except OSError as error:
        # Only what the user named has a file name: no permission, a full disk, a file for a folder.
        if error.filename is None:
            raise
        path = _PARTIAL.sub("", str(error.filename))
        _say(f"{path}: {error.strerror}; give another path or make room.")
        sys.exit(2)
    except KeyboardInterrupt:
        _say("interrupted; the same command goes on from here.")
        sys.exit(130)
    sys.exit(code if isinstance(code, int) else 0)


def _say(message: str) -> None:
    print(f"phycharm: {message}", file=sys.stderr)


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    _say(f"warning: {message}")
