"""Dataset files: patterns that are none or take for ever, names that are not there, paths."""

from .bad_input import BadInput

_RUN = (
    "benchmark tiny.toml --dataset dataset --dataset-file mine.toml --harmonizer none --device cpu "
    "--out out"
)


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
    _rules("missing", "No such file.", lambda p: None, ""),
    _rules("no-toml", "YAML.", written("sessions:\n  entity: ses\n"), ""),
    _rules("binary", "Bytes that are no text.", written(b"\xff\xfe\x00\x01"), ""),
    _rules("deep", "5000 lists in each other.", written("a = " + "[" * 5000 + "]" * 5000), ""),
    _rules("key", "An unknown key.", written('[sessions]\npatern = "(?P<scanner>.*)"\n'), ""),
    _rules("type", "A number in the place of words.", written("name = 3\n"), ""),
    _rules(
        "pattern",
        "A pattern that is no regular expression.",
        written('[sessions]\npattern = "(?P<scanner>"\n'),
        "",
    ),
    _rules(
        "pattern-group",
        "A pattern without the group `scanner`.",
        written('[sessions]\npattern = ".*"\n'),
        "",
    ),
    _rules("pattern-endless", "A pattern that backtracks without end on a label.", endless, ""),
    _rules(
        "pattern-nowhere",
        "A pattern that no session fits.",
        written('[sessions]\npattern = "(?P<scanner>X+)"\n'),
        "",
    ),
    _rules(
        "pattern-empty",
        "A pattern by which every scanner has an empty name.",
        written('[sessions]\npattern = "(?P<scanner>).*"\n'),
        "",
    ),
    _rules(
        "pattern-optional",
        "A pattern whose group `scanner` need not match.",
        written('[sessions]\npattern = "(?P<scanner>X)?.*"\n'),
        "",
    ),
    _rules(
        "scanner",
        "Times of a scanner that is not there.",
        written("[scanners.EG]\ninversion_time = 450\n"),
        "",
    ),
    _rules(
        "scanner-time", "A negative time.", written("[scanners.GE]\ninversion_time = -450\n"), ""
    ),
    _rules(
        "person",
        "A person who is not there is left out.",
        written('[exclude]\npeople = ["99"]\n'),
        "",
    ),
    _rules(
        "folder", "Masks of a folder that is not there.", written('[masks]\nfolder = "fsl"\n'), ""
    ),
    _rules(
        "folder-path",
        "Masks of a folder outside the dataset.",
        written('[masks]\nfolder = "../../masks"\n'),
        "",
    ),
    _rules(
        "divide-path",
        "A scanner whose name is a path.",
        written('[[divide]]\nscanner = "GE"\ninto = "../../../GE"\npeople = ["01"]\n'),
        "",
    ),
    _rules(
        "divide-escape",
        "A scanner whose name is a terminal's escape sequence.",
        written('[[divide]]\nscanner = "GE"\ninto = "\\u001b[31mGE"\npeople = ["01"]\n'),
        "",
    ),
    _rules(
        "divide-all",
        "A division that does not say which scans.",
        written('[[divide]]\nscanner = "GE"\ninto = "GE2"\n'),
        "",
    ),
    _rules(
        "layout-none",
        "A layout that no file fits.",
        written('[layout]\nt1w = "(?P<subject>x)/(?P<scanner>y)\\\\.nii"\n'),
        "",
    ),
    _rules(
        "layout-group",
        "A layout without the group `subject`.",
        written('[layout]\nt1w = ".*(?P<scanner>GE)_T1w\\\\.nii\\\\.gz"\n'),
        "",
    ),
    _rules(
        "layout-path",
        "A layout by which a scanner's name is a path.",
        written(
            '[layout]\nt1w = "sub-(?P<subject>[^/]+)/(?P<scanner>ses-.*/anat)/.*_T1w\\\\.nii\\\\.gz"\nmask = "derivatives/masks/sub-(?P<subject>[^/]+)/(?P<scanner>ses-.*/anat)/.*_mask\\\\.nii\\\\.gz"\n'
        ),
        "",
    ),
    _rules(
        "without-dataset",
        "A dataset file without a dataset.",
        written(""),
        "",
        "benchmark tiny.toml --dataset-file mine.toml --out out",
    ),
)
