"""Dataset files: patterns that are none or take for ever, names that are not there, paths."""

from .bad_input import BadInput

_RUN = (
    "benchmark tiny.toml --dataset dataset --dataset-file mine.toml --harmonizer none --device cpu "
    "--out out"
)

_NESTED = r"""
[layout]
t1w = 'sub-(?P<subject>[^/]+)/(?P<scanner>ses-.*/anat)/.*_T1w\.nii\.gz'
"""


def written(content):
    return lambda place: (place / "mine.toml").write_bytes(
        content if isinstance(content, bytes) else content.encode()
    )


def _rules(id, what, make, line, command=_RUN):
    return BadInput(
        id=f"rules-{id}", area="Dataset files", what=what, make=make, command=command, line=line,
        needs=("dataset",),
    )  # fmt: skip


def endless(place):
    """A label on which a pattern backtracks without end."""
    written('[sessions]\npattern = "(?P<scanner>(a+)+)b"\n')(place)
    for path in sorted((place / "dataset").rglob("*ses-GE*"), key=lambda p: -len(p.parts)):
        path.rename(path.with_name(path.name.replace("ses-GE", "ses-" + "a" * 40)))


DATASET_FILES = (
    _rules(
        "missing",
        "No such file.",
        lambda p: None,
        "mine.toml: no such dataset file; write one with `phycharm "
        "inspect DATASET --write mine.toml`.",
    ),
    _rules(
        "no-toml",
        "YAML.",
        written("sessions:\n  entity: ses\n"),
        "mine.toml: not valid TOML ([...]); correct it.",
    ),
    _rules(
        "binary",
        "Bytes that are no text.",
        written(b"\xff\xfe\x00\x01"),
        "mine.toml: not readable as UTF-8 ([...]); correct it.",
    ),
    _rules(
        "deep",
        "5000 lists in each other.",
        written("a = " + "[" * 5000 + "]" * 5000),
        "mine.toml: not valid TOML (nested too deeply); correct it.",
    ),
    _rules(
        "key",
        "An unknown key.",
        written('[sessions]\npatern = "(?P<scanner>.*)"\n'),
        "mine.toml: sessions.patern: Extra inputs are not permitted; correct it.",
    ),
    _rules(
        "type",
        "A number in the place of words.",
        written("name = 3\n"),
        "mine.toml: name: Input should be a valid string; correct it.",
    ),
    _rules(
        "pattern",
        "A pattern that is no regular expression.",
        written('[sessions]\npattern = "(?P<scanner>"\n'),
        "mine.toml: sessions.pattern: '(?P<scanner>' is no regular expression ([...]); correct it.",
    ),
    _rules(
        "pattern-group",
        "A pattern without the group `scanner`.",
        written('[sessions]\npattern = ".*"\n'),
        "mine.toml: sessions: pattern has no group (?P<scanner>...); correct it.",
    ),
    _rules(
        "pattern-endless",
        "A pattern that backtracks without end on a label.",
        endless,
        "Dataset file: the pattern '(?P<scanner>(a+)+)b' takes for ever "
        "on 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'; write it without "
        "a repetition inside a repetition.",
    ),
    _rules(
        "pattern-nowhere",
        "A pattern that no session fits.",
        written('[sessions]\npattern = "(?P<scanner>X+)"\n'),
        "dataset: no scanner pair (T1w images of scanners [] in 0 "
        "subjects); at least two sessions ses-SCANNER are needed, or a "
        "dataset file that says what the sessions are. 11 T1w images are "
        "of no scanner by the rules, such as sub-01_ses-GE_T1w.nii.gz.",
    ),
    _rules(
        "pattern-empty",
        "A pattern by which every scanner has an empty name.",
        written('[sessions]\npattern = "(?P<scanner>).*"\n'),
        "dataset: no scanner pair (T1w images of scanners [] in 0 "
        "subjects); at least two sessions ses-SCANNER are needed, or a "
        "dataset file that says what the sessions are.",
    ),
    _rules(
        "pattern-optional",
        "A pattern whose group `scanner` need not match.",
        written('[sessions]\npattern = "(?P<scanner>X)?.*"\n'),
        "dataset: no scanner pair (T1w images of scanners [] in 0 "
        "subjects); at least two sessions ses-SCANNER are needed, or a "
        "dataset file that says what the sessions are. 11 T1w images are "
        "of no scanner by the rules, such as sub-01_ses-GE_T1w.nii.gz.",
    ),
    _rules(
        "scanner",
        "Times of a scanner that is not there.",
        written("[scanners.EG]\ninversion_time = 450\n"),
        "mine.toml: [scanners.EG]: not in the dataset; did you mean "
        "'GE'? There are: GE, Philips, QUANT, Siemens.",
    ),
    _rules(
        "scanner-time",
        "A negative time.",
        written("[scanners.GE]\ninversion_time = -450\n"),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.nii.gz: "
        "[acquisitions]: inversion_time is -450.0 and not positive; "
        "write a positive number, in ms.",
    ),
    _rules(
        "person",
        "A person who is not there is left out.",
        written('[exclude]\npeople = ["99"]\n'),
        "mine.toml: [exclude] people: '99': not in the dataset; there are: 01, 02, 03, Q1, Q2.",
    ),
    _rules(
        "folder",
        "Masks of a folder that is not there.",
        written('[masks]\nfolder = "fsl"\n'),
        "mine.toml: [masks] folder: 'fsl': not in the dataset; there are: masks.",
    ),
    _rules(
        "folder-path",
        "Masks of a folder outside the dataset.",
        written('[masks]\nfolder = "../../masks"\n'),
        "mine.toml: [masks] folder: '..': not in the dataset; there are: masks.",
    ),
    _rules(
        "divide-path",
        "A scanner whose name is a path.",
        written('[[divide]]\nscanner = "GE"\ninto = "../../../GE"\npeople = ["01"]\n'),
        "mine.toml: divide.0: into = '../../../GE' holds / or \\, which "
        "would lead to another folder; correct it.",
    ),
    _rules(
        "divide-escape",
        "A scanner whose name is a terminal's escape sequence.",
        written('[[divide]]\nscanner = "GE"\ninto = "\\u001b[31mGE"\npeople = ["01"]\n'),
        "mine.toml: divide.0: into = '\\x1b[31mGE' holds signs that cannot be printed; correct it.",
    ),
    _rules(
        "divide-all",
        "A division that does not say which scans.",
        written('[[divide]]\nscanner = "GE"\ninto = "GE2"\n'),
        "mine.toml: divide.0: says not which scans: give sessions, people or where; correct it.",
    ),
    _rules(
        "layout-none",
        "A layout that no file fits.",
        written('[layout]\nt1w = "(?P<subject>x)/(?P<scanner>y)\\\\.nii"\n'),
        "dataset: no scanner pair (T1w images of scanners [] in 0 "
        "subjects); at least two sessions ses-SCANNER are needed, or a "
        "dataset file that says what the sessions are.",
    ),
    _rules(
        "layout-group",
        "A layout without the group `subject`.",
        written('[layout]\nt1w = ".*(?P<scanner>GE)_T1w\\\\.nii\\\\.gz"\n'),
        "mine.toml: layout: t1w has no group (?P<subject>...); correct it.",
    ),
    _rules(
        "layout-path",
        "A layout by which a scanner's name is a path.",
        written(_NESTED),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.nii.gz: the name "
        "of its scanner would be 'ses-GE/anat', which holds / or \\, "
        "which would lead to another folder; correct the pattern in the "
        "dataset file, or the name.",
    ),
    _rules(
        "without-dataset",
        "A dataset file without a dataset.",
        written(""),
        "mine.toml: describes a dataset, and none is given; add --dataset.",
        "benchmark tiny.toml --dataset-file mine.toml --out out",
    ),
)
