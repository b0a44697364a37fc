"""Whatever stands in a sidecar or a description: read, or refused in one line."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phycharm.data.bids.metadata.metadata_fields import FIELDS, TEXTS
from phycharm.data.bids.metadata.sidecar import Sidecars, read_scanner
from phycharm.errors import InputError
from phycharm.utils.untrusted.printable import printable

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.sampled_from([*FIELDS, *TEXTS]), VALUES, max_size=6))
def test_sidecars(tmp_path_factory, content):
    root = tmp_path_factory.mktemp("d")
    image = root / "sub-1_ses-A_inv-2_MP2RAGE.nii.gz"
    image.with_name("sub-1_ses-A_inv-2_MP2RAGE.json").write_text(json.dumps(content))
    for read in (read_scanner, lambda image, root: Sidecars(root).hardware(image)):
        try:
            read(image, root)
        except InputError as error:
            assert "\n" not in str(error)


def read_bytes(root, content):
    image = root / "sub-1_ses-A_T1w.nii.gz"
    image.with_name("sub-1_ses-A_T1w.json").write_bytes(content)
    try:
        read_scanner(image, root)
    except InputError as error:
        assert "\n" not in str(error)
        assert "sub-1_ses-A_T1w.json" in str(error)


GOOD = b'{"EchoTime": 0.003, "InversionTime": 0.45, "Manufacturer": "GE"}'
FAST = settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
LONG = settings(deadline=None, max_examples=5000, suppress_health_check=list(HealthCheck))
CUTS = st.tuples(st.integers(0, len(GOOD)), st.integers(0, len(GOOD)), st.binary(max_size=20))
NESTED = st.tuples(st.sampled_from(["[", '{"a":']), st.integers(1, 200_000))


def spoil(root, cut, nested):
    start, end, piece = cut
    read_bytes(root, GOOD[:start] + piece + GOOD[end:])
    opening, depth = nested
    read_bytes(root, opening.encode() * depth)


@FAST
@given(cut=CUTS, nested=NESTED)
def test_any_bytes(tmp_path_factory, cut, nested):
    spoil(tmp_path_factory.mktemp("d"), cut, nested)


@pytest.mark.slow
@LONG
@given(cut=CUTS, nested=NESTED)
def test_any_bytes_at_length(tmp_path_factory, cut, nested):
    spoil(tmp_path_factory.mktemp("d"), cut, nested)


@FAST
@given(text=st.text(max_size=300), kept=st.sampled_from(["", "\n\t"]))
def test_what_is_printable_is_text_and_stays_so(text, kept):
    shown = printable(text, kept=kept)
    assert printable(shown, kept=kept) == shown
    assert "\x1b" not in shown
    shown.encode("utf-8")


def test_whole_numbers_without_end(tmp_path):
    image = tmp_path / "sub-1_ses-A_T1w.nii.gz"
    image.with_name("sub-1_ses-A_T1w.json").write_text('{"EchoTime": 1' + "0" * 400 + "}")
    with pytest.raises(InputError, match="EchoTime is larger"):
        read_scanner(image, tmp_path)
