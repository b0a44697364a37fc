"""What pydantic found wrong, in one line."""

from pydantic import ValidationError


def first_problem(error: ValidationError) -> str:
    """Say what the first mistake is, and where.

    Parameters
    ----------
    error : ValidationError
        From a pydantic model.

    Returns
    -------
    str
        For instance `epochs: Input should be greater than or equal to 1`.
    """
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else str(first["msg"])
