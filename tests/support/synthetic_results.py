"""A small results folder as the harness writes it, made without torch.

The images are real images (a phantom seen by three scanners), and the scores are computed from
them, so that a picture and a number in the report tell the same story.
"""

import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter
from skimage.metrics import structural_similarity

from phycharm.data.nifti import write_volume

from .synthetic_records import CONTROLS, METRICS, cards, manifest

SCANNERS = ("GE", "Siemens", "Philips")
TISSUES = ("CSF", "GM", "WM")
METHODS = ("none", "linear", "histogram", "unet", "phycharm")
# Contrast of CSF, GM and WM, and noise, per scanner.
_CONTRAST = {
    "GE": (0.18, 0.55, 0.92, 0.020),
    "Siemens": (0.10, 0.48, 0.80, 0.030),
    "Philips": (0.25, 0.62, 0.85, 0.025),
}
# How much of the way to the target a method goes, how much it blurs, how much noise it adds.
_SKILL = {
    "none": (0.0, 0.0, 0.0),
    "linear": (0.35, 0.0, 0.0),
    "histogram": (0.6, 0.0, 0.01),
    "unet": (0.9, 0.5, 0.004),
    "phycharm": (0.91, 0.49, 0.004),
    "oracle": (1.0, 0.0, 0.0),
    "blurred": (1.0, 1.6, 0.0),
}


@dataclass(kw_only=True)
class Recipe:
    """What the made-up run contains."""

    shape: tuple[int, int, int] = (26, 30, 24)
    voxel_mm: float = 6.0
    scanners: tuple[str, ...] = SCANNERS
    methods: tuple[str, ...] = METHODS
    external: tuple[str, ...] = ("05", "06", "07", "08", "09")
    folds: tuple[str, ...] = ("01", "02")
    simulated: bool = True
    segmented: bool = True
    seed: int = 0
    anatomy: Any = None
    rows: list[dict[str, Any]] = field(default_factory=list)
    histogram_rows: list[dict[str, Any]] = field(default_factory=list)
    volume_rows: list[dict[str, Any]] = field(default_factory=list)
    feature_rows: list[dict[str, Any]] = field(default_factory=list)


def phantom(shape: tuple[int, int, int], rng: np.random.Generator) -> np.ndarray:
    """Fractions of CSF, GM and WM, shape (3, X, Y, Z), of a folded ball."""
    axes = [np.linspace(-1.15, 1.15, n) for n in shape]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    phase = rng.uniform(0, 2 * np.pi, 3)
    folds = 0.06 * (np.sin(9 * x + phase[0]) + np.sin(8 * y + phase[1]) + np.cos(9 * z + phase[2]))
    radius = np.sqrt(x**2 + y**2 + z**2) * rng.uniform(0.97, 1.03)
    ventricle = (x / 0.25) ** 2 + (y / 0.4) ** 2 + (z / 0.25) ** 2 < 1
    white = (radius + folds < 0.68) & ~ventricle
    grey = (radius + folds < 0.88) & ~ventricle & ~white
    fluid = (radius < 1) & ~white & ~grey
    return np.stack([gaussian_filter(t.astype(np.float32), 0.5) for t in (fluid, grey, white)])


def _acquire(fractions: np.ndarray, scanner: str, rng: np.random.Generator) -> np.ndarray:
    *contrast, noise = _CONTRAST.get(scanner, _CONTRAST["GE"])
    image = np.tensordot(np.asarray(contrast), fractions, axes=1)
    noisy = image + noise * rng.standard_normal(image.shape)
    return np.where(fractions.sum(0) > 0.5, np.clip(noisy, 0, None), 0).astype(np.float32)


