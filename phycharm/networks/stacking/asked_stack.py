"""Networks of several trainings that are asked as one."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ..lessons.ask import Ask
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

    def answer(self, asked: Sequence[Ask]) -> list[Answers]:
        """Ask all networks.

        Parameters
        ----------
        asked : sequence of Ask
            What each training wants of its own; the number of slices may differ.

        Returns
        -------
        list of dict of str to (Tensor or tuple of Tensor)
            What those of each training make of it.
        """
        inputs = [one.inputs for one in asked]
        counts = [next(len(one) for one in own if isinstance(one, Tensor)) for own in inputs]
        laid_out = [self._laid_out(one) for one in zip(*inputs, strict=True)]
        drawn = self._drawn(inputs, counts)
        with torch.set_grad_enabled(all(one.learning for one in asked)):
            made = self.stack(laid_out, drawn)
        rows = zip(*made, strict=True) if isinstance(made, tuple) else iter(made)
        # What was padded is nobody's: no loss looks at it.
        return [{name: _first(next(rows), count) for name in self._names} for count in counts]

    def _laid_out(self, given: Sequence[Any]) -> Any:
        """Lay out what the networks of all trainings see."""
        if isinstance(given[0], Tensor):
            longest = max(map(len, given))
            return torch.stack([_padded(one, longest) for one in given for _ in self._names])
        if len(set(given)) > 1:
            raise RuntimeError("their networks are given other numbers")
        return given[0]

    def _drawn(
        self, inputs: Sequence[tuple[Any, ...]], counts: Sequence[int]
    ) -> list[dict[str, Tensor]]:
        """Draw what each network would have drawn itself."""
        longest, found = max(counts), []
        seen = self._seen_where_drawn(inputs[counts.index(longest)], longest)
        for member, count in zip(self._members, counts, strict=True):
            with member.own_numbers():
                drawn = [self.stack.draw(seen, count) for _ in self._names]
            found += [{name: _padded(one, longest) for name, one in own.items()} for own in drawn]
        return found

    def _seen_where_drawn(self, inputs: tuple[Any, ...], count: int) -> dict[str, Tensor]:
        if self._seen is None or any(len(one) < count for one in self._seen.values()):
            with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
                self._seen = self.stack.seen_where_drawn(inputs)
        return self._seen


def _padded(slices: Tensor, count: int) -> Tensor:
    """Add empty slices until there are so many: the last batch of a pass may be shorter."""
    short = count - len(slices)
    return torch.cat([slices, slices.new_zeros(short, *slices.shape[1:])]) if short else slices


def _first(made: Any, count: int) -> Any:
    return tuple(one[:count] for one in made) if isinstance(made, tuple) else made[:count]
