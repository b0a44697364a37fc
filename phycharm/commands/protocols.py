"""`phycharm protocols`."""


def protocols() -> None:
    """List the protocols that come with the package."""
    from phycharm.benchmarks.protocol.loading import load_protocol, protocol_names

    for name in protocol_names():
        found = load_protocol(name)
        print(f"{name} (version {found.version}): {found.summary}")
