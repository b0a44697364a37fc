"""Pix2Pix: a conditional adversarial network per direction."""

from dataclasses import replace
from typing import Any, ClassVar

from torch import Tensor, nn
from typing_extensions import override

from phycharm.data.cohort import Cohort
from phycharm.data.scan import Scan
from phycharm.data.scanner import Scanner
from phycharm.harmonizers.card import MethodCard
from phycharm.harmonizers.harmonizer import Harmonizer
from phycharm.harmonizers.storage import FittedState
from phycharm.networks.basic_unet import on_device
from phycharm.networks.canvas.slices import SliceCanvas, as_tensor, cut, paste
from phycharm.networks.in_batches import in_batches
from phycharm.networks.plan import TrainingPlan
from phycharm.networks.training import Training

from ..matched_slices import (
    MULTIPLE,
    SliceStack,
    brightest,
    canvas_around,
    joined,
    matched_slices,
)
from .patch_discriminator import (
    PAPER_STRIDED,
    PatchDiscriminator,
    receptive_field,
    strided_for,
)
from .pix2pix_generator import PAPER_HALVINGS, Pix2PixGenerator, halvings_for
from .pix2pix_training import Pix2PixTraining

PIX2PIX_PLAN = TrainingPlan(
    epochs=200,
    batch_size=1,
    learning_rate=2e-4,
    betas=(0.5, 0.999),
    schedule="linear-second-half",
)
"""The paper's: batch 1, 100 epochs at a constant rate and 100 in which it falls to zero."""

_PAPER_BASE, _PAPER_L1_WEIGHT = 64, 100.0
_CEILING_PERCENTILE = 99.9


