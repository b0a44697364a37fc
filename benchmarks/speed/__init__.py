"""How fast it is, beside anchors that a reader knows; `nox -s speed` runs it with pytest."""
