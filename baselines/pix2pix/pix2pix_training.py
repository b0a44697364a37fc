"""Adversarial training of Pix2Pix: a generator and a discriminator that learn from each other."""

import torch
import torch.nn.functional as F
from torch import Tensor

from phycharm.networks.lessons.ask import Ask
from phycharm.networks.lessons.learn import Learn
from phycharm.networks.lessons.lesson import Lesson
from phycharm.networks.lessons.open_step import Script
from phycharm.networks.losses import masked_l1
from phycharm.networks.plan import TrainingPlan
from phycharm.networks.training import adam

from .patch_discriminator import PatchDiscriminator
from .pix2pix_generator import Pix2PixGenerator

_VALIDATION_BATCH = 64
_BLACK = -1.0
Slices = tuple[Tensor, Tensor, Tensor]
"""Source, wanted image and common mask, shape (N, 1, H, W) each."""


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

    def lesson(self, slices: Slices) -> Lesson:
        """Return what is learned in a step.

        Parameters
        ----------
        slices : (Tensor, Tensor, Tensor), shape (N, 1, H, W)
            Source and wanted slices, scaled to [-1, 1], and their common mask.
        """
        generator, discriminator = self.optimizers
        return Lesson(
            networks={"G": self.generator, "D": self.discriminator},
            optimizers={"G": generator, "D": discriminator},
            shape=slices[0].shape[1:],
            script=lambda indices: self._script(*(one[indices] for one in slices)),
        )

    def _script(self, source: Tensor, wanted: Tensor, mask: Tensor) -> Script:
        """Improve the discriminator once, then the generator once, on the same slices."""
        made = (yield Ask(("G",), (source,)))["G"]
        pairs = [as_judged(source, image, mask) for image in (wanted, made.detach())]
        judged = self.discriminator_terms((yield Ask(("D",), (torch.cat(pairs),)))["D"])
        yield Learn("D", judged["D.loss"])
        logits = (yield Ask(("D",), (as_judged(source, made, mask),)))["D"]
        terms = self.generator_terms(logits, made, wanted, mask)
        yield Learn("G", terms["loss"])
        return terms | judged

    def discriminator_terms(self, logits: Tensor) -> dict[str, Tensor]:
        """Return binary cross-entropies of the discriminator; their sum is halved (section 3.3).

        Parameters
        ----------
        logits : Tensor, shape (2 N, 1, h, w)
            Of real pairs, then of made ones.
        """
        on_real, on_fake = logits.chunk(2)
        real, fake = _cross_entropy(on_real, real=True), _cross_entropy(on_fake, real=False)
        return {"D.loss": 0.5 * (real + fake), "D.real": real, "D.fake": fake}

    def generator_terms(
        self, logits: Tensor, made: Tensor, wanted: Tensor, mask: Tensor
    ) -> dict[str, Tensor]:
        """Return what the generator minimizes: to be taken for real, and L1.

        Parameters
        ----------
        logits : Tensor, shape (N, 1, h, w)
            Of what it made.
        made, wanted : Tensor, shape (N, 1, H, W)
            Images.
        mask : Tensor of bool, shape (N, 1, H, W)
            Brain on both scanners.
        """
        adversarial, distance = _cross_entropy(logits, real=True), masked_l1(made, wanted, mask)
        return {
            "loss": adversarial + self.l1_weight * distance,
            "adversarial": adversarial,
            "L1": distance,
        }

    def validate(self, stacks: list[Slices]) -> dict[str, Tensor]:
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
                made = self.generator(source)
                logits = self.discriminator(as_judged(source, made, mask))
                terms = self.generator_terms(logits, made, wanted, mask)
                for name, value in terms.items():
                    sums[name] = sums.get(name, 0 * value) + value * len(source)
        count = sum(len(source) for source, *_ in stacks)
        return {name: total / count for name, total in sums.items()}


def as_judged(source: Tensor, image: Tensor, mask: Tensor) -> Tensor:
    """Return what the discriminator sees: two channels, black outside the brain.

    Parameters
    ----------
    source, image : Tensor, shape (N, 1, H, W)
        The source, and what it is translated to.
    mask : Tensor of bool, shape (N, 1, H, W)
        Brain on both scanners.
    """
    return torch.cat([source, image], 1).where(mask, _BLACK)


def _cross_entropy(logits: Tensor, *, real: bool) -> Tensor:
    wanted = torch.ones_like(logits) if real else torch.zeros_like(logits)
    return F.binary_cross_entropy_with_logits(logits, wanted)
