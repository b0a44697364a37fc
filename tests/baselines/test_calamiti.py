"""Supervised CALAMITI as a harmonizer: no leakage, and it learns."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from phycharm.baselines.calamiti.calamiti import Calamiti
from phycharm.baselines.matched_slices import matched_slices
from phycharm.data.cohort import Cohort
from phycharm.errors import InputError

from support.toy_cohort import A, B, C, error, flipped, toy_cohort, toy_scan

TINY = {"epochs": 6, "batch_size": 6, "learning_rate": 1e-3}


@pytest.fixture(scope="module")
def fitted():
    method = Calamiti(training=TINY, base=4, seed=1)
    return method.fit(toy_cohort("01", "02", "03"), toy_cohort("04"))


@pytest.mark.slow
def test_one_model_learns_both_directions():
    plan = {**TINY, "epochs": 150, "schedule": "cosine"}
    method = Calamiti(training=plan, base=4, seed=1)
    method.fit(toy_cohort("01", "02", "03"), toy_cohort("04"))
    for source, target in ((A, B), (B, A)):
        scan = toy_scan("05", source)
        before = error(scan.image, "05", target)
        assert error(method.harmonize(scan, target), "05", target) < 0.8 * before
    assert list(method._models) == ["axial"]


def test_theta_is_the_targets_training_volumes_and_nothing_else():
    read = []

    def load(subject, scanner):
        read.append((subject, scanner.name))
        return toy_scan(subject, scanner)

    cohort = Cohort(subjects=("01", "02"), scanners=(A, B), load=load)
    method = Calamiti(training={"epochs": 1, "batch_size": 8}, base=2).fit(cohort)
    assert {subject for subject, _ in read} == {"01", "02"}
    scan, known = toy_scan("05", A), len(read)
    made = method.harmonize(scan, B)
    assert len(read) == known
    # What it makes is the decoder's image of the source's anatomy and the stored theta.
    one = method._models["axial"]
    with torch.no_grad():
        one.thetas[1] += 1.0
    assert np.abs(method.harmonize(scan, B) - made).max() > 1e-6


def test_history_tells_of_both_networks(fitted):
    rows = fitted.history
    assert {row["network"] for row in rows} == {"G", "D"}
    assert {(row["source"], row["target"]) for row in rows} == {("", "")}
    kept = {(row["network"], row["split"], row["term"]) for row in rows}
    assert {("G", "train", "loss"), ("D", "train", "loss")} <= kept
    assert ("G", "validation", "reconstruction") in kept


def test_the_state_with_the_lowest_validation_error_is_kept(fitted):
    best = min(
        row["value"]
        for row in fitted.history
        if (row["split"], row["term"]) == ("validation", "reconstruction")
    )
    model = fitted._models["axial"]
    (stack,) = matched_slices(toy_cohort("04"), (A, B), fitted._canvases["axial"], "cpu")
    images = [image[:, None] for image in stack.images.unbind(1)]
    mask = stack.masks.all(dim=1, keepdim=True)
    with torch.no_grad():
        errors = [
            F.l1_loss(model.translate(images[source], target)[mask], images[target][mask])
            for source, target in ((0, 1), (1, 0))
        ]
    assert torch.stack(errors).mean().item() == pytest.approx(best, rel=1e-5)


def test_all_scanners_at_once():
    method = Calamiti(scope="all", training={"epochs": 1, "batch_size": 8}, base=2)
    assert method.card.scope == "all"
    assert Calamiti().card.scope == Calamiti.card.scope == "pair"
    method.fit(toy_cohort("01", "02", scanners=(A, B, C)), toy_cohort("03", scanners=(A, B, C)))
    assert method._models["axial"].thetas.shape == (3, 2)
    images = [method.harmonize(toy_scan("05", A), target) for target in (B, C)]
    assert np.abs(images[0] - images[1]).max() > 0


class Unchanged(nn.Module):
    def __init__(self, factor=1.0):
        super().__init__()
        self.factor = factor

    def translate(self, slices, scanner):
        return self.factor * slices


def test_orientations_are_turned_back_and_fused_by_the_median():
    names = ("axial", "coronal", "sagittal")
    method = Calamiti(training={"epochs": 1, "batch_size": 16}, base=2, orientations=names).fit(
        toy_cohort("01")
    )
    assert {row["network"] for row in method.history} >= {"G axial", "G coronal", "G sagittal"}
    sizes = {name: (c.height, c.width) for name, c in method._canvases.items()}
    assert set(sizes.values()) == {(32, 32)}
    scan = toy_scan("05", A)
    for weights in ((1.0, 1.0, 1.0), (0.0, 2.0, 3.0), (5.0, 1.5, 0.0)):
        method._models = {n: Unchanged(w) for n, w in zip(names, weights, strict=True)}
        expected = np.float32(np.median(weights)) * scan.image
        np.testing.assert_allclose(method.harmonize(scan, B), expected, atol=1e-6)


def test_a_slice_does_not_know_its_neighbours(fitted):
    scan = toy_scan("05", A)
    whole = fitted.harmonize(scan, B)
    np.testing.assert_allclose(fitted.harmonize(flipped(scan), B)[..., ::-1], whole, atol=1e-5)
    alone = scan.mask.copy()
    alone[..., 4:] = False
    # The widest slices are in both halves, so that the canvas stays where it is.
    canvas = fitted._canvases["axial"]
    assert canvas.place(alone).corner == canvas.place(scan.mask).corner
    part = fitted.harmonize(replace(scan, mask=alone), B)
    np.testing.assert_allclose(part[alone], whole[alone], atol=1e-5)


def test_saved_and_loaded_equals_itself(fitted, tmp_path):
    fitted.save(tmp_path)
    loaded = Calamiti.load(tmp_path)
    scan = toy_scan("05", A)
    np.testing.assert_array_equal(loaded.harmonize(scan, B), fitted.harmonize(scan, B))
    assert loaded.settings() == fitted.settings()
    assert loaded.deviations == fitted.deviations


def test_seeds_decide():
    plan = {"epochs": 1, "batch_size": 8}
    cohort, scan = toy_cohort("01"), toy_scan("05", A)
    one, same, other = (
        Calamiti(training=plan, base=2, seed=seed).fit(cohort).harmonize(scan, B)
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 1e-4


def test_it_says_where_it_departs_from_the_paper(fitted):
    said = " ".join(fitted.deviations)
    assert "batch size 6 instead of 8" in said
    assert "base 4 instead of 8" in said
    assert "No perceptual loss" in said
    assert "Only axial slices" in said
    plain, skipped = (set(Calamiti(residual=residual).deviations) for residual in (False, True))
    (skip,) = skipped - plain
    assert "difference" in skip
    three = Calamiti(orientations=["axial", "coronal", "sagittal"]).deviations
    assert any("median" in sentence for sentence in three)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"orientations": ("oblique",)}, "no orientation 'oblique'"),
        ({"orientations": ("axial", "axial")}, "name one or more of"),
        ({"orientations": ()}, "name one or more of"),
        ({"scope": "common-domain"}, "no scope 'common-domain'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        Calamiti(**settings)


def test_unknown_targets_and_unfitted_models_are_refused(fitted, tmp_path):
    with pytest.raises(ValueError, match="not fitted to C"):
        fitted.harmonize(toy_scan("05", A), C)
    with pytest.raises(ValueError, match="nothing to save"):
        Calamiti().save(tmp_path)
