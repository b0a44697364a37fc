"""Whatever stands in a sidecar or a description: read, or refused in one line."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phycharm.data.bids.metadata_fields import FIELDS, TEXTS
from phycharm.data.bids.sidecar import Sidecars, read_scanner
from phycharm.errors import InputError

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


def test_whole_numbers_without_end(tmp_path):
    image = tmp_path / "sub-1_ses-A_T1w.nii.gz"
    image.with_name("sub-1_ses-A_T1w.json").write_text('{"EchoTime": 1' + "0" * 400 + "}")
    with pytest.raises(InputError, match="EchoTime is larger"):
        read_scanner(image, tmp_path)