def _harmonize(
    method: str, source: np.ndarray, target: np.ndarray, mask: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    if method == "constant":
        return np.where(mask, target[mask].mean(), 0).astype(np.float32)
    step, blur, noise = _SKILL.get(method, (0.5, 0.2, 0.01))
    if method not in ("none", *CONTROLS):
        step, blur = step * rng.uniform(0.8, 1.02), blur * rng.uniform(0.9, 1.1)
    image = source + step * (target - source)
    image = gaussian_filter(image, blur) if blur else image
    image = image + noise * rng.standard_normal(image.shape)
    return np.where(mask, image, 0).astype(np.float32)


def _labels(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    low, high = np.array([0.45, 0.8]) * np.quantile(image[mask], 0.98)
    return np.where(mask, 1 + (image > low) + (image > high), 0).astype(np.uint8)


def _image_scores(image: np.ndarray, target: np.ndarray, mask: np.ndarray) -> dict[str, float]:
    peak = float(np.quantile(target[mask], 0.99))
    error = float(np.sqrt(np.mean((image[mask] - target[mask]) ** 2)))
    _, ssim = structural_similarity(
        target, image, data_range=peak, gaussian_weights=True, sigma=1.5, full=True
    )

    def energy(volume: np.ndarray) -> float:
        return float(sum(np.mean(g[mask] ** 2) for g in np.gradient(volume)))

    return {
        "ssim": float(ssim[mask].mean()),
        "psnr": float(20 * np.log10(peak / error)) if error else float("nan"),
        "nrmse": error / float(np.sqrt(np.mean(target[mask] ** 2))),
        "sharpness": energy(image) / energy(target),
    }


def _tissue_scores(
    labels: np.ndarray, reference: np.ndarray, voxel_ml: float
) -> dict[tuple[str, str], float]:
    scores = {}
    for number, tissue in enumerate(TISSUES, start=1):
        a, b = labels == number, reference == number
        difference = (int(a.sum()) - int(b.sum())) * voxel_ml
        scores["dice", tissue] = 2 * int((a & b).sum()) / max(int(a.sum() + b.sum()), 1)
        scores["volume_difference_ml", tissue] = difference
        scores["abs_volume_difference_ml", tissue] = abs(difference)
        percent = 100 * abs(difference) / (max(int(b.sum()), 1) * voxel_ml)
        scores["abs_volume_difference_percent", tissue] = percent
    return scores


class Maker:
    """Writes a run folder by a recipe."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self.folder, self.recipe = folder, recipe
        self.rng = np.random.default_rng(recipe.seed)
        self.affine = np.diag([recipe.voxel_mm] * 3 + [1.0])
        self.voxel_ml = recipe.voxel_mm**3 / 1000

    def make(self) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        for split, subjects in (
            ("validation", self.recipe.folds),
            ("external", self.recipe.external),
        ):
            for index, subject in enumerate(subjects):
                folds = [index + 1] if split == "validation" else [1]
                self._subject(split, subject, folds)
        self._tables()
        self._cells()
        self._maps()
        self._json("run.json", manifest(self.recipe))
        self._json("methods.json", cards(self.recipe.methods))
        self._json("metrics.json", METRICS)
        return self.folder

    def _json(self, name: str, content: Any) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=1))

    def _save(self, name: str, data: np.ndarray) -> None:
        write_volume(self.folder / name, data, self.affine)

    def _subject(self, split: str, subject: str, folds: list[int]) -> None:
        make = self.recipe.anatomy or phantom
        fractions = make(self.recipe.shape, self.rng)
        mask = fractions.sum(0) > 0.5
        scans = {s: _acquire(fractions, s, self.rng) for s in self.recipe.scanners}
        for scanner, image in scans.items():
            stem = f"scans/sub-{subject}_ses-{scanner}"
            self._save(f"{stem}_T1w.nii.gz", image)
            self._save(f"{stem}_mask.nii.gz", mask)
            if self.recipe.segmented:
                self._save(f"{stem}_pveseg.nii.gz", _labels(image, mask))
        for source, target in itertools.permutations(self.recipe.scanners, 2):
            for fold, method in itertools.product(folds, (*self.recipe.methods, *CONTROLS)):
                key = {
                    "split": split,
                    "fold": fold,
                    "source": source,
                    "target": target,
                    "subject": subject,
                    "harmonizer": method,
                    "seed": 0,
                }
                self._image(key, scans[source], scans[target], mask)

    def _image(
        self, key: dict[str, Any], source: np.ndarray, target: np.ndarray, mask: np.ndarray
    ) -> None:
        image = _harmonize(key["harmonizer"], source, target, mask, self.rng)
        self._score(key, _image_scores(image, target, mask))
        cell = self.folder / "cells" / cell_name(key, self.recipe.scanners)
        stem = f"sub-{key['subject']}_from-{key['source']}_to-{key['target']}"
        write_volume(cell / "images" / f"{stem}_T1w.nii.gz", image, self.affine)
        self._histogram(key, image[mask])
        self._measure(key, image, mask)
        self._measure({**key, "source": key["target"]}, target, mask)
        if self.recipe.segmented:
            labels = _labels(image, mask)
            for (metric, tissue), value in _tissue_scores(
                labels, _labels(target, mask), self.voxel_ml
            ).items():
                self._score(key, {metric: value}, tissue)
            write_volume(cell / "segmentations" / f"{stem}_pveseg.nii.gz", labels, self.affine)

    def _score(self, key: dict[str, Any], values: dict[str, float], tissue: str = "") -> None:
        for metric, value in values.items():
            row = {"protocol": "smoke", "protocol_version": 1, **key}
            self.recipe.rows.append({**row, "metric": metric, "tissue": tissue, "value": value})

    def _measure(self, key: dict[str, Any], image: np.ndarray, mask: np.ndarray) -> None:
        inside = image[mask].astype(float)
        steps = [float(np.mean(part[mask] ** 2)) for part in np.gradient(image)]
        found = {"mean": inside.mean(), "deviation": inside.std()}
        found |= {f"quantile_{q}": float(np.percentile(inside, q)) for q in (5, 25, 50, 75, 95)}
        found |= {f"gradient_{axis}": step for axis, step in zip("xyz", steps, strict=True)}
        self.recipe.feature_rows.append({**key, **found})
        if self.recipe.segmented:
            counts = np.bincount(_labels(image, mask)[mask], minlength=4)[1:] * self.voxel_ml
            for tissue, volume in zip(TISSUES, counts, strict=True):
                unknown = {"true_ml": float("nan"), "known_loss": float("nan")}
                row = {**key, "tissue": tissue, "volume_ml": float(volume)}
                self.recipe.volume_rows.append(row | unknown)

    def _histogram(self, key: dict[str, Any], image: np.ndarray) -> None:
        edges = np.linspace(0, 1.2, 65)
        series = {key["harmonizer"]: image}
        for name, values in series.items():
            counts, _ = np.histogram(values, bins=edges)
            for left, right, count in zip(edges[:-1], edges[1:], counts, strict=True):
                self.recipe.histogram_rows.append(
                    {
                        **key,
                        "harmonizer": name,
                        "bin_left": left,
                        "bin_right": right,
                        "count": count,
                    }
                )

    def _tables(self) -> None:
        pd.DataFrame(self.recipe.rows).to_parquet(self.folder / "scores.parquet", index=False)
        histograms = pd.DataFrame(self.recipe.histogram_rows)
        histograms.to_parquet(self.folder / "histograms.parquet", index=False)
        features = pd.DataFrame(self.recipe.feature_rows)
        features.to_parquet(self.folder / "features.parquet", index=False)
        if self.recipe.segmented:
            volumes = pd.DataFrame(self.recipe.volume_rows)
            volumes.to_parquet(self.folder / "volumes.parquet", index=False)

    def _cells(self) -> None:
        timings = []
        for folder in sorted((self.folder / "cells").iterdir()):
            if not (folder / "images").is_dir():
                continue
            method = folder.name.split("_")[0]
            trained = method in ("unet", "phycharm")
            cell = {
                "format": 1,
                "cell": folder.name,
                "harmonizer": method,
                "scanners": folder.name.split("_")[1].split("-"),
                "fold": int(folder.name.split("_fold-")[1].split("_")[0]),
                "seed": 0,
                "fingerprint": "0" * 64,
                "status": "done",
                "error": "",
                "repr": f"{method}()",
                "device": "cpu",
                "fit_seconds": 12.5 if trained else 0.01,
                "harmonize_seconds": 0.4,
                "peak_memory_mb": 512.0,
                "parameters": 1234567 if trained else 0,
                "deviations": [],
            }
            self._json(f"cells/{folder.name}/cell.json", cell)
            timings.append({k: v for k, v in cell.items() if k not in ("deviations", "scanners")})
            if trained:
                self._history(folder, cell["scanners"])
        failed = {**timings[0], "cell": "pix2pix_GE-Siemens_fold-1_seed-0", "harmonizer": "pix2pix"}
        failed.update(status="failed", error="the discriminator diverged: loss is NaN in epoch 3")
        self._json(f"cells/{failed['cell']}/cell.json", {**failed, "scanners": ["GE", "Siemens"]})
        pd.DataFrame([*timings, failed]).to_csv(self.folder / "timings.csv", index=False)

    def _history(self, folder: Path, scanners: list[str]) -> None:
        rows = []
        for source, target in itertools.permutations(scanners, 2):
            for epoch, split in itertools.product(range(1, 11), ("train", "validation")):
                loss = 0.2 * np.exp(-epoch / 3) + 0.02 * (split == "validation")
                rows.append(
                    ("HN", source, target, epoch, split, "loss", loss + self.rng.normal(0, 0.002))
                )
        columns = ["network", "source", "target", "epoch", "split", "term", "value"]
        pd.DataFrame(rows, columns=columns).to_csv(folder / "history.csv", index=False)

    def _maps(self) -> None:
        rows = []
        for case, name, source in itertools.product(
            (1, 2, 3, 4), ("T1", "M0"), self.recipe.scanners
        ):
            for subject, metric, value in (
                ("Q07", "ssim", 0.85 + 0.02 * case),
                ("Q07", "psnr", 22.0 + case),
                ("Q07", "nrmse", 0.3 - 0.02 * case),
                ("Q07", "median_relative_error", 0.12 - 0.01 * case),
            ):
                row = {"case": case, "preset": "corrected", "subject": subject, "map": name}
                row |= {"source": source, "seed": 0, "metric": metric, "tissue": ""}
                rows.append({**row, "value": value + self.rng.normal(0, 0.005)})
        pd.DataFrame(rows).to_parquet(self.folder / "maps.parquet", index=False)
        self._json("cells/maps_case-4_seed-0/cell.json", {"harmonizer": "maps", "status": "done"})
        fractions = (self.recipe.anatomy or phantom)(self.recipe.shape, self.rng)
        truth = {"T1": (4000.0, 1400.0, 850.0), "M0": (100.0, 85.0, 70.0)}
        mask = fractions.sum(0) > 0.5
        self._save("scans/sub-Q07_mask.nii.gz", mask)
        for name, values in truth.items():
            image = np.where(mask, np.tensordot(np.asarray(values), fractions, axes=1), 0)
            image = image.astype(np.float32)
            self._save(f"scans/sub-Q07_{name}map.nii.gz", image)
            noise = 1 + 0.05 * self.rng.standard_normal(image.shape)
            path = f"cells/maps_case-4_seed-0/images/sub-Q07_{name}map.nii.gz"
            self._save(path, (image * noise).astype(np.float32))


def cell_name(key: dict[str, Any], scanners: tuple[str, ...]) -> str:
    pair = sorted((key["source"], key["target"]), key=scanners.index)
    return f"{key['harmonizer']}_{'-'.join(pair)}_fold-{key['fold']}_seed-{key['seed']}"


def make_results(folder: Path, **recipe: Any) -> Path:
    """Write a run folder and return it."""
    return Maker(folder, Recipe(**recipe)).make()
