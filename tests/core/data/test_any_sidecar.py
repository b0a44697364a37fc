"""Sidecars and descriptions of any content: read, or refused in one line."""

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.data.bids.metadata.sidecar import read_scanner
from phycharm.errors import InputError

from support.bids_folder import sidecar, write_json
from support.phantom import GE, SIEMENS

FIELDS = (
    "InversionTime", "RepetitionTime", "RepetitionTimePreparation", "RepetitionTimeExcitation",
    "EchoTime", "FlipAngle", "NumberShots", "Manufacturer", "MagneticFieldStrength",
)  # fmt: skip
PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(-10, 10**400), st.floats(), st.text(max_size=4)
)
ANY = st.recursive(
    PLAIN, lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(), one, max_size=2)
)
OFTEN = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def refused_or_read(call):
    try:
        return call()
    except InputError as error:
        assert "\n" not in str(error)
        return None


@OFTEN
@given(
    changes=st.dictionaries(st.sampled_from(FIELDS), ANY, max_size=3),
    on=st.sampled_from([GE, SIEMENS]),
)
@example(changes={"NumberShots": float("nan")}, on=GE)
@example(changes={"NumberShots": [float("inf"), 3]}, on=GE)
@example(changes={"NumberShots": 10**400}, on=GE)
@example(changes={"FlipAngle": float("nan")}, on=SIEMENS)
@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_sidecars(tmp_path, changes, on):
    image = tmp_path / "sub-01/ses-GE/anat/sub-01_ses-GE_T1w.nii.gz"
    write_json(image.with_name("sub-01_ses-GE_T1w.json"), sidecar(on) | changes)
    refused_or_read(lambda: read_scanner(image, tmp_path))


@pytest.mark.parametrize("key", [*FIELDS[2:7], "MagneticFieldStrength"])
def test_no_number_of_a_sidecar_is_nan(tmp_path, key):
    image = tmp_path / "sub-01/ses-GE/anat/sub-01_ses-GE_T1w.nii.gz"
    write_json(image.with_name("sub-01_ses-GE_T1w.json"), sidecar(GE) | {key: float("nan")})
    with pytest.raises(InputError, match=r"sub-01_ses-GE_T1w"):
        read_scanner(image, tmp_path)


@OFTEN
@given(content=st.dictionaries(st.sampled_from(["Name", "GeneratedBy", "License"]), ANY) | ANY)
@example(content={"GeneratedBy": ["phycharm simulate"]})
def test_descriptions(tmp_path, content):
    (tmp_path / "dataset_description.json").write_text(json.dumps(content))
    dataset = refused_or_read(lambda: BidsDataset(tmp_path))
    if dataset is not None:
        assert isinstance(dataset.name, str)
        assert dataset.simulated is False


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b""])
def test_a_mark_of_the_byte_order_is_no_fault(tmp_path, start):
    image = tmp_path / "sub-01/ses-GE/anat/sub-01_ses-GE_T1w.nii.gz"
    for path, content in (
        (tmp_path / "dataset_description.json", {"Name": "Marked"}),
        (image.with_name("sub-01_ses-GE_T1w.json"), sidecar(GE)),
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(start + json.dumps(content).encode())
    assert BidsDataset(tmp_path).name == "Marked"
    assert read_scanner(image, tmp_path).acquisition.echo_time == pytest.approx(3.192)


@pytest.mark.parametrize("content", [b"\xff\xfe{\x00", b"[" * 100_000, b"", b"{}x", b"[1]", b"7"])
def test_what_is_no_object(tmp_path, content):
    (tmp_path / "dataset_description.json").write_bytes(content)
    with pytest.raises(InputError, match=r"dataset_description\.json"):
        BidsDataset(tmp_path)
