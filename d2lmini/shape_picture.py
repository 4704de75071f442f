"""The Shape machine's numbers and its still picture, made from :mod:`d2lmini.ops` alone.

Rows and columns count from 0 at the top left cell of the input; padding lies outside, at negative
numbers and at ``n`` and above. The front end says the same words; a test compares the two.
"""

import html
import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from .ops import corr2d_windows, out_size, pad2d

Rows = list[list[int]]

# What the explorer starts with; the top left corners are the chapters' own small examples.
PATTERNS: dict[str, Rows] = {
    "x": [[(3 * i + j) % 10 for j in range(16)] for i in range(16)],
    "w": [[v if (v := (2 * i + j) % 5) < 4 else -1 for j in range(7)] for i in range(7)],
}


def put(part: Rows, whole: Rows) -> Rows:
    """Return ``whole`` with ``part`` in its top left corner.

    >>> put([[7]], [[1, 2], [3, 4]])
    [[7, 2], [3, 4]]
    """
    size = len(part)
    return [
        [part[i][j] if i < size and j < size else value for j, value in enumerate(row)]
        for i, row in enumerate(whole)
    ]


def number(value: int) -> str:
    """Return ``value`` with a real minus sign.

    >>> number(-3)
    '−3'
    """
    return str(value).replace("-", "−")


def shade(value: int, most: int) -> str:
    """Return the CSS class of a signed value when the range is ``-most`` to ``most``.

    >>> shade(9, 9), shade(0, 9), shade(-4, 9)
    ('q20', 'q0', 'qn9')
    """
    step = (40 * abs(value) + most) // (2 * most) if most else 0
    return f"q{'n' if value < 0 and step else ''}{step}"


def listed(places: Sequence[int]) -> str:
    """Return whole numbers in words.

    >>> listed([1]), listed([1, 2, 5])
    ('1', '1, 2 and 5')
    """
    words = [number(place) for place in places]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


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
        return "·".join(number(f) if f >= 0 else f"({number(f)})" for f in (a, int(self.K[u, v])))

    def arithmetic(self, i: int = 0, j: int = 0) -> str:
        """Return the sum behind output cell ``(i, j)``, one bracket for each kernel row."""
        rows = [" + ".join(self.term(i, j, u, v) for v in range(self.k)) for u in range(self.k)]
        total = " + ".join(f"({row})" for row in rows) if self.k > 1 else rows[0]
        return f"Y[{i}, {j}] = {total} = {number(int(self.Y[i, j]))}"

    def torch_line(self) -> str:
        """Return the call that gives this output in PyTorch."""
        return f"F.conv2d(X, K, padding={self.p}, stride={self.s}, dilation={self.d})"

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
            return str(count), f"c{-(-10 * count // max(self.reads) ** 2)}{marks}"
        value = int(self.padded[r, c])
        return number(value), shade(value, 9) + marks

    def _figure(self, grid: str) -> str:
        rows = "".join(
            "<tr>" + "".join(f'<td class="{css}">{text}</td>' for text, css in row) + "</tr>"
            for row in self.cells(grid)
        )
        caption = html.escape(self.captions()[grid])
        frame = f'<div class="d2lx-frame" style="--at:{self.p};--size:{self.n}"></div>'
        return (
            f'<figure class="d2lx-fig d2lx-{grid}"><figcaption>{caption}</figcaption>'
            f'<div class="d2lx-scroll"><table class="d2lx-grid"><tbody>{rows}</tbody></table>'
            f"{frame if grid == 'input' else ''}</div></figure>"
        )

    def html(self) -> str:
        """Return the whole setting as HTML that needs no script."""
        lines = "".join(f"<div>{line}</div>" for line in self.formula())
        grids = "".join(map(self._figure, ("input", "kernel", "output")))
        return (
            f'<p class="d2lx-verdict">{self.verdict()}</p>'
            f'<div class="d2lx-grids">{grids}</div>'
            f'<p class="d2lx-dropped">{self.dropped()}</p>'
            f'<p class="d2lx-sum">{self.arithmetic()}</p>'
            f'<div class="d2lx-formula">{lines}</div>'
            f'<p class="d2lx-torch"><code>{self.torch_line()}</code></p>'
        )

    def png(self) -> bytes:
        """Return the three grids as a PNG picture."""
        from matplotlib.figure import Figure

        sizes = [len(self.reads), self.k, self.m]
        figure = Figure(figsize=(0.32 * sum(sizes) + 1.5, 0.32 * max(sizes) + 0.8), dpi=150)
        axes = figure.subplots(1, 3, width_ratios=sizes, squeeze=True)
        for axis, grid in zip(axes, ("input", "kernel", "output"), strict=True):
            self._draw(axis, grid)
        out = io.BytesIO()
        figure.savefig(out, format="png", bbox_inches="tight", metadata={"Software": None})
        return out.getvalue()

    def _draw(self, axis: Any, grid: str) -> None:
        cells = self.cells(grid)
        axis.set(xlim=(0, len(cells)), ylim=(len(cells), 0), aspect="equal", xticks=[], yticks=[])
        axis.set_title(self.captions()[grid], fontsize=7)
        for place in range(1, len(cells)):
            axis.axhline(place, color="0.85", lw=0.5)
            axis.axvline(place, color="0.85", lw=0.5)
        for r, row in enumerate(cells):
            for c, (text, css) in enumerate(row):
                grey = "0.6" if "pad" in css else "0"
                axis.text(c + 0.5, r + 0.5, text, ha="center", va="center", fontsize=6, color=grey)
                if "unread" in css:
                    axis.plot([c, c + 1], [r + 1, r], color="0.7", lw=0.6)
