"""The methods of a run: made from what the user named and what the protocol sets."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from phycharm.harmonizers.card import MethodCard
from phycharm.harmonizers.external import accepted_settings, create_harmonizer, create_harmonizers
from phycharm.harmonizers.harmonizer import Harmonizer

from ..protocol.protocol import Protocol


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

    @cached_property
    def cards(self) -> dict[str, MethodCard]:
        """Card of every method, by what the user named.

        Raises
        ------
        InputError
            If a method does not exist, cannot be made, or has the name of another.
        """
        settings = {spec: self.settings(spec) for spec in self.specs}
        made = create_harmonizers(self.specs, settings=settings)
        return {spec: harmonizer.card for spec, harmonizer in made.items()}

    def settings(self, spec: str) -> dict[str, Any]:
        """Return the constructor parameters that the protocol gives to a method.

        What a method's own table says of its training replaces what the common one says; its own
        epochs replace common steps too.
        """
        settings = dict(self.protocol.settings.get(spec, {}))
        own, common = settings.get("training", {}), dict(self.protocol.training)
        if "epochs" in own:
            common.pop("steps", None)
        budget = {**common, **own}
        if budget and "training" in accepted_settings(spec):
            settings["training"] = budget
        return settings

    def make(self, spec: str, *, seed: int, device: str) -> Harmonizer:
        """Make a method."""
        return create_harmonizer(spec, settings=self.settings(spec), seed=seed, device=device)
