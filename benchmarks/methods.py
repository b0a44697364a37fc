"""The methods of a run: made from what the user named and what the protocol sets."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from phycharm.card import MethodCard
from phycharm.harmonizer import Harmonizer
from phycharm.registry import harmonizer_class

from .protocol import Protocol


@dataclass(frozen=True)
class Methods:
    """Make harmonizers as a protocol wants them.

    Parameters
    ----------
    protocol : Protocol
        Whose settings and training budget they get.
    specs : sequence of str
        What the user named.
    """

    protocol: Protocol
    specs: Sequence[str]

    def cards(self) -> dict[str, MethodCard]:
        """Return the card of every method, by what the user named.

        Raises
        ------
        InputError
            If a method does not exist or cannot be made.
        """
        return {spec: self.make(spec, seed=0, device="cpu").card for spec in self.specs}

    def settings(self, spec: str) -> dict[str, Any]:
        """Return the constructor parameters that the protocol gives to a method."""
        settings = dict(self.protocol.settings.get(spec, {}))
        accepted = inspect.signature(harmonizer_class(spec)).parameters
        if "training" in accepted and (self.protocol.training or "training" in settings):
            settings["training"] = {**self.protocol.training, **settings.get("training", {})}
        return settings

    def make(self, spec: str, *, seed: int, device: str) -> Harmonizer:
        """Make a method."""
        harmonizer: Harmonizer = harmonizer_class(spec)(
            **self.settings(spec), seed=seed, device=device
        )
        return harmonizer
