"""One unit of LeNet in words, computed by torch: its sum, and the way down to the pixels.

The front end says the same (``assets/js/unit.js``). Terms are rounded to five decimals, so a sum
starts with ≈; the first layer's products are whole numbers, grey values times steps of a weight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from ..weights import LAYERS, Network, Quantised
from .base import factor, number

FINE, FEW, LARGEST, TINY = 10**5, 16, 8, 1e-9
POOLS = (1, 3)  # places of the pooling layers among LAYERS
NUMBERS = {0: 0, 2: 1, 4: 2, 5: 3, 6: 4}  # layer to its place in Network.numbers


class Unit(NamedTuple):
    """A value of layer ``i``: map ``m``, row ``r``, column ``c``; ``i`` is -1 in the picture."""

    i: int
    m: int
    r: int
    c: int


def first(values: Tensor) -> int:
    """Return the first place of the largest value, up to rounding.

    >>> first(torch.tensor([1.0, 2.0, 2.0 + 1e-12]))
    1
    """
    flat = values.flatten()
    return int((flat >= flat.max() - TINY).nonzero()[0])


def whole(value: float) -> int:
    """Return ``value`` in steps of 0.00001."""
    return math.floor(value * FINE + 0.5)


def fixed(steps: float, digits: int = 5) -> str:
    """Return steps of 0.00001 as a decimal number without zeros at its end.

    >>> fixed(-120000), fixed(7)
    ('−1.2', '0.00007')
    """
    text = f"{steps / FINE:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else number(text)


def _term(steps: int) -> str:
    return fixed(steps) if steps >= 0 else f"({fixed(steps)})"


@dataclass(frozen=True)
class Forward:
    """A network and what each of its layers gives for one picture.

    Args:
        network: in int8.
        picture: grey values, ``(28, 28)``, as the network reads them.
        x: the same in [0, 1], float64, ``(1, 28, 28)``.
        acts: float64, one per layer, ``(maps, rows, columns)``.
    """

    network: Network
    picture: Tensor
    x: Tensor
    acts: tuple[Tensor, ...]

    def numbers(self, i: int) -> Quantised:
        """Return the weights of layer ``i``."""
        return self.network.numbers[NUMBERS[i]]

    def below(self, i: int) -> Tensor:
        """Return what layer ``i`` reads."""
        return self.acts[i - 1] if i else self.x

    def how(self, i: int) -> str:
        """Return what layer ``i`` does to its sums."""
        if i in POOLS:
            return self.network.pool
        return "none" if i == len(LAYERS) - 1 else self.network.activation

    # ------------------------------------------------------------ one unit

    def name(self, unit: Unit) -> str:
        """Return the unit in words."""
        if self.acts[unit.i].shape[1] == 1:
            return f"{LAYERS[unit.i]}, unit {unit.m}"
        return f"{LAYERS[unit.i]}, map {unit.m}, row {unit.r}, column {unit.c}"

    def products(self, unit: Unit) -> Tensor:
        """Return what the unit adds up, by map, row and column of what it reads."""
        i, m, r, c = unit
        below = self.below(i)
        if i in POOLS:
            return below[m : m + 1, 2 * r : 2 * r + 2, 2 * c : 2 * c + 2]
        weight = self.numbers(i).weight()[m].double()
        if weight.dim() == 1:
            return weight.reshape(below.shape) * below
        return weight * self._padded(i, below)[:, r : r + 5, c : c + 5]

    def _padded(self, i: int, maps: Tensor) -> Tensor:
        return F.pad(maps, (2, 2, 2, 2)) if i == 0 else maps

    def sum(self, unit: Unit) -> str:
        """Return the arithmetic of a unit."""
        flat = self.acts[unit.i].shape[1] == 1
        place = f"{unit.m}" if flat else f"{unit.m}, {unit.r}, {unit.c}"
        start = f"{LAYERS[unit.i]}[{place}] ≈ "
        if unit.i in POOLS:
            return start + self._pooled([whole(v) for v in self.products(unit).flatten().tolist()])
        bias = whole(self.numbers(unit.i).bias[unit.m].item())
        if unit.i == 0:
            return start + self._first_layer(unit, bias)
        parts = grouped(self.products(unit))
        inside = " + ".join([fixed(bias), *map(_term, parts)])
        return start + self._activated(
            unit.i, inside, (bias + sum(parts)) / FINE, bias + sum(parts)
        )

    def _pooled(self, values: list[int]) -> str:
        texts = [fixed(value) for value in values]
        if self.network.pool == "max":
            return f"max({', '.join(texts)}) = {fixed(max(values))}"
        return f"({' + '.join(texts)}) / {len(values)} = {fixed(sum(values) / len(values), 7)}"

    def _first_layer(self, unit: Unit, bias: int) -> str:
        _, m, r, c = unit
        steps, scale, _ = self.numbers(0)
        grey = F.pad(self.picture, (2, 2, 2, 2))[r : r + 5, c : c + 5].flatten().tolist()
        pairs = list(zip(grey, steps[m].flatten().tolist(), strict=True))
        total, step = sum(g * s for g, s in pairs), f"{scale.item():.9f}"
        products = " + ".join(f"{g}·{factor(s)}" for g, s in pairs)
        inside = f"{fixed(bias)} + {step}·({products}) / 255"
        return self._activated(0, inside, bias / FINE + float(step) * total / 255, None)

    def _activated(self, i: int, inside: str, z: float, exact: int | None) -> str:
        how = self.how(i)
        if how == "sigmoid":
            return f"1 / (1 + exp(−({inside}))) ≈ {fixed(whole(1 / (1 + math.exp(-z))))}"
        text = f"max(0, {inside})" if how == "relu" else inside
        if how == "relu" and z < 0:
            return f"{text} = 0"
        return f"{text} ≈ {fixed(whole(z))}" if exact is None else f"{text} = {fixed(exact)}"

    # ------------------------------------------------------------ down

    def path(self, unit: Unit) -> list[Unit]:
        """Return the unit and, always along the strongest term, what lies under it.

        The last one is a pixel, unless a unit has nothing but zeros to add up.
        """
        found = [unit]
        for _ in range(unit.i + 1):
            unit, parts = found[-1], self.products(found[-1]).abs()
            at = first(parts)
            if parts.flatten()[at] < TINY:
                break
            m, y, x = torch.unravel_index(torch.tensor(at), parts.shape)
            found.append(self._read(unit, int(m), int(y), int(x)))
        return found

    def _read(self, unit: Unit, m: int, y: int, x: int) -> Unit:
        i = unit.i
        if i in POOLS:
            return Unit(i - 1, unit.m, 2 * unit.r + y, 2 * unit.c + x)
        if self.numbers(i).steps.dim() == 2:
            return Unit(i - 1, m, y, x)
        shift = 2 if i == 0 else 0
        return Unit(i - 1, m, unit.r + y - shift, unit.c + x - shift)


def grouped(products: Tensor) -> list[int]:
    """Return partial sums by map, largest first; of many only the largest, then the rest."""
    sums = products.sum(dim=(1, 2)).tolist()
    order = sorted(range(len(sums)), key=lambda m: (-abs(sums[m]), m))
    if len(order) <= FEW:
        return [whole(sums[m]) for m in order]
    few, rest = order[:LARGEST], order[LARGEST:]
    return [*(whole(sums[m]) for m in few), whole(sum(sums[m] for m in rest))]


def forward(network: Network, picture: Tensor, x: Tensor, off: tuple[int, int] | None) -> Forward:
    """Run a picture through a network with torch, one map set to 0 where asked.

    Args:
        network: in int8.
        picture: grey values, ``(28, 28)``.
        x: the same in [0, 1], float64, ``(1, 28, 28)``.
        off: layer and map to switch off, or None.
    """
    modules = list(network.module().double())
    ends = (2, 3, 5, 6, 9, 11, 12)  # of each layer among the modules
    acts, now = [], x[None]
    with torch.no_grad():
        for i, (start, end) in enumerate(zip((0, *ends), ends, strict=False)):
            for module in modules[start:end]:
                now = module(now)
            if off and off[0] == i:
                now = now.index_fill(1, torch.tensor(off[1]), 0)
            acts.append(now[0] if now.dim() == 4 else now[0, :, None, None])
    return Forward(network, picture, x, tuple(acts))
