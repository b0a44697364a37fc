"""Pix2Pix: the paper's networks and losses, and a harmonizer that learns."""

import copy
import inspect
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from phycharm.baselines.pix2pix.patch_discriminator import (
    PatchDiscriminator,
    receptive_field,
    strided_for,
)
from phycharm.baselines.pix2pix.pix2pix import PIX2PIX_PLAN, Pix2Pix
from phycharm.baselines.pix2pix.pix2pix_generator import Pix2PixGenerator, halvings_for
from phycharm.baselines.pix2pix.pix2pix_training import Pix2PixTraining, as_judged
from phycharm.networks.canvas.slices import as_tensor, cut
from phycharm.networks.layers.dropout import Dropout

from support.toy_cohort import A, B, C, error, flipped, toy_cohort, toy_scan

TINY = {"epochs": 20, "batch_size": 4, "learning_rate": 5e-3}


def layers(module, kind):
    return [layer for layer in module.modules() if isinstance(layer, kind)]


# The networks


def test_the_generator_is_the_papers():
    assert inspect.signature(Pix2PixGenerator).parameters["base"].default == 64
    # The same shape at a sixteenth of the width: 4, 8, 16, 32 stand for 64, 128, 256, 512.
    generator = Pix2PixGenerator(base=4)
    downs = layers(generator.down, nn.Conv2d)
    ups = [*layers(generator.up, nn.ConvTranspose2d), generator.last]
    assert [conv.out_channels for conv in downs] == [4, 8, 16, 32, 32, 32, 32, 32]
    widths = [(32, 32), (64, 32), (64, 32), (64, 32), (64, 16), (32, 8), (16, 4), (8, 1)]
    assert [(conv.in_channels, conv.out_channels) for conv in ups] == widths
    assert {(c.kernel_size, c.stride, c.padding) for c in downs + ups} == {((4, 4), (2, 2), (1, 1))}
    assert [bool(layers(block, Dropout)) for block in generator.up] == [True] * 3 + [False] * 4
    assert {layer.p for layer in layers(generator, Dropout)} == {0.5}
    normed = [bool(layers(block, nn.InstanceNorm2d)) for block in generator.down]
    assert normed == [False, *[True] * 6, False]
    assert {layer.negative_slope for layer in layers(generator, nn.LeakyReLU)} == {0.2}


@pytest.mark.parametrize("size", [(16, 16), (48, 64), (45, 61), (33, 80)])
def test_the_generator_takes_any_size_and_gives_it_back(size):
    generator = Pix2PixGenerator(halvings=halvings_for(*size), base=4)
    made = generator(torch.randn(2, 1, *size))
    assert made.shape == (2, 1, *size)
    assert made.abs().max() < 1


@pytest.mark.parametrize(
    ("size", "halvings"),
    [((256, 256), 8), ((512, 512), 8), ((240, 240), 7), ((48, 64), 5), ((16, 99), 4), ((1, 1), 1)],
)
def test_depth_follows_the_shorter_side(size, halvings):
    assert halvings_for(*size) == halvings


def test_skips_carry_what_the_bottleneck_loses():
    generator = Pix2PixGenerator(halvings=4, base=4).eval()
    for block in generator.up:
        block.register_forward_hook(lambda module, inputs, output: torch.zeros_like(output))
    one, other = (generator(image) for image in torch.randn(2, 1, 1, 16, 16))
    assert (one - other).abs().max() > 1e-4


def test_a_residual_generator_adds_to_its_input():
    torch.manual_seed(0)
    generator = Pix2PixGenerator(halvings=4, base=4, residual=True).eval()
    plain = Pix2PixGenerator(halvings=4, base=4).eval()
    plain.load_state_dict(generator.state_dict())
    image = torch.rand(2, 1, 16, 16) * 2 - 1
    with torch.no_grad():
        torch.testing.assert_close(torch.tanh(generator(image) - image), plain(image))


def test_the_discriminator_is_the_papers():
    discriminator = PatchDiscriminator()
    convolutions = layers(discriminator, nn.Conv2d)
    assert [conv.out_channels for conv in convolutions] == [64, 128, 256, 512, 1]
    assert [conv.stride[0] for conv in convolutions] == [2, 2, 2, 1, 1]
    assert len(layers(discriminator, nn.InstanceNorm2d)) == 3
    assert discriminator(torch.zeros(1, 2, 256, 256)).shape == (1, 1, 30, 30)


