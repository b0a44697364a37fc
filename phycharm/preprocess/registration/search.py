"""Registration that is checked, and tried again from elsewhere where it failed."""

from ...errors import InputError
from .aligner import Aligner
from .alignment import Alignment
from .head import Head
from .starts import starts


def align_checked(aligner: Aligner, fixed: Head, moving: Head, *, affine: bool = True) -> Alignment:
    """Register a head, check the result, and start elsewhere until one is good.

    Parameters
    ----------
    aligner : Aligner
        The engine.
    fixed, moving : Head
        The reference, and the head that is brought to it.
    affine : bool
        Whether scales and shears are fitted too.

    Returns
    -------
    Alignment
        The first without a `problem`; where none is without, the one of highest correlation.

    Raises
    ------
    InputError
        If the engine gave no result from any start.
    """
    best: Alignment | None = None
    failure: InputError | None = None
    for count, (name, start) in enumerate(starts(fixed, moving), 1):
        try:
            matrix = aligner.align(fixed, moving, start, affine=affine)
        except InputError as error:
            failure = error
            continue
        found = Alignment.measure(fixed, moving, matrix, start=name, attempts=count)
        if not found.problem:
            return found
        if best is None or found.correlation > best.correlation:
            best = found
    if best is None:
        raise failure or InputError(f"{aligner.name}: no start was tried; update phycharm.")
    return best
