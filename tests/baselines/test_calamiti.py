"""Supervised CALAMITI: networks and losses as published, no leakage, and it learns."""

import copy
import math
import os
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn
from toy_cohort import A, B, C, error, flipped, toy_cohort, toy_scan

from phycharm.baselines.calamiti import CALAMITI_PLAN, Calamiti
from phycharm.baselines.calamiti_model import CalamitiModel
from phycharm.baselines.calamiti_training import (
    CalamitiTraining,
    CalamitiWeights,
    divergence,
    swapped_at_random,
)
from phycharm.baselines.matched import matched_slices
from phycharm.baselines.networks.anatomy_encoder import AnatomyEncoder
from phycharm.baselines.networks.contrast_decoder import ContrastDecoder
from phycharm.baselines.networks.contrast_encoder import ContrastEncoder
from phycharm.baselines.networks.scanner_discriminator import ScannerDiscriminator
from phycharm.baselines.networks.vgg_features import VGGFeatures
from phycharm.cohort import Cohort
from phycharm.errors import InputError

TINY = {"epochs": 6, "batch_size": 6, "learning_rate": 1e-3}


def convolutions(module):
    return [layer for layer in module.modules() if isinstance(layer, nn.Conv2d)]


def in_and_out(module):
    return [(conv.in_channels, conv.out_channels) for conv in convolutions(module)]


def model(scanners=2, base=2):
    return CalamitiModel(scanners=scanners, classes=4, dimensions=2, base=base)


def numbered_stacks(counts, scanners=2):
    """Slices that say whose they are: 1000 person + 10 slice + scanner."""
    stacks = []
    for person, count in enumerate(counts):
        codes = 1000 * person + 10 * torch.arange(count)[:, None] + torch.arange(scanners)
        stacks.append(codes.float()[:, :, None, None].expand(-1, -1, 16, 16).contiguous())
    return stacks


def training(stacks, **settings):
    return CalamitiTraining(
        model=model(scanners=stacks[0].shape[1]), stacks=stacks, plan=CALAMITI_PLAN, **settings
    )


# The networks


def test_the_anatomy_encoder_is_the_papers():
    encoder = AnatomyEncoder()
    assert in_and_out(encoder)[-4:] == [(16, 16), (16, 32), (32, 64), (64, 4)]
    going_down = [(1, 8), (8, 8), (8, 16), (16, 16), (16, 32), (32, 32), (32, 64), (64, 64)]
    assert in_and_out(encoder)[:10] == [*going_down, (64, 128), (128, 128)]
    assert len([m for m in encoder.modules() if isinstance(m, nn.InstanceNorm2d)]) == 18 + 4


def test_beta_is_one_hot_in_training_and_in_use():
    encoder = AnatomyEncoder(base=2)
    image = torch.randn(3, 1, 16, 32)
    for mode in (encoder.train(), encoder.eval()):
        beta = mode(image, 0.7)
        assert beta.shape == (3, 4, 16, 32)
        torch.testing.assert_close(beta.amax(dim=1), torch.ones(3, 16, 32))
        torch.testing.assert_close(beta.sum(dim=1), torch.ones(3, 16, 32))
    torch.testing.assert_close(encoder(image), encoder(image), atol=0, rtol=0)


def test_gradients_go_straight_through_beta():
    encoder = AnatomyEncoder(base=2).train()
    image = torch.randn(2, 1, 32, 32)
    (encoder(image, 0.5) * torch.randn(2, 4, 32, 32)).sum().backward()
    assert convolutions(encoder)[-1].weight.grad.abs().max() > 0
    assert convolutions(encoder)[0].weight.grad.abs().max() > 0


def test_the_likeliest_class_is_drawn_most_often():
    encoder = AnatomyEncoder(base=2)
    image = torch.randn(1, 1, 32, 32)
    with torch.no_grad():
        drawn = torch.stack([encoder.train()(image, 1.0) for _ in range(200)]).mean(dim=0)
        logits = encoder.layers(image)
    # Gumbel-max draws from the softmax of the logits, whatever the temperature.
    torch.testing.assert_close(drawn, logits.softmax(dim=1), atol=0.2, rtol=0)


