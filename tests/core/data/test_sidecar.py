"""What a scanner is, read from the sidecars of its images."""

import json
import re
import warnings

import pytest

from phycharm.data.bids.sidecar import read_scanner
from phycharm.errors import InputError
from phycharm.physics.acquisition import Acquisition

WHOLE = {"InversionTime": 0.9, "RepetitionTime": 2.3, "EchoTime": 0.0029, "FlipAngle": 8}


@pytest.fixture
def image(tmp_path):
    folder = tmp_path / "sub-01" / "ses-GE" / "anat"
    folder.mkdir(parents=True)
    return folder / "sub-01_ses-GE_T1w.nii.gz"


def say(image, content):
    text = content if isinstance(content, str) else json.dumps(content)
    image.with_name("sub-01_ses-GE_T1w.json").write_text(text)


def refusal(image, root, **options):
    with pytest.raises(InputError) as error:
        read_scanner(image, root, **options)
    text = str(error.value)
    assert "\n" not in text
    assert image.name.split(".")[0] in text
    return text


def test_seconds_become_milliseconds(image, tmp_path):
    say(image, WHOLE | {"Manufacturer": "GE", "MagneticFieldStrength": 1.5})
    scanner = read_scanner(image, tmp_path)
    assert scanner.name == "GE"
    assert scanner.manufacturer == "GE"
    assert scanner.field_strength == 1.5
    assert scanner.acquisition == Acquisition(
        inversion_time=900.0,
        repetition_time=2300.0,
        echo_time=2.9,
        flip_angle=8.0,
        inversion_ends="first pulse",
    )


@pytest.mark.parametrize(
    ("maker", "end"),
    [
        ("GE", "first pulse"),
        ("GE MEDICAL SYSTEMS", "first pulse"),
        ("Siemens", "centre"),
        ("Philips Medical Systems", "centre"),
        ("Genesis", "centre"),
    ],
)
def test_where_ti_ends_is_the_vendors_habit(image, tmp_path, maker, end):
    say(image, WHOLE | {"Manufacturer": maker})
    assert read_scanner(image, tmp_path).acquisition.inversion_ends == end


class TestCentreOfKSpace:
    def test_one_number_does_not_say_it(self, image, tmp_path):
        say(image, WHOLE | {"NumberShots": 166})
        acquisition = read_scanner(image, tmp_path).acquisition
        assert (acquisition.readouts, acquisition.centre) == (166, None)

    def test_two_numbers_are_the_readouts_before_and_after(self, image, tmp_path):
        say(image, WHOLE | {"NumberShots": [20, 146]})
        acquisition = read_scanner(image, tmp_path).acquisition
        assert (acquisition.readouts, acquisition.centre) == (166, 20)

    @pytest.mark.parametrize("shots", [[20], [20, 100, 46], ["a", "b"], [20, None], "many", {}])
    def test_anything_else_is_refused(self, image, tmp_path, shots):
        say(image, WHOLE | {"NumberShots": shots})
        assert "NumberShots" in refusal(image, tmp_path)

    def test_it_can_be_given(self, image, tmp_path):
        say(image, WHOLE | {"NumberShots": 166})
        override = {"centre": 20.0, "inversion_ends": "first pulse"}
        acquisition = read_scanner(image, tmp_path, override=override).acquisition
        assert (acquisition.centre, acquisition.inversion_ends) == (20, "first pulse")

    def test_word_for_where_ti_ends_is_one_of_two(self, image, tmp_path):
        say(image, WHOLE)
        said = refusal(image, tmp_path, override={"inversion_ends": "middle"})
        assert "'centre' or 'first pulse'" in said


def test_what_sidecars_rarely_say_has_defaults(image, tmp_path):
    say(image, {key: WHOLE[key] for key in ("InversionTime", "RepetitionTime", "EchoTime")})
    scanner = read_scanner(image, tmp_path)
    assert scanner.manufacturer == "unknown"
    assert scanner.field_strength == 3.0
    assert scanner.acquisition.echo_spacing is None
    assert scanner.acquisition.readouts is None


def test_time_between_inversions_is_preferred(image, tmp_path):
    train = {"RepetitionTimePreparation": 2.2, "RepetitionTimeExcitation": 0.0082}
    say(image, WHOLE | {"RepetitionTime": 0.0082, "NumberShots": 190} | train)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        acquisition = read_scanner(image, tmp_path).acquisition
    assert acquisition.repetition_time == 2200.0
    assert acquisition.echo_spacing == 8.2
    assert acquisition.readouts == 190


def test_closer_sidecars_win_key_by_key(image, tmp_path):
    (tmp_path / "T1w.json").write_text(json.dumps(WHOLE))
    (tmp_path / "ses-GE_T1w.json").write_text(json.dumps({"InversionTime": 0.45}))
    say(image, {"EchoTime": 0.0032})
    acquisition = read_scanner(image, tmp_path).acquisition
    assert (acquisition.inversion_time, acquisition.echo_time) == (450.0, 3.2)
    assert acquisition.repetition_time == 2300.0


def test_override_replaces_the_sidecar(image, tmp_path):
    say(image, WHOLE)
    scanner = read_scanner(image, tmp_path, override={"repetition_time": 1800.0})
    assert scanner.acquisition.repetition_time == 1800.0
    assert scanner.acquisition.inversion_time == 900.0


def test_override_can_stand_in_for_a_sidecar(image, tmp_path):
    override = {"inversion_time": 450.0, "repetition_time": 2200.0, "echo_time": 3.2}
    assert read_scanner(image, tmp_path, override=override).acquisition.inversion_time == 450.0


def test_missing_sidecar(image, tmp_path):
    assert "sidecar" in refusal(image, tmp_path)


@pytest.mark.parametrize("key", ["InversionTime", "RepetitionTime", "EchoTime"])
@pytest.mark.parametrize("value", [None, 0, -1, "absent", float("nan")])
def test_times_that_cannot_be_used(image, tmp_path, key, value):
    content = WHOLE | {key: value}
    if value == "absent":
        del content[key]
    say(image, content)
    assert key in refusal(image, tmp_path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("EchoTime", "3 ms"),
        ("EchoTime", [0.003, 0.005]),
        ("FlipAngle", "eight"),
        ("MagneticFieldStrength", "3T"),
        ("MagneticFieldStrength", None),
    ],
)
def test_values_that_are_no_numbers(image, tmp_path, key, value):
    say(image, WHOLE | {key: value})
    assert key in refusal(image, tmp_path)


@pytest.mark.parametrize("text", ["{", "", "[1, 2]", "3"])
def test_sidecar_that_is_no_json_object(image, tmp_path, text):
    say(image, text)
    assert "JSON" in refusal(image, tmp_path)


@pytest.mark.parametrize("unknown", ["repetition", "TR"])
def test_override_of_a_field_that_there_is_not(image, tmp_path, unknown):
    say(image, WHOLE)
    with pytest.raises(InputError, match=unknown):
        read_scanner(image, tmp_path, override={unknown: 5.0})


@pytest.mark.parametrize("seconds", [0.0082, 0.3])
def test_readout_time_in_place_of_tr_is_warned_of(image, tmp_path, seconds):
    say(image, WHOLE | {"RepetitionTime": seconds})
    wanted = re.escape(f"{seconds * 1000:g} ms") + ".*RepetitionTimePreparation"
    with pytest.warns(UserWarning, match=wanted) as caught:
        scanner = read_scanner(image, tmp_path)
    assert len(caught) == 1
    assert scanner.acquisition.repetition_time == pytest.approx(seconds * 1000)
