"""`phycharm datasets`."""


def datasets() -> None:
    """List the datasets that are known by name: size, licence, access, and how to download them."""
    from ..data.datasets.catalogue import catalogue_text
    from ..utils.untrusted.printable import say

    say(catalogue_text())
