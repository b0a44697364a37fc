"""Supervised CALAMITI: anatomy from the source, contrast from the target."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn
from typing_extensions import override

from phycharm.data.cohort import Cohort
from phycharm.data.scan import Scan
from phycharm.data.scanner import Scanner
from phycharm.errors import InputError
from phycharm.harmonizers.card import MethodCard
from phycharm.harmonizers.harmonizer import Harmonizer
from phycharm.harmonizers.storage import FittedState
from phycharm.networks.basic_unet import on_device
from phycharm.networks.canvas.slices import SliceCanvas, as_tensor, cut, paste
from phycharm.networks.plan import TrainingPlan
from phycharm.networks.training import Training

from ..matched_slices import MULTIPLE, SliceStack, canvas_around, matched_slices
from .calamiti_model import CalamitiModel
from .calamiti_training import CalamitiTraining
from .vgg_features import VGGFeatures

Orientation = Literal["axial", "coronal", "sagittal"]

CALAMITI_PLAN = TrainingPlan(epochs=100, batch_size=8, learning_rate=4e-4)
"""Rate and batch are the papers'; the number of epochs is ours."""

_AXES = {"axial": (0, 1, 2), "coronal": (0, 2, 1), "sagittal": (1, 2, 0)}
_PAPER_SIZES = {"beta_dim": 4, "theta_dim": 2, "base": 8}


