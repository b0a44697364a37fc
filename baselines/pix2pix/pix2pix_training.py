"""Adversarial training of Pix2Pix: a generator and a discriminator that learn from each other."""

import torch
import torch.nn.functional as F
from torch import Tensor

from phycharm.networks.losses import masked_l1
from phycharm.networks.plan import TrainingPlan
from phycharm.networks.training import adam

from .patch_discriminator import PatchDiscriminator
from .pix2pix_generator import Pix2PixGenerator

_VALIDATION_BATCH = 64
_BLACK = -1.0
_Slices = tuple[Tensor, Tensor, Tensor]


class Pix2PixTraining:
    """Steps of conditional adversarial training (Isola 2017, equations 1-4).

    L1 is a mean over the brain as both scanners saw it, and outside that the discriminator sees
    black in every image: where a brain ends tells no translation from a scan.

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

    def step(self, source: Tensor, wanted: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Improve the discriminator once, then the generator once, on the same slices.

        Parameters
        ----------
        source, wanted : Tensor, shape (N, 1, H, W)
            Matched slices, scaled to [-1, 1].
        mask : Tensor of bool, shape (N, 1, H, W)
            Brain on both scanners.

        Returns
        -------
        dict of str to Tensor
            Terms of the generator, and the discriminator's as `D.loss`, `D.real` and `D.fake`.
        """
        for_generator, for_discriminator = self.optimizers
        made = self.generator(source)
        judged = self.discriminator_terms(source, made.detach(), wanted, mask)
        for_discriminator.zero_grad(set_to_none=True)
        judged["D.loss"].backward()
        for_discriminator.step()
        # What the generator's loss says to the discriminator's weights is not used.
        self.discriminator.requires_grad_(False)
        terms = self.generator_terms(source, made, wanted, mask)
        for_generator.zero_grad(set_to_none=True)
        terms["loss"].backward()
        for_generator.step()
        self.discriminator.requires_grad_(True)
        return terms | judged

    def discriminator_terms(
        self, source: Tensor, made: Tensor, wanted: Tensor, mask: Tensor
    ) -> dict[str, Tensor]:
        """Return binary cross-entropies of the discriminator; their sum is halved (section 3.3)."""
        pairs = torch.cat([_seen(source, wanted, mask), _seen(source, made, mask)])
        on_real, on_fake = self.discriminator(pairs).chunk(2)
        real, fake = _cross_entropy(on_real, real=True), _cross_entropy(on_fake, real=False)
        return {"D.loss": 0.5 * (real + fake), "D.real": real, "D.fake": fake}

    def generator_terms(
        self, source: Tensor, made: Tensor, wanted: Tensor, mask: Tensor
    ) -> dict[str, Tensor]:
        """Return what the generator minimizes: to be taken for real, and L1."""
        logits = self.discriminator(_seen(source, made, mask))
        adversarial, distance = _cross_entropy(logits, real=True), masked_l1(made, wanted, mask)
        return {
            "loss": adversarial + self.l1_weight * distance,
            "adversarial": adversarial,
            "L1": distance,
        }

    def validate(self, stacks: list[_Slices]) -> dict[str, Tensor]:
        """Return the generator's terms on the matched slices of other subjects.

        Parameters
        ----------
        stacks : list of (Tensor, Tensor, Tensor), shape (N, 1, H, W)
            Source and wanted slices and common mask of each subject.
        """
        sums: dict[str, Tensor] = {}
        for stack in stacks:
            parts = [one.split(_VALIDATION_BATCH) for one in stack]
            for source, wanted, mask in zip(*parts, strict=True):
                terms = self.generator_terms(source, self.generator(source), wanted, mask)
                for name, value in terms.items():
                    sums[name] = sums.get(name, 0 * value) + value * len(source)
        count = sum(len(source) for source, *_ in stacks)
        return {name: total / count for name, total in sums.items()}


def _seen(source: Tensor, image: Tensor, mask: Tensor) -> Tensor:
    """Return what the discriminator judges: two channels, black outside the brain."""
    return torch.cat([source, image], 1).where(mask, _BLACK)


def _cross_entropy(logits: Tensor, *, real: bool) -> Tensor:
    wanted = torch.ones_like(logits) if real else torch.zeros_like(logits)
    return F.binary_cross_entropy_with_logits(logits, wanted)
