"""What a user may write: `nox -s lint` holds it against mypy --strict and the installed package.

Everything that `import phycharm` offers is used once, as its documentation says. It is not run.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.figure import Figure

import phycharm


class Louder(phycharm.Harmonizer):
    """A method that inherits."""

    card = phycharm.MethodCard(name="louder", summary="Multiplies.", scope="all")

    def learn(
        self, train: phycharm.Cohort, validation: phycharm.Cohort | None, **context: Any
    ) -> None:
        self.gain = float(np.mean([scan.image.mean() for scan in train.scans(train.scanners[0])]))

    def apply(self, scan: phycharm.Scan, target: phycharm.Scanner) -> npt.NDArray[np.float32]:
        return scan.image * np.float32(self.gain)

    def state(self) -> phycharm.FittedState:
        return phycharm.FittedState(facts={"gain": self.gain})

    def restore(self, state: phycharm.FittedState) -> None:
        self.gain = float(state.facts["gain"])


class Common(phycharm.CommonDomainHarmonizer):
    """A method without a target."""

    card = phycharm.MethodCard(name="common", summary="Keeps.", scope="common-domain")

    def apply_common(self, scan: phycharm.Scan) -> npt.NDArray[np.float32]:
        return scan.image


class Plain:
    """A method that inherits nothing."""

    def fit(self, train: phycharm.Cohort) -> None:
        """Learn nothing."""

    def harmonize(self, scan: phycharm.Scan, target: phycharm.Scanner) -> npt.NDArray[np.float32]:
        return scan.image


def look(folder: str) -> tuple[Figure, pd.DataFrame, Figure]:
    """Simulate, run, open, draw."""
    dataset = phycharm.BidsDataset(phycharm.simulate_dataset(folder, subjects=5, voxel_size=8))
    people = dataset.travelling()
    scan = people.scan("01", people.scanner("GE"))
    protocol = phycharm.load_protocol("smoke")
    run = phycharm.run_benchmark(
        protocol, out=Path(folder) / "run", harmonizers=["none", Louder, Plain, Common]
    )
    phycharm.run_benchmark("smoke", out="results/smoke", dataset=folder, harmonizers=["none"])
    results = phycharm.load_results(run.folder)
    phycharm.write_report(run.folder)
    print(results.verdict, results.methods, results.simulated, results.notes)
    return scan.plot(), results.leaderboard(direction=("GE", "Siemens")), results.plot("dice", "GM")


def measure(scan: phycharm.Scan, wanted: phycharm.Scan) -> dict[str, float]:
    """Score and segment one image."""
    try:
        tissues = phycharm.segment(scan).volumes_ml
        phycharm.segment("brain.nii.gz", mask=Path("mask.nii.gz"), engine="fsl-fast")
    except phycharm.InputError as error:
        raise SystemExit(str(error)) from error
    images = wanted.image, scan.image, wanted.mask
    return tissues | {
        "ssim": float(phycharm.ssim(*images, data_range=1.0)),
        "psnr": float(phycharm.psnr(*images, data_range=1.0)),
        "nrmse": float(phycharm.nrmse(*images)),
    }


def check(folder: str) -> bool:
    """Check a class and load a model."""
    model = phycharm.load_harmonizer(folder, harmonizer=Louder)
    model.save(folder)
    timing = phycharm.Acquisition(
        inversion_time=900, repetition_time=2300, echo_time=3, flip_angle=9
    )
    known = phycharm.Scanner(name="GE", acquisition=timing) in model.scanners
    version: str = phycharm.__version__
    failed = any(result.failed for result in phycharm.check_harmonizer(Plain))
    return known and not failed and bool(version)
