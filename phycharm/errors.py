"""The one exception that speaks to the user."""


class InputError(Exception):
    """Something the user gave cannot be used: the message names it and the remedy.

    The command line prints the message as a single line and exits with code 2; everything
    else that escapes is a defect of this package and keeps its traceback.
    """
