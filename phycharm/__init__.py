"""PhyCHarm and its rivals: MRI harmonization between scanners, and the harness that judges it."""

from importlib.metadata import version as _version

__version__ = _version("phycharm")
