"""Any program as a method: one run per scan."""

import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor
from typing_extensions import override

from phycharm.data.nifti import read_volume, write_volume
from phycharm.data.scan import Scan
from phycharm.data.scanner import Scanner
from phycharm.errors import InputError
from phycharm.harmonizers.card import MethodCard
from phycharm.harmonizers.external.adapter import Adapter, give_card
from phycharm.harmonizers.external.cards import card_from
from phycharm.harmonizers.external.failure import HarmonizerFailed
from phycharm.utils.arrays import Image

from .command_line import CommandLine, run_program
from .image_folder import Scale, grid_problem, require_scale, rescaled

_AN_HOUR = 3600.0


class CommandHarmonizer(Adapter):
    """Run a command line for every scan, in a temporary folder that is removed afterwards.

    The program finds the scan as float32 NIfTI (RAS, standardized) at `{input}` and writes the
    harmonized image, on the same grid, to `{output}` (`.nii.gz`). `{mask}` is the brain mask,
    `{source}`, `{target}` and `{subject}` are names, and `{folder}` is the temporary folder, for
    containers that must mount it. The line is split as a shell would, but no shell sees it. It
    runs in the folder where the benchmark was started.

    Parameters
    ----------
    command : str
        For instance `mytool {input} {output} --to {target}`.
    name : str
        Name in tables; by default the program's.
    scale : {"scan", "p99", "none"}
        What is done to the units of the program's images; see `PrecomputedImages`.
    timeout : float
        Seconds that one scan may take.
    gain : float
        The input is multiplied by this, for programs that round to integers: standardized scans
        have their white matter near 1. Only with the scale `none` it changes the result's.
    about : dict, optional
        Fields of the method's card (`citation`, `license`, `trained_on`, ...).
    seed, device
        See `Harmonizer`.

    Raises
    ------
    InputError
        If the command line cannot be used.
    """

    argument = "command"
    runs_programs = True
    card = MethodCard(
        name="command",
        summary="A program run for every scan; what it learned from is not known here.",
        license="not stated",
        supervision="none",
        scope="all",
    )

    def __init__(
        self,
        *,
        command: str,
        name: str = "",
        scale: Scale = "scan",
        timeout: float = _AN_HOUR,
        gain: float = 1.0,
        about: dict[str, Any] | None = None,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(seed=seed, device=device)
        require_scale(scale, spec=command)
        for key, value in (("timeout", timeout), ("gain", gain)):
            if not value > 0:
                raise InputError(f"{command}: {key} is {value!r}; give a positive number.")
        self.command = command
        self.name = name
        self.scale: Scale = scale
        self.timeout = timeout
        self.gain = gain
        self.about = about
        self._line = CommandLine(command)
        give_card(self, self._own_card())

    def _own_card(self) -> MethodCard:
        kind = type(self).card
        facts = {**kind.as_record(), "name": self._line.name, **(self.about or {})}
        facts |= {"name": self.name} if self.name else {}
        card = card_from(facts | {"scope": kind.scope}, spec=self.command)
        return replace(card, revision=f"{card.revision}+{self._line.digest}")

    @override
    def apply(self, scan: Scan, target: Scanner) -> Image | Tensor:
        return self._run(scan, target.name)

    def _run(self, scan: Scan, target: str) -> Image:
        case = f"sub-{scan.subject} {scan.scanner.name} -> {target}"
        with tempfile.TemporaryDirectory(prefix="phycharm-") as temporary:
            folder = Path(temporary)
            files = {key: folder / f"{key}.nii.gz" for key in ("input", "output", "mask")}
            write_volume(files["input"], scan.image * scan.image.dtype.type(self.gain), scan.affine)
            if self._line.uses("mask"):
                write_volume(files["mask"], scan.mask, scan.affine)
            values = {key: str(path) for key, path in files.items()} | {
                "source": scan.scanner.name,
                "target": target,
                "subject": scan.subject,
                "folder": temporary,
            }
            self._execute(values, folder, case)
            return rescaled(self._read(files["output"], scan, case), scan, self.scale)

    def _execute(self, values: dict[str, str], logs: Path, case: str) -> None:
        try:
            status, said = run_program(self._line.filled(values), logs=logs, timeout=self.timeout)
        except subprocess.TimeoutExpired as error:
            raise self._failure(case, f"took longer than {self.timeout:g} s") from error
        except OSError as error:
            raise self._failure(case, f"could not be started ({error})") from error
        if status:
            raise self._failure(case, f"ended with status {status}: {said or 'it said nothing'}")

    def _read(self, path: Path, scan: Scan, case: str) -> Image:
        if not path.is_file():
            raise self._failure(case, "ended well and wrote nothing to {output}")
        try:
            image, affine = read_volume(path)
        except InputError as error:
            said = str(error).removeprefix(f"{path}: ").split(";")[0]
            raise self._failure(case, f"wrote an unusable image ({said})") from error
        problem = grid_problem(image, affine, scan)
        if problem:
            raise self._failure(case, f"wrote an image that {problem}")
        return image

    def _failure(self, case: str, what: str) -> HarmonizerFailed:
        return HarmonizerFailed(f"{self.card.name}, {case}: `{self._line.words[0]}` {what}")
