"""One setting of the Shape machine in full: its sentences, its numbers and its grids.

Rows and columns count from 0 at the top left cell of the input; padding lies outside, at negative
numbers and at ``n`` and above. The front end says the same words; a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ..ops import corr2d_windows
from .base import Grid, Picture, Rows, counted, factor, listed, number, shade
from .setting import Axis, Setting

# What the explorer starts with; the top left corners are the chapters' own small examples.
PATTERNS: dict[str, Rows] = {
    "x": [[(3 * i + j) % 10 for j in range(16)] for i in range(16)],
    "w": [[v if (v := (2 * i + j) % 5) < 4 else -1 for j in range(7)] for i in range(7)],
}


@dataclass(frozen=True)
class ShapePicture(Setting):
    """One setting of the Shape machine, all of it computed.

    Args:
        n, k, p, s, d, square, nw, pad, mode: as for :class:`Setting`.
        usage: show counts of windows in the input grid.
        x, w: rows of whole numbers; the top left corners are used.

    Raises:
        ValueError: the setting has no output (from :func:`d2lmini.ops.out_size`).

    >>> ShapePicture(3, 2, 1).Y.tolist()[0]
    [0, 3, 8, 4]
    >>> ShapePicture(3, 2, 1, mode="replicate").Y.tolist()[0]
    [0, 4, 10, 12]
    """

    usage: bool = False
    x: Rows | None = None
    w: Rows | None = None

    @cached_property
    def sides(self) -> tuple[Axis, Axis]:
        """Height and width."""
        return self.axes()

    @cached_property
    def K(self) -> Tensor:
        """Kernel, int64, shape ``(k, k)``."""
        return torch.tensor(self.w or PATTERNS["w"])[: self.k, : self.k]

    @cached_property
    def padded(self) -> Tensor:
        """Padded input, int64."""
        return self.pad_input(torch.tensor(self.x or PATTERNS["x"]))

    @cached_property
    def Y(self) -> Tensor:
        """Output, int64."""
        high, wide = self.sides
        span = self.d * (self.k - 1) + 1
        spread = torch.zeros(span, span, dtype=torch.int64)
        spread[:: self.d, :: self.d] = self.K
        Y = corr2d_windows(self.padded, spread)[:: self.s, :: self.s]
        return Y.round().to(torch.int64)[: high.m, : wide.m]

    # ------------------------------------------------------------ words

    def size(self, name: str) -> str:
        """Return ``"height×width"`` of what the axes call ``name``."""
        return "×".join(str(getattr(side, name)) for side in self.sides)

    def verdict(self) -> str:
        """Return the setting and the output size in one sentence."""
        high = self.sides[0]
        way = {"same": f"same ({high.before} before, {high.after} after)", "valid": "valid (none)"}
        mode = "" if self.mode == "zeros" else f"mode {self.mode}, "
        return (
            f"Input {self.size('n')}, kernel {self.k}×{self.k}, "
            f"padding {way.get(self.pad, f'{self.p} per side')}, {mode}"
            f"stride {self.s}, dilation {self.d}: output {self.size('m')}."
        )

    def formula(self) -> list[str]:
        """Return the output size line by line, or in one line for each side of a rectangle."""
        known = {"same": "d(k − 1)", "valid": "0"}.get(self.pad)
        head = f"m = ⌊(n + {'P' if known else '2p'} − d(k − 1) − 1) / s⌋ + 1"
        filled = [self._filled(side) for side in self.sides]
        lines = [head + (f" with P = {known}" if known else "")]
        if self.square:
            return lines + [f"= {line}" for line in filled[0]]
        return lines + [
            " = ".join([name, line[0], line[1], line[-1]])
            for name, line in zip(("height", "width"), filled, strict=True)
        ]

    def _filled(self, side: Axis) -> list[str]:
        total = f"2·{self.p}" if self.pad == "per side" else side.before + side.after
        return [
            f"⌊({side.n} + {total} − {self.d}·({self.k} − 1) − 1) / {self.s}⌋ + 1",
            f"⌊{side.free} / {self.s}⌋ + 1",
            f"{side.free // self.s} + 1",
            str(side.m),
        ]

    def dropped(self) -> str:
        """Say which rows and columns of the padded input no window reads."""
        high, wide = self.sides
        if self.square:
            said = _unread(high, "row and column", "rows and columns")
        else:
            said = _unread(high, "row", "rows") + _unread(wide, "column", "columns")
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
        side = self.sides[0]
        given = (
            f"X, K, padding={self.p}" if self.pad == "per side" else f'X, K, padding="{self.pad}"'
        )
        if self.mode != "zeros":
            around = (side.before, side.after) * 2
            given = f'F.pad(X, {around}, mode="{self.mode}"), K'
        return f"Y = F.conv2d({given}, stride={self.s}, dilation={self.d})"

    def captions(self) -> dict[str, str]:
        """Return the caption of each grid."""
        grown = self.sides[0].room > self.n
        padded = f", padded to {self.size('room')}" if grown else ""
        what = "Input: windows that read each cell" if self.usage else f"Input X, {self.size('n')}"
        return {
            "input": what + padded,
            "kernel": f"Kernel K, {self.k}×{self.k}",
            "output": f"Output Y, {self.size('m')}",
            "ruler": "Ruler: input columns; below, the output that starts there; × is never read",
        }

    # ------------------------------------------------------------ pictures

    def cells(self, grid: str) -> list[list[tuple[str, str]]]:
        """Return text and CSS classes of every cell of ``grid``."""
        if grid == "ruler":
            return self._ruler()
        if grid == "input":
            rows, cols = self.padded.shape
            return [[self._input_cell(r, c) for c in range(cols)] for r in range(rows)]
        values, most = (self.K, 9) if grid == "kernel" else (self.Y, int(self.Y.abs().max()))
        return [[(number(v), shade(v, most)) for v in row] for row in values.tolist()]

    def _input_cell(self, r: int, c: int) -> tuple[str, str]:
        high, wide = self.sides
        count = high.reads[r] * wide.reads[c]
        marks = _marks(high.inside(r) and wide.inside(c), count)
        if self.usage:
            return str(count), counted(count, max(high.reads) * max(wide.reads)) + marks
        value = int(self.padded[r, c])
        return number(value), shade(value, 9) + marks

    def _ruler(self) -> list[list[tuple[str, str]]]:
        wide = self.sides[1]
        starts = {j * self.s: str(j) for j in range(wide.m)}
        above, below = [], []
        for place, count in enumerate(wide.reads):
            css = "q0" + _marks(wide.inside(place), count)
            above.append((number(place - wide.before), css))
            below.append((starts.get(place, "") if count else "×", css))
        return [above, below]

    def picture(self) -> Picture:
        """Return the whole setting."""
        high, wide = self.sides
        inner = {"input": (high.before, wide.before, high.n, wide.n)}
        return Picture(
            words=self.verdict(),
            grids=[
                Grid(
                    name,
                    "plain" if name == "ruler" else name,
                    caption,
                    self.cells(name),
                    inner.get(name, ()),
                    line=name == "ruler",
                )
                for name, caption in self.captions().items()
            ],
            lines=[self.dropped()],
            sum=self.arithmetic(),
            formula=self.formula(),
            code=self.torch_line(),
        )


def _marks(inside: bool, count: int) -> str:
    return ("" if inside else " pad") + ("" if count else " unread")


def _unread(side: Axis, one: str, many: str) -> list[str]:
    """Say which places of an axis no window reads, and why; nothing when all are read."""
    said, over, gaps = [], side.over, side.gaps()
    if over:
        real = max(over - side.after, 0)
        kind = "all padding" if not real else f"{real} of input, {over - real} of padding"
        last = one if over == 1 else f"{over} {many}"
        said.append(f"The division leaves {over}, so the floor drops the last {last} ({kind}).")
    if gaps:
        name, lie, them = (one, "lies", "it") if len(gaps) == 1 else (many, "lie", "them")
        said.append(
            f"{name.capitalize()} {listed(gaps)} {lie} between the taps: no window reads {them}."
        )
    return said
