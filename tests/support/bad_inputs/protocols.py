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
    _protocol(
        "missing",
        "No such file.",
        lambda p: None,
        "Protocol mine.toml: no such file; check the path, or name one "
        "that comes with the package: paper, quick, smoke.",
    ),
    _protocol(
        "unknown",
        "A name that no protocol has.",
        lambda p: None,
        "No protocol 'quik'; did you mean 'quick'? There are: paper, "
        "quick, smoke. A path to a .toml file works too.",
        "benchmark quik",
    ),
    _protocol(
        "folder",
        "A folder of that name.",
        lambda p: (p / "mine.toml").mkdir(),
        "Protocol mine.toml: Is a directory; check the path.",
    ),
    _protocol(
        "empty",
        "An empty file.",
        written(""),
        "Protocol mine.toml: name: Field required; correct it.",
    ),
    _protocol(
        "no-toml",
        "YAML.",
        written("name: mine\nversion: 1\n"),
        "Protocol mine.toml: not valid TOML ([...]); correct it.",
    ),
    _protocol(
        "binary",
        "Bytes that are no text.",
        written(b"\xff\xfe\x00\x01"),
        "Protocol mine.toml: not readable as UTF-8 ([...]); correct it.",
    ),
    _protocol(
        "deep",
        "5000 lists in each other.",
        written("a = " + "[" * 5000 + "]" * 5000),
        "Protocol mine.toml: not valid TOML (nested too deeply); correct it.",
    ),
    _protocol(
        "long-number",
        "A number of 5000 digits.",
        changed("version = 1", "version = 1" + "0" * 5000),
        "Protocol mine.toml: not valid TOML ([...]); correct it.",
    ),
    _protocol(
        "key",
        "An unknown key.",
        changed("version = 1", "version = 1\nhamronizers = []"),
        "Protocol mine.toml: hamronizers: Extra inputs are not permitted; correct it.",
    ),
    _protocol(
        "table",
        "An unknown table.",
        added("[trainning]\nepochs = 1\n"),
        "Protocol mine.toml: trainning: Extra inputs are not permitted; correct it.",
    ),
    _protocol(
        "type",
        "Text in the place of a number.",
        changed("version = 1", 'version = "one"'),
        "Protocol mine.toml: version: Input should be a valid integer, "
        "unable to parse string as an integer; correct it.",
    ),
    _protocol(
        "version",
        "Version 0.",
        changed("version = 1", "version = 0"),
        "Protocol mine.toml: version: Input should be greater than or equal to 1; correct it.",
    ),
    _protocol(
        "no-methods",
        "No method.",
        changed('["none"]', "[]"),
        "Protocol mine.toml: harmonizers: Tuple should have at least 1 "
        "item after validation, not 0; correct it.",
    ),
    _protocol(
        "method",
        "A method that nobody has.",
        changed('["none"]', '["nune"]'),
        "No harmonizer 'nune'; did you mean 'unet'? There are: [...].",
    ),
    _protocol(
        "method-twice",
        "A method twice.",
        changed('["none"]', '["none", "none"]'),
        "Protocol mine.toml: harmonizers: 'none' stands there twice; correct it.",
    ),
    _protocol(
        "metric",
        "A metric that nobody knows.",
        changed('["ssim"]', '["ssmi"]'),
        "Protocol mine.toml: metrics: no image metric 'ssmi'; did you "
        "mean 'ssim'? There are: [...]; correct it.",
    ),
    _protocol(
        "fold",
        "A fold that does not exist.",
        changed("folds = [1]", "folds = [7]"),
        "dataset: fold 7 of 2 training subjects does not exist; change "
        "split.folds in the protocol.",
    ),
    _protocol(
        "fold-huge",
        "A fold of 20 digits.",
        changed("folds = [1]", "folds = [99999999999999999999]"),
        "dataset: fold 99999999999999999999 of 2 training subjects does "
        "not exist; change split.folds in the protocol.",
    ),
    _protocol(
        "training-huge",
        "A billion training subjects.",
        changed("training = 2", "training = 1000000000"),
        "dataset: the protocol wants 1000000000 subjects and only 3 are "
        "left; change [split] in the protocol or add subjects.",
    ),
    _protocol(
        "subject",
        "A subject who is not there.",
        changed("training = 2", 'training = ["01", "99"]'),
        "dataset: no subject '99' (or it is dealt out twice); there are: "
        "01, 02, 03; correct [split].",
    ),
    _protocol(
        "subject-path",
        "A subject that is a path.",
        changed("training = 2", 'training = ["01", "../../etc"]'),
        "dataset: no subject '../../etc' (or it is dealt out twice); "
        "there are: 01, 02, 03; correct [split].",
    ),
    _protocol(
        "negative",
        "A negative seed.",
        changed("version = 1", "version = 1\nseeds = [-1]"),
        "Protocol mine.toml: seeds.0: Input should be greater than or equal to 0; correct it.",
    ),
    _protocol(
        "batch",
        "A batch of nobody.",
        added("[training]\nbatch_size = 0\n"),
        "Protocol mine.toml: [training] batch_size: Input should be "
        "greater than or equal to 1; correct it.",
    ),
    _protocol(
        "rate-nan",
        "A learning rate that is NaN.",
        added("[training]\nlearning_rate = nan\n"),
        "Protocol mine.toml: [training] learning_rate: Input should be greater than 0; correct it.",
    ),
    _protocol(
        "alpha",
        "A level of significance of 5.",
        added("[statistics]\nalpha = 5\n"),
        "Protocol mine.toml: statistics.alpha: Input should be less than 1; correct it.",
    ),
    _protocol(
        "scanner",
        "A scanner that nobody was on.",
        changed("version = 1", 'version = 1\nscanners = ["GE", "Simens"]'),
        "dataset: no traveller was on scanner 'Simens'; did you mean "
        "'Siemens'? There are: GE, Philips, Siemens.",
    ),
    _protocol(
        "acquisition",
        "A time of a scanner in s in the place of ms.",
        added("[acquisitions.GE]\ninversion_time = 0.45\n"),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.nii.gz: "
        "[acquisitions]: inversion_time is 0.45 ms and seems to be in s; "
        "write 450.",
    ),
    _protocol(
        "acquisition-nan",
        "A time of a scanner that is NaN.",
        added("[acquisitions.GE]\ninversion_time = nan\n"),
        "dataset/sub-01/ses-GE/anat/sub-01_ses-GE_T1w.nii.gz: "
        "[acquisitions]: inversion_time is nan and not positive; write a "
        "positive number, in ms.",
    ),
    _protocol(
        "settings",
        "Settings of a method that is not known.",
        added("[settings.nune]\nfactor = 1\n"),
        "Protocol mine.toml: settings: no harmonizer 'nune'; did you "
        "mean 'unet'? There are: [...]; correct it.",
    ),
    _protocol(
        "setting",
        "A setting that a method has not.",
        added("[settings.none]\nfactor = 1\n"),
        "none: got an unexpected keyword argument 'factor'; it has no settings.",
    ),
    _protocol(
        "voxels",
        "Simulated voxels of 1 nm.",
        added("[simulation]\nvoxel_size = 1e-6\n"),
        "Protocol mine.toml: simulation.voxel_size: Input should be "
        "greater than or equal to 0.5; correct it.",
        "benchmark mine.toml --out out",
    ),
    _protocol(
        "people",
        "A billion simulated people.",
        added("[simulation]\nsubjects = 1000000000\n"),
        "Protocol mine.toml: simulation.subjects: Input should be less "
        "than or equal to 10000; correct it.",
        "benchmark mine.toml --out out",
    ),
    _protocol(
        "name-path",
        "A name that is a path out of the results folder.",
        changed('"mine"', '"../../mine"'),
        "Protocol mine.toml: name: '../../mine' holds / or \\, which "
        "would lead to another folder; correct it.",
        "benchmark mine.toml --dataset dataset --device cpu",
    ),
    _protocol(
        "name-escape",
        "A name with a terminal's escape sequence.",
        changed('"mine"', '"mine\\u001b[31m"'),
        "Protocol mine.toml: name: 'mine\\x1b[31m' holds signs that cannot be printed; correct it.",
    ),
    _protocol(
        "code",
        "A method of a file that is not there.",
        changed('["none"]', '["nothere.py:Mine"]'),
        "Harmonizer 'nothere.py:Mine': nothere.py:Mine cannot be "
        "imported ([...]); name the module and not its file: "
        "nothere:Mine.",
    ),
)
