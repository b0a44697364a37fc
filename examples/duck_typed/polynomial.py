"""A harmonization method as a plain class: nothing is inherited, nothing of phycharm is imported.

cd examples/duck_typed
phycharm check polynomial:PolynomialMapping
phycharm benchmark quick --harmonizer none --harmonizer polynomial:PolynomialMapping
"""

import json
from typing import ClassVar

import numpy as np


class PolynomialMapping:
    """Map intensities by one polynomial per direction, fitted to the same voxels of both scans."""

    # Optional: without it the name is that of the class. All fields: see docs/bring-your-method.md.
    card: ClassVar = {
        "name": "polynomial",
        "revision": "1",
        "license": "MIT",
        "supervision": "paired",  # it looks at the same person's scans on both scanners
        "scope": "all",  # one fit serves all scanners
    }
    # Optional: each slice's result depends on that slice alone; `phycharm check` then insists.
    slicewise = True

    def __init__(self, *, degree=3):
        self.degree = degree
        self.coefficients = {}

    def fit(self, train, validation=None):
        """Learn from a cohort: people who were scanned on every scanner."""
        for source, target in train.directions():
            powers, values = [], []
            for subject in train.subjects:
                scan, wanted = train.scan(subject, source), train.scan(subject, target)
                brain = scan.mask & wanted.mask
                powers.append(self._powers(scan.image[brain]))
                values.append(wanted.image[brain])
            solved = np.linalg.lstsq(np.concatenate(powers), np.concatenate(values), rcond=None)
            self.coefficients[f"{source.name}->{target.name}"] = solved[0]
        return self

    def harmonize(self, scan, target):
        """Return the scan's image as the target scanner would have made it."""
        coefficients = self.coefficients[f"{scan.scanner.name}->{target.name}"]
        # Outside the mask nothing counts: the harness sets it to 0.
        image = np.zeros_like(scan.image)
        image[scan.mask] = self._powers(scan.image[scan.mask]) @ coefficients
        return image

    # Optional: with `save` and `load`, `phycharm train` and `phycharm harmonize --harmonizer
    # polynomial:PolynomialMapping` work too.
    def save(self, folder):
        content = {name: list(values) for name, values in self.coefficients.items()}
        (folder / "coefficients.json").write_text(json.dumps(content))

    def load(self, folder):
        content = json.loads((folder / "coefficients.json").read_text())
        self.coefficients = {name: np.array(values) for name, values in content.items()}

    def _powers(self, intensities):
        return np.vander(intensities.astype(np.float64), self.degree + 1)
