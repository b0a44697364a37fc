"""Constrained images as models of revision 3 and before were trained on them; nothing new is."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..data.scan import Scan
from ..data.scanner import Scanner
from ..physics.forward import SignalModel, t1w_weight
from ..physics.inversion_recovery import constrained_t1w
from .constrained_images import MapsPredictor

_BRIGHTEST = 3.0


class EarlierConstrainedImages:
    """Read-only stand-in for `ConstrainedImages` in a model that was saved before it.

    Parameters
    ----------
    decay_only : bool
        Whether the ratio of the echo times acted on C < 1 alone (preset `corrected`).
    """

    def __init__(self, *, decay_only: bool) -> None:
        self.decay_only = decay_only
        self.generator: MapsPredictor | None = None
        self._model: SignalModel = "ir"

    @property
    def model(self) -> SignalModel:
        """Signal model in use."""
        return self._model

    @property
    def fitted_generator(self) -> Any:
        """The maps generator that the model was saved with."""
        return self.generator

    def compute(self, scan: Scan, target: Scanner) -> Tensor:
        """Compute the constrained image, shape (X, Y, Z), as revision 3 did."""
        assert self.generator is not None
        t1, m0 = (torch.from_numpy(volume) for volume in self.generator.predict(scan))
        image, mask = (
            torch.from_numpy(np.ascontiguousarray(volume)) for volume in (scan.image, scan.mask)
        )
        source, wanted = (
            m0 * t1w_weight(t1, acquisition, model=self._model)
            for acquisition in (scan.scanner.acquisition, target.acquisition)
        )
        # M0 has a scale of its own: the predicted source signal is put on the image's.
        scale = image[mask].median() / source[mask].median().clamp(min=1e-6)
        constrained = constrained_t1w(
            image,
            source * scale,
            wanted * scale,
            source_echo_time=scan.scanner.acquisition.timing.echo_time,
            target_echo_time=target.acquisition.timing.echo_time,
            decay_only=self.decay_only,
        )
        inside = constrained * mask
        brightest = float(np.percentile(inside[mask].numpy(), 99))
        return (inside / max(brightest, 1e-6)).clamp(0, _BRIGHTEST)

    def state(self) -> dict[str, Any]:
        """Return what `restore` takes."""
        return {"model": self._model}

    def restore(self, state: Mapping[str, Any], generator: MapsPredictor) -> None:
        """Take back the signal model."""
        self.generator = generator
        self._model = state["model"]
