"""The Shape machine: what input, kernel, padding, stride and dilation make of an output size.

Rows and columns count from 0 at the top left cell of the input; padding lies outside, at negative
numbers and at ``n`` and above. The front end says the same words; a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from typing import Any

import torch
import traitlets as T
from torch import Tensor

from ..ops import corr2d_windows, out_size, pad2d, size_problem
from .base import (
    Explorer,
    Grid,
    Picture,
    Rows,
    counted,
    factor,
    fields_of,
    listed,
    number,
    put,
    shade,
    trait,
)

FIELDS = fields_of("conv_shape")

# What the explorer starts with; the top left corners are the chapters' own small examples.
PATTERNS: dict[str, Rows] = {
    "x": [[(3 * i + j) % 10 for j in range(16)] for i in range(16)],
    "w": [[v if (v := (2 * i + j) % 5) < 4 else -1 for j in range(7)] for i in range(7)],
}


@dataclass(frozen=True)
class ShapePicture:
    """One setting of the Shape machine, all of it computed.

    Args:
        n, k, p, s, d: input size, kernel size, padding per side, stride, dilation.
        usage: show counts of windows in the input grid.
        x, w: rows of whole numbers; the top left ``n×n`` and ``k×k`` are used.

    Raises:
        ValueError: the setting has no output (from :func:`d2lmini.ops.out_size`).

    >>> ShapePicture(3, 2, 1, 1, 1).Y.tolist()[0]
    [0, 3, 8, 4]
    """

    n: int
    k: int
    p: int
    s: int
    d: int
    usage: bool = False
    x: Rows | None = None
    w: Rows | None = None

    @cached_property
    def m(self) -> int:
        """Output size."""
        return out_size(self.n, self.k, self.p, self.s, self.d)

    @cached_property
    def K(self) -> Tensor:
        """Kernel, int64, shape ``(k, k)``."""
        return torch.tensor(self.w or PATTERNS["w"])[: self.k, : self.k]

    @cached_property
    def padded(self) -> Tensor:
        """Padded input, int64, shape ``(n + 2p, n + 2p)``."""
        X = torch.tensor(self.x or PATTERNS["x"])[: self.n, : self.n]
        return pad2d(X, self.p, self.p, self.p, self.p)

    @cached_property
    def Y(self) -> Tensor:
        """Output, int64, shape ``(m, m)``."""
        m, span = self.m, self.d * (self.k - 1) + 1
        spread = torch.zeros(span, span, dtype=torch.int64)
        spread[:: self.d, :: self.d] = self.K
        Y = corr2d_windows(self.padded, spread)[:: self.s, :: self.s]
        return Y.round().to(torch.int64)[:m, :m]

    @cached_property
    def reads(self) -> list[int]:
        """How many windows read each row of the padded input; columns are the same."""
        counts = [0] * (self.n + 2 * self.p)
        for i in range(self.m):
            for u in range(self.k):
                counts[i * self.s + u * self.d] += 1
        return counts

    # ------------------------------------------------------------ words

    def verdict(self) -> str:
        """Return the setting and the output size in one sentence."""
        return (
            f"Input {self.n}×{self.n}, kernel {self.k}×{self.k}, padding {self.p} per side, "
            f"stride {self.s}, dilation {self.d}: output {self.m}×{self.m}."
        )

    def formula(self) -> list[str]:
        """Return the output size line by line, with the numbers filled in."""
        top = self.n + 2 * self.p - self.d * (self.k - 1) - 1
        return [
            "m = ⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1",
            f"= ⌊({self.n} + 2·{self.p} − {self.d}·({self.k} − 1) − 1) / {self.s}⌋ + 1",
            f"= ⌊{top} / {self.s}⌋ + 1",
            f"= {top // self.s} + 1",
            f"= {self.m}",
        ]

    def dropped(self) -> str:
        """Say which rows and columns of the padded input no window reads."""
        over = (self.n + 2 * self.p - self.d * (self.k - 1) - 1) % self.s
        end = self.n + 2 * self.p - over
        gaps = [place - self.p for place in range(end) if not self.reads[place]]
        said = []
        if over:
            many = "row and column" if over == 1 else f"{over} rows and columns"
            real = max(over - self.p, 0)
            kind = "all padding" if not real else f"{real} of input, {over - real} of padding"
            said.append(f"The division leaves {over}, so the floor drops the last {many} ({kind}).")
        if gaps:
            one = len(gaps) == 1
            said.append(
                f"{'Row and column' if one else 'Rows and columns'} {listed(gaps)} "
                f"{'lies' if one else 'lie'} between the taps: no window reads "
                f"{'it' if one else 'them'}."
            )
        return " ".join(said) or "Every cell of the padded input is read."

    def term(self, i: int, j: int, u: int, v: int) -> str:
        """Return one product of output cell ``(i, j)`` with its numbers."""
        a = int(self.padded[i * self.s + u * self.d, j * self.s + v * self.d])
        return f"{factor(a)}·{factor(int(self.K[u, v]))}"

    def arithmetic(self, i: int = 0, j: int = 0) -> str:
        """Return the sum behind output cell ``(i, j)``, one bracket for each kernel row."""
        rows = [" + ".join(self.term(i, j, u, v) for v in range(self.k)) for u in range(self.k)]
        total = " + ".join(f"({row})" for row in rows) if self.k > 1 else rows[0]
        return f"Y[{i}, {j}] = {total} = {number(int(self.Y[i, j]))}"

    def torch_line(self) -> str:
        """Return the call that gives this output in PyTorch."""
        return f"Y = F.conv2d(X, K, padding={self.p}, stride={self.s}, dilation={self.d})"

    def captions(self) -> dict[str, str]:
        """Return the caption of each grid."""
        size = self.n + 2 * self.p
        padded = f", padded to {size}×{size}" if self.p else ""
        what = "windows that read each cell" if self.usage else f"Input X, {self.n}×{self.n}"
        return {
            "input": f"Input: {what}{padded}" if self.usage else what + padded,
            "kernel": f"Kernel K, {self.k}×{self.k}",
            "output": f"Output Y, {self.m}×{self.m}",
        }

    # ------------------------------------------------------------ pictures

    def cells(self, grid: str) -> list[list[tuple[str, str]]]:
        """Return text and CSS classes of every cell of ``grid``."""
        if grid == "input":
            size = range(len(self.reads))
            return [[self._input_cell(r, c) for c in size] for r in size]
        values, most = (self.K, 9) if grid == "kernel" else (self.Y, int(self.Y.abs().max()))
        return [[(number(v), shade(v, most)) for v in row] for row in values.tolist()]

    def _input_cell(self, r: int, c: int) -> tuple[str, str]:
        count = self.reads[r] * self.reads[c]
        inside = all(self.p <= place < self.p + self.n for place in (r, c))
        marks = ("" if inside else " pad") + ("" if count else " unread")
        if self.usage:
            return str(count), counted(count, max(self.reads) ** 2) + marks
        value = int(self.padded[r, c])
        return number(value), shade(value, 9) + marks

    def picture(self) -> Picture:
        """Return the whole setting."""
        inner = {"input": (self.p, self.n)}
        return Picture(
            words=self.verdict(),
            grids=[
                Grid(name, name, caption, self.cells(name), inner.get(name, ()))
                for name, caption in self.captions().items()
            ],
            lines=[self.dropped()],
            sum=self.arithmetic(),
            formula=self.formula(),
            code=self.torch_line(),
        )


def _square(name: str, values: Any) -> list[list[int]]:
    """Return ``values`` as rows of whole numbers after checking that they form a small square."""
    rows = values.tolist() if hasattr(values, "tolist") else values
    most = FIELDS[name]["rows"]
    if not isinstance(rows, (list, tuple)) or not all(isinstance(r, (list, tuple)) for r in rows):
        raise ValueError(f"{name} must be rows of whole numbers, got {values!r}")
    if not 1 <= len(rows) <= most or any(len(row) != len(rows) for row in rows):
        widths = sorted({len(row) for row in rows})
        raise ValueError(
            f"{name} must be a square of 1 to {most} rows, got {len(rows)} rows of width {widths}"
        )
    for value in (value for row in rows for value in row):
        real = isinstance(value, Real) and not isinstance(value, bool)
        if not real or not float(value).is_integer():
            raise ValueError(f"{name} must hold whole numbers, got {value!r}")
    return [[int(value) for value in row] for row in rows]


class ConvShape(Explorer):
    """Show how input, kernel, padding, stride and dilation make the output: the Shape machine.

    Args:
        id: name on the page and in the address.
        n, k, p, s, d: input size, kernel size, padding per side, stride, dilation.
        usage: start with the count of windows in each input cell instead of its value.
        x, w: numbers of input and kernel, a square of whole numbers from -9 to 9; they fill the
            top left corner of the stored pattern, and set ``n`` or ``k`` where it is not given.

    Raises:
        ValueError: the starting setting has no output, or ``x`` or ``w`` is not such a square.
        traitlets.TraitError: a number out of its range; the message holds number and range.

    >>> ConvShape("shape", n=3, k=2, p=1)
    ConvShape(n=3, k=2, p=1)
    >>> ConvShape("shape", x=[[1, 2], [3, 4]], k=1).output().tolist()
    [[0, 0], [0, 0]]
    """

    kind = T.Unicode("conv_shape").tag(sync=True)
    label = T.Unicode("Shape machine").tag(sync=True)
    fields = tuple(FIELDS)
    n = trait(FIELDS["n"])
    k = trait(FIELDS["k"])
    p = trait(FIELDS["p"])
    s = trait(FIELDS["s"])
    d = trait(FIELDS["d"])
    usage = trait(FIELDS["usage"])
    x = trait(FIELDS["x"], PATTERNS["x"])
    w = trait(FIELDS["w"], PATTERNS["w"])

    def __init__(self, id: str, **values: Any) -> None:
        for name, size in (("x", "n"), ("w", "k")):
            if name in values:
                part = _square(name, values[name])
                values.setdefault(size, len(part))
                values[name] = put(part, PATTERNS[name])
        super().__init__(id, **values)

    def setting(self) -> dict[str, int]:
        """Return ``n, k, p, s, d``."""
        return {name: getattr(self, name) for name in "nkpsd"}

    def problem(self) -> str | None:
        """Return why the setting has no output, or None."""
        return size_problem(**self.setting())

    def output(self) -> Any:
        """Return the output as an int64 tensor of shape ``(m, m)``.

        Raises:
            ValueError: the current setting has no output.
        """
        return self._shape().Y

    def _shape(self) -> ShapePicture:
        return ShapePicture(**self.setting(), usage=self.usage, x=self.x, w=self.w)

    def picture(self) -> Picture:
        """Return the setting in full, computed by :mod:`d2lmini.ops`."""
        return self._shape().picture()