class Calamiti(Harmonizer):
    """Supervised CALAMITI: Zuo 2021 with scanners for contrasts, as in Torbati 2023.

    An anatomy encoder gives every pixel one of a few classes (beta), a contrast encoder sums up
    another slice of the volume in two numbers (theta), and a decoder makes the image of both;
    matched slices must have one beta. To harmonize, beta comes from the source and theta is the
    mean over the training volumes of the target. One model serves all scanners of the cohort, in
    every direction.

    Parameters
    ----------
    training : dict, optional
        Values that replace those of the plan (see `TrainingPlan`).
    beta_dim, theta_dim : int
        Classes of the anatomy, and numbers that describe a contrast.
    base : int
        Channels of the anatomy encoder's first level; the decoder's has twice as many.
    orientations : sequence of str
        Slices to work on: `axial`, `coronal`, `sagittal`. Each has a model of its own, and the
        median of their images is taken.
    perceptual_weights : str, optional
        File with the weights of a VGG16; without it there is no perceptual loss.
    residual : bool
        Whether the decoder sees the source image too and makes the difference from it, so that a
        few classes need not carry every detail. The paper's does not; trained briefly it then
        returns its input before it has learned what theta tells.
    scope : {"pair", "all"}
        Whether the harness shall fit one model per pair of scanners or one to all of them.
    seed, device
        See `Harmonizer`.

    Raises
    ------
    InputError
        If an orientation is unknown or named twice, or the scope is unknown.
    """

    stackable: ClassVar[bool] = True

    card = MethodCard(
        name="calamiti",
        revision="3",
        summary="Anatomy of the source, one-hot per pixel, decoded in the target's contrast.",
        citation="Zuo et al. Unsupervised MR harmonization by learning disentangled "
        "representations using information bottleneck theory. NeuroImage 2021. "
        "doi:10.1016/j.neuroimage.2021.118569; supervised as in Torbati et al. MISPEL. Medical "
        "Image Analysis 2023. doi:10.1016/j.media.2023.102926",
        deviations=(
            "The contrast encoder has no instance norm, and the decoder has it on the way down "
            "only: it would subtract what theta tells.",
            "The state with the lowest L1 on the harmonized validation slices is kept.",
            "Losses on images and anatomies are means over the brain as both scanners saw it, and "
            "the discriminator sees no anatomy outside it; the papers' are of the whole image.",
        ),
    )

    def __init__(  # noqa: PLR0913 - the paper's sizes, and what it leaves to choose
        self,
        *,
        training: dict[str, Any] | None = None,
        beta_dim: int = _PAPER_SIZES["beta_dim"],
        theta_dim: int = _PAPER_SIZES["theta_dim"],
        base: int = _PAPER_SIZES["base"],
        orientations: Sequence[Orientation] = ("axial",),
        perceptual_weights: str | None = None,
        residual: bool = False,
        scope: Literal["pair", "all"] = "pair",
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        super().__init__(seed=seed, device=device)
        self.training = training
        self.beta_dim = beta_dim
        self.theta_dim = theta_dim
        self.base = base
        self.orientations = tuple(orientations)
        self.perceptual_weights = perceptual_weights
        self.residual = residual
        self.scope: Literal["pair", "all"] = scope
        _check(self.orientations, scope)
        # One class, two ways to be fitted: the object's card tells the harness which.
        self.card = replace(type(self).card, scope=scope)  # type: ignore[misc]
        self._names: list[str] = []
        self._canvases: dict[str, SliceCanvas] = {}
        self._models: dict[str, CalamitiModel] = {}

    @property
    def deviations(self) -> tuple[str, ...]:
        """The card's, and what the settings change."""
        own = list(CALAMITI_PLAN.changed(self.training).deviations(CALAMITI_PLAN))
        if self.perceptual_weights is None:
            own.append("No perceptual loss, for no VGG16 weights were given.")
        if self.residual:
            own.append("The decoder sees the source image and makes the difference from it.")
        if len(self.orientations) == 1:
            own.append(f"Only {self.orientations[0]} slices, without fusion of orientations.")
        else:
            own.append("Orientations are fused by their median, not by a network.")
        own += [
            f"{name} {getattr(self, name)} instead of {value}."
            for name, value in _PAPER_SIZES.items()
            if getattr(self, name) != value
        ]
        return self.card.deviations + tuple(own)

    @override
    def learn(self, train: Cohort, validation: Cohort | None, **context: Any) -> None:
        features = self._features()
        self._names = [scanner.name for scanner in train.scanners]
        self._canvases, self._models = {}, {}
        for orientation in self.orientations:
            turned = _turned_cohort(train, orientation)
            canvas = canvas_around(turned)
            self._canvases[orientation] = canvas
            stacks = matched_slices(turned, train.scanners, canvas, self.device)
            others: list[SliceStack] = []
            if validation is not None:
                other = _turned_cohort(validation, orientation)
                others = matched_slices(other, train.scanners, canvas, self.device)
            self._models[orientation] = self._fit_model(orientation, stacks, others, features)

    def _fit_model(
        self,
        orientation: str,
        stacks: list[SliceStack],
        others: list[SliceStack],
        features: VGGFeatures | None,
    ) -> CalamitiModel:
        plan = CALAMITI_PLAN.changed(self.training)
        model = self._new_model()
        game = CalamitiTraining(model=model, stacks=stacks, plan=plan, features=features)
        lesson = game.lesson
        suffix = "" if len(self.orientations) == 1 else f" {orientation}"
        rows = Training(
            label=f"{self.card.name} {', '.join(self._names)}{suffix}",
            plan=plan,
            samples=len(game.slices),
            directions=len(game.slices.directions()),
            turns=2,
            step=lesson.step,
            validate=(lambda: game.validate(others)) if others else None,
            select_by="reconstruction",
            modules={"G": model, "D": game.discriminator},
            optimizers=list(game.optimizers),
            tags={"network": "G", "source": "", "target": ""},
            memory=game,
            lesson=lesson,
        ).run()
        self.history += [{**row, "network": row["network"] + suffix} for row in rows]
        model.measure_contrasts(game.volumes)
        return model

    def _features(self) -> VGGFeatures | None:
        if self.perceptual_weights is None:
            return None
        return VGGFeatures(weights=Path(self.perceptual_weights)).to(self.device).eval()

    def _new_model(self) -> CalamitiModel:
        model = CalamitiModel(
            scanners=len(self._names),
            classes=self.beta_dim,
            dimensions=self.theta_dim,
            base=self.base,
            residual=self.residual,
        )
        on_device(model, self.device)
        return model

    @override
    def apply(self, scan: Scan, target: Scanner) -> Tensor:
        if target.name not in self._names:
            raise ValueError(f"{self.card.name} was not fitted to {target.name}")
        index = self._names.index(target.name)
        images = [self._harmonize_along(name, scan, index) for name in self.orientations]
        return torch.stack(images).median(dim=0).values

    def _harmonize_along(self, orientation: str, scan: Scan, target: int) -> Tensor:
        axes = _AXES[orientation]
        placement = self._canvases[orientation].place(scan.mask.transpose(axes))
        volume = as_tensor(scan.image.transpose(axes), self.device)
        made = self._models[orientation].translate(cut(volume, placement), target)
        back = [axes.index(axis) for axis in range(3)]
        return paste(made, placement)[0].permute(back)

    @override
    def state(self) -> FittedState:
        if not self._models:
            raise ValueError(f"{self.card.name} is not fitted, so there is nothing to save")
        return FittedState(
            tensors=dict(nn.ModuleDict(self._models).state_dict()),
            facts={
                "scanners": self._names,
                "canvases": {
                    name: [canvas.height, canvas.width] for name, canvas in self._canvases.items()
                },
            },
        )

    @override
    def restore(self, state: FittedState) -> None:
        self._names = list(state.facts["scanners"])
        self._canvases = {
            name: SliceCanvas(height, width, MULTIPLE)
            for name, (height, width) in state.facts["canvases"].items()
        }
        self._models = {name: self._new_model() for name in self._canvases}
        nn.ModuleDict(self._models).eval().load_state_dict(state.tensors)


def _check(orientations: tuple[str, ...], scope: str) -> None:
    known = ", ".join(_AXES)
    if not orientations or len(set(orientations)) < len(orientations):
        raise InputError(f"calamiti: orientations {orientations}; name one or more of {known}.")
    unknown = [name for name in orientations if name not in _AXES]
    if unknown:
        raise InputError(f"calamiti: no orientation {unknown[0]!r}; there are {known}.")
    if scope not in ("pair", "all"):
        raise InputError(f"calamiti: no scope {scope!r}; there are pair and all.")


def _turned_cohort(cohort: Cohort, orientation: str) -> Cohort:
    """Return a cohort whose scans have the slices of an orientation along their last axis."""
    axes = _AXES[orientation]
    return cohort.map(
        lambda scan: replace(scan, image=scan.image.transpose(axes), mask=scan.mask.transpose(axes))
    )
