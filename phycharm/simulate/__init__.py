"""Digital travelling subjects: a simulated dataset on which the truth is known."""

from .dataset import simulate_dataset

__all__ = ["simulate_dataset"]