@pytest.mark.parametrize(("strided", "edge"), [(1, 16), (2, 34), (3, 70)])
def test_the_receptive_field_is_what_the_gradient_sees(strided, edge):
    discriminator = PatchDiscriminator(strided=strided, base=2)
    for index, layer in enumerate(discriminator.layers):
        # A norm mixes the whole image; the patch is what the convolutions see.
        if isinstance(layer, nn.InstanceNorm2d):
            discriminator.layers[index] = nn.Identity()
    image = torch.randn(1, 2, 128, 128, requires_grad=True)
    logits = discriminator(image)
    logits[0, 0, logits.shape[2] // 2, logits.shape[3] // 2].backward()
    seen = image.grad[0].abs().sum(dim=0).nonzero()
    assert (seen.amax(dim=0) - seen.amin(dim=0) + 1).tolist() == [edge, edge]
    assert discriminator.receptive_field == edge


@pytest.mark.parametrize(
    ("size", "strided"), [((256, 256), 3), ((70, 70), 3), ((48, 64), 2), ((33, 99), 1), ((8, 8), 1)]
)
def test_patches_fit_into_the_image(size, strided):
    assert strided_for(*size) == strided
    assert receptive_field(strided) <= max(min(size), 16)


def test_weights_start_as_the_paper_says():
    torch.manual_seed(0)
    for network in (Pix2PixGenerator(halvings=4, base=16), PatchDiscriminator(base=16)):
        for layer in layers(network, nn.Conv2d | nn.ConvTranspose2d):
            weight = layer.weight.detach()
            if weight.numel() > 2000:
                assert float(weight.std()) == pytest.approx(0.02, rel=0.1)
            assert layer.bias is None or not layer.bias.any()


# The game


class Constant(nn.Module):
    """Answers one number for the first half of a batch and one for the second."""

    def __init__(self, *logits):
        super().__init__()
        self.logits = nn.Parameter(torch.tensor(logits))

    def forward(self, images):
        parts = self.logits.repeat_interleave(len(images) // len(self.logits))
        return parts.view(-1, 1, 1, 1).expand(-1, 1, 3, 3)


def game(discriminator, generator=None, l1_weight=100.0):
    return Pix2PixTraining(
        generator=generator or Pix2PixGenerator(halvings=4, base=4, dropout=0.0),
        discriminator=discriminator,
        plan=PIX2PIX_PLAN,
        l1_weight=l1_weight,
    )


def generator_terms(played, source, made, wanted, mask):
    logits = played.discriminator(as_judged(source, made, mask))
    return played.generator_terms(logits, made, wanted, mask)


def discriminator_terms(played, source, made, wanted, mask):
    pairs = [as_judged(source, image, mask) for image in (wanted, made)]
    return played.discriminator_terms(played.discriminator(torch.cat(pairs)))


def everywhere(*shape):
    return torch.ones(*shape, dtype=torch.bool)


def test_losses_by_hand():
    source, made, wanted = (torch.full((2, 1, 16, 16), value) for value in (0.0, 0.5, -0.25))
    mask = torch.rand(2, 1, 16, 16, generator=torch.Generator().manual_seed(0)) < 0.3
    wanted[~mask] = 7.0  # where one scanner saw no brain, nothing counts
    played = game(Constant(0.7))
    terms = generator_terms(played, source, made, wanted, mask)
    assert terms["adversarial"].item() == pytest.approx(np.log1p(np.exp(-0.7)), rel=1e-5)
    assert terms["L1"].item() == pytest.approx(0.75)
    assert terms["loss"].item() == pytest.approx(75 + np.log1p(np.exp(-0.7)), rel=1e-5)
    judged = discriminator_terms(game(Constant(2.0, -1.0)), source, made, wanted, mask)
    real, fake = np.log1p(np.exp(-2.0)), np.log1p(np.exp(-1.0))
    assert judged["D.real"].item() == pytest.approx(real, rel=1e-5)
    assert judged["D.fake"].item() == pytest.approx(fake, rel=1e-5)
    assert judged["D.loss"].item() == pytest.approx((real + fake) / 2, rel=1e-5)


def test_one_step_equals_the_plain_algorithm():
    torch.manual_seed(1)
    generator = Pix2PixGenerator(halvings=4, base=4, dropout=0.0)
    discriminator = PatchDiscriminator(strided=1, base=4)
    g, d = copy.deepcopy(generator), copy.deepcopy(discriminator)
    source, wanted = torch.rand(3, 1, 16, 16), torch.rand(3, 1, 16, 16)
    slices = source, wanted, everywhere(3, 1, 16, 16)
    game(discriminator, generator).lesson(slices).step(torch.arange(3))

    def cross_entropy(logits, label):
        return F.binary_cross_entropy(torch.sigmoid(logits), torch.full_like(logits, label))

    d_optimizer, g_optimizer = (
        torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999)) for network in (d, g)
    )
    made = g(source)
    on_real = d(torch.cat([source, wanted], 1))
    on_fake = d(torch.cat([source, made.detach()], 1))
    (0.5 * (cross_entropy(on_real, 1.0) + cross_entropy(on_fake, 0.0))).backward()
    d_optimizer.step()
    g_loss = cross_entropy(d(torch.cat([source, made], 1)), 1.0) + 100 * F.l1_loss(made, wanted)
    g_loss.backward()
    g_optimizer.step()
    for own, plain in ((generator, g), (discriminator, d)):
        for mine, theirs in zip(own.parameters(), plain.parameters(), strict=True):
            torch.testing.assert_close(mine, theirs, atol=1e-6, rtol=1e-4)


