"""The harness: protocols, runner, metrics, segmentation, statistics."""
