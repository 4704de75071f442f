"""Why share weights? Dense, local and shared layers, and whether they follow a move."""

from __future__ import annotations

from typing import Any

import torch
import traitlets as T
from torch import Tensor
from torch.nn import functional as F

from .base import (
    Explorer,
    Grid,
    Picture,
    Pixels,
    Rows,
    corners,
    fields_of,
    number,
    shade,
    shown,
    thousands,
    trait,
)

FIELDS = fields_of("why_conv")
KINDS: list[str] = FIELDS["layer"]["of"]
WIDE = 168


def _letter() -> Rows:
    """Return an F on 28×28 pixels, free on all sides."""
    rows = [[0] * 28 for _ in range(28)]
    for r in range(7, 21):
        for c in range(9, 20):
            if c < 12 or r < 10 or (13 <= r < 16 and c < 17):
                rows[r][c] = 9
    return rows


PATTERNS: dict[str, Rows] = {
    "x": _letter(),
    "w": [[(3 * u + 5 * v + u * v + 4) % 9 - 4 for v in range(7)] for u in range(7)],
}


class WhyConv(Explorer):
    """Show what dense, local and shared layers connect and cost, and whether they follow a move.

    Args:
        id: name on the page and in the address.
        layer: ``"dense"``, ``"local"`` or ``"shared"``.
        n, k, s: image size, kernel size, stride.
        down, right: rows and columns by which the image is moved.
        mode: ``"zeros"`` or ``"circular"``, for the move and for the border of the layer.
        pool: ``"none"``, ``"max"`` or ``"average"``, over 2×2 places of the answer.
        x: the stored image, 28×28 numbers from 0 to 9, shown at ``n`` by ``n`` pixels.
        w: a square of up to 7×7 weights from -9 to 9; it fills the corner of the stored table and
            sets ``k`` where that is not given. Units with weights of their own begin to read the
            table elsewhere.

    Raises:
        ValueError: ``w`` is not such a square.
        traitlets.TraitError: a value out of its range; the message holds value and range.

    >>> WhyConv("why", n=4, mode="circular").orders()[2].abs().max().item()
    0.0
    >>> WhyConv("why", n=28).counts()
    [614656, 7056, 9]
    >>> WhyConv("why", w=[[1, -1], [0, 0]])
    WhyConv(k=2)
    """

    kind = T.Unicode("why_conv").tag(sync=True)
    label = T.Unicode("Why share weights?").tag(sync=True)
    fields = tuple(FIELDS)
    layer = trait(FIELDS["layer"])
    n = trait(FIELDS["n"])
    k = trait(FIELDS["k"])
    down = trait(FIELDS["down"])
    right = trait(FIELDS["right"])
    s = trait(FIELDS["s"])
    mode = trait(FIELDS["mode"])
    pool = trait(FIELDS["pool"])
    x = trait(FIELDS["x"], PATTERNS["x"])
    w = trait(FIELDS["w"], PATTERNS["w"])

    def __init__(self, id: str, **values: Any) -> None:
        if hasattr(values.get("x"), "tolist"):
            values["x"] = values["x"].tolist()
        corners(values, PATTERNS, w="k")
        super().__init__(id, **values)

    # ------------------------------------------------------------ numbers

    @property
    def units(self) -> int:
        """Units along each axis, before pooling."""
        return (self.n + self.s - 1) // self.s  # type: ignore[no-any-return]

    @property
    def pitch(self) -> int:
        """Pixels from one place of the answer to the next."""
        return self.s * (1 if self.pool == "none" else 2)  # type: ignore[no-any-return]

    def image(self) -> Tensor:
        """Return the image, float64, shape ``(1, 1, n, n)``."""
        at = [(2 * r + 1) * 28 // (2 * self.n) for r in range(self.n)]
        return torch.tensor(self.x, dtype=torch.float64)[at][:, at][None, None]

    def move(self, Z: Tensor, down: int, right: int) -> Tensor:
        """Move a map; what leaves is lost or comes back, as ``mode`` says."""
        if self.mode == "circular":
            return Z.roll((down, right), (2, 3))
        return F.pad(Z, (right, -right, down, -down))

    def matrix(self) -> Tensor:
        """Return the weights, a row for each unit: ``(units², n²)`` or ``(units², k²)``."""
        m, side = self.units, self.n if self.layer == "dense" else self.k
        i, j, a, b = torch.meshgrid(*map(torch.arange, (m, m, side, side)), indexing="ij")
        starts = {"dense": (3 * i + j, i + 3 * j), "local": (i, j), "shared": (0 * i, 0 * j)}
        down, right = starts[self.layer]
        table = torch.tensor(self.w, dtype=torch.float64)
        return table[(a + down) % 7, (b + right) % 7].reshape(m * m, side * side)

    def padded(self, Z: Tensor) -> Tensor:
        """Return a map with the border that the kernel needs, an even one more behind."""
        before = (self.k - 1) // 2
        sides = (before, self.k - 1 - before) * 2
        return F.pad(Z, sides, mode="constant" if self.mode == "zeros" else "circular")

    def answer(self, Z: Tensor) -> Tensor:
        """Return what the layer makes of a map, pooled."""
        m, W = self.units, self.matrix()
        if self.layer == "dense":
            Y = (W @ Z.flatten()).reshape(1, 1, m, m)
        elif self.layer == "local":
            windows = F.unfold(self.padded(Z), self.k, stride=self.s)[0]
            Y = (W * windows.T).sum(1).reshape(1, 1, m, m)
        else:
            Y = F.conv2d(self.padded(Z), W[:1].reshape(1, 1, self.k, self.k), stride=self.s)
        if self.pool == "none":
            return Y
        return F.max_pool2d(Y, 2) if self.pool == "max" else F.avg_pool2d(Y, 2)

    def steps(self) -> tuple[int, int]:
        """Return the move in places of the answer, cut towards zero."""
        return int(self.down / self.pitch), int(self.right / self.pitch)

    def orders(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return move-then-layer, layer-then-move and their difference, each ``(m, m)``."""
        first = self.answer(self.move(self.image(), self.down, self.right))[0, 0]
        second = self.move(self.answer(self.image()), *self.steps())[0, 0]
        return first, second, first - second

    def counts(self) -> list[int]:
        """Return the number of weights of a dense, a local and a shared layer."""
        units, pixels = self.units**2, self.n**2
        return [units * pixels, units * self.k**2, self.k**2]

    def inside(self) -> Tensor:
        """Return which places of the answer no border can reach, bool, shape ``(m, m)``.

        A move of ones shows it: where a zero came in, some window adds up to less than all.
        """
        if self.mode == "circular" and self.n % self.pitch == 0:
            return torch.ones_like(self.orders()[0], dtype=torch.bool)
        ones = torch.ones(1, 1, self.n, self.n, dtype=torch.float64)
        before = (self.k - 1) // 2
        moved = F.pad(ones, (self.right, -self.right, self.down, -self.down))
        whole = F.avg_pool2d(F.pad(moved, (before, self.k - 1 - before) * 2), self.k, self.s)
        if self.pool != "none":
            whole = F.avg_pool2d(whole, 2)
        return torch.isclose(whole[0, 0], torch.ones((), dtype=torch.float64))

    # ------------------------------------------------------------ words

    def picture(self) -> Picture:
        """Return the setting in full, computed by PyTorch."""
        first, second, gaps = self.orders()
        a, b = float(first[0, 0]), float(second[0, 0])
        minus = f"({shown(b)})" if b < 0 else shown(b)
        down, right = self.steps()
        return Picture(
            words=self._words(float(gaps.abs().max())),
            grids=self._grids(first, second, gaps),
            lines=[self._claim(gaps), self._cost()],
            sum=f"D[0, 0] = {shown(a)} − {minus} = {shown(a - b)}",
            code=f"Y = f(move(X, {self.down}, {self.right})) - move(f(X), {down}, {right})",
        )

    def _words(self, gap: float) -> str:
        size = "" if self.layer == "dense" else f", {self.k}×{self.k}"
        verdict = f"differ by up to {shown(gap)}" if gap else "agree everywhere"
        return (
            f"A {self.layer} layer{size}, stride {self.s}, pooling {self.pool}, "
            f"border {self.mode}, on {self.n}×{self.n} pixels moved by {number(self.down)} rows, "
            f"{number(self.right)} columns: the two orders {verdict}."
        )

    def _claim(self, gaps: Tensor) -> str:
        if self.layer != "shared":
            why = "Each unit has weights of its own; they start elsewhere in the table."
        elif self.down % self.pitch or self.right % self.pitch:
            why = (
                f"Neighbours in the answer are {self.pitch} pixels apart: it can follow by whole "
                "steps only, cut towards zero."
            )
        else:
            why = (
                f"At {int(self.inside().sum())} of {gaps.numel()} places no window meets the "
                "border: there the difference is exactly 0."
            )
        sizes = gaps.abs().flatten().tolist()
        if not any(sizes):
            return why
        row, column = divmod(sizes.index(max(sizes)), len(gaps))
        return f"{why} The largest is at row {row}, column {column}."

    def _cost(self) -> str:
        u, (dense, local, shared) = self.units**2, self.counts()
        return (
            f"Weights: dense {u}·{self.n**2} = {thousands(dense)}, "
            f"local {u}·{self.k**2} = {thousands(local)}, shared {shared}."
        )

    # ------------------------------------------------------------ grids

    def _unit(self) -> Tensor:
        """Return the weights of unit (0, 0), each at its pixel: its gradient, ``(n, n)``."""
        Z = torch.zeros(1, 1, self.n, self.n, dtype=torch.float64, requires_grad=True)
        if self.layer == "dense":
            return self.matrix()[0].reshape(self.n, self.n)
        windows = F.unfold(self.padded(Z), self.k, stride=self.s)[0]
        (gradient,) = torch.autograd.grad((self.matrix()[0] * windows[:, 0]).sum(), Z)
        return gradient[0, 0]

    def _grids(self, first: Tensor, second: Tensor, gaps: Tensor) -> list[Grid]:
        top, unit = float(torch.stack([first, second, gaps]).abs().max()), self._unit()
        image = self.image()
        moved = self.move(image, self.down, self.right)[0, 0]
        lit = [
            [(3 if kind == self.layer else 2) * (count >= 2**i) for i in range(20)]
            for kind, count in zip(KINDS, self.counts(), strict=True)
        ]
        size = self.k if self.layer == "shared" else 7
        caption = f"Kernel, {size}×{size}" if self.layer == "shared" else "Table of weights"
        table = [[(number(v), shade(v, 9)) for v in row[:size]] for row in self.w[:size]]
        bars = "Weights: dense, local, shared; a cell for each doubling"
        return [
            _map("image", "input", f"Image X, {self.n}×{self.n}", image[0, 0], 9, "grey"),
            _map("moved", "plain", "Moved image T X", moved, 9, "grey"),
            _map("unit", "kernel", "Weights of unit (0, 0)", unit, max(9, unit.abs().max().item())),
            _map("first", "plain", "Move, then layer: f(T X)", first, top, line=True),
            _map("second", "plain", "Layer, then move: T f(X)", second, top),
            _map("output", "output", "Difference D", gaps, top),
            Grid("kernel", "kernel", caption, table, line=True),
            Grid("bars", "plain", bars, pixels=Pixels(lit, 3, "count", 12)),
        ]


def _map(
    name: str,
    role: str,
    caption: str,
    values: Any,
    most: float,
    scale: str = "signed",
    *,
    line: bool = False,
) -> Grid:
    size = min(24, WIDE // len(values))
    return Grid(name, role, caption, pixels=Pixels(values.tolist(), most, scale, size), line=line)
