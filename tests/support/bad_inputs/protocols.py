"""Protocols: TOML that is none, or says what cannot be."""

from .bad_input import BadInput

_RUN = "benchmark mine.toml --dataset dataset --device cpu --out out"
_GOOD = """
name = "mine"
version = 1
harmonizers = ["none"]
metrics = ["ssim"]
[split]
training = 2
external = 1
folds = [1]
"""


def written(content):
    return lambda place: (place / "mine.toml").write_bytes(
        content if isinstance(content, bytes) else content.encode()
    )


def changed(old, new):
    assert old in _GOOD
    return written(_GOOD.replace(old, new))


def added(text):
    return written(_GOOD + text)


def _protocol(id, what, make, line, command=_RUN):
    return BadInput(
        id=f"protocol-{id}", area="Protocols", what=what, make=make, command=command, line=line,
        needs=("dataset",),
    )  # fmt: skip


PROTOCOLS = (
    _protocol("missing", "No such file.", lambda p: None, ""),
    _protocol("unknown", "A name that no protocol has.", lambda p: None, "", "benchmark quik"),
    _protocol("folder", "A folder of that name.", lambda p: (p / "mine.toml").mkdir(), ""),
    _protocol("empty", "An empty file.", written(""), ""),
    _protocol("no-toml", "YAML.", written("name: mine\nversion: 1\n"), ""),
    _protocol("binary", "Bytes that are no text.", written(b"\xff\xfe\x00\x01"), ""),
    _protocol("deep", "5000 lists in each other.", written("a = " + "[" * 5000 + "]" * 5000), ""),
    _protocol(
        "long-number",
        "A number of 5000 digits.",
        changed("version = 1", "version = 1" + "0" * 5000),
        "",
    ),
    _protocol(
        "key", "An unknown key.", changed("version = 1", "version = 1\nhamronizers = []"), ""
    ),
    _protocol("table", "An unknown table.", added("[trainning]\nepochs = 1\n"), ""),
    _protocol(
        "type", "Text in the place of a number.", changed("version = 1", 'version = "one"'), ""
    ),
    _protocol("version", "Version 0.", changed("version = 1", "version = 0"), ""),
    _protocol("no-methods", "No method.", changed('["none"]', "[]"), ""),
    _protocol("method", "A method that nobody has.", changed('["none"]', '["nune"]'), ""),
    _protocol("method-twice", "A method twice.", changed('["none"]', '["none", "none"]'), ""),
    _protocol("metric", "A metric that nobody knows.", changed('["ssim"]', '["ssmi"]'), ""),
    _protocol("fold", "A fold that does not exist.", changed("folds = [1]", "folds = [7]"), ""),
    _protocol(
        "fold-huge",
        "A fold of 20 digits.",
        changed("folds = [1]", "folds = [99999999999999999999]"),
        "",
    ),
    _protocol(
        "training-huge",
        "A billion training subjects.",
        changed("training = 2", "training = 1000000000"),
        "",
    ),
    _protocol(
        "subject",
        "A subject who is not there.",
        changed("training = 2", 'training = ["01", "99"]'),
        "",
    ),
    _protocol(
        "subject-path",
        "A subject that is a path.",
        changed("training = 2", 'training = ["01", "../../etc"]'),
        "",
    ),
    _protocol(
        "negative", "A negative seed.", changed("version = 1", "version = 1\nseeds = [-1]"), ""
    ),
    _protocol("batch", "A batch of nobody.", added("[training]\nbatch_size = 0\n"), ""),
    _protocol(
        "rate-nan", "A learning rate that is NaN.", added("[training]\nlearning_rate = nan\n"), ""
    ),
    _protocol("alpha", "A level of significance of 5.", added("[statistics]\nalpha = 5\n"), ""),
    _protocol(
        "scanner",
        "A scanner that nobody was on.",
        changed("version = 1", 'version = 1\nscanners = ["GE", "Simens"]'),
        "",
    ),
    _protocol(
        "acquisition",
        "A time of a scanner in s in the place of ms.",
        added("[acquisitions.GE]\ninversion_time = 0.45\n"),
        "",
    ),
    _protocol(
        "acquisition-nan",
        "A time of a scanner that is NaN.",
        added("[acquisitions.GE]\ninversion_time = nan\n"),
        "",
    ),
    _protocol(
        "settings",
        "Settings of a method that is not known.",
        added("[settings.nune]\nfactor = 1\n"),
        "",
    ),
    _protocol(
        "setting", "A setting that a method has not.", added("[settings.none]\nfactor = 1\n"), ""
    ),
    _protocol(
        "voxels",
        "Simulated voxels of 1 nm.",
        added("[simulation]\nvoxel_size = 1e-6\n"),
        "",
        "benchmark mine.toml --out out",
    ),
    _protocol(
        "people",
        "A billion simulated people.",
        added("[simulation]\nsubjects = 1000000000\n"),
        "",
        "benchmark mine.toml --out out",
    ),
    _protocol(
        "name-path",
        "A name that is a path out of the results folder.",
        changed('"mine"', '"../../mine"'),
        "",
        "benchmark mine.toml --dataset dataset --device cpu",
    ),
    _protocol(
        "name-escape",
        "A name with a terminal's escape sequence.",
        changed('"mine"', '"mine\\u001b[31m"'),
        "",
    ),
    _protocol(
        "code",
        "A method of a file that is not there.",
        changed('["none"]', '["nothere.py:Mine"]'),
        "",
    ),
)
