"""Layers that compute what torch's do, in less time on a CPU."""
