"""Adversarial training of Pix2Pix: a generator and a discriminator that learn from each other."""

import torch
import torch.nn.functional as F
from torch import Tensor

from phycharm.networks.plan import TrainingPlan
from phycharm.networks.training import adam

from .patch_discriminator import PatchDiscriminator
from .pix2pix_generator import Pix2PixGenerator

_VALIDATION_BATCH = 64


class Pix2PixTraining:
    """Steps of conditional adversarial training (Isola 2017, equations 1-4).

    Parameters
    ----------
    generator : Pix2PixGenerator
        Translates.
    discriminator : PatchDiscriminator
        Tells translations from target images, next to their source.
    plan : TrainingPlan
        For Adam, the same for both.
    l1_weight : float
        Weight of the L1 distance beside the adversarial loss (lambda of equation 4).
    """

    def __init__(
        self,
        *,
        generator: Pix2PixGenerator,
        discriminator: PatchDiscriminator,
        plan: TrainingPlan,
        l1_weight: float,
    ) -> None:
        self.generator = generator
        self.discriminator = discriminator
        self.l1_weight = l1_weight
        self.optimizers = [adam(generator, plan), adam(discriminator, plan)]

    def step(self, source: Tensor, wanted: Tensor) -> dict[str, Tensor]:
        """Improve the discriminator once, then the generator once, on the same slices.

        Parameters
        ----------
        source, wanted : Tensor, shape (N, 1, H, W)
            Matched slices, scaled to [-1, 1].

        Returns
        -------
        dict of str to Tensor
            Terms of the generator, and the discriminator's as `D.loss`, `D.real` and `D.fake`.
        """
        for_generator, for_discriminator = self.optimizers
        made = self.generator(source)
        judged = self.discriminator_terms(source, made.detach(), wanted)
        for_discriminator.zero_grad(set_to_none=True)
        judged["D.loss"].backward()
        for_discriminator.step()
        # What the generator's loss says to the discriminator's weights is not used.
        self.discriminator.requires_grad_(False)
        terms = self.generator_terms(source, made, wanted)
        for_generator.zero_grad(set_to_none=True)
        terms["loss"].backward()
        for_generator.step()
        self.discriminator.requires_grad_(True)
        return terms | judged

    def discriminator_terms(
        self, source: Tensor, made: Tensor, wanted: Tensor
    ) -> dict[str, Tensor]:
        """Return binary cross-entropies of the discriminator; their sum is halved (section 3.3)."""
        pairs = torch.cat([torch.cat([source, wanted], 1), torch.cat([source, made], 1)])
        on_real, on_fake = self.discriminator(pairs).chunk(2)
        real, fake = _cross_entropy(on_real, real=True), _cross_entropy(on_fake, real=False)
        return {"D.loss": 0.5 * (real + fake), "D.real": real, "D.fake": fake}

    def generator_terms(self, source: Tensor, made: Tensor, wanted: Tensor) -> dict[str, Tensor]:
        """Return what the generator minimizes: to be taken for real, and L1."""
        logits = self.discriminator(torch.cat([source, made], 1))
        adversarial, distance = _cross_entropy(logits, real=True), F.l1_loss(made, wanted)
        return {
            "loss": adversarial + self.l1_weight * distance,
            "adversarial": adversarial,
            "L1": distance,
        }

    def validate(self, stacks: list[tuple[Tensor, Tensor]]) -> dict[str, Tensor]:
        """Return the generator's terms on the matched slices of other subjects.

        Parameters
        ----------
        stacks : list of (Tensor, Tensor), shape (N, 1, H, W)
            Source and wanted slices of each subject.
        """
        sums: dict[str, Tensor] = {}
        for source, wanted in stacks:
            parts = source.split(_VALIDATION_BATCH), wanted.split(_VALIDATION_BATCH)
            for given, reference in zip(*parts, strict=True):
                terms = self.generator_terms(given, self.generator(given), reference)
                for name, value in terms.items():
                    sums[name] = sums.get(name, 0 * value) + value * len(given)
        count = sum(len(source) for source, _ in stacks)
        return {name: total / count for name, total in sums.items()}


def _cross_entropy(logits: Tensor, *, real: bool) -> Tensor:
    wanted = torch.ones_like(logits) if real else torch.zeros_like(logits)
    return F.binary_cross_entropy_with_logits(logits, wanted)
