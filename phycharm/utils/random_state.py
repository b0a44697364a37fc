"""The random numbers that come next, as something that can be put aside and taken up again."""

import hashlib
import random
from typing import Any

import numpy as np
import torch


class RandomState:
    """State of the global generators of Python, NumPy and torch, on the CPU and on every GPU.

    It has the two methods by which torch's own objects are kept, `state_dict` and
    `load_state_dict`.

    Examples
    --------
    >>> kept = RandomState().state_dict()
    >>> first = torch.rand(1), random.random()
    >>> RandomState().load_state_dict(kept)
    >>> first == (torch.rand(1), random.random())
    True
    """

    def state_dict(self) -> dict[str, Any]:
        """Return the states, as tensors and plain data."""
        # NumPy's global generator, from which outsiders' methods draw.
        _, numbers, place, has_gauss, gauss = np.random.get_state(legacy=True)  # noqa: NPY002
        return {
            "python": random.getstate(),
            "numpy": {
                "numbers": torch.from_numpy(np.asarray(numbers, dtype=np.int64)),
                "place": int(place),
                "has_gauss": int(has_gauss),
                "gauss": float(gauss),
            },
            "torch": torch.get_rng_state(),
            # A GPU that nobody has asked for anything has no state, and shall not get one by this.
            "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else [],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Have the generators go on from a state that `state_dict` returned."""
        version, numbers, gauss = state["python"]
        random.setstate((version, tuple(numbers), gauss))
        kept = state["numpy"]
        numpy_state = ("MT19937", kept["numbers"].numpy().astype(np.uint32), kept["place"])
        np.random.set_state((*numpy_state, kept["has_gauss"], kept["gauss"]))  # noqa: NPY002
        torch.set_rng_state(state["torch"])
        for device, one in enumerate(state["cuda"][: torch.cuda.device_count()]):
            torch.cuda.set_rng_state(one, device)


def random_fingerprint() -> str:
    """Return a fingerprint of the numbers that torch would draw next on the CPU."""
    return hashlib.sha256(torch.get_rng_state().numpy().tobytes()).hexdigest()[:16]
