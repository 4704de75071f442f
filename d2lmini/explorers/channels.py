"""Channels: a kernel spans the inputs of its group; partial maps are added, the bias once."""

from __future__ import annotations

import torch
import traitlets as T
from torch import Tensor, nn
from torch.nn import functional as F

from ..ops import size_problem
from .base import (
    Explorer,
    Grid,
    Picture,
    Pixels,
    Rows,
    factor,
    fields_of,
    listed,
    number,
    shade,
    thousands,
    trait,
)

FIELDS = fields_of("channels")
SIDE = 5  # rows of one channel in the tables x and w
ROOM = 3  # input channels shown in numbers; of the others, maps

# What the explorer starts with: the top left corners are the chapter's own example.
PATTERNS: dict[str, Rows] = {
    "x": [[(3 * r + j + c) % 10 for j in range(SIDE)] for c in range(8) for r in range(SIDE)],
    "w": [
        [(2 * u + v + c + o + 6) % 13 - 6 for c in range(8) for v in range(SIDE)]
        for o in range(8)
        for u in range(SIDE)
    ],
    "b": [[10 * (o + 1) for o in range(8)]],
}


class Channels(Explorer):
    """Show how a layer sums over input channels, stacks output channels, and what groups save.

    Args:
        id: name on the page and in the address.
        ci, co, g: input channels, output channels, groups.
        o: the output channel to look at; beyond the last one, the last.
        c: of more than three input channels, the first of the three that are shown in numbers.
        n, k: input size and kernel size.
        bias: whether each output channel has a bias.
        x: numbers of the input, 5 rows of 5 for each of 8 channels, one below the other.
        w: weights; the 5×5 block of rows 5o and columns 5c is the slice of output o for input c.
        b: one row of 8 biases.

    Raises:
        ValueError: the groups do not divide both channel counts, or the kernel does not fit.
        traitlets.TraitError: a number out of its range; the message holds number and range.

    >>> Channels("sum", bias=True).output()[0].tolist()
    [[66, 82], [114, 130]]
    >>> Channels("sum", g=2)
    Traceback (most recent call last):
        ...
    ValueError: the number of output channels must be divisible by the number of groups: \
3 by 2 is not whole
    """

    kind = T.Unicode("channels").tag(sync=True)
    label = T.Unicode("Channels").tag(sync=True)
    fields = tuple(FIELDS)
    ci = trait(FIELDS["ci"])
    co = trait(FIELDS["co"])
    g = trait(FIELDS["g"])
    o = trait(FIELDS["o"])
    c = trait(FIELDS["c"])
    n = trait(FIELDS["n"])
    k = trait(FIELDS["k"])
    bias = trait(FIELDS["bias"])
    x = trait(FIELDS["x"], PATTERNS["x"])
    w = trait(FIELDS["w"], PATTERNS["w"])
    b = trait(FIELDS["b"], PATTERNS["b"])

    def problem(self) -> str | None:
        """Return why there is no such layer, or None."""
        for name, count in (("input", self.ci), ("output", self.co)):
            if count % self.g:
                return (
                    f"the number of {name} channels must be divisible by the number of groups: "
                    f"{count} by {self.g} is not whole"
                )
        return size_problem(self.n, self.k)

    # ------------------------------------------------------------ numbers

    def input(self) -> Tensor:
        """Return the input, float64, shape ``(1, ci, n, n)``."""
        X = torch.tensor(self.x, dtype=torch.float64).reshape(1, 8, SIDE, SIDE)
        return X[:, : self.ci, : self.n, : self.n]

    def reads(self) -> list[list[int]]:
        """Return the input channels that each output channel reads."""
        deep = self.ci // self.g
        inputs = torch.arange(self.ci).reshape(self.g, deep)
        return inputs.repeat_interleave(self.co // self.g, 0).tolist()

    def weights(self) -> Tensor:
        """Return the weights, float64, shape ``(co, ci / g, k, k)``."""
        W = torch.tensor(self.w, dtype=torch.float64).reshape(8, SIDE, 8, SIDE).transpose(1, 2)
        kernels = [W[o, channels] for o, channels in enumerate(self.reads())]
        return torch.stack(kernels)[..., : self.k, : self.k]

    def output(self) -> Tensor:
        """Return the output, int64, shape ``(co, m, m)``.

        Raises:
            ValueError: there is no such layer in the current setting.
        """
        if problem := self.problem():
            raise ValueError(problem)
        b = torch.tensor(self.b[0][: self.co], dtype=torch.float64) if self.bias else None
        return F.conv2d(self.input(), self.weights(), b, groups=self.g)[0].long()

    def parts(self, o: int) -> Tensor:
        """Return what each input channel adds to output ``o``, int64, ``(ci / g, m, m)``."""
        X, K = self.input()[:, self.reads()[o]], self.weights()[o][:, None]
        return F.conv2d(X, K, groups=len(K))[0].long()

    def bill(self) -> dict[str, tuple[int, int]]:
        """Return weights and parameters of this layer, the dense one, and depthwise with 1×1."""
        ci, co, k, with_bias = self.ci, self.co, self.k, {"bias": self.bias, "device": "meta"}
        layers: dict[str, list[nn.Conv2d]] = {
            "layer": [nn.Conv2d(ci, co, k, groups=self.g, **with_bias)],
            "dense": [nn.Conv2d(ci, co, k, **with_bias)],
            "separable": [
                nn.Conv2d(ci, ci, k, groups=ci, **with_bias),
                nn.Conv2d(ci, co, 1, **with_bias),
            ],
        }
        return {
            name: (
                sum(part.weight.numel() for part in parts),
                sum(p.numel() for part in parts for p in part.parameters()),
            )
            for name, parts in layers.items()
        }

    # ------------------------------------------------------------ words

    def picture(self) -> Picture:
        """Return the setting in full, computed by PyTorch."""
        o = min(self.o, self.co - 1)
        Y, parts = self.output(), self.parts(o)
        return Picture(
            words=self._words(len(Y[0])),
            grids=self._grids(o, Y, parts),
            lines=self._lines(o, len(Y[0])),
            sum=self._sum(o, parts[:, 0, 0].tolist(), int(Y[o, 0, 0])),
            formula=self._formula(),
            code=f"Y = F.conv2d(X, K{', b' if self.bias else ''}, groups={self.g})[:, [{o}]]",
        )

    def _words(self, m: int) -> str:
        n, k = self.n, self.k
        return (
            f"{_many(self.ci, 'input channel')} of {n}×{n}, {_many(self.co, 'output channel')}, "
            f"kernel {k}×{k}, {_many(self.g, 'group')}, {'with' if self.bias else 'without'} bias: "
            f"output {self.co}×{m}×{m}, {_many(self.bill()['layer'][1], 'parameter')}."
        )

    def _plus(self, count: object) -> str:
        return f" + {count}" if self.bias else ""

    def _lines(self, o: int, m: int) -> list[str]:
        ci, co, k, bill, channels = self.ci, self.co, self.k, self.bill(), self.reads()[o]

        def cost(name: str) -> str:
            weights = bill[name][0]
            products = _many(weights * m * m, "multiplication")
            return f"{thousands(weights)}·{m * m} = {products}."

        many = "s" if len(channels) > 1 else ""
        only = " and no other" if self.g > 1 else ""
        parts = " + ".join(f"P[{c}]" for c in channels)
        plus = self._plus
        return [
            f"Output channel {o} reads input channel{many} {listed(channels)}{only}: "
            f"Y[{o}] = {parts}{plus(f'b[{o}]')}.",
            f"Each weight is used at {m}·{m} places: {cost('layer')}",
            f"Dense, 1 group: {co}·{ci}·{k}²{plus(co)} = "
            f"{_many(bill['dense'][1], 'parameter')}, {cost('dense')}",
            f"Depthwise {k}×{k}, then 1×1: {ci}·{k}²{plus(ci)} + {co}·{ci}{plus(co)} = "
            f"{_many(bill['separable'][1], 'parameter')}, {cost('separable')}",
        ]

    def _formula(self) -> list[str]:
        return [
            f"parameters = c_o · (c_i / g) · k²{self._plus('c_o')}",
            f"= {self.co} · ({self.ci} / {self.g}) · {self.k}²{self._plus(self.co)}",
            f"= {thousands(self.bill()['layer'][1])}",
        ]

    def _sum(self, o: int, parts: list[int], total: int) -> str:
        """Return the sum at the top left place, one bracket for each input channel."""
        terms = [factor(part) for part in parts]
        if self.weights()[0].numel() <= 25:
            X, K = self.input()[0, self.reads()[o]], self.weights()[o]
            windows, slices = X[..., : self.k, : self.k].flatten(1).long(), K.flatten(1).long()
            terms = [_products(*pair) for pair in zip(windows, slices, strict=True)]
        if self.bias:
            terms.append(factor(self.b[0][o]))
        return f"Y[{o}, 0, 0] = {' + '.join(terms)} = {number(total)}"

    # ------------------------------------------------------------ grids

    def _grids(self, o: int, Y: Tensor, parts: Tensor) -> list[Grid]:
        top = max(int(parts.abs().max()), int(Y[o].abs().max()))
        wiring = [[self.k**2 * (c in row) for c in range(self.ci)] for row in self.reads()]
        caption = "Weights of output (row) for input (column)"
        grids = [_numbers("wiring", "plain", caption, wiring, 2 * self.k**2)]
        named = list(zip(self.reads()[o], self.weights()[o], parts, strict=True))
        first = max(0, min(self.c - named[0][0], len(named) - ROOM))
        shown = named[first : first + ROOM]
        for c, K, P in shown:
            X = self.input()[0, c].long().tolist()
            grids += [
                _numbers(f"x{c}", "input", f"Input X[{c}]", X, 9, line=True),
                _numbers(f"w{c}", "kernel", f"Slice K[{o}, {c}]", K.long().tolist(), 9),
                _numbers(f"p{c}", "plain", f"Part P[{c}]", P.tolist(), top),
            ]
        grids.append(_numbers("output", "output", f"Output Y[{o}]", Y[o].tolist(), top, line=True))
        if self.bias:
            grids.append(_numbers("b", "kernel", f"Bias b[{o}]", [[self.b[0][o]]], 99))
        rest = [(c, P) for c, _, P in named[:first] + named[first + ROOM :]]
        grids += [
            _map(f"p{c}", f"Part P[{c}]", P, top, line=not i) for i, (c, P) in enumerate(rest)
        ]
        if self.co == 1:
            return grids
        most = int(Y.abs().max())
        return grids + [_map(f"y{i}", f"Y[{i}]", y, most, line=not i) for i, y in enumerate(Y)]


def _map(name: str, caption: str, values: Tensor, most: int, *, line: bool = False) -> Grid:
    pixels = Pixels(values.tolist(), most, "signed", min(24, 60 // len(values)))
    return Grid(name, "plain", caption, pixels=pixels, line=line)


def _products(window: Tensor, kernel: Tensor) -> str:
    pairs = zip(window.tolist(), kernel.tolist(), strict=True)
    return f"({' + '.join(f'{factor(a)}·{factor(b)}' for a, b in pairs)})"


def _many(count: int, what: str) -> str:
    return f"{thousands(count)} {what}{'' if count == 1 else 's'}"


def _numbers(
    name: str, role: str, caption: str, rows: Rows, most: int, *, line: bool = False
) -> Grid:
    cells = [[(number(value), shade(value, most)) for value in row] for row in rows]
    return Grid(name, role, caption, cells, line=line)
