"""CALAMITI's game: who learns from what, by which losses."""

import copy
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from phycharm.baselines.calamiti.calamiti import CALAMITI_PLAN
from phycharm.baselines.calamiti.calamiti_model import CalamitiModel
from phycharm.baselines.calamiti.calamiti_training import (
    CalamitiTraining,
    CalamitiWeights,
    divergence,
    swapped_at_random,
)
from phycharm.baselines.matched_slices import SliceStack


def model(scanners=2, base=2):
    return CalamitiModel(scanners=scanners, classes=4, dimensions=2, base=base)


def numbered_stacks(counts, scanners=2):
    """Slices that say whose they are: 1000 person + 10 slice + scanner."""
    stacks = []
    for person, count in enumerate(counts):
        codes = 1000 * person + 10 * torch.arange(count)[:, None] + torch.arange(scanners)
        images = codes.float()[:, :, None, None].expand(-1, -1, 16, 16).contiguous()
        stacks.append(everywhere(images))
    return stacks


def everywhere(images):
    """Slices that are brain from edge to edge."""
    masks = torch.ones_like(images, dtype=torch.bool)
    return SliceStack(images=images, masks=masks, there=masks[..., 0, 0])


def whole(images):
    return torch.ones_like(images, dtype=torch.bool)


def training(stacks, **settings):
    return CalamitiTraining(
        model=model(scanners=stacks[0].images.shape[1]),
        stacks=stacks,
        plan=CALAMITI_PLAN,
        **settings,
    )


def test_theta_comes_from_another_slice_of_the_same_volume():
    game = training(numbered_stacks([5, 2, 7]))
    indices = torch.arange(14)
    scanners = torch.tensor([0, 1]).repeat(14)
    seen = set()
    for _ in range(100):
        others = game.other_slices(indices, scanners)[:, 0, 0, 0].view(14, 2).long()
        own = game.slices.images[:, :, 0, 0].long()
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
        images, masks, scanners = game._drawn_pairs(torch.tensor([2, 4]))
        assert masks.shape == images.shape and masks.all()
        codes = images[:, 0, 0, 0].view(2, 2)
        assert (codes // 10 == torch.tensor([[2.0], [4.0]])).all()
        assert (codes % 10 == scanners.view(2, 2)).all()
        drawn |= {tuple(pair) for pair in scanners.view(2, 2).tolist()}
    assert drawn == {(0, 1), (1, 0), (0, 2), (2, 0), (1, 2), (2, 1)}


def test_betas_are_swapped_in_half_of_the_pairs():
    torch.manual_seed(0)
    beta = torch.arange(400.0).view(400, 1, 1, 1)
    betas, images = swapped_at_random(beta, beta + 0.5)
    assert torch.equal(images, betas + 0.5)  # both of one scanner
    pairs = betas.view(200, 2)
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
    asked = game.generator_terms(images, whole(images), torch.tensor([0, 1, 1, 0]), images)
    terms = game.lesson.perform(asked)
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
    asked = game.generator_terms(same, whole(same), torch.tensor([0, 1, 0, 1]), same)
    terms = game.lesson.perform(asked)
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
    asked = game.discriminator_terms(torch.zeros(4, 4, 16, 16), torch.tensor([0, 0, 1, 0]))
    loss = game.lesson.perform(asked)["D.loss"]
    joint = np.log1p(np.exp(-np.array([-2.0, -2.0, 2.0, -2.0]))).mean()
    marginal = np.log1p(np.exp(np.array([-2.0, 2.0, -2.0, -2.0]))).mean()
    assert loss.item() == pytest.approx(3e-2 * (joint + marginal), rel=1e-5)


@pytest.mark.parametrize("perceptual", [False, True])
def test_nothing_outside_the_brain_is_learned(perceptual, monkeypatch):
    torch.manual_seed(1)
    game = training(numbered_stacks([3]), features=torch.square if perceptual else None)
    game.model.eval()
    images = torch.rand(4, 1, 32, 32)
    mask = torch.zeros(4, 1, 32, 32, dtype=torch.bool)
    mask[..., 8:20, 5:17] = True
    rebuilt = torch.rand(4, 1, 32, 32, requires_grad=True)
    beta = torch.rand(4, 4, 32, 32, requires_grad=True)
    monkeypatch.setattr(game.model.anatomy, "forward", lambda *_: beta)
    monkeypatch.setattr(game.model.decoder, "forward", lambda *_: rebuilt)
    asked = game.generator_terms(images, mask, torch.tensor([0, 1, 1, 0]), images)
    terms = game.lesson.perform(asked)
    terms["loss"].backward()
    outside = ~mask
    assert not rebuilt.grad[outside].any() and rebuilt.grad[mask].all()
    assert not beta.grad[outside.expand_as(beta)].any() and beta.grad.any()


def test_a_pairs_mask_is_the_brain_as_both_saw_it():
    masks = torch.zeros(1, 3, 16, 16, dtype=torch.bool)
    for scanner, columns in enumerate((slice(2, 9), slice(5, 12), slice(8, 16))):
        masks[:, scanner, :, columns] = True
    there = torch.ones(1, 3, dtype=torch.bool)
    game = training([SliceStack(images=torch.zeros(1, 3, 16, 16), masks=masks, there=there)])
    for _ in range(20):
        _, common, scanners = game._drawn_pairs(torch.tensor([0]))
        a, b = scanners.tolist()
        expected = masks[:, a] & masks[:, b]
        assert torch.equal(common, expected[:, None].expand(2, 1, 16, 16))


def test_a_residual_decoder_starts_from_the_image_that_beta_is_of(monkeypatch):
    torch.manual_seed(2)
    one = CalamitiModel(scanners=2, classes=4, dimensions=2, base=2, residual=True)
    game = CalamitiTraining(model=one, stacks=numbered_stacks([3]), plan=CALAMITI_PLAN)
    monkeypatch.setattr(one.decoder.layers, "forward", lambda seen: torch.zeros_like(seen[:, :1]))
    images = torch.rand(2, 1, 32, 32)
    ends = set()
    for _ in range(20):
        asked = game.generator_terms(images, whole(images), torch.tensor([0, 1]), images)
        terms = game.lesson.perform(asked)
        ends.add(round(terms["reconstruction"].item(), 5))
    # Its own image, or that of the other scanner.
    assert ends == {0.0, round(F.l1_loss(images[0], images[1]).item(), 5)}
    assert torch.equal(one.translate(images, 1), images)


def test_generator_and_discriminator_take_turns():
    torch.manual_seed(0)
    game = training([everywhere(torch.rand(6, 2, 32, 32))])
    game.model.train()
    for turn in range(4):
        before = copy.deepcopy((game.model, game.discriminator))
        terms = game.lesson.step(torch.arange(6))
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
    one.measure_contrasts([[stack[:, s, None] for stack in stacks] for s in (0, 1)])
    with torch.no_grad():
        expected = [
            torch.stack([one.contrast(stack[:, s, None])[0].mean(dim=0) for stack in stacks])
            for s in (0, 1)
        ]
    torch.testing.assert_close(one.thetas, torch.stack(expected).mean(dim=1))


def test_validation_is_harmonization():
    torch.manual_seed(0)
    stacks = [everywhere(torch.rand(4, 2, 32, 32))]
    game = training(stacks)
    game.model.eval()
    others = [torch.rand(3, 2, 32, 32), torch.rand(5, 2, 32, 32)]
    with torch.no_grad():
        terms = game.validate([everywhere(images) for images in others])
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
