"""A stack of layers with windows, for the Receptive field explorer: text, sizes and paths.

A layer is written ``c3s1p0d1`` (a convolution) or ``m2s2p0d1`` (a pooling layer): kernel size,
stride, padding per side, dilation. A stack is its layers, joined by hyphens. Rows and columns are
alike. All counts of paths are gradients of :mod:`torch`, with weights of one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..ops import out_size, receptive_field, size_problem

_LAYER = re.compile(r"([cm])(\d+)(?:s(\d+))?(?:p(\d+))?(?:d(\d+))?", re.ASCII)
_NAMES = {"k": "kernel size", "s": "stride", "p": "padding per side", "d": "dilation"}


class Layer(NamedTuple):
    """One layer: whether it pools, kernel size, stride, padding per side, dilation.

    >>> str(Layer(True, 2, 2))
    'pool 2×2, stride 2'
    >>> Layer(False, 3, d=4).text()
    'c3s1p0d4'
    """

    pool: bool
    k: int
    s: int = 1
    p: int = 0
    d: int = 1

    def text(self) -> str:
        """Return the layer as it stands in an address."""
        return f"{'m' if self.pool else 'c'}{self.k}s{self.s}p{self.p}d{self.d}"

    def __str__(self) -> str:
        more = {"stride": (self.s, 1), "padding": (self.p, 0), "dilation": (self.d, 1)}
        said = "".join(
            f", {name} {value}" for name, (value, usual) in more.items() if value != usual
        )
        return f"{'pool' if self.pool else 'conv'} {self.k}×{self.k}{said}"

    def problem(self, n: int) -> str | None:
        """Say why the layer cannot follow ``n`` places, or return None.

        >>> Layer(True, 3, p=2).problem(9)
        'PyTorch pools with a padding of at most half the window, here 1: use less padding'
        """
        if self.pool and self.p > self.k // 2:
            return (
                "PyTorch pools with a padding of at most half the window, "
                f"here {self.k // 2}: use less padding"
            )
        return size_problem(n, self.k, self.p, self.s, self.d)

    def sum(self, X: Tensor) -> Tensor:
        """Return the sum over each window of ``X``, shape ``(batch, 1, n)`` or ``(…, n, n)``."""
        axes = X.dim() - 2
        ones = torch.ones(1, 1, *[self.k] * axes, dtype=X.dtype)
        conv = F.conv1d if axes == 1 else F.conv2d
        return conv(X, ones, stride=self.s, padding=self.p, dilation=self.d)


def parse(text: object, field: Mapping[str, Any]) -> list[Layer]:
    """Return the layers of a text; left out: stride 1 (pooling: k), padding 0, dilation 1.

    Args:
        text: layers such as ``"c5p2-m2"``.
        field: the limits, from the table of the explorer.

    Raises:
        ValueError: no text, no layer, too many, or a number out of its range.

    >>> limits = {"most": 2, "k": [1, 7], "s": [1, 3], "p": [0, 3], "d": [1, 4]}
    >>> [layer.text() for layer in parse("c5p2-m2", limits)]
    ['c5s1p2d1', 'm2s2p0d1']
    >>> parse("c9", limits)
    Traceback (most recent call last):
    ...
    ValueError: layer 1, 'c9': kernel size 9 is outside 1 to 7
    """
    if not isinstance(text, str):
        raise ValueError(f"layers must be a text such as 'c3-m2-c3d2', got {text!r}")
    parts = text.split("-")
    if len(parts) > field["most"]:
        raise ValueError(f"layers: at most {field['most']} are allowed, got {len(parts)}: {text!r}")
    layers = []
    for place, part in enumerate(parts, 1):
        found = _LAYER.fullmatch(part)
        if not found:
            raise ValueError(
                f"layer {place}, {part!r}: write c or m (convolution or pooling) and the kernel "
                "size, then s, p, d (stride, padding, dilation) as needed, such as c3s1p0d1"
            )
        kind, *given = found.groups()
        usual = (given[0], given[0] if kind == "m" else 1, 0, 1)
        numbers = [int(usual[i] if v is None else v) for i, v in enumerate(given)]
        for symbol, value in zip("kspd", numbers, strict=True):
            low, high = field[symbol]
            if not low <= value <= high:
                raise ValueError(
                    f"layer {place}, {part!r}: {_NAMES[symbol]} {value} is outside {low} to {high}"
                )
        layers.append(Layer(kind == "m", *numbers))
    return layers


def stack_problem(n: int, layers: Sequence[Layer]) -> str | None:
    """Say which layer cannot follow those before it, and why, or return None.

    >>> stack_problem(4, [Layer(False, 3), Layer(False, 3)])  # doctest: +ELLIPSIS
    'layer 2 (conv 3×3): kernel size 3 spans 3 places, but the padded input has only 2: ...'
    """
    for place, layer in enumerate(layers, 1):
        if problem := layer.problem(n):
            return f"layer {place} ({layer}): {problem}"
        n = out_size(n, layer.k, layer.p, layer.s, layer.d)
    return None


def sizes(n: int, layers: Sequence[Layer]) -> list[int]:
    """Return the number of places along one axis: of the input, then after each layer.

    >>> sizes(28, [Layer(False, 5, p=2), Layer(True, 2, 2)])
    [28, 28, 14]
    """
    all_sizes = [n]
    for layer in layers:
        all_sizes.append(out_size(all_sizes[-1], layer.k, layer.p, layer.s, layer.d))
    return all_sizes


def reach(layers: Sequence[Layer]) -> list[tuple[int, int, float]]:
    """Return receptive field, jump and middle of unit 0: of the input, then after each layer.

    >>> reach([Layer(False, 5, p=2), Layer(True, 2, 2)])
    [(1, 1, 0.0), (5, 1, 0.0), (6, 2, 0.5)]
    """
    fields = [(1, 1), *receptive_field([(layer.k, layer.s, layer.d) for layer in layers])]
    starts = [0.0]
    for layer, (_, jump) in zip(layers, fields, strict=False):
        starts.append(starts[-1] + (layer.d * (layer.k - 1) / 2 - layer.p) * jump)
    return [(r, jump, start) for (r, jump), start in zip(fields, starts, strict=True)]


def gradients(n: int, layers: Sequence[Layer], start: int, given: Tensor) -> list[Tensor]:
    """Return the gradient at each level, from the input to the last of ``layers``.

    Args:
        n: input size.
        layers: the stack; every layer adds its window up.
        start: level at which the gradient is ``given``, of shape ``(batch, 1, m)`` or with two
            axes of ``m``; levels above it are left out.
        given: whole numbers as float64.
    """
    axes = given.dim() - 2
    levels = [torch.zeros(len(given), 1, *[n] * axes, dtype=torch.float64, requires_grad=True)]
    for layer in layers[:start]:
        levels.append(layer.sum(levels[-1]))
    return list(torch.autograd.grad(levels[-1], levels, given))


def runs(places: Sequence[int]) -> str:
    """Return whole numbers in runs.

    >>> runs([0, 1, 2, 3, 4, 8, 12, 13])
    '0 to 4, 8, 12 and 13'
    """
    found: list[list[int]] = []
    for place in places:
        if found and place == found[-1][1] + 1:
            found[-1][1] = place
        else:
            found.append([place, place])
    words = []
    for a, b in found:
        words += [f"{a} to {b}"] if b > a + 1 else [str(v) for v in range(a, b + 1)]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
