"""CALAMITI's networks: as published, and doing what they are for."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from phycharm.baselines.calamiti.anatomy_encoder import AnatomyEncoder
from phycharm.baselines.calamiti.contrast_decoder import ContrastDecoder
from phycharm.baselines.calamiti.contrast_encoder import ContrastEncoder
from phycharm.baselines.calamiti.scanner_discriminator import ScannerDiscriminator


def convolutions(module):
    return [layer for layer in module.modules() if isinstance(layer, nn.Conv2d)]


def in_and_out(module):
    return [(conv.in_channels, conv.out_channels) for conv in convolutions(module)]


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
    seen = torch.zeros(1, 1, *beta.shape[-2:])
    images = [decoder(beta, torch.tensor([theta]), seen) for theta in ([0.0, 0.0], [3.0, 0.0])]
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
