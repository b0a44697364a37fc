"""PhyCHarm: maps, the target's signal equation, and the network that harmonizes."""
