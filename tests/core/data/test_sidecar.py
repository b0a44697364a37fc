"""What a scanner is, read from the sidecars of its images."""

import json
import warnings

import pytest

from phycharm.data.bids.metadata.sidecar import read_scanner
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

    def test_other_lists_are_summed_up(self, image, tmp_path):
        say(image, WHOLE | {"NumberShots": [20, 100, 46]})
        acquisition = read_scanner(image, tmp_path).acquisition
        assert (acquisition.readouts, acquisition.centre) == (166, None)

    @pytest.mark.parametrize("shots", [[], ["a", "b"], [20, None], "many", {}, [True, 5], 0])
    def test_anything_else_is_refused(self, image, tmp_path, shots):
        say(image, WHOLE | {"NumberShots": shots})
        assert "NumberShots" in refusal(image, tmp_path)

    def test_philips_counts_the_readouts_of_a_shot_as_echo_train(self, image, tmp_path):
        say(image, {"Manufacturer": "Philips", "RepetitionTime": 0.007, "EchoTrainLength": 208})
        acquisition = read_scanner(image, tmp_path).acquisition
        assert (acquisition.readouts, acquisition.echo_spacing) == (208, 7.0)
        say(image, {"Manufacturer": "Siemens", "EchoTrainLength": 208})
        assert read_scanner(image, tmp_path).acquisition.readouts is None

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


def test_missing_sidecar_leaves_all_unknown(image, tmp_path):
    acquisition = read_scanner(image, tmp_path).acquisition
    assert acquisition.missing == ("inversion_time", "repetition_time", "echo_time")
    with pytest.raises(InputError, match="InversionTime in the sidecars"):
        _ = acquisition.timing.inversion_time


@pytest.mark.parametrize("key", ["InversionTime", "RepetitionTime", "EchoTime"])
@pytest.mark.parametrize("value", [None, "absent"])
def test_times_that_nobody_says_are_unknown(image, tmp_path, key, value):
    content = WHOLE | {key: value}
    if value == "absent":
        del content[key]
    say(image, content)
    assert len(read_scanner(image, tmp_path).acquisition.missing) == 1


@pytest.mark.parametrize("key", ["InversionTime", "RepetitionTime", "EchoTime", "FlipAngle"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), True, "0.9", {"s": 1}])
def test_values_that_cannot_be_used(image, tmp_path, key, value):
    say(image, WHOLE | {key: value})
    assert key in refusal(image, tmp_path)


@pytest.mark.parametrize(
    "key",
    [
        "InversionTime", "RepetitionTime", "EchoTime",
        "RepetitionTimePreparation", "RepetitionTimeExcitation",
    ],
)  # fmt: skip
def test_milliseconds_in_place_of_seconds_are_told(image, tmp_path, key):
    seconds = {"RepetitionTimePreparation": 2.3, "RepetitionTimeExcitation": 0.0082} | WHOLE
    content = seconds | {key: 1000 * seconds[key]}
    if key == "RepetitionTime":  # which is looked at only where there is nothing better
        del content["RepetitionTimePreparation"]
    say(image, content)
    assert f"seems to be in ms; write {seconds[key]:g}" in refusal(image, tmp_path)


@pytest.mark.parametrize(
    ("field", "seconds"), [("repetition_time", 2.3), ("inversion_time", 0.9), ("echo_time", 0.003)]
)
def test_seconds_in_place_of_milliseconds_are_told(image, tmp_path, field, seconds):
    say(image, WHOLE)
    said = refusal(image, tmp_path, override={field: seconds})
    assert f"seems to be in s; write {1000 * seconds:g}" in said


def test_what_is_given_is_not_looked_for(image, tmp_path):
    say(image, WHOLE | {"InversionTime": 0, "RepetitionTime": 2300})
    override = {"inversion_time": 900.0, "repetition_time": 2300.0}
    acquisition = read_scanner(image, tmp_path, override=override).acquisition
    assert (acquisition.inversion_time, acquisition.repetition_time) == (900.0, 2300.0)


def test_a_list_with_a_value_for_each_inversion(tmp_path):
    image = tmp_path / "sub-01" / "anat" / "sub-01_inv-2_part-mag_MP2RAGE.nii.gz"
    image.parent.mkdir(parents=True)
    times = {"InversionTime": [0.94, 2.83], "FlipAngle": [4, 5], "RepetitionTimePreparation": 5}
    (tmp_path / "MP2RAGE.json").write_text(json.dumps(times))
    acquisition = read_scanner(image, tmp_path).acquisition
    assert (acquisition.inversion_time, acquisition.flip_angle) == (2830.0, 5.0)


def test_byte_order_mark_is_read_over(image, tmp_path):
    image.with_name("sub-01_ses-GE_T1w.json").write_bytes(
        b"\xef\xbb\xbf" + json.dumps(WHOLE).encode()
    )
    assert read_scanner(image, tmp_path).acquisition.inversion_time == 900.0


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("EchoTime", "3 ms"),
        ("EchoTime", [0.003, 0.005]),
        ("FlipAngle", "eight"),
        ("MagneticFieldStrength", "3T"),
        ("Manufacturer", {"name": "GE"}),
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


@pytest.mark.parametrize(("seconds", "spacing"), [(0.0082, 8.2), (0.3, None)])
def test_readout_time_is_not_taken_for_tr(image, tmp_path, seconds, spacing):
    say(image, WHOLE | {"RepetitionTime": seconds})
    acquisition = read_scanner(image, tmp_path).acquisition
    assert acquisition.repetition_time is None
    assert acquisition.echo_spacing == spacing
