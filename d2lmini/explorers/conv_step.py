"""One number at a time: a window, its products and their sum, all numbers open to change."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
import torch.nn.functional as F
import traitlets as T
from torch import Tensor

from .base import (
    Cell,
    Explorer,
    Grid,
    Picture,
    Rows,
    corners,
    factor,
    fields_of,
    number,
    shade,
    trait,
)

FIELDS = fields_of("conv_step")

# The top left corners are the first example of the chapter.
PATTERNS: dict[str, Rows] = {
    "x": [[(3 * i + j) % 10 for j in range(8)] for i in range(8)],
    "w": [[v if (v := (2 * i + j) % 5) < 4 else -1 for j in range(5)] for i in range(5)],
}


@dataclass(frozen=True)
class Step:
    """One window of one setting, computed by PyTorch.

    Args:
        n, k, u: input size, kernel size, bias.
        flip: turn the kernel round first, which makes it a convolution.
        hide: show "?" for the outputs after the window.
        i, j: the window; beyond the last row or column it is the last.
        x, w: rows of whole numbers; the top left ``n×n`` and ``k×k`` are used.
    """

    n: int
    k: int
    u: int
    flip: bool
    hide: bool
    i: int
    j: int
    x: Rows
    w: Rows

    @property
    def m(self) -> int:
        """Output size."""
        return self.n - self.k + 1

    @property
    def place(self) -> tuple[int, int]:
        """Row and column of the window."""
        return min(self.i, self.m - 1), min(self.j, self.m - 1)

    @property
    def X(self) -> Tensor:
        """Input, int64, shape ``(n, n)``."""
        return torch.tensor(self.x)[: self.n, : self.n]

    @property
    def K(self) -> Tensor:
        """Kernel as it is written, int64, shape ``(k, k)``."""
        return torch.tensor(self.w)[: self.k, : self.k]

    @property
    def used(self) -> Tensor:
        """Kernel as it lies on the window."""
        return torch.flip(self.K, (0, 1)) if self.flip else self.K

    @property
    def window(self) -> Tensor:
        """Part of the input under the kernel."""
        i, j = self.place
        return self.X[i : i + self.k, j : j + self.k]

    @cached_property
    def Y(self) -> Tensor:
        """Output, int64, shape ``(m, m)``."""
        bias = torch.tensor([self.u], dtype=torch.float64)
        Y = F.conv2d(self.X[None, None].double(), self.used[None, None].double(), bias)
        return Y[0, 0].round().to(torch.int64)

    # ------------------------------------------------------------ words

    def words(self) -> str:
        """Say the sizes, the window and its output."""
        (i, j), n, k, m = self.place, self.n, self.k, self.m
        return (
            f"Input {n}×{n}, kernel {k}×{k}: output {m}×{m}. "
            f"The window at row {i}, column {j} gives {number(int(self.Y[i, j]))}."
        )

    def line(self) -> str:
        """Say what the window reads and where it goes next."""
        (i, j), k, m = self.place, self.k, self.m
        s = "s" if k > 1 else ""
        rows, cols = (f"{at} to {at + k - 1}" if k > 1 else f"{at}" for at in (i, j))
        said = f"Window {i * m + j + 1} of {m * m} reads row{s} {rows} and column{s} {cols}. "
        if i == j == m - 1:
            return said + "It is the last one."
        way = "one column to the right" if j < m - 1 else "one row down, back to column 0"
        return f"{said}Next it moves {way}."

    def arithmetic(self) -> str:
        """Return the sum behind the output of the window, one bracket for each kernel row."""
        i, j = self.place
        rows = [
            " + ".join(f"{factor(a)}·{factor(b)}" for a, b in zip(*pair, strict=True))
            for pair in zip(self.window.tolist(), self.used.tolist(), strict=True)
        ]
        total = " + ".join(f"({row})" for row in rows) if self.k > 1 else rows[0]
        bias = f" + {factor(self.u)}" if self.u else ""
        return f"Y[{i}, {j}] = {total}{bias} = {number(int(self.Y[i, j]))}"

    # ------------------------------------------------------------ picture

    def outputs(self) -> list[list[Cell]]:
        """Return the cells of the output, those still to come hidden if so wished."""
        i, j = self.place
        cells = shades(self.Y)
        if self.hide:
            for r, row in enumerate(cells):
                row[:] = [("?", "q0") if (r, c) > (i, j) else old for c, old in enumerate(row)]
        return cells

    def picture(self) -> Picture:
        """Return the whole setting."""
        n, k, m = self.n, self.k, self.m
        grids = [
            Grid("input", "input", f"Input X, {n}×{n}", shades(self.X, 9)),
            Grid("kernel", "kernel", f"Kernel K, {k}×{k}", shades(self.K, 9)),
            Grid("turned", "kernel", f"Turned kernel, {k}×{k}", shades(self.used, 9)),
            Grid("products", "plain", f"Products, {k}×{k}", shades(self.window * self.used)),
            Grid("output", "output", f"Output Y, {m}×{m}", self.outputs()),
        ]
        weight = "k − 1 − a, k − 1 − b" if self.flip else "a, b"
        flip, bias = ".flip(2, 3)" if self.flip else "", ", bias=u" if self.u else ""
        return Picture(
            words=self.words(),
            grids=[grid for grid in grids if self.flip or grid.name != "turned"],
            lines=[self.line()],
            sum=self.arithmetic(),
            formula=[f"Y[i, j] = u + Σ K[{weight}]·X[i + a, j + b]"],
            code=f"Y = F.conv2d(X, K{flip}{bias})",
        )


def shades(values: Tensor, most: int | None = None) -> list[list[Cell]]:
    """Return whole numbers as cells; without ``most`` the largest has the strongest shade."""
    top = int(values.abs().max()) if most is None else most
    return [[(number(v), shade(v, top)) for v in row] for row in values.tolist()]


class ConvStep(Explorer):
    """Show one window at a time: the numbers under it, the products, the sum.

    Args:
        id: name on the page and in the address.
        n, k, u: input size, kernel size, bias.
        flip: start with the kernel turned round, as a convolution does.
        hide: show "?" for the outputs that the window has not reached.
        i, j: row and column of the window; beyond the last output they mean the last.
        x, w: numbers of input and kernel, rows of whole numbers from -9 to 9; they fill the top
            left corner of the stored pattern, and set ``n`` or ``k`` where it is not given.

    Raises:
        ValueError: the kernel is larger than the input, or ``x`` or ``w`` is not a square.
        traitlets.TraitError: a number out of its range; the message holds number and range.

    >>> ConvStep("window", n=4, k=3, u=-1).output().tolist()
    [[19, 26], [30, 47]]
    """

    kind = T.Unicode("conv_step").tag(sync=True)
    label = T.Unicode("One number at a time").tag(sync=True)
    fields = tuple(FIELDS)
    n = trait(FIELDS["n"])
    k = trait(FIELDS["k"])
    u = trait(FIELDS["u"])
    flip = trait(FIELDS["flip"])
    hide = trait(FIELDS["hide"])
    i = trait(FIELDS["i"])
    j = trait(FIELDS["j"])
    x = trait(FIELDS["x"], PATTERNS["x"])
    w = trait(FIELDS["w"], PATTERNS["w"])

    def __init__(self, id: str, **values: Any) -> None:
        corners(values, PATTERNS, x="n", w="k")
        super().__init__(id, **values)

    def problem(self) -> str | None:
        """Return why the setting has no output, or None."""
        if self.k <= self.n:
            return None
        return (
            f"the kernel has {self.k} rows and columns, the input only {self.n}: "
            "use a smaller kernel or a larger input"
        )

    def output(self) -> Tensor:
        """Return the output as an int64 tensor of shape ``(m, m)``.

        Raises:
            ValueError: the current setting has no output.
        """
        if problem := self.problem():
            raise ValueError(problem)
        return self._step().Y

    def _step(self) -> Step:
        return Step(**self.state())

    def picture(self) -> Picture:
        """Return the setting and its window in full."""
        return self._step().picture()