def test_the_contrast_encoder_is_the_papers():
    encoder = ContrastEncoder()
    assert in_and_out(encoder) == [(1, 32), (32, 64), (64, 128), (128, 128)]
    assert {(c.kernel_size, c.stride) for c in convolutions(encoder)} == {((4, 4), (2, 2))}
    mean, log_variance = encoder(torch.randn(5, 1, 48, 64))
    assert mean.shape == log_variance.shape == (5, 2)


def test_the_decoder_paints_theta_everywhere():
    torch.manual_seed(0)
    decoder = ContrastDecoder()
    assert in_and_out(decoder)[:2] == [(6, 16), (16, 16)]
    beta = F.one_hot(torch.randint(4, (1, 32, 32)), 4).movedim(-1, 1).float()
    images = [decoder(beta, torch.tensor([theta])) for theta in ([0.0, 0.0], [3.0, 0.0])]
    assert images[0].shape == (1, 1, 32, 32)
    changed = (images[0] - images[1]).abs() > 1e-5
    assert changed.float().mean() > 0.99


def test_the_discriminator_is_the_papers_and_spectrally_normal():
    torch.manual_seed(0)
    discriminator = ScannerDiscriminator(classes=4, scanners=3)
    assert in_and_out(discriminator) == [(7, 16), (16, 64), (64, 64), (64, 16), (16, 1)]
    assert [c.kernel_size[0] for c in convolutions(discriminator)] == [4, 4, 4, 1, 1]
    assert [c.stride[0] for c in convolutions(discriminator)] == [2, 2, 2, 1, 1]
    with torch.no_grad():
        for convolution in convolutions(discriminator):
            convolution.parametrizations.weight.original.mul_(50)
        for _ in range(50):
            logits = discriminator(torch.rand(2, 4, 32, 48), torch.tensor([0, 2]))
    assert logits.shape == (2, 1, 4, 6)
    for convolution in convolutions(discriminator):
        largest = torch.linalg.matrix_norm(convolution.weight.flatten(1), ord=2)
        assert float(largest.detach()) == pytest.approx(1, abs=0.02)


def test_the_discriminator_reads_the_claimed_scanner():
    torch.manual_seed(0)
    discriminator = ScannerDiscriminator()
    beta = torch.rand(1, 4, 16, 16)
    one, other = (discriminator(beta, torch.tensor([claim])) for claim in (0, 1))
    assert (one - other).abs().max() > 1e-4


# The game


