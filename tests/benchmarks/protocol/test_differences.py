"""What differs between two configurations, in words."""

import pytest

from phycharm.benchmarks.protocol.differences import differences

LONG = ["ssim"] * 30


@pytest.mark.parametrize(
    ("mine", "theirs", "said"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": 1}, {"a": 2}, ["a is 1 and was 2"]),
        ({"a": {"b": [1], "c": 3}}, {"a": {"b": [2], "c": 3}}, ["a.b is [1] and was [2]"]),
        ({"a": {}}, {"a": {"b": 2}}, ["a.b is not set and was 2"]),
        ({"a": {"b": 2}}, {"a": {}}, ["a.b is 2 and was not set"]),
        ({"a": {"b": 2}}, {"a": None}, ["a is {'b': 2} and was None"]),
        ({"a": LONG}, {"a": []}, ["a is another"]),
        ({"a": LONG}, {}, ["a is new"]),
    ],
)
def test_in_words(mine, theirs, said):
    assert differences(mine, theirs) == said