def test_the_discriminator_looks_at_the_source_too():
    torch.manual_seed(2)
    discriminator = PatchDiscriminator(strided=1, base=4)
    image = torch.rand(1, 1, 16, 16)
    with_one, with_other = (
        discriminator(torch.cat([source, image], 1)) for source in (image, -image)
    )
    assert (with_one - with_other).abs().max() > 1e-4


def test_nothing_outside_the_brain_is_judged_or_learned():
    torch.manual_seed(4)
    played = game(PatchDiscriminator(strided=1, base=4))
    source, wanted, made = torch.rand(3, 2, 1, 16, 16)
    made.requires_grad_()
    mask = torch.zeros(2, 1, 16, 16, dtype=torch.bool)
    mask[..., 4:9, 3:12] = True
    generator_terms(played, source, made, wanted, mask)["loss"].backward()
    assert not made.grad[~mask].any()
    assert made.grad[mask].all()
    elsewhere = [torch.where(mask, image, torch.rand(2, 1, 16, 16)) for image in (source, wanted)]
    with torch.no_grad():
        before = discriminator_terms(played, source, made, wanted, mask)
        after = discriminator_terms(played, elsewhere[0], made, elsewhere[1], mask)
    assert before["D.loss"] == after["D.loss"]


def test_validation_weighs_people_by_their_slices():
    torch.manual_seed(3)
    played = game(PatchDiscriminator(strided=1, base=4))
    stacks = [
        (torch.rand(n, 1, 16, 16), torch.rand(n, 1, 16, 16), everywhere(n, 1, 16, 16))
        for n in (2, 5)
    ]
    source, wanted, mask = (torch.cat(parts) for parts in zip(*stacks, strict=True))
    with torch.no_grad():
        apart = played.validate(stacks)
        whole = generator_terms(played, source, played.generator(source), wanted, mask)
    for name in ("loss", "adversarial", "L1"):
        torch.testing.assert_close(apart[name], whole[name])


# The harmonizer


@pytest.fixture(scope="module")
def fitted():
    method = Pix2Pix(training=TINY, base=8, seed=3)
    return method.fit(toy_cohort("01", "02", "03"), toy_cohort("04"))


@pytest.mark.parametrize(("source", "target"), [(A, B), (B, A)])
def test_it_learns_a_contrast(fitted, source, target):
    scan = toy_scan("05", source)
    before = error(scan.image, "05", target)
    assert error(fitted.harmonize(scan, target), "05", target) < 0.5 * before


def test_history_tells_of_both_networks(fitted):
    rows = fitted.history
    assert {row["network"] for row in rows} == {"G", "D"}
    assert {(row["source"], row["target"]) for row in rows} == {("A", "B"), ("B", "A")}
    kept = {(row["network"], row["split"], row["term"]) for row in rows}
    assert {("G", "train", "loss"), ("D", "train", "loss"), ("G", "validation", "L1")} <= kept
    assert {row["epoch"] for row in rows} == set(range(1, TINY["epochs"] + 1))


