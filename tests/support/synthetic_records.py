"""The JSON files of a made-up run: manifest, method cards, metric records."""

import itertools
from typing import Any

CONTROLS = ("oracle", "blurred", "constant")
METRICS: list[dict[str, Any]] = [
    {
        "name": "ssim",
        "definition": "Structural similarity: Gaussian window, sigma 1.5, averaged in the mask.",
        "higher_is_better": True,
        "best": 1.0,
        "tissue": False,
        "unit": "",
    },
    {
        "name": "psnr",
        "definition": "Peak signal-to-noise ratio in the mask; the range is the target's.",
        "higher_is_better": True,
        "best": None,
        "tissue": False,
        "unit": "dB",
    },
    {
        "name": "nrmse",
        "definition": "Root mean square error over the target's root mean square, in the mask.",
        "higher_is_better": False,
        "best": 0.0,
        "tissue": False,
        "unit": "",
    },
    {
        "name": "sharpness",
        "definition": "Gradient energy of the image over the target's, in the mask.",
        "higher_is_better": None,
        "best": 1.0,
        "tissue": False,
        "unit": "",
    },
    {
        "name": "dice",
        "definition": "Dice overlap with the target scan's segmentation.",
        "higher_is_better": True,
        "best": 1.0,
        "tissue": True,
        "unit": "",
    },
    {
        "name": "volume_difference_ml",
        "definition": "Tissue volume minus the target scan's.",
        "higher_is_better": None,
        "best": 0.0,
        "tissue": True,
        "unit": "ml",
    },
    {
        "name": "abs_volume_difference_ml",
        "definition": "Absolute difference of tissue volume from the target scan's.",
        "higher_is_better": False,
        "best": 0.0,
        "tissue": True,
        "unit": "ml",
    },
    {
        "name": "abs_volume_difference_percent",
        "definition": "Absolute difference of tissue volume, percent of the target scan's.",
        "higher_is_better": False,
        "best": 0.0,
        "tissue": True,
        "unit": "%",
    },
]


def cards(methods: tuple[str, ...]) -> dict[str, Any]:
    def card(name: str) -> dict[str, Any]:
        return {
            "name": name,
            "revision": "1",
            "summary": f"What {name} does, in one sentence.",
            "citation": "Doe 2025, doi:10.1000/example" if name == "phycharm" else "",
            "license": "MIT",
            "supervision": "paired" if name in ("unet", "phycharm") else "none",
            "scope": "pair",
            "needs": ["maps"] if name == "phycharm" else [],
            "trained_on": [],
            "deviations": ["Trained for fewer epochs than its paper."] if name == "unet" else [],
            "control": name in CONTROLS,
        }

    return {name: card(name) for name in (*methods, *CONTROLS)}


def manifest(recipe: Any) -> dict[str, Any]:
    scanner = {
        "manufacturer": "GE",
        "field_strength": 3.0,
        "inversion_time": 450.0,
        "repetition_time": 2400.0,
        "echo_time": 3.2,
        "flip_angle": 12.0,
    }
    return {
        "format": 1,
        "protocol": {
            "name": "smoke",
            "version": 1,
            "preset": "corrected",
            "scanners": list(recipe.scanners),
            "pairs": [list(p) for p in itertools.combinations(recipe.scanners, 2)],
            "folds": [[s] for s in recipe.folds],
            "external": list(recipe.external),
            "seeds": [0],
            "harmonizers": list(recipe.methods),
            "training": {"steps": 100},
            "maps": {"cases": [4]},
        },
        "fingerprint": "ab" * 32,
        "dataset": {
            "name": "digital travelling subjects",
            "path": "dataset",
            "simulated": recipe.simulated,
            "fingerprint": "cd" * 32,
            "checksums": {},
            "license": "CC0",
            "citation": "",
        },
        "scanners": dict.fromkeys(recipe.scanners, scanner),
        "environment": {
            "phycharm": "0.1.0",
            "git_commit": "0123abc",
            "python": "3.11.5",
            "platform": "Linux-x86_64",
            "packages": {"numpy": "2.0.0", "torch": "2.13.0"},
        },
        "hardware": {"cpu": "Example CPU", "cores": 2, "memory_gb": 23.5, "device": "cpu"},
        "segmenter": "hmrf 1",
        "status": "finished",
        "started": "2025-01-01T10:00:00+00:00",
        "finished": "2025-01-01T10:20:00+00:00",
        "wall_seconds": 1200.0,
        "peak_memory_mb": 2048.0,
    }
