"""The version that is installed; in a module of its own, because asking takes 30 ms."""

from importlib.metadata import version

__version__ = version("phycharm")
