"""A maps generator that knows the truth."""

import numpy as np

from support import phantom


class KnownMaps:
    """Give the phantom's true maps, on any scale of M0, and remember who was asked about."""

    def __init__(self, *, scale=1.0):
        self.scale = scale
        self.asked = []
        self.history = []

    def predict(self, scan):
        self.asked.append(scan)
        t1, m0, _ = phantom.person(scan.subject, shape=scan.image.shape)
        return t1.astype(np.float32), (self.scale * m0).astype(np.float32)
