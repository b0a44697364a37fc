"""Runs that several tests look at."""

import json

METHODS = {"none", "linear", "histogram", "unet", "phycharm"}

CONTROLS = {"oracle", "blurred", "constant"}

PAIRS = ["GE-Philips", "GE-Siemens", "Philips-Siemens"]

CELLS = (
    {f"{name}_all_fold-1_seed-0" for name in {"none", "linear", "histogram"} | CONTROLS}
    | {f"{name}_{pair}_fold-1_seed-0" for name in ("unet", "phycharm") for pair in PAIRS}
    | {"maps_corrected_case-4_seed-0"}
)


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))
