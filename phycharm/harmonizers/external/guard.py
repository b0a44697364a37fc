"""Somebody else's code at work: what it raises is said in one line, and whose it is."""

from collections.abc import Iterator
from contextlib import contextmanager

from ...errors import InputError
from ..harmonizer import Harmonizer
from .finding import failure
from .wrapped import WrappedHarmonizer


@contextmanager
def outsider_at_work(method: Harmonizer, *, doing: str) -> Iterator[None]:
    """Turn whatever an outsider's method raises into a mistake of its author's.

    What this package's own methods raise is left alone (its traceback is wanted), and so are errors
    about a file.

    Parameters
    ----------
    method : Harmonizer
        Who is at work.
    doing : str
        Start of the message: the file or the work.

    Raises
    ------
    InputError
        If the method is an outsider's and raises anything.
    """
    try:
        yield
    except InputError:
        raise
    except (Exception, SystemExit) as error:
        # A full disk or a missing folder is nobody's code; the command line names the path.
        path = isinstance(error, OSError) and error.filename is not None
        ours = type(method).__module__.startswith("phycharm.")
        if path or (ours and not isinstance(method, WrappedHarmonizer)):
            raise
        raise InputError(
            f"{doing}: {method.card.name!r} failed {failure(error)}; correct the method."
        ) from error