def test_the_state_with_the_lowest_validation_l1_is_kept(fitted):
    best = min(
        row["value"]
        for row in fitted.history
        if (row["source"], row["split"], row["term"]) == ("A", "validation", "L1")
    )
    scan, reference = toy_scan("04", A), toy_scan("04", B)
    placement = fitted._canvas.place(scan.mask | reference.mask)
    slices, wanted = (
        fitted._signed(cut(as_tensor(s.image, "cpu"), placement)) for s in (scan, reference)
    )
    mask = cut(as_tensor((scan.mask & reference.mask).astype(np.float32), "cpu"), placement) > 0
    with torch.no_grad():
        made = fitted._generators["A->B"](slices)
    assert float(F.l1_loss(made[mask], wanted[mask])) == pytest.approx(best, rel=1e-4)


def test_intensities_are_mapped_to_the_range_of_tanh_and_back(fitted):
    brains = [
        np.percentile(scan.image[scan.mask], 99.9)
        for scanner in (A, B)
        for scan in toy_cohort("01", "02", "03").scans(scanner)
    ]
    ends = fitted._signed(torch.tensor([0.0, max(brains)], dtype=torch.float32))
    torch.testing.assert_close(ends, torch.tensor([-1.0, 1.0]), atol=1e-6, rtol=0)
    values = torch.linspace(0, 2, 7)
    torch.testing.assert_close(fitted._unsigned(fitted._signed(values)), values)


def test_dropout_is_off_when_harmonizing(fitted):
    scan = toy_scan("05", A)
    network = fitted._generators["A->B"]
    assert layers(network, Dropout)
    assert not network.training
    image = torch.rand(1, 1, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(network(image), network(image), atol=0, rtol=0)
    np.testing.assert_array_equal(fitted.harmonize(scan, B), fitted.harmonize(scan, B))


def test_a_slice_does_not_know_its_neighbours(fitted):
    scan = toy_scan("05", A)
    whole = fitted.harmonize(scan, B)
    np.testing.assert_allclose(fitted.harmonize(flipped(scan), B)[..., ::-1], whole, atol=1e-5)
    alone = scan.mask.copy()
    alone[..., 4:] = False
    # The widest slices are in both halves, so that the canvas stays where it is.
    assert fitted._canvas.place(alone).corner == fitted._canvas.place(scan.mask).corner
    part = fitted.harmonize(replace(scan, mask=alone), B)
    np.testing.assert_allclose(part[alone], whole[alone], atol=1e-5)


def test_saved_and_loaded_equals_itself(fitted, tmp_path):
    fitted.save(tmp_path)
    loaded = Pix2Pix.load(tmp_path)
    scan = toy_scan("05", A)
    np.testing.assert_array_equal(loaded.harmonize(scan, B), fitted.harmonize(scan, B))
    assert loaded.settings() == fitted.settings()
    assert loaded.deviations == fitted.deviations


def test_seeds_decide():
    plan = {"epochs": 1, "batch_size": 8}
    cohort, scan = toy_cohort("01"), toy_scan("05", A)
    one, same, other = (
        Pix2Pix(training=plan, base=2, seed=seed).fit(cohort).harmonize(scan, B)
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 1e-4


def test_a_larger_brain_than_any_in_training_is_harmonized(fitted):
    scan, twice = toy_scan("05", A), np.ones((2, 2, 1))
    grown = replace(
        scan,
        image=np.kron(scan.image, twice).astype(np.float32),
        mask=np.kron(scan.mask, twice) > 0,
    )
    made = fitted.harmonize(grown, B)
    assert made.shape == grown.image.shape
    assert np.isfinite(made).all()


def test_it_says_where_it_departs_from_the_paper(fitted):
    assert Pix2Pix(residual=False).deviations == Pix2Pix.card.deviations
    (skip,) = set(Pix2Pix(residual=True).deviations) - set(Pix2Pix.card.deviations)
    assert "difference from its input" in skip
    said = " ".join(fitted.deviations)
    assert "batch size 4 instead of 1" in said
    assert "8 channels instead of 64" in said
    assert "slices of 32 x 32 the generator halves 5 times instead of 8" in said
    assert "patches of 16 pixels instead of 70" in said
    assert "Weight of L1 10 instead of 100" in " ".join(Pix2Pix(l1_weight=10).deviations)


def test_unknown_directions_and_unfitted_models_are_refused(fitted, tmp_path):
    with pytest.raises(ValueError, match="not fitted to A->C"):
        fitted.harmonize(toy_scan("05", A), C)
    with pytest.raises(ValueError, match="nothing to save"):
        Pix2Pix().save(tmp_path)
