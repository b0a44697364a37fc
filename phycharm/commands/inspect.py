"""`phycharm inspect`."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


def inspect(
    dataset: Path,
    *,
    dataset_file: Path | None = None,
    write: Path | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Say what is understood of a dataset before anything is computed, and what to do next.

    Reads names, sidecars and headers, and no voxels. The exit code is 2 where nothing can be done
    with the dataset.

    Parameters
    ----------
    dataset
        BIDS dataset, or a tree that a dataset file describes.
    dataset_file
        What the dataset's names mean (TOML); by default that is found out.
    write
        Write what was understood as a dataset file, to be edited.
    as_json
        Print everything as JSON.
    """
    from ..data.bids.bids_dataset import BidsDataset
    from ..data.inspection.advice import advise
    from ..data.inspection.facts import dataset_facts
    from ..data.inspection.text import inspection_text
    from ..data.inspection.written_rules import write_dataset_file
    from ..utils.untrusted.printable import say

    opened = BidsDataset(dataset, rules=dataset_file)
    facts = dataset_facts(opened)
    advice = advise(facts, dataset_file=dataset_file)
    if write is not None:
        write_dataset_file(write, opened, facts)
    if as_json:
        record = facts | {
            "obstacles": advice.obstacles,
            "notes": advice.notes,
            "next": advice.command,
            "usable": advice.usable,
        }
        say(json.dumps(record, indent=2))
    else:
        say(inspection_text(facts, advice))
        if write is not None:
            say(f"Dataset file: {write}")
    return 0 if advice.usable else 2
