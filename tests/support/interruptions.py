"""Trainings that are interrupted at a chosen batch, and go on."""

import random

import numpy as np
import torch

from phycharm.networks.keeping.kept_fit import kept_in
from phycharm.networks.training import Training


class Interrupted(BaseException):
    """Like Ctrl-C: nothing may take it for an error of a method."""


class Stopwatch:
    """Counts the batches of all trainings, and stops at one of them."""

    def __init__(self, monkeypatch):
        self.batches, self.stop_at = 0, None
        plain = Training.run

        def run(training):
            step = training.step
            training.step = lambda indices: self.counted(step, indices)
            return plain(training)

        monkeypatch.setattr(Training, "run", run)

    def counted(self, step, indices):
        self.batches += 1
        if self.batches == self.stop_at:
            # As late as can be: the step has happened, and nobody has counted it.
            step(indices)
            raise Interrupted
        return step(indices)

    def until(self, stop_at):
        self.batches, self.stop_at = 0, stop_at
        return self


def next_numbers():
    """What every generator would draw next, NumPy's global one too: outsiders draw from it."""
    return torch.rand(3).tolist(), random.random(), np.random.rand()  # noqa: NPY002


def undisturbed(stopwatch, fit):
    """Fit without a stop; what came out, and of how many batches."""
    made = fit()
    return made, stopwatch.batches


def interrupted(stopwatch, fit, folder, stops):
    """Fit with interruptions after so many batches each, and go on until the end."""
    for stop in stops:
        stopwatch.until(stop)
        with kept_in(folder, every=0):
            try:
                fit()
            except Interrupted:
                continue
        raise AssertionError(f"it ended before batch {stop}")
    stopwatch.until(None)
    with kept_in(folder, every=0):
        return fit()


def assert_same_tensors(ours, theirs):
    """Bit for bit."""
    assert ours.keys() == theirs.keys()
    for name, tensor in ours.items():
        assert torch.equal(tensor, theirs[name]), name
