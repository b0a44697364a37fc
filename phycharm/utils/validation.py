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
        For instance `epochs: Input should be greater than or equal to 1`; no full stop.

    Examples
    --------
    >>> from phycharm.networks.plan import TrainingPlan
    >>> try:
    ...     TrainingPlan(epochs=0, batch_size=1, learning_rate=1e-3)
    ... except ValidationError as error:
    ...     print(first_problem(error))
    ...
    epochs: Input should be greater than or equal to 1
    """
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    # Messages of our own validators are sentences, and may quote several lines of the user's.
    problem = " ".join(first["msg"].removeprefix("Value error, ").split()).rstrip(".")
    return f"{place}: {problem}" if place else problem
