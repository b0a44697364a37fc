"""A plain class, without inheritance, as a harmonizer."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn
from typing_extensions import override

from ...data.cohort import Cohort
from ...data.scan import Scan
from ...data.scanner import Scanner
from ...errors import InputError
from ...utils.arrays import Image
from ..harmonizer import Harmonizer
from .adapter import Adapter, give_card
from .calling import accepted, construct
from .cards import card_of_class
from .finding import find_class

_OWN_FOLDER = "method"
_ROW_DEFAULTS = {"network": "", "source": "", "target": "", "split": "train", "term": "loss"}


class WrappedHarmonizer(Adapter):
    """An object of somebody else's class, with all that the harness needs around it.

    The class has `fit(train, validation=None, **context)` and `harmonize(scan, target)`. It may
    have a `card`, a `name`, a `history` (list of rows with at least `epoch` and `value`),
    `deviations`, and `save(folder)` with `load(folder)`; it is given `seed` and `device` where its
    constructor takes them, and of the context what its `fit` takes.

    Parameters
    ----------
    spec : str
        `package.module:Class`, or a registered name.
    name : str
        Name in tables; by default the class's own.
    options : dict, optional
        Keywords for its constructor.
    seed, device
        See `Harmonizer`.

    Attributes
    ----------
    hands_out_copies : bool
        Whether the object gets copies of scans: one who writes into his input must not change
        everybody's data. Only the laws, which want to see him do it, switch it off.

    Raises
    ------
    InputError
        If the class cannot be found or made, lacks a method, or has an unusable card.
    """

    def __init__(
        self,
        *,
        spec: str,
        name: str = "",
        options: dict[str, Any] | None = None,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(seed=seed, device=device)
        self.spec = spec
        self.name = name
        self.options = options
        wrapped = find_class(spec)
        # A saved model's folder says what is wrapped; a command in there would choose a program.
        if issubclass(wrapped, Harmonizer):
            raise InputError(f"{spec}: is a harmonizer by itself; name it, do not wrap it.")
        card = card_of_class(wrapped, spec=spec, name=name, registered=":" not in spec)
        require_methods(wrapped, spec=spec, common=card.scope == "common-domain")
        give_card(self, card)
        self.hands_out_copies = True
        self.method = construct(wrapped, options or {}, spec=spec, seed=seed, device=device)

    def __repr__(self) -> str:
        shown = ", ".join(f"{key}={value!r}" for key, value in (self.options or {}).items())
        return f"{type(self.method).__name__}({shown})"

    @property
    def deviations(self) -> tuple[str, ...]:
        """What the object says of itself, or else its card."""
        return tuple(getattr(self.method, "deviations", self.card.deviations))

    @property
    def parameters(self) -> int:
        """How many numbers the object's torch modules have; 0 where it has none."""
        parts = [self.method, *getattr(self.method, "__dict__", {}).values()]
        modules = [part for part in parts if isinstance(part, nn.Module)]
        # A module that is itself part of another must not count twice.
        learned = {id(p): p.numel() for module in modules for p in module.parameters()}
        return sum(learned.values())

    @property
    def can_be_saved(self) -> bool:
        """Whether the class has both `save` and `load`."""
        return all(callable(getattr(self.method, name, None)) for name in ("save", "load"))

    def save(self, folder: str | Path) -> None:
        """Write what the object's own `save` writes, and how to make such an object.

        Raises
        ------
        InputError
            If the class has no `save` and `load`.
        """
        if not self.can_be_saved:
            raise InputError(
                f"{self.spec} cannot be saved; give it save(folder) and load(folder) to keep what "
                "it learns."
            )
        super().save(folder)
        own = Path(folder) / _OWN_FOLDER
        own.mkdir(exist_ok=True)
        self.method.save(own)

    def _take_back(self, folder: Path) -> None:
        super()._take_back(folder)
        own = folder / _OWN_FOLDER
        loaded = self.method.load(own, **accepted(self.method.load, {"device": self.device}))
        # `load` may fill the object or, as a class method, return another.
        self.method = self.method if loaded is None else loaded

    @override
    def learn(self, train: Cohort, validation: Cohort | None, **context: Any) -> None:
        theirs = None if validation is None else validation.map(self._handed_out)
        offered = {"validation": theirs, **context}
        self.method.fit(train.map(self._handed_out), **accepted(self.method.fit, offered))
        self.history = _history(getattr(self.method, "history", None))

    @override
    def apply(self, scan: Scan, target: Scanner) -> Image | torch.Tensor:
        return returned(self.method.harmonize(self._handed_out(scan), target), spec=self.spec)

    def _handed_out(self, scan: Scan) -> Scan:
        if not self.hands_out_copies:
            return scan
        copies = {key: getattr(scan, key).copy() for key in ("image", "mask", "affine")}
        return replace(scan, **copies)


def require_methods(wrapped: type[Any], *, spec: str, common: bool = False) -> None:
    """Check that a class has the methods of a harmonizer.

    Parameters
    ----------
    wrapped : type
        The class.
    spec : str
        What the user named, for the message.
    common : bool
        Whether it has to map to a common domain.

    Raises
    ------
    InputError
        If it lacks a method: the message says which.
    """
    wanted = {
        "fit": "fit(train, validation=None)",
        **(
            {"to_common": "to_common(scan)"} if common else {"harmonize": "harmonize(scan, target)"}
        ),
    }
    missing = [text for name, text in wanted.items() if not callable(getattr(wrapped, name, None))]
    if missing:
        verb = "them" if len(missing) > 1 else "it"
        raise InputError(
            f"{spec}: {wrapped.__name__} has no method {' and no method '.join(missing)}; add "
            f"{verb}, or name another class."
        )


def returned(image: Any, *, spec: str) -> Image | torch.Tensor:
    """Return what a method returned, unless that is nothing.

    Raises
    ------
    ValueError
        If it is None.
    """
    if image is None:
        raise ValueError(f"{spec} returned nothing; it has to return the image")
    given: Image | torch.Tensor = image
    return given


def _history(rows: Any) -> list[dict[str, Any]]:
    """Return training curves in the columns of the results folder; other things are no curves."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return []
    if not all({"epoch", "value"} <= row.keys() for row in rows):
        return []
    columns = (*_ROW_DEFAULTS, "epoch", "value")
    return [{key: {**_ROW_DEFAULTS, **row}[key] for key in columns} for row in rows]
