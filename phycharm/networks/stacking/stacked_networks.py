"""Networks of one architecture, computed as one with their weights stacked."""

import copy
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import _SpectralNorm

from ..layers.beside import Beside
from ..layers.dropout import Dropout
from ..layers.gumbel_choice import GumbelChoice
from .stacked_layer import StackedLayer

_WITH_WEIGHTS = nn.Conv2d | nn.ConvTranspose2d | nn.InstanceNorm2d | nn.Linear
_DRAWING = Dropout | GumbelChoice
_WITHOUT_WEIGHTS = (
    nn.LeakyReLU
    | nn.ReLU
    | nn.Identity
    | nn.MaxPool2d
    | nn.AdaptiveAvgPool2d
    | nn.Flatten
    | nn.ModuleList
    | Beside
    | _DRAWING
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
        self._buffers = {
            stacked: [network.get_buffer(name) for network in self._networks]
            for name, stacked in self.pattern.named_buffers()
        }
        self._drawing = _drawing(self.pattern)

    def __call__(self, inputs: Sequence[Any], drawn: Sequence[Mapping[str, Tensor]]) -> Any:
        """Compute all networks, each on slices of its own.

        Parameters
        ----------
        inputs : sequence of (Tensor, shape (K, N, ...)) or number
            What `forward` takes: tensors of each, and numbers that are the same for all.
        drawn : sequence of K mappings of str to Tensor, shape (N, ...)
            What layers draw in each (see `draw`), by their names.

        Returns
        -------
        Tensor, shape (K, N, ...), or tuple of them
            What each makes.
        """
        for name, layer in self._drawing.items():
            layer.drawn = torch.cat([one[name] for one in drawn], 1)
        made = self.pattern(*map(_beside, inputs))
        return tuple(map(self._apart, made)) if isinstance(made, tuple) else self._apart(made)

    def _apart(self, made: Tensor) -> Tensor:
        apart: Tensor = made.unflatten(1, (len(self._networks), -1)).transpose(0, 1)
        return apart

    def seen_where_drawn(self, inputs: Sequence[Any]) -> dict[str, Tensor]:
        """Find out what the layers that draw see, in the order in which they are called.

        Parameters
        ----------
        inputs : sequence of (Tensor, shape (N, ...)) or number
            Of one network.

        Returns
        -------
        dict of str to Tensor, shape (N, ...)
            By the names of the layers.
        """
        seen: dict[str, Tensor] = {}
        if not self._drawing:
            return seen

        def see(name: str, _: nn.Module, given: tuple[Any, ...]) -> None:
            seen[name] = given[0]

        handles = [
            layer.register_forward_pre_hook(partial(see, name))
            for name, layer in _drawing(self.single).items()
        ]
        try:
            with torch.no_grad():
                self.single(*inputs)
        finally:
            for handle in handles:
                handle.remove()
        return seen

    def draw(self, seen: Mapping[str, Tensor], slices: int) -> dict[str, Tensor]:
        """Draw for one network what its layers would draw, as it would itself.

        Parameters
        ----------
        seen : mapping of str to Tensor
            As `seen_where_drawn` returns it.
        slices : int
            For how many, at most those that were seen.
        """
        return {name: self._drawing[name].draw(one[:slices]) for name, one in seen.items()}

    def write_back(self) -> None:
        """Give every network its weights, and its buffers."""
        owned: list[tuple[Tensor, Sequence[Tensor]]] = [*self.parts.items(), *self._buffers.items()]
        with torch.no_grad():
            for stacked, parts in owned:
                for weights, own in zip(parts, stacked, strict=True):
                    weights.copy_(own)


def can_be_stacked(network: nn.Module) -> bool:
    """Whether it is known how to compute a network together with others.

    Its layers have to be of the kinds that are known here, and it has to say `stackable = True`
    itself (not by inheritance): that its `forward` calls layers, computes number by number, and
    puts images beside each other by `Beside`, and does nothing else.
    """
    says_so = bool(vars(type(network)).get("stackable", False))
    return says_so and all(map(_is_known, network.modules()))


def _is_known(layer: nn.Module) -> bool:
    if isinstance(layer, nn.InstanceNorm2d):
        return layer.affine and not layer.track_running_stats
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d) and layer.padding_mode != "zeros":
        return False
    if isinstance(layer, _SpectralNorm):
        return layer.dim == 0
    composed = bool(list(layer.children()))
    return composed or isinstance(layer, _WITH_WEIGHTS | _WITHOUT_WEIGHTS)


def _as_one(networks: Sequence[nn.Module]) -> nn.Module:
    """Make a network of the first one's form, with stacked layers in place of its own."""
    pattern = copy.deepcopy(networks[0]).train()
    for name, module in list(pattern.named_modules()):
        if isinstance(module, Beside | GumbelChoice):
            module.count = len(networks)
        if isinstance(module, _WITH_WEIGHTS):
            place, _, own = name.rpartition(".")
            layers = [network.get_submodule(name) for network in networks]
            setattr(pattern.get_submodule(place), own, StackedLayer(layers))
    return pattern


def _drawing(network: nn.Module) -> dict[str, Any]:
    """Return the layers that draw random numbers, by their names."""
    return {
        name: module
        for name, module in network.named_modules()
        if isinstance(module, _DRAWING) and getattr(module, "p", True)
    }


def _beside(given: Any) -> Any:
    """Lay out what networks see as channels, those of one after those of another."""
    if not isinstance(given, Tensor):
        return given
    slices = given.transpose(0, 1)
    return slices.flatten(1, 2) if slices.ndim > 2 else slices
