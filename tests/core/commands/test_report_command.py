"""`phycharm report`: a report of nothing is refused."""

import pytest


@pytest.mark.parametrize("arguments", [[], ["absent"]])
def test_report_of_nothing(refused, tmp_path, arguments):
    refused("report", *(tmp_path / name for name in arguments))
