"""Networks of one architecture, computed as one with their weights stacked."""

import copy
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from ..layers.dropout import Dropout
from .stacked_layer import StackedLayer

_WITH_WEIGHTS = nn.Conv2d | nn.ConvTranspose2d | nn.InstanceNorm2d


class StackedNetworks:
    """BasicUNets that differ in their weights alone, in training mode; a call computes all at once.

    What they see and make lies side by side as channels of one image, through all layers. This is
    not done by `torch.vmap`: inside of it autocast has no effect on convolutions (pytorch 192617).

    Parameters
    ----------
    networks : sequence of K Module
        For which `can_be_stacked`, of one architecture, on one device.

    Attributes
    ----------
    weights : dict of str to Parameter, shape (K, ...)
        Those of all networks, by their names in each.
    pattern : Module
        All of them as one network.
    single : Module
        One of them, to try out what its layers see.
    """

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        self._networks = list(networks)
        self.single = copy.deepcopy(self._networks[0]).train()
        self.pattern = _as_one(self._networks)
        self.weights = dict(self.pattern.named_parameters())
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
            for number, network in enumerate(self._networks):
                for name, weights in network.named_parameters():
                    weights.copy_(self.weights[name][number])


def can_be_stacked(network: nn.Module) -> bool:
    """Whether a network is of the kind whose layers are known here: a BasicUNet."""
    from monai.networks.nets.basic_unet import BasicUNet

    norms = [one for one in network.modules() if isinstance(one, nn.InstanceNorm2d)]
    alike = bool(norms) and all(norm.affine and not norm.track_running_stats for norm in norms)
    return type(network) is BasicUNet and alike


def _as_one(networks: Sequence[nn.Module]) -> nn.Module:
    """Make a network of the first one's form, with stacked layers in place of its own."""
    from monai.networks.nets.basic_unet import UpCat

    pattern = copy.deepcopy(networks[0]).train()
    for name, module in list(pattern.named_modules()):
        if isinstance(module, UpCat):
            vars(module)["forward"] = partial(_up_and_beside, module, len(networks))
        if isinstance(module, _WITH_WEIGHTS):
            place, _, own = name.rpartition(".")
            layers = [network.get_submodule(name) for network in networks]
            setattr(pattern.get_submodule(place), own, StackedLayer(layers))
    return pattern


def _up_and_beside(block: Any, count: int, images: Tensor, skipped: Tensor) -> Tensor:
    """Do what a block on the way up does, but put each network's channels beside its own."""
    larger: Tensor = block.upsample(images)
    both = [one.unflatten(1, (count, -1)) for one in (skipped, larger)]
    made: Tensor = block.convs(torch.cat(both, 2).flatten(1, 2))
    return made


def _dropouts(network: nn.Module) -> dict[str, Dropout]:
    return {
        name: module
        for name, module in network.named_modules()
        if isinstance(module, Dropout) and module.p
    }
