"""A training that has everything that can be forgotten."""

import random

import numpy as np
import torch
from torch import nn

from phycharm.networks.plan import TrainingPlan
from phycharm.networks.training import Training, adam
from phycharm.utils.seeding import seeded

from support.interruptions import Interrupted

PLAN = TrainingPlan(epochs=4, batch_size=3, learning_rate=0.1, schedule="cosine")


class Taker:
    """A game that takes turns, draws from all three generators, and remembers images."""

    def __init__(self, plan=PLAN, samples=10, seed=0, label="game"):
        with seeded(seed):
            self.network, self.rival = nn.Linear(2, 2), nn.Linear(2, 1)
        self.x = torch.linspace(-1, 1, 2 * samples).view(samples, 2)
        self.calls, self.pool, self.stop_at = 0, [], None
        self.optimizers = [adam(self.network, plan), adam(self.rival, plan)]
        self.training = Training(
            label=label,
            plan=plan,
            samples=samples,
            step=self.step,
            validate=self.validate,
            modules={"G": self.network, "D": self.rival},
            optimizers=self.optimizers,
            tags={"network": "G", "source": "", "target": ""},
            memory=self,
        )

    def step(self, indices):
        if self.calls == self.stop_at:
            raise Interrupted
        self.calls += 1
        # From every generator whose state has to be kept, NumPy's global one too.
        noise = torch.randn(len(indices), 2) + random.random() + np.random.normal()  # noqa: NPY002
        made = self.network(self.x[indices] + noise)
        self.pool = [*self.pool, made.detach()][-3:]
        turn = self.calls % 2
        loss = (self.rival(torch.cat([*self.pool, made])) - turn).square().mean()
        self.optimizers[turn].zero_grad(set_to_none=True)
        loss.backward()
        self.optimizers[turn].step()
        return {"loss": loss, "half": 0.5} if turn else {"D.loss": loss}

    def validate(self):
        return {"loss": (self.network(self.x + torch.rand(1)) - self.x).square().mean()}

    def state_dict(self):
        return {"calls": self.calls, "pool": self.pool}

    def load_state_dict(self, state):
        self.calls, self.pool = state["calls"], state["pool"]
