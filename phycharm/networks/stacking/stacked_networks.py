"""Networks of one architecture, computed as one with their weights stacked."""

import copy
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ..layers.beside import Beside
from ..layers.dropout import Dropout
from .stacked_layer import StackedLayer

_WITH_WEIGHTS = nn.Conv2d | nn.ConvTranspose2d | nn.InstanceNorm2d
_WITHOUT_WEIGHTS = (
    nn.LeakyReLU | nn.ReLU | nn.Identity | nn.MaxPool2d | nn.ModuleList | Dropout | Beside
)


class StackedNetworks:
    """Networks that differ in their weights alone, in training mode; a call computes all at once.

    What they see and make lies side by side as channels of one image, through all layers. This is
    not done by `torch.vmap`: inside of it autocast has no effect on convolutions (pytorch 192617).

    Parameters
    ----------
    networks : sequence of K Module
        For which `can_be_stacked`, of one architecture, on one device.

    Attributes
    ----------
    parts : dict of Parameter to list of K Parameter
        The stacked weights, shape (K, ...), and of which weights of the networks they are.
    pattern : Module
        All of them as one network.
    single : Module
        One of them, to try out what its layers see.
    """

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        self._networks = list(networks)
        self.single = copy.deepcopy(self._networks[0]).train()
        self.pattern = _as_one(self._networks)
        self.parts = {
            stacked: [network.get_parameter(name) for network in self._networks]
            for name, stacked in self.pattern.named_parameters()
        }
        self._dropouts = _dropouts(self.pattern)

    def __call__(self, inputs: Tensor, factors: Sequence[Mapping[str, Tensor]]) -> Tensor:
        """Compute all networks, each on slices of its own.

        Parameters
        ----------
        inputs : Tensor, shape (K, N, C, H, W)
            Of each.
        factors : sequence of K mappings of str to Tensor, shape (N, ...)
            What the layers of dropout multiply by in each (see `draw`), by their names.

        Returns
        -------
        Tensor, shape (K, N, C, H, W)
            What each makes.
        """
        for name, layer in self._dropouts.items():
            layer.drawn = torch.cat([one[name] for one in factors], 1)
        made: Tensor = self.pattern(inputs.transpose(0, 1).flatten(1, 2))
        apart: Tensor = made.unflatten(1, (len(self._networks), -1)).transpose(0, 1)
        return apart

    def seen_by_dropout(self, inputs: Tensor) -> dict[str, Tensor]:
        """Find out what the layers of dropout see, in the order in which they are called.

        Parameters
        ----------
        inputs : Tensor, shape (N, C, H, W)
            Of one network.

        Returns
        -------
        dict of str to Tensor, shape (N, ...)
            By the names of the layers.
        """
        seen: dict[str, Tensor] = {}
        if not self._dropouts:
            return seen

        def see(name: str, _: nn.Module, given: tuple[Tensor]) -> None:
            seen[name] = given[0]

        handles = [
            layer.register_forward_pre_hook(partial(see, name))
            for name, layer in _dropouts(self.single).items()
        ]
        try:
            with torch.no_grad():
                self.single(inputs)
        finally:
            for handle in handles:
                handle.remove()
        return seen

    def draw(self, seen: Mapping[str, Tensor], slices: int) -> dict[str, Tensor]:
        """Draw for one network what its layers of dropout multiply by, as it would itself.

        Parameters
        ----------
        seen : mapping of str to Tensor
            As `seen_by_dropout` returns it.
        slices : int
            For how many, at most those that were seen.
        """
        return {name: self._dropouts[name].factors(one[:slices]) for name, one in seen.items()}

    def write_back(self) -> None:
        """Give every network its weights."""
        with torch.no_grad():
            for stacked, parts in self.parts.items():
                for weights, own in zip(parts, stacked, strict=True):
                    weights.copy_(own)


def can_be_stacked(network: nn.Module) -> bool:
    """Whether it is known how to compute a network together with others.

    Its layers have to be of the kinds that are known here, and it has to be a BasicUNet or to say
    `stackable = True` itself (not by inheritance): that its `forward` calls layers, computes
    number by number, and puts images beside each other by `Beside`, and does nothing else.
    """
    from monai.networks.nets.basic_unet import BasicUNet

    kind = type(network)
    says_so = bool(vars(kind).get("stackable", False))
    leaves = [one for one in network.modules() if not list(one.children())]
    return (kind is BasicUNet or says_so) and all(map(_is_known, leaves))


def _is_known(layer: nn.Module) -> bool:
    if isinstance(layer, nn.InstanceNorm2d):
        return layer.affine and not layer.track_running_stats
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        return layer.padding_mode == "zeros"
    return isinstance(layer, _WITHOUT_WEIGHTS)


def _as_one(networks: Sequence[nn.Module]) -> nn.Module:
    """Make a network of the first one's form, with stacked layers in place of its own."""
    from monai.networks.nets.basic_unet import UpCat

    pattern = copy.deepcopy(networks[0]).train()
    for name, module in list(pattern.named_modules()):
        if isinstance(module, UpCat):
            vars(module)["forward"] = partial(_up_and_beside, module, Beside(len(networks)))
        if isinstance(module, Beside):
            module.count = len(networks)
        if isinstance(module, _WITH_WEIGHTS):
            place, _, own = name.rpartition(".")
            layers = [network.get_submodule(name) for network in networks]
            setattr(pattern.get_submodule(place), own, StackedLayer(layers))
    return pattern


def _up_and_beside(block: Any, beside: Beside, images: Tensor, skipped: Tensor) -> Tensor:
    """Do what a block on the way up does, but put each network's channels beside its own."""
    made: Tensor = block.convs(beside(skipped, block.upsample(images)))
    return made


def _dropouts(network: nn.Module) -> dict[str, Dropout]:
    return {
        name: module
        for name, module in network.named_modules()
        if isinstance(module, Dropout) and module.p
    }
