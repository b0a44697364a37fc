"""Networks of several trainings that are asked as one."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ..lessons.open_step import Answers
from .member import Member
from .stacked_networks import StackedNetworks


class AskedStack:
    """The same networks of every training, as one stack; each answers for its own training.

    Parameters
    ----------
    members : sequence of Member
        The trainings.
    names : tuple of str
        Of the networks that each asks together.

    Attributes
    ----------
    stack : StackedNetworks
        Of all, those of one training after those of another.
    """

    def __init__(self, members: Sequence[Member], names: tuple[str, ...]) -> None:
        self._members, self._names = list(members), names
        self.stack = StackedNetworks([m.lesson.networks[name] for m in members for name in names])
        self._seen: dict[str, Tensor] | None = None

    def answer(self, inputs: Sequence[Tensor]) -> list[Answers]:
        """Ask all networks.

        Parameters
        ----------
        inputs : sequence of Tensor, shape (N, C, H, W)
            What the networks of each training see; N may differ.

        Returns
        -------
        list of dict of str to Tensor
            What those of each training make of it.
        """
        rows = iter(self.stack(*self._laid_out(inputs)))
        # What was padded is nobody's: no loss looks at it.
        return [{name: next(rows)[: len(own)] for name in self._names} for own in inputs]

    def _laid_out(self, inputs: Sequence[Tensor]) -> tuple[Tensor, list[dict[str, Tensor]]]:
        """Lay out what all networks see, and what their dropout multiplies by."""
        longest = max(map(len, inputs))
        slices, factors = [], []
        for member, own in zip(self._members, inputs, strict=True):
            seen = self._seen_of(own)
            with member.own_numbers():
                drawn = [self.stack.draw(seen, len(own)) for _ in self._names]
            slices += [_padded(own, longest)] * len(drawn)
            factors += [
                {name: _padded(one, longest) for name, one in each.items()} for each in drawn
            ]
        return torch.stack(slices), factors

    def _seen_of(self, inputs: Tensor) -> dict[str, Tensor]:
        if self._seen is None or any(len(one) < len(inputs) for one in self._seen.values()):
            with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
                self._seen = self.stack.seen_by_dropout(inputs)
        return self._seen


def _padded(slices: Tensor, count: int) -> Tensor:
    """Add empty slices until there are so many: the last batch of a pass may be shorter."""
    short = count - len(slices)
    return torch.cat([slices, slices.new_zeros(short, *slices.shape[1:])]) if short else slices
