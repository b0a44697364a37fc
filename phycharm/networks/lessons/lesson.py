"""What a training does in a step, so that many can do it as one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from ..training_progress import Terms
from .ask import Ask
from .learn import Learn
from .open_step import Answers, OpenStep, Script


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """Networks, the optimizers that they learn by, and the script of a step.

    Parameters
    ----------
    networks : mapping of str to Module
        That learn.
    optimizers : mapping of str to Optimizer
        Each of one network or of several.
    shape : sequence of int
        Of the slices that the networks see first, (C, H, W).
    script : callable
        `script(indices)` begins a step on the slices with these indices (int64 tensor on the CPU).
        It draws whatever varies from step to step, and neither calls a network nor learns: it
        yields an `Ask` or a `Learn` (see `Script`).
    asked_together : sequence of tuple of str
        Names of networks of one architecture that are always asked together. All others are asked
        one by one.
    """

    networks: Mapping[str, nn.Module]
    optimizers: Mapping[str, Optimizer]
    shape: Sequence[int]
    script: Callable[[Tensor], Script]
    asked_together: Sequence[tuple[str, ...]] = ()

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """All networks, as they are asked."""
        together = {name for row in self.asked_together for name in row}
        return [*self.asked_together, *((n,) for n in self.networks if n not in together)]

    def step(self, indices: Tensor) -> Terms:
        """Do one step alone; the `step` of a `Training`."""
        return self.perform(self.script(indices))

    def perform(self, script: Script) -> Terms:
        """Do alone what a script wants; return its terms."""
        step = OpenStep(script)
        while step.wanted is not None:
            step.go_on(self._done(step.wanted))
        return step.terms

    def _done(self, wanted: Ask | Learn) -> Answers:
        if isinstance(wanted, Ask):
            with torch.set_grad_enabled(wanted.learning and torch.is_grad_enabled()):
                return {name: self.networks[name](*wanted.inputs) for name in wanted.networks}
        learn_by(self.optimizers[wanted.optimizer], wanted.loss)
        return {}


def learn_by(optimizer: Optimizer, loss: Tensor) -> None:
    """Do one step of an optimizer down a loss; gradients of others' weights are not computed."""
    own = [one for group in optimizer.param_groups for one in group["params"]]
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss, inputs=[one for one in own if one.requires_grad])
    optimizer.step()