def test_theta_comes_from_another_slice_of_the_same_volume():
    game = training(numbered_stacks([5, 2, 7]))
    indices = torch.arange(14)
    scanners = torch.tensor([0, 1]).repeat(14)
    seen = set()
    for _ in range(100):
        others = game.other_slices(indices, scanners)[:, 0, 0, 0].view(14, 2).long()
        own = game.slices[:, :, 0, 0].long()
        assert (others // 1000 == own // 1000).all()
        assert (others % 10 == own % 10).all()
        assert (others // 10 % 100 != own // 10 % 100).all()
        seen |= set(others[0].tolist())
    # Every other slice of the first volume has its turn.
    assert seen == {10 * s + scanner for s in (1, 2, 3, 4) for scanner in (0, 1)}


def test_a_volume_of_one_slice_is_its_own_other():
    game = training(numbered_stacks([1, 3]))
    others = game.other_slices(torch.tensor([0]), torch.tensor([0, 1]))
    assert others[:, 0, 0, 0].tolist() == [0.0, 1.0]


def test_pairs_show_one_slice_on_two_scanners():
    game = training(numbered_stacks([6], scanners=3))
    drawn = set()
    for _ in range(60):
        images, scanners = game._drawn_pairs(torch.tensor([2, 4]))
        codes = images[:, 0, 0, 0].view(2, 2)
        assert (codes // 10 == torch.tensor([[2.0], [4.0]])).all()
        assert (codes % 10 == scanners.view(2, 2)).all()
        drawn |= {tuple(pair) for pair in scanners.view(2, 2).tolist()}
    assert drawn == {(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)}


def test_betas_are_swapped_in_half_of_the_pairs():
    torch.manual_seed(0)
    beta = torch.arange(400.0).view(400, 1, 1, 1)
    pairs = swapped_at_random(beta).view(200, 2)
    swapped = pairs[:, 0] > pairs[:, 1]
    assert (pairs.sort(dim=1).values == beta.view(200, 2)).all()
    assert 70 < int(swapped.sum()) < 130


def test_the_temperature_falls_to_one_half():
    game = training(numbered_stacks([2]))
    for step, expected in ((0, 1.0), (1000, math.exp(-0.2)), (10_000, 0.5)):
        game._steps = step
        assert game.temperature == pytest.approx(expected)


def test_divergence_is_torchs():
    mean, log_variance = torch.randn(6, 2), torch.randn(6, 2)
    theirs = torch.distributions.kl_divergence(
        torch.distributions.Normal(mean, (0.5 * log_variance).exp()),
        torch.distributions.Normal(torch.zeros(6, 2), torch.ones(6, 2)),
    )
    torch.testing.assert_close(divergence(mean, log_variance), theirs.sum(dim=1).mean())


@pytest.mark.parametrize("perceptual", [False, True])
def test_the_loss_is_the_papers_weighted_sum(perceptual):
    features = (lambda image: image.square()) if perceptual else None
    game = training(numbered_stacks([3]), features=features)
    images = torch.rand(4, 1, 32, 32)
    terms = game.generator_terms(images, torch.tensor([0, 1, 1, 0]), images)
    weights = {"reconstruction": 4, "anatomy": 3e-2, "divergence": 1e-7, "adversarial": 3e-2}
    if perceptual:
        weights["perceptual"] = 4e-2
    assert set(terms) == {*weights, "loss"}
    expected = sum(weight * terms[name].item() for name, weight in weights.items())
    assert terms["loss"].item() == pytest.approx(expected, rel=1e-5)


def test_anatomies_that_agree_cost_nothing_and_fooling_pays():
    game = training(numbered_stacks([3]))
    game.model.eval()
    same = torch.rand(2, 1, 32, 32).repeat_interleave(2, dim=0)
    terms = game.generator_terms(same, torch.tensor([0, 1, 0, 1]), same)
    assert terms["anatomy"].item() == 0
    with torch.no_grad():
        logits = game.discriminator(game.model.anatomy(same), torch.tensor([0, 1, 0, 1]))
    # To be taken for a pair of the marginals (label 0) is what the generator wants.
    expected = F.softplus(logits).mean().item()
    assert terms["adversarial"].item() == pytest.approx(expected, rel=1e-3)


def test_the_discriminators_loss_by_hand(monkeypatch):
    game = training(numbered_stacks([3]))
    # A discriminator that is sure of scanner 1: logit 2 for it and -2 for scanner 0.
    game.discriminator = lambda beta, scanner: (4.0 * scanner - 2).view(-1, 1, 1, 1)
    monkeypatch.setattr(torch, "randperm", lambda n: torch.arange(n - 1, -1, -1))
    loss = game.discriminator_loss(torch.zeros(4, 4, 16, 16), torch.tensor([0, 0, 1, 0]))
    joint = np.log1p(np.exp(-np.array([-2.0, -2.0, 2.0, -2.0]))).mean()
    marginal = np.log1p(np.exp(np.array([-2.0, 2.0, -2.0, -2.0]))).mean()
    assert loss.item() == pytest.approx(3e-2 * (joint + marginal), rel=1e-5)


def test_generator_and_discriminator_take_turns():
    torch.manual_seed(0)
    game = training([torch.rand(6, 2, 32, 32)])
    game.model.train()
    for turn in range(4):
        before = copy.deepcopy((game.model, game.discriminator))
        terms = game.step(torch.arange(6))
        moved = [
            any(
                not torch.equal(old, new)
                for old, new in zip(b.parameters(), now.parameters(), strict=True)
            )
            for b, now in zip(before, (game.model, game.discriminator), strict=True)
        ]
        assert moved == ([True, False] if turn % 2 == 0 else [False, True])
        assert ("D.loss" in terms) == (turn % 2 == 1)


def test_a_scanners_theta_is_the_mean_over_volumes():
    torch.manual_seed(0)
    one = model(scanners=2)
    stacks = [torch.rand(2, 2, 16, 16), torch.rand(5, 2, 16, 16)]
    one.measure_contrasts(stacks)
    with torch.no_grad():
        expected = [
            torch.stack([one.contrast(stack[:, s, None])[0].mean(dim=0) for stack in stacks])
            for s in (0, 1)
        ]
    torch.testing.assert_close(one.thetas, torch.stack(expected).mean(dim=1))


def test_validation_is_harmonization():
    torch.manual_seed(0)
    stacks = [torch.rand(4, 2, 32, 32)]
    game = training(stacks)
    game.model.eval()
    others = [torch.rand(3, 2, 32, 32), torch.rand(5, 2, 32, 32)]
    with torch.no_grad():
        terms = game.validate(others)
        together = torch.cat(others)
        errors = [
            F.l1_loss(game.model.translate(together[:, s, None], t), together[:, t, None])
            for s, t in ((0, 1), (1, 0))
        ]
    torch.testing.assert_close(terms["reconstruction"], torch.stack(errors).mean())
    weighted = 4 * terms["reconstruction"] + 3e-2 * terms["anatomy"]
    torch.testing.assert_close(terms["loss"], weighted)


def test_the_weights_are_the_papers():
    assert CalamitiWeights() == CalamitiWeights(
        reconstruction=4, anatomy=3e-2, divergence=1e-7, adversarial=3e-2, perceptual=4e-2
    )
    assert (CALAMITI_PLAN.batch_size, CALAMITI_PLAN.learning_rate) == (8, 4e-4)


# Perceptual weights


def vgg_state(channels=64):
    generator = torch.Generator().manual_seed(0)
    shapes = {0: (64, 3), 2: (channels, 64), 5: (128, channels), 7: (128, 128), 10: (256, 128)}
    state = {}
    for index, shape in shapes.items():
        weight = torch.randn(*shape, 3, 3, generator=generator) / (3 * shape[1] ** 0.5)
        state[f"features.{index}.weight"] = weight
        state[f"features.{index}.bias"] = torch.randn(shape[0], generator=generator)
    return state


@pytest.mark.parametrize("suffix", ["pth", "safetensors"])
def test_vgg_features_are_relu2_2(tmp_path, suffix):
    path, state = tmp_path / f"vgg.{suffix}", vgg_state()
    save_file(state, path) if suffix == "safetensors" else torch.save(state, path)
    features = VGGFeatures(weights=path)
    image = torch.rand(2, 1, 16, 16)
    x = image.expand(-1, 3, -1, -1)
    x = (x - torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)) / torch.tensor(
        [0.229, 0.224, 0.225]
    ).view(1, 3, 1, 1)
    for index in (0, 2, 5, 7):
        x = F.max_pool2d(x, 2) if index == 5 else x
        layer = (state[f"features.{index}.{kind}"] for kind in ("weight", "bias"))
        x = F.relu(F.conv2d(x, *layer, padding=1))
    torch.testing.assert_close(features(image), x)
    assert x.shape == (2, 128, 8, 8)
    assert not any(parameter.requires_grad for parameter in features.parameters())


class Malice:
    def __reduce__(self):
        return os.mkdir, ("executed",)


def test_bad_perceptual_weights_are_refused_and_nothing_is_executed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save(Malice(), tmp_path / "malice.pth")
    (tmp_path / "text.safetensors").write_text("no tensors")
    torch.save(vgg_state(channels=32), tmp_path / "narrow.pth")
    torch.save({"other": torch.zeros(1)}, tmp_path / "other.pth")
    torch.save([1, 2], tmp_path / "list.pth")
    messages = {
        "missing.pth": "no such file",
        "malice.pth": "no state dict can be read",
        "text.safetensors": "no state dict can be read",
        "narrow.pth": "no VGG16 weights",
        "other.pth": "no VGG16 weights",
        "list.pth": "no VGG16 weights",
    }
    for name, message in messages.items():
        with pytest.raises(InputError, match=message) as refusal:
            VGGFeatures(weights=tmp_path / name)
        assert name in str(refusal.value)
        assert "\n" not in str(refusal.value)
    assert not (tmp_path / "executed").exists()


def test_a_perceptual_term_is_learned_from_where_weights_are_given(tmp_path):
    torch.save(vgg_state(), tmp_path / "vgg.pth")
    method = Calamiti(
        base=2,
        training={"epochs": 1, "batch_size": 8},
        perceptual_weights=str(tmp_path / "vgg.pth"),
    ).fit(toy_cohort("01"))
    assert "perceptual" in {row["term"] for row in method.history}
    assert not any("perceptual" in deviation for deviation in method.deviations)


# The harmonizer


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
    with torch.no_grad():
        errors = [
            F.l1_loss(model.translate(stack[:, source, None], target), stack[:, target, None])
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
