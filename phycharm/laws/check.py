"""Trying all laws on a harmonizer."""

import copy
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from traceback import extract_tb
from typing import Any

from ..errors import InputError
from ..harmonizers.external import accepted_settings, create_harmonizer, spec_of
from ..harmonizers.external.adapter import Adapter
from ..harmonizers.harmonizer import Harmonizer
from ..utils.progress import progress_bar
from . import image_laws, order_laws, storage_laws
from .law import Law, LawBroken, LawResult, LawSkipped
from .trial import Trial

LAWS = (
    Law(name="fits and harmonizes", try_on=image_laws.harmonizes),
    Law(name="keeps the grid", try_on=image_laws.keeps_the_grid),
    Law(name="floating point", try_on=image_laws.is_floating_point),
    Law(name="finite", try_on=image_laws.is_finite),
    Law(name="zero outside the mask", try_on=image_laws.is_zero_outside),
    Law(name="leaves its input alone", try_on=image_laws.leaves_its_input),
    Law(name="same image twice", try_on=order_laws.repeats_itself),
    Law(name="same fit from one seed", try_on=order_laws.refits_the_same),
    Law(name="seed", try_on=order_laws.draws_only_what_it_says),
    Law(name="order of scans", try_on=order_laws.ignores_order_of_scans),
    Law(name="order of slices", try_on=order_laws.ignores_order_of_slices),
    Law(name="batch neighbours", try_on=order_laws.ignores_batch_neighbours),
    Law(name="saved and loaded", try_on=storage_laws.survives_storage),
    Law(name="CPU and GPU", try_on=storage_laws.agrees_on_the_gpu),
)
"""What holds for every harmonizer, in the order in which it is tried."""


def check_harmonizer(
    harmonizer: str | type[Any] | Harmonizer,
    *,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    device: str = "cpu",
) -> list[LawResult]:
    """Try the laws of a harmonizer on small phantoms.

    Parameters
    ----------
    harmonizer : str, type or Harmonizer
        What a user names (see `create_harmonizer`), a class, or an object; the object itself is
        not fitted, copies of it are.
    settings : mapping, optional
        Keywords for its constructor, where it is named. A method that takes `training` and is
        given none is trained for one epoch: the laws hold for a bad fit too.
    seed : int
        Of the method and of the phantoms.
    device : str
        Where the method is fitted.

    Returns
    -------
    list of LawResult
        One for each of `LAWS`, in their order.

    Raises
    ------
    InputError
        If the method cannot be made, or its images were made elsewhere.
    """
    trial = Trial(create=_maker(harmonizer, settings), seed=seed, device=device)
    name = _require_answers(trial.create(device, seed))
    results: list[LawResult] = []
    with progress_bar(f"laws of {name}", len(LAWS)) as bar:
        for law in LAWS:
            if results and results[0].outcome != "passed":
                reason = "there is no image to look at"
                results.append(LawResult(name=law.name, outcome="skipped", reason=reason))
            else:
                results.append(_tried(law, trial))
            bar.advance(detail=law.name)
    return results


def check_report(results: Iterable[LawResult]) -> str:
    """Lay out the results of a check, one law a line and the count at the end.

    Examples
    --------
    >>> found = LawResult(name="finite", outcome="failed", reason="2 voxels are not")
    >>> print(check_report([found]))
    failed  finite  2 voxels are not
    <BLANKLINE>
    0 passed, 1 failed, 0 skipped
    """
    results = list(results)
    width = max(len(result.name) for result in results)
    lines = [f"{r.outcome:8}{r.name:{width}}  {r.reason}" for r in results]
    counts = [
        f"{sum(result.outcome == outcome for result in results)} {outcome}"
        for outcome in ("passed", "failed", "skipped")
    ]
    return "\n".join([*lines, "", ", ".join(counts)])


def _maker(
    harmonizer: str | type[Any] | Harmonizer, settings: Mapping[str, Any] | None
) -> Callable[[str, int], Harmonizer]:
    if isinstance(harmonizer, Harmonizer):
        if settings:
            raise InputError("Settings go with a name; an object has been made already.")
        return lambda device, seed: _copied(harmonizer, device, seed)
    spec, options = spec_of(harmonizer), dict(settings or {})
    if "training" in accepted_settings(spec):
        options.setdefault("training", {"epochs": 1})
    return lambda device, seed: create_harmonizer(spec, settings=options, seed=seed, device=device)


def _copied(harmonizer: Harmonizer, device: str, seed: int) -> Harmonizer:
    copied = copy.deepcopy(harmonizer)
    copied.device, copied.seed = device, seed
    return copied


def _require_answers(harmonizer: Harmonizer) -> str:
    name = harmonizer.card.name
    if isinstance(harmonizer, Adapter) and harmonizer.made_elsewhere:
        raise InputError(
            f"{name}: its images were made elsewhere, so it cannot be asked about phantoms; "
            "`phycharm benchmark` says which images are missing."
        )
    return name


def _tried(law: Law, trial: Trial) -> LawResult:
    try:
        return LawResult(name=law.name, outcome="passed", reason=law.try_on(trial))
    except LawBroken as broken:
        return LawResult(name=law.name, outcome="failed", reason=str(broken))
    except LawSkipped as skipped:
        return LawResult(name=law.name, outcome="skipped", reason=str(skipped))
    except (Exception, SystemExit) as error:  # nobody's method ends the check of its laws
        return LawResult(name=law.name, outcome="failed", reason=_one_line(error))


def _one_line(error: BaseException) -> str:
    """Say what was raised, and where: the author of a method wants to go there."""
    said = " ".join(str(error).split())
    frame = extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {said} ({Path(frame.filename).name} line {frame.lineno})"
