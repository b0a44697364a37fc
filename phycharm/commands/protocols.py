"""`phycharm protocols`."""


def protocols() -> None:
    """List the protocols that come with the package."""
    from phycharm.benchmarks.protocol.loading import load_protocol, protocol_names

    from ..utils.untrusted.printable import say

    for name in protocol_names():
        found = load_protocol(name)
        say(f"{name} (version {found.version}): {found.summary}")
