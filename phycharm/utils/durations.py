"""Spans of time for people."""

from datetime import timedelta


def span_text(seconds: float) -> str:
    """Say how long something takes, as coarsely as one wants to know it.

    Examples
    --------
    >>> [span_text(seconds) for seconds in (8.4, 150, 11000)]
    ['8 s', '2 min', '3:03 h']
    """
    if seconds < 60:
        return f"{seconds:.0f} s"
    if seconds < 3600:
        return f"{seconds / 60:.0f} min"
    whole = timedelta(minutes=round(seconds / 60))
    hours, minutes = divmod(int(whole.total_seconds()) // 60, 60)
    return f"{hours}:{minutes:02d} h"
