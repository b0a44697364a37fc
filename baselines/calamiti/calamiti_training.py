"""Training of supervised CALAMITI: matched slices teach what is anatomy and what is contrast."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from itertools import permutations
from math import exp
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from phycharm.networks.basic_unet import on_device
from phycharm.networks.lessons.ask import Ask
from phycharm.networks.lessons.learn import Learn
from phycharm.networks.lessons.lesson import Lesson
from phycharm.networks.lessons.open_step import Answers, Script
from phycharm.networks.losses import masked_l1
from phycharm.networks.plan import TrainingPlan
from phycharm.networks.training import adam

from ..matched_slices import SliceStack, joined
from .calamiti_model import CalamitiModel
from .scanner_discriminator import ScannerDiscriminator

_TermsScript = Generator[Ask | Learn, Answers, dict[str, Tensor]]

_LOWEST_TEMPERATURE, _COOLING = 0.5, 2e-4


@dataclass(frozen=True, kw_only=True)
class CalamitiWeights:
    """Weights of the loss; the defaults are the paper's.

    Parameters
    ----------
    reconstruction : float
        L1 between an image and its reconstruction.
    anatomy : float
        L1 between the betas of two scanners.
    divergence : float
        Kullback-Leibler divergence of theta from a standard normal distribution.
    adversarial : float
        For betas that do not give the scanner away, and of the discriminator's own loss.
    perceptual : float
        Mean squared distance of VGG features.
    """

    reconstruction: float = 4.0
    anatomy: float = 3e-2
    divergence: float = 1e-7
    adversarial: float = 3e-2
    perceptual: float = 4e-2


class CalamitiTraining:
    """Steps in which generator and discriminator take turns, a batch each.

    Losses on images and betas are means over the brain as both scanners of a pair saw it, and the
    discriminator sees no beta outside it: where a brain ends tells of no scanner.

    Parameters
    ----------
    model : CalamitiModel
        To be trained.
    stacks : list of SliceStack
        Matched slices, one stack per person; all of one size.
    plan : TrainingPlan
        For Adam, the same for both.
    features : callable, optional
        Of the perceptual loss, which is left out without it.
    """

    weights = CalamitiWeights()

    def __init__(
        self,
        *,
        model: CalamitiModel,
        stacks: list[SliceStack],
        plan: TrainingPlan,
        features: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        self.model = model
        self.stacks = stacks
        self.features = features
        self.slices = joined(stacks)
        images = self.slices.images
        self.discriminator = ScannerDiscriminator(
            classes=model.anatomy.classes, scanners=images.shape[1]
        )
        on_device(self.discriminator, str(images.device))
        self.optimizers = [adam(model, plan), adam(self.discriminator, plan)]
        counts = torch.tensor([len(stack) for stack in stacks])
        # Where the volume of a slice begins, and how many slices it has.
        self._begin = (counts.cumsum(0) - counts).repeat_interleave(counts)
        self._count = counts.repeat_interleave(counts)
        self._steps = 0

    @property
    def lesson(self) -> Lesson:
        """What is learned in a step: the generator's part or, every second time, the rival's."""
        model, (generator, discriminator) = self.model, self.optimizers
        return Lesson(
            networks={
                "anatomy": model.anatomy,
                "contrast": model.contrast,
                "decoder": model.decoder,
                "D": self.discriminator,
            },
            optimizers={"G": generator, "D": discriminator},
            shape=(1, *self.slices.images.shape[2:]),
            script=self._script,
        )

    def _script(self, indices: Tensor) -> Script:
        """Draw two scanners for each of some matched slices, and improve who has its turn."""
        self._steps += 1
        images, masks, scanners = self._drawn_pairs(indices)
        if self._steps % 2 == 0:
            return (yield from self._discriminator_script(images, masks, scanners))
        others = self.other_slices(indices, scanners)
        terms = yield from self.generator_terms(images, masks, scanners, others)
        yield Learn("G", terms["loss"])
        return terms

    def state_dict(self) -> dict[str, int]:
        """Return what steps remember besides networks: whose turn it is, and the temperature."""
        return {"steps": self._steps}

    def load_state_dict(self, state_dict: dict[str, int]) -> None:
        """Take it back."""
        self._steps = state_dict["steps"]

    @property
    def volumes(self) -> list[list[Tensor]]:
        """Slices of each scanner, one tensor of shape (N, 1, H, W) per person who was on it."""
        return [
            [stack.images[:, s, None] for stack in self.stacks if stack.there[0, s]]
            for s in range(self.slices.images.shape[1])
        ]

    @property
    def temperature(self) -> float:
        """Temperature of the Gumbel-softmax at this step."""
        return max(_LOWEST_TEMPERATURE, exp(-_COOLING * self._steps))

    def _drawn_pairs(self, indices: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Draw two scanners for each slice, of those that its person was on.

        Returns
        -------
        images, masks : Tensor, shape (2 B, 1, H, W)
            Neighbours are a pair; their mask is the brain as both saw it.
        scanners : Tensor of int64, shape (2 B,)
            Their indices.
        """
        lots = torch.rand(len(indices), self.slices.images.shape[1])
        # A scanner that the person was not on is drawn last, and everybody was on two.
        pairs = lots.masked_fill(~self.slices.there[indices], 2.0).argsort(dim=1)[:, :2]
        images, masks = (
            stack[indices[:, None], pairs] for stack in (self.slices.images, self.slices.masks)
        )
        common = masks.all(dim=1, keepdim=True).expand_as(masks)
        return images.flatten(0, 1)[:, None], common.flatten(0, 1)[:, None], pairs.flatten()

    def other_slices(self, indices: Tensor, scanners: Tensor) -> Tensor:
        """Draw, for each image of a batch, another slice of the same volume.

        Parameters
        ----------
        indices : Tensor of int64, shape (B,)
            Matched slices.
        scanners : Tensor of int64, shape (2 B,)
            Two scanners of each.

        Returns
        -------
        Tensor, shape (2 B, 1, H, W)
            Theta comes from these, so that it cannot carry anatomy.
        """
        begin, count = self._begin[indices], self._count[indices]
        step = 1 + (torch.rand(len(indices)) * (count - 1)).long()
        others = begin + (indices - begin + step) % count
        return self.slices.images[others.repeat_interleave(2), scanners][:, None]

    def generator_terms(
        self, images: Tensor, masks: Tensor, scanners: Tensor, others: Tensor
    ) -> _TermsScript:
        """Ask for the terms of the generator's loss for pairs of images of one anatomy.

        Parameters
        ----------
        images : Tensor, shape (2 B, 1, H, W)
            Neighbours (0 and 1, 2 and 3, ...) show the same slice on two scanners.
        masks : Tensor of bool, shape (2 B, 1, H, W)
            Where both of a pair saw brain.
        scanners : Tensor of int64, shape (2 B,)
            Whose they are.
        others : Tensor, shape (2 B, 1, H, W)
            Another slice of the same volume, for theta.
        """
        beta = yield from _asked("anatomy", images, self.temperature)
        mean, log_variance = yield from _asked("contrast", others)
        theta = mean + torch.randn_like(mean) * (0.5 * log_variance).exp()
        swapped, source = swapped_at_random(beta, images)
        rebuilt = yield from _asked("decoder", swapped, theta, source)
        logits = yield from _asked("D", beta * masks, scanners.to(beta.device))
        pairs = beta.unflatten(0, (-1, 2))
        terms = {
            "reconstruction": masked_l1(rebuilt, images, masks),
            "anatomy": masked_l1(pairs[:, 0], pairs[:, 1], masks[::2]),
            "divergence": divergence(mean, log_variance),
            "adversarial": _cross_entropy(logits, joint=False),
        }
        if self.features is not None:
            made, wanted = (self.features(image * masks) for image in (rebuilt, images))
            terms["perceptual"] = F.mse_loss(made, wanted)
        return terms | {"loss": self._weighted(terms)}

    def _weighted(self, terms: dict[str, Tensor]) -> Tensor:
        parts = [getattr(self.weights, name) * value for name, value in terms.items()]
        return torch.stack(parts).sum()

    def _discriminator_script(
        self, images: Tensor, masks: Tensor, scanners: Tensor
    ) -> _TermsScript:
        temperature = self.temperature
        beta = yield from _asked("anatomy", images, temperature, learning=False)
        terms = yield from self.discriminator_terms(beta * masks, scanners.to(beta.device))
        yield Learn("D", terms["D.loss"])
        return terms

    def discriminator_terms(self, beta: Tensor, scanners: Tensor) -> _TermsScript:
        """Ask for the weighted cross-entropy of telling joint from marginal pairs.

        Anatomies with their own scanner are drawn from the joint distribution; with the scanner
        of any anatomy of the batch, from the product of the marginals.
        """
        shuffled = scanners[torch.randperm(len(scanners))]
        on_joint = yield from _asked("D", beta, scanners)
        on_marginal = yield from _asked("D", beta, shuffled)
        apart = _cross_entropy(on_joint, joint=True) + _cross_entropy(on_marginal, joint=False)
        return {"D.loss": self.weights.adversarial * apart}

    def validate(self, stacks: list[SliceStack]) -> dict[str, Tensor]:
        """Harmonize other people in every direction, as in use; the scanners' thetas are updated.

        Parameters
        ----------
        stacks : list of SliceStack
            Matched slices, one stack per person.

        Returns
        -------
        dict of str to Tensor
            `reconstruction` is the L1 to the target's slices; `anatomy` the L1 between betas;
            `loss` the weighted sum of the two.
        """
        self.model.measure_contrasts(self.volumes)
        sums = {"reconstruction": torch.zeros(()), "anatomy": torch.zeros(())}
        for stack in stacks:
            seen = [s for s in range(stack.images.shape[1]) if stack.there[0, s]]
            images = {s: stack.images[:, s, None] for s in seen}
            betas = {s: self.model.encode(image) for s, image in images.items()}
            directions = list(permutations(seen, 2))
            share = len(stack) / len(directions)
            for source, target in directions:
                mask = stack.common(source, target)
                made = self.model.paint(betas[source], images[source], target)
                sums["reconstruction"] += share * masked_l1(made, images[target], mask).cpu()
                sums["anatomy"] += share * masked_l1(betas[source], betas[target], mask).cpu()
        count = sum(len(stack) for stack in stacks)
        terms = {name: total / count for name, total in sums.items()}
        return terms | {"loss": self._weighted(terms)}


def _asked(name: str, *inputs: Any, learning: bool = True) -> Generator[Ask | Learn, Answers, Any]:
    """Ask one network, as a part of a script."""
    return (yield Ask((name,), inputs, learning))[name]


def swapped_at_random(*tensors: Tensor) -> list[Tensor]:
    """Exchange what is of two scanners in a random half of the pairs, shape (2 B, C, H, W) each."""
    first = tensors[0]
    chosen = (torch.rand(len(first) // 2) < 0.5).to(first.device).view(-1, 1, 1, 1, 1)
    pairs = [tensor.unflatten(0, (-1, 2)) for tensor in tensors]
    return [torch.where(chosen, pair.flip(1), pair).flatten(0, 1) for pair in pairs]


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return the Kullback-Leibler divergence from a standard normal, mean over a batch (N, D)."""
    parts = log_variance.exp() + mean.square() - 1 - log_variance
    return 0.5 * parts.sum(dim=1).mean()


def _cross_entropy(logits: Tensor, *, joint: bool) -> Tensor:
    wanted = torch.ones_like(logits) if joint else torch.zeros_like(logits)
    return F.binary_cross_entropy_with_logits(logits, wanted)
