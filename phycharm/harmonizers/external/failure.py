"""What is raised when an outsider's program does not do its work."""


class HarmonizerFailed(Exception):
    """A method that is not ours failed on one scan: the message says in one line how.

    It is no mistake of the command line and no defect of this package: a benchmark marks the cell
    as failed and goes on with the next one.
    """