class Pix2Pix(Harmonizer):
    """Generator and discriminator of Isola 2017, on matched slices, one pair per direction.

    Intensities from 0 to `ceiling` are mapped to [-1, 1], in and out; the ceiling is the largest
    99.9th percentile of any brain in the training scans, and is stored with the model. Depth of
    the generator and patch size of the discriminator follow the slice. The state with the lowest
    L1 on the validation slices is kept.

    Parameters
    ----------
    training : dict, optional
        Values that replace those of the paper's plan (see `TrainingPlan`).
    base : int
        Channels of the first layer of both networks.
    l1_weight : float
        Weight of L1 beside the adversarial loss.
    residual : bool
        Whether the generator makes the difference from its input instead of the whole image; the
        paper's does not.
    seed, device
        See `Harmonizer`.
    """

    stackable: ClassVar[bool] = True

    card = MethodCard(
        name="pix2pix",
        revision="3",
        summary="A conditional adversarial network per direction, trained on matched slices.",
        citation="Isola, Zhu, Zhou, Efros. Image-to-image translation with conditional "
        "adversarial networks. CVPR 2017. doi:10.1109/CVPR.2017.632",
        deviations=(
            "Instance norm in place of batch norm, which is the same at the paper's batch size 1.",
            "Dropout is off when harmonizing, so that results repeat; the paper leaves it on.",
            "Training slices are not jittered or mirrored.",
            "The state with the lowest L1 on the validation slices is kept, not the last one.",
            "L1 is a mean over the brain as both scanners saw it, and outside it the discriminator "
            "sees black; the paper's losses are of the whole image.",
        ),
    )

    def __init__(
        self,
        *,
        training: dict[str, Any] | None = None,
        base: int = _PAPER_BASE,
        l1_weight: float = _PAPER_L1_WEIGHT,
        residual: bool = True,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(seed=seed, device=device)
        self.training = training
        self.base = base
        self.l1_weight = l1_weight
        self.residual = residual
        self._canvas: SliceCanvas | None = None
        self._ceiling = 1.0
        self._generators = nn.ModuleDict()

    @classmethod
    @override
    def current_settings(cls, saved: dict[str, Any]) -> dict[str, Any]:
        # Revision 1 always made the whole image.
        return {"residual": False} | saved

    @property
    def deviations(self) -> tuple[str, ...]:
        """The card's, and what the settings and the size of the slices change."""
        own = list(PIX2PIX_PLAN.changed(self.training).deviations(PIX2PIX_PLAN))
        if self.base != _PAPER_BASE:
            own.append(f"Networks start with {self.base} channels instead of {_PAPER_BASE}.")
        if self.l1_weight != _PAPER_L1_WEIGHT:
            own.append(f"Weight of L1 {self.l1_weight:g} instead of {_PAPER_L1_WEIGHT:g}.")
        if self.residual:
            own.append("The generator makes the difference from its input, without tanh.")
        return self.card.deviations + tuple(own) + self._size_deviations()

    def _size_deviations(self) -> tuple[str, ...]:
        if self._canvas is None:
            return ()
        halvings, strided = self._depths(self._canvas)
        if (halvings, strided) == (PAPER_HALVINGS, PAPER_STRIDED):
            return ()
        return (
            f"For slices of {self._canvas.height} x {self._canvas.width} the generator halves "
            f"{halvings} times instead of {PAPER_HALVINGS}, and the discriminator judges patches "
            f"of {receptive_field(strided)} pixels instead of {receptive_field(PAPER_STRIDED)}.",
        )

    @staticmethod
    def _depths(canvas: SliceCanvas) -> tuple[int, int]:
        sides = canvas.height, canvas.width
        return halvings_for(*sides), strided_for(*sides)

    @override
    def learn(self, train: Cohort, validation: Cohort | None, **context: Any) -> None:
        self._canvas = canvas_around(train)
        self._ceiling = brightest(train, _CEILING_PERCENTILE)
        self._generators = nn.ModuleDict()
        scanners = train.scanners
        slices = joined(self._signed_slices(train, scanners))
        others = [] if validation is None else self._signed_slices(validation, scanners)
        for a, b in slices.directions():
            direction = scanners[a], scanners[b]
            valid = [stack for stack in others if len(stack.of_people_with(a, b))]
            self._generators[_key(*direction)] = self._fit_direction(
                direction,
                _split(slices.of_people_with(a, b), (a, b)),
                [_split(stack, (a, b)) for stack in valid] or None,
            )

    def _fit_direction(
        self,
        direction: tuple[Scanner, Scanner],
        train: tuple[Tensor, Tensor, Tensor],
        validation: list[tuple[Tensor, Tensor, Tensor]] | None,
    ) -> nn.Module:
        source, target = direction
        plan = PIX2PIX_PLAN.changed(self.training)
        game = self._new_game(plan)
        lesson = game.lesson(train)
        self.history += Training(
            label=f"{self.card.name} {source.name} -> {target.name}",
            plan=plan,
            samples=len(train[0]),
            step=lesson.step,
            validate=None if validation is None else lambda: game.validate(validation),
            select_by="L1",
            modules=lesson.networks,
            optimizers=list(game.optimizers),
            tags={"network": "G", "source": source.name, "target": target.name},
            lesson=lesson,
        ).run()
        return game.generator

    def _new_game(self, plan: TrainingPlan) -> Pix2PixTraining:
        assert self._canvas is not None
        _, strided = self._depths(self._canvas)
        discriminator = PatchDiscriminator(strided=strided, base=self.base)
        on_device(discriminator, self.device)
        return Pix2PixTraining(
            generator=self._new_generator(self._canvas),
            discriminator=discriminator,
            plan=plan,
            l1_weight=self.l1_weight,
        )

    def _new_generator(self, canvas: SliceCanvas) -> Pix2PixGenerator:
        halvings, _ = self._depths(canvas)
        generator = Pix2PixGenerator(halvings=halvings, base=self.base, residual=self.residual)
        on_device(generator, self.device)
        return generator

    def _signed_slices(self, cohort: Cohort, scanners: tuple[Scanner, ...]) -> list[SliceStack]:
        assert self._canvas is not None
        stacks = matched_slices(cohort, scanners, self._canvas, self.device)
        return [replace(stack, images=self._signed(stack.images)) for stack in stacks]

    def _signed(self, image: Tensor) -> Tensor:
        return image * (2 / self._ceiling) - 1

    def _unsigned(self, image: Tensor) -> Tensor:
        return (image + 1) * (self._ceiling / 2)

    @override
    def apply(self, scan: Scan, target: Scanner) -> Tensor:
        key = _key(scan.scanner, target)
        if self._canvas is None or key not in self._generators:
            raise ValueError(f"{self.card.name} was not fitted to {key}")
        placement = self._canvas.place(scan.mask)
        slices = self._signed(cut(as_tensor(scan.image, self.device), placement))
        made = in_batches(self._generators[key], slices)
        return paste(self._unsigned(made), placement)[0]

    @override
    def state(self) -> FittedState:
        if self._canvas is None:
            raise ValueError(f"{self.card.name} is not fitted, so there is nothing to save")
        return FittedState(
            tensors=dict(self._generators.state_dict()),
            facts={
                "canvas": [self._canvas.height, self._canvas.width],
                "ceiling": self._ceiling,
                "directions": list(self._generators),
            },
        )

    @override
    def restore(self, state: FittedState) -> None:
        height, width = state.facts["canvas"]
        self._canvas = SliceCanvas(height, width, MULTIPLE)
        self._ceiling = state.facts["ceiling"]
        self._generators = nn.ModuleDict(
            {key: self._new_generator(self._canvas) for key in state.facts["directions"]}
        )
        self._generators.load_state_dict(state.tensors)
        self._generators.eval()


def _split(stack: SliceStack, channels: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
    """Return the source's and the target's slices and their mask, shape (N, 1, H, W) each."""
    images = [stack.images[:, channel, None].contiguous() for channel in channels]
    return images[0], images[1], stack.common(*channels)


def _key(source: Scanner, target: Scanner) -> str:
    return f"{source.name}->{target.name}"
