"""Cost of keeping: `pytest tests/core/networks/test_keeping_speed.py --benchmark-enable -m ""`."""

import pytest

from phycharm.baselines.pix2pix.patch_discriminator import PatchDiscriminator
from phycharm.baselines.pix2pix.pix2pix_generator import Pix2PixGenerator
from phycharm.networks.basic_unet import BasicUNet
from phycharm.networks.keeping.kept_fit import kept_in
from phycharm.networks.keeping.kept_training import next_training
from phycharm.networks.plan import TrainingPlan
from phycharm.networks.training import Training, adam
from phycharm.networks.training_course import TrainingCourse

PLAN = TrainingPlan(epochs=1, batch_size=1, learning_rate=1e-3)
NETWORKS = {
    "unet": lambda: [BasicUNet(in_channels=2)],
    "maps": lambda: [BasicUNet(), BasicUNet()],
    "pix2pix": lambda: [Pix2PixGenerator(), PatchDiscriminator()],
}


@pytest.mark.parametrize("name", ["unet", "maps", pytest.param("pix2pix", marks=pytest.mark.slow)])
def test_keeping_a_paper_s_networks(name, benchmark, tmp_path):
    networks = NETWORKS[name]()
    optimizers = [adam(network, PLAN) for network in networks]
    for network, optimizer in zip(networks, optimizers, strict=True):
        for weights in network.parameters():
            weights.grad = weights.detach().clone()
        optimizer.step()
    training = Training(
        label=name,
        plan=PLAN,
        samples=1,
        step=lambda indices: {},
        modules={str(n): network for n, network in enumerate(networks)},
        optimizers=optimizers,
    )
    course = TrainingCourse(training)
    course.progress.chosen = course.snapshot()
    parts = course.parts()
    with kept_in(tmp_path, every=0):
        kept = next_training({"label": name})
        benchmark.pedantic(kept.keep, args=(parts,), rounds=3)
    size = (tmp_path / "001.safetensors").stat().st_size
    weights = sum(p.numel() for network in networks for p in network.parameters())
    # Weights, two means of Adam, and the state that was best: 4 bytes each.
    assert size == pytest.approx(16 * weights, rel=0.01)
