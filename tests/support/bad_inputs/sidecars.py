"""Sidecars: no JSON, of the wrong kind, in the wrong unit, or written to do harm."""

import json

from .bad_input import BadInput
from support.bids_folder import sidecar_path, t1w_path

_RUN = "benchmark tiny.toml --dataset dataset --harmonizer none --device cpu --out out"


def sidecar(place):
    return sidecar_path(t1w_path(place / "dataset", "01", "GE"))


def holding(content):
    return lambda place: sidecar(place).write_bytes(content)


def saying(**fields):
    def make(place):
        told = json.loads(sidecar(place).read_text())
        sidecar(place).write_text(json.dumps(told | fields))

    return make


def _sidecar(id, what, make, line):
    return BadInput(
        id=f"sidecar-{id}", area="Sidecars", what=what, make=make, command=_RUN, line=line,
        needs=("dataset",),
    )  # fmt: skip


SIDECARS = (
    _sidecar(
        "empty",
        "A sidecar of no bytes.",
        holding(b""),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: not readable "
        "as JSON ([...]); correct the sidecar.",
    ),
    _sidecar(
        "broken",
        "JSON that ends too early.",
        holding(b'{"EchoTime": 0.003'),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: not readable "
        "as JSON ([...]); correct the sidecar.",
    ),
    _sidecar(
        "list",
        "A list in the place of an object.",
        holding(b"[1, 2]"),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: holds no "
        "JSON object; correct the sidecar.",
    ),
    _sidecar(
        "number",
        "A number in the place of an object.",
        holding(b"3"),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: holds no "
        "JSON object; correct the sidecar.",
    ),
    _sidecar(
        "utf16",
        "UTF-16.",
        holding('{"EchoTime": 0.003}'.encode("utf-16")),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: not readable "
        "as JSON ([...]); correct the sidecar.",
    ),
    _sidecar(
        "latin1",
        "A letter that is no UTF-8.",
        holding('{"InstitutionName": "Zürich"}'.encode("latin-1")),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: not readable "
        "as JSON ([...]); correct the sidecar.",
    ),
    _sidecar(
        "deep",
        "100000 lists in each other.",
        holding(b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: not readable "
        "as JSON ([...]); correct the sidecar.",
    ),
    _sidecar(
        "long-number",
        "A number of 5000 digits.",
        holding(b'{"EchoTime": 1' + b"0" * 5000 + b"}"),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: not readable "
        "as JSON ([...]); correct the sidecar.",
    ),
    _sidecar(
        "huge-number",
        "A number of 400 digits.",
        holding(b'{"EchoTime": 1' + b"0" * 400 + b"}"),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: EchoTime is "
        "larger than anything plausible; write one number, in s.",
    ),
    _sidecar(
        "nan",
        "NaN.",
        holding(b'{"EchoTime": NaN}'),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: EchoTime is "
        "nan and not positive; write a positive number, in s.",
    ),
    _sidecar(
        "infinity",
        "Infinity.",
        holding(b'{"RepetitionTime": Infinity}'),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: "
        "RepetitionTime is inf and not positive; write a positive "
        "number, in s.",
    ),
    _sidecar(
        "overflow",
        "A number beyond double precision.",
        holding(b'{"RepetitionTime": 1e999}'),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: "
        "RepetitionTime is inf and not positive; write a positive "
        "number, in s.",
    ),
    _sidecar(
        "negative",
        "A negative time.",
        saying(InversionTime=-0.45),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: "
        "InversionTime is -0.45 and not positive; write a positive "
        "number, in s.",
    ),
    _sidecar(
        "zero",
        "A time of 0.",
        saying(EchoTime=0),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: EchoTime is "
        "0 and not positive; write a positive number, in s.",
    ),
    _sidecar(
        "milliseconds",
        "ms in the place of s.",
        saying(InversionTime=450),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: "
        "InversionTime is 450 s and seems to be in ms; write 0.45.",
    ),
    _sidecar(
        "string",
        "Text in the place of a number.",
        saying(InversionTime="450 ms"),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: "
        "InversionTime is '450 ms'; write one number, in s.",
    ),
    _sidecar(
        "true",
        "`true` in the place of a number.",
        saying(EchoTime=True),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: EchoTime is "
        "True; write one number, in s.",
    ),
    _sidecar(
        "object",
        "An object in the place of a number.",
        saying(EchoTime={"value": 0.003}),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: EchoTime is "
        "{'value': 0.003}; write one number, in s.",
    ),
    _sidecar(
        "angle",
        "A flip angle of 900 degrees.",
        saying(FlipAngle=900),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: FlipAngle is "
        "900 degrees, and 0.5 to 180 is plausible; correct it.",
    ),
    _sidecar(
        "shots",
        "A list of words in the place of the number of readouts.",
        saying(NumberShots=["many", "more"]),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: NumberShots "
        "is ['many', 'more']; write the number of readouts, or two: "
        "those before and after the centre of k-space.",
    ),
    _sidecar(
        "maker",
        "An object in the place of the maker's name.",
        saying(Manufacturer={"name": "GE"}),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: Manufacturer "
        "is {'name': 'GE'}; write text.",
    ),
    _sidecar(
        "field",
        "A field strength in MHz.",
        saying(MagneticFieldStrength=123.2),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: "
        "MagneticFieldStrength is 123.2 T and seems to be in gauss; "
        "write 0.01232.",
    ),
    _sidecar(
        "escape",
        "An escape sequence in a value that is told.",
        saying(EchoTime="\x1b[2J\x1b[31mred"),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: EchoTime is "
        "'\\x1b[2J\\x1b[31mred'; write one number, in s.",
    ),
    _sidecar(
        "duplicate",
        "One key twice.",
        holding(b'{"EchoTime": 0.003, "EchoTime": 3}'),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: EchoTime is "
        "3 s and seems to be in ms; write 0.003.",
    ),
    _sidecar(
        "folder",
        "A folder in the place of the sidecar.",
        lambda p: (sidecar(p).unlink(), sidecar(p).mkdir()),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: is a folder; name a file.",
    ),
    _sidecar(
        "link",
        "A link to nothing in the place of the sidecar.",
        lambda p: (sidecar(p).unlink(), sidecar(p).symlink_to("gone.json")),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.json: is a link to "
        "gone.json, which is not there; copy the file, or mend the link.",
    ),
)
