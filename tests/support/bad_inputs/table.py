"""All bad inputs, and the page of the docs that shows them."""

from phycharm.data.stored_image import MOST_VOXELS

from .arguments import ARGUMENTS
from .dataset_files import DATASET_FILES
from .datasets import DATASETS, MASKS
from .images import IMAGES
from .models import CHECKPOINTS, MODELS
from .protocols import PROTOCOLS
from .results import RESULTS
from .sidecars import SIDECARS

BAD_INPUTS = (
    *IMAGES, *MASKS, *SIDECARS, *DATASETS, *DATASET_FILES, *PROTOCOLS, *CHECKPOINTS, *MODELS,
    *RESULTS, *ARGUMENTS,
)  # fmt: skip

_HEAD = """\
# Bad input

What cannot be used is refused in one line that names it and the remedy, with exit code 2, before
anything is computed; what was computed before stays as it is. This page lists {count} inputs that
are wrong in one way each, with the command that meets them and the line that follows `phycharm: `.
Words that depend on a library's version or on the machine are shown as `[...]`. In the current
folder lie a small brain `T1w.nii.gz`, a BIDS dataset `dataset`, a protocol `tiny.toml`, a model
`model` and a finished run `run`; a test makes each input, runs its command, and compares.

- No file is taken at its word on its size: a header that claims more than {voxels} million voxels
  (a head at 0.25 mm has 480 million), a compressed file that holds more than its header announces,
  and extensions without end are refused before memory is taken for them.
- No name leads out of the output folder: people, scanners and protocols cannot be called by what a
  file system or a terminal would obey. In pages names are text, whatever they look like.
- No code comes from a file that is not named as code: checkpoints are read as tensors alone, and a
  model folder cannot choose a class or a program.
- A pattern of a dataset file that would search for ever is broken off (not on Windows).

Results folders are read as far as they can be: for `phycharm report` what is damaged or missing is
a note in the report, and the exit code is 0. `phycharm benchmark` goes on only with what is whole.
"""


def markdown():
    """Write the page, a table for every kind of input."""
    blocks = [_HEAD.format(count=len(BAD_INPUTS), voxels=MOST_VOXELS // 10**6)]
    for area in dict.fromkeys(bad.area for bad in BAD_INPUTS):
        rows = ["| Input | Command | What is said | Exit code |", "|---|---|---|---|"]
        rows += [_row(bad) for bad in BAD_INPUTS if bad.area == area]
        blocks.append(f"## {area}\n\n" + "\n".join(rows) + "\n")
    return "\n".join(blocks)


def _row(bad):
    place = " (in the report)" if bad.where == "report" else ""
    cells = (bad.what, _code(f"phycharm {bad.command}"), _code(bad.line) + place, str(bad.code))
    return f"| {' | '.join(cells)} |"


def _code(text):
    """Write code that may hold backticks and bars, in a cell of a table."""
    shown = text.replace("|", "\\|")
    longest = max((len(run) for run in shown.split() if set(run) == {"`"}), default=0)
    ticks = "`" * (max(longest, 1 if "`" in shown else 0) + 1)
    pad = " " if "`" in shown else ""
    return f"{ticks}{pad}{_shortened(shown)}{pad}{ticks}"


def _shortened(text, longest=40):
    """Leave out the middle of a word that is nothing but long."""
    words = [w if len(w) < 400 else f"{w[:longest]}[...]" for w in text.split(" ")]
    return " ".join(words)
