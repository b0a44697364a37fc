"""Models and a brain for the tests that harmonize files."""

import numpy as np
import pytest

from phycharm.baselines.no_harmonization import NoHarmonization

from support import phantom


@pytest.fixture(scope="session")
def brain():
    """A brain-extracted volume in scanner units, in RAS."""
    scan = phantom.raw_scan("07", phantom.GE)
    return np.round(scan.image).astype(np.float32)


@pytest.fixture(scope="session")
def pair_model(tmp_path_factory, cohort):
    """The same for GE and Siemens alone."""
    folder = tmp_path_factory.mktemp("models") / "pair"
    NoHarmonization().fit(cohort.subset(scanners=[phantom.GE, phantom.SIEMENS])).save(folder)
    return folder
