"""What the methods paragraph says of the intensity scale."""

import pytest

from phycharm.data.intensity import STANDARDIZATIONS
from phycharm.reports.text.methods_text import methods_text

from support.score_frames import frame, view_of


def paragraph(**protocol):
    scores = frame({("none", "A>B"): [0.5] * 5})
    return methods_text(view_of(scores, protocol=protocol)).paragraph


@pytest.mark.parametrize("name", list(STANDARDIZATIONS))
def test_says_what_every_scan_was_divided_by(name):
    assert "Every scan was divided by the " in paragraph(name="mine", standardization=name)


@pytest.mark.parametrize("protocol", [{}, {"standardization": "of a later version"}])
def test_says_nothing_of_what_it_does_not_know(protocol):
    assert "divided" not in paragraph(**protocol)
