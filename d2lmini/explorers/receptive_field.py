"""Receptive field: what each unit of a stack of layers sees, as gradients say it.

Rows and columns count from 0 at the top left pixel of the input. The front end walks along taps
and says the same words; a test compares the two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import torch
import traitlets as T

from .base import Cell, Explorer, Grid, Picture, Pixels, counted, fields_of, shown, trait
from .stack import Layer, gradients, parse, reach, runs, sizes, stack_problem

FIELDS = fields_of("receptive_field")

# The largest side and the longest count of a grid with numbers, the widest ribbon with its units
# in their places, and the side of a map in CSS pixels.
_SIDE, _TEXT, _WIDEST, _PIXELS = 12, 99999, 100, 256


def _few(count: int) -> str:
    """Return a count as text, while it fits into a cell."""
    return "…" if count > _TEXT else str(count or "")


def _holes(seen: Sequence[int]) -> list[int]:
    """Return the places between the first and the last of ``seen`` that are not among them."""
    return sorted(set(range(seen[0], seen[-1])) - set(seen)) if seen else []


class FieldPicture:
    """One stack, layer and unit, all of it computed from gradients.

    Args:
        n: input size.
        layers: the stack, a text.
        layer, row, col: the unit; beyond the last layer, row or column the last one is taken.

    Raises:
        ValueError: a layer cannot follow those before it.

    >>> FieldPicture(9, "c3-c3-c3", 3, 1, 1).seen[1]
    [1, 2, 3, 4, 5, 6, 7]
    """

    def __init__(self, n: int, layers: str, layer: int, row: int, col: int) -> None:
        self.n, self.layers = n, parse(layers, FIELDS["layers"])
        self.sizes = sizes(n, self.layers)
        self.level = min(layer, len(self.layers))
        self.m = self.sizes[self.level]
        self.unit = min(row, self.m - 1), min(col, self.m - 1)
        self.reach = reach(self.layers)

    @cached_property
    def walks(self) -> list[list[list[int]]]:
        """For each level, for each unit along one axis, the paths from each place."""
        given = torch.eye(self.m, dtype=torch.float64)[:, None]
        levels = gradients(self.n, self.layers, self.level, given)
        return [level[:, 0].long().tolist() for level in levels]

    @cached_property
    def seen(self) -> list[list[int]]:
        """For each unit along one axis, the places of the input that it sees."""
        return [[y for y, count in enumerate(row) if count] for row in self.walks[0]]

    @cached_property
    def paths(self) -> list[list[int]]:
        """Paths from each pixel to the unit."""
        given = torch.zeros(1, 1, self.m, self.m, dtype=torch.float64)
        given[0, 0, self.unit[0], self.unit[1]] = 1
        rows: list[list[int]] = (
            gradients(self.n, self.layers, self.level, given)[0][0, 0].long().tolist()
        )
        return rows

    @cached_property
    def blind(self) -> list[int]:
        """Rows (and columns) of the input that no unit sees."""
        met = set().union(*self.seen)
        return [y for y in range(self.n) if y not in met]

    # ------------------------------------------------------------ grids

    def _grid(
        self, name: str, caption: str, values: list[list[int]], inner: tuple[int, ...] = ()
    ) -> Grid:
        line = name == "input"  # the ribbon stands alone
        most = max(1, *(max(row) for row in values))
        if len(values) > _SIDE or most > _TEXT:
            size = min(20, _PIXELS // len(values))
            return Grid(name, name, caption, (), inner, Pixels(values, most, "count", size), line)
        blind = set(self.blind) if name == "input" else set()
        cells = [
            [
                (_few(v), counted(v, most) + (" unread" if {r, c} & blind else ""))
                for c, v in enumerate(row)
            ]
            for r, row in enumerate(values)
        ]
        return Grid(name, name, caption, cells, inner, None, line)

    def map(self) -> Grid:
        """Return the paths from each pixel, framed where they are."""
        ys, xs = (self.seen[i] for i in self.unit)
        inner: tuple[int, ...] = ()
        if ys and xs:
            inner = (ys[0], xs[0], ys[-1] - ys[0] + 1, xs[-1] - xs[0] + 1)
        caption = f"Paths from each pixel to unit [{self.unit[0]}, {self.unit[1]}]"
        return self._grid("input", caption, self.paths, inner)

    def units(self) -> Grid:
        """Return how many pixels each unit sees."""
        values = [[len(ys) * len(xs) for xs in self.seen] for ys in self.seen]
        caption = f"Pixels that each unit of layer {self.level} sees"
        return self._grid("output", caption, values)

    def ribbon(self) -> Grid:
        """Return one row for the input and for each layer, each unit below what it sees."""
        starts = [math.floor(start) for _, _, start in self.reach]
        ends = [
            start + (m - 1) * jump
            for start, m, (_, jump, _) in zip(starts, self.sizes, self.reach, strict=True)
        ]
        wide = max(ends) - min(starts) + 1
        apart = wide <= _WIDEST
        cols = wide if apart else max(self.sizes)
        rows: list[list[Cell]] = []
        for level, m in enumerate(self.sizes):
            row: list[Cell] = [("", "gap")] * (cols + 1)
            row[0] = (str(level) if level else "in", "gap head")
            counts = self.walks[level][self.unit[1]] if level <= self.level else [0] * m
            most = max(1, *counts, 1)
            for i, count in enumerate(counts):
                at = starts[level] - min(starts) + i * self.reach[level][1] if apart else i
                shade = counted(count, most) if level <= self.level else "q0"
                row[at + 1] = (_few(count), shade)
            rows.append(row)
        caption = f"One row of each layer: paths to unit {self.unit[1]}"
        if apart:
            caption += "; a unit stands below the middle of what it sees"
        return Grid("ribbon", "plain", caption, rows)

    # ------------------------------------------------------------ words

    def words(self) -> str:
        """Return field and footprint in one sentence."""
        ys, xs = (self.seen[i] for i in self.unit)
        saw = f"rows {runs(ys)} and columns {runs(xs)}" if ys and xs else "nothing but padding"
        r = self.reach[self.level][0]
        return (
            f"Layer {self.level} of {len(self.layers)} has a receptive field of {r}×{r}; its unit "
            f"[{self.unit[0]}, {self.unit[1]}] sees {saw}, "
            f"{len(ys) * len(xs)} of {self.n**2} pixels."
        )

    def lines(self) -> list[str]:
        """Return sentences on the border, on holes, on pixels that nothing sees, and on weights."""
        r = self.reach[self.level][0]
        said = []
        if r > self.n:
            said.append(
                f"A receptive field of {r}×{r} is larger than the input of {self.n}×{self.n}."
            )
        said += self._border()
        holes = {
            name: _holes(self.seen[i])
            for name, i in zip(("rows", "columns"), self.unit, strict=True)
        }
        if any(holes.values()):
            gaps = " and ".join(f"{name} {runs(at)}" for name, at in holes.items() if at)
            said.append(
                f"Holes: between its first and its last pixel the unit does not see {gaps}."
            )
        if self.blind:
            said.append(f"No unit of layer {self.level} sees rows and columns {runs(self.blind)}.")
        return [*said, self._weights()]

    def _border(self) -> list[str]:
        """Say which part of the unit's field lies in the padding, if any does."""
        r, jump, _ = self.reach[self.level]
        before = sum(
            layer.p * jump
            for layer, (_, jump, _) in zip(self.layers[: self.level], self.reach, strict=False)
        )
        firsts = [i * jump - before for i in self.unit]
        if all(first >= 0 and first + r <= self.n for first in firsts):
            return []
        rows, columns = (f"{shown(first)} to {shown(first + r - 1)}" for first in firsts)
        return [
            f"The field of this unit is rows {rows} and columns {columns}; "
            f"what lies outside 0 to {self.n - 1} is padding."
        ]

    def _weights(self) -> str:
        r = self.reach[self.level][0]
        squares = [layer.k**2 for layer in self.layers[: self.level] if not layer.pool]
        stack = "the layers up to here have no weights"
        if squares:
            total = f"{' + '.join(map(str, squares))} = " if len(squares) > 1 else ""
            stack = f"the kernels up to here hold {total}{sum(squares)} weights"
        return f"With one channel {stack}; one kernel of {r}×{r} has {r * r}."

    def sum(self) -> str:
        """Return the paths from the first pixel with most of them, rows times columns."""
        counts = [self.walks[0][i] for i in self.unit]
        spot = [row.index(max(row)) for row in counts]
        a, b = (row[at] for row, at in zip(counts, spot, strict=True))
        return f"Paths from pixel [{spot[0]}, {spot[1]}] = {a}·{b} = {self.paths[spot[0]][spot[1]]}"

    def formula(self) -> list[str]:
        """Return the recurrence, and each layer with its numbers filled in."""
        said = ["r ← r + d(k − 1)·jump, start ← start + (d(k − 1)/2 − p)·jump, then jump ← s·jump"]
        for at, layer in enumerate(self.layers):
            (r, jump, start), (r_next, jump_next, start_next) = self.reach[at : at + 2]
            wide = layer.d * (layer.k - 1)
            said.append(
                f"{at + 1} (size {self.sizes[at + 1]}): "
                f"r = {r} + {layer.d}·({layer.k} − 1)·{jump} = {r_next}, "
                f"start = {shown(start)} + ({wide}/2 − {layer.p})·{jump} = {shown(start_next)}, "
                f"jump = {layer.s}·{jump} = {jump_next}"
            )
        return said

    def picture(self) -> Picture:
        """Return all of it."""
        return Picture(
            words=self.words(),
            grids=(self.ribbon(), self.map(), self.units()),
            lines=self.lines(),
            sum=self.sum(),
            formula=self.formula(),
            code=f"Y = torch.autograd.grad(Z[0, 0, {self.unit[0]}, {self.unit[1]}], X)[0][0, 0]",
        )


class _Layers(T.Unicode[str, Any]):
    """A stack of layers as text; a shorter way of writing is made the full one."""

    def validate(self, obj: Any, value: Any) -> str:
        try:
            return "-".join(layer.text() for layer in parse(value, FIELDS["layers"]))
        except ValueError as problem:
            raise T.TraitError(str(problem)) from None


class ReceptiveField(Explorer):
    """Show what each unit of a stack of convolution and pooling layers sees.

    Args:
        id: name on the page and in the address.
        n: input size.
        layers: such as ``"c5p2-m2"``: ``c`` or ``m`` (convolution or pooling) with the kernel
            size, then stride ``s`` (1; pooling: the kernel size), padding ``p`` (0), dilation ``d``
            (1) where they differ.
        layer: the layer looked at, from 1; the last one unless given.
        row, col: the unit looked at; the middle one unless given.

    Raises:
        ValueError: a layer cannot follow those before it.
        traitlets.TraitError: a number out of its range, or a text that is no stack of layers.

    >>> ReceptiveField("field", n=28, layers="c5p2-m2-c5-m2")
    ReceptiveField(n=28, layers='c5s1p2d1-m2s2p0d1-c5s1p0d1-m2s2p0d1', layer=4, row=2, col=2)
    """

    kind = T.Unicode("receptive_field").tag(sync=True)
    label = T.Unicode("Receptive field").tag(sync=True)
    fields = tuple(FIELDS)
    n = trait(FIELDS["n"])
    layers = _Layers(FIELDS["layers"]["init"]).tag(sync=True)
    layer = trait(FIELDS["layer"])
    row = trait(FIELDS["row"])
    col = trait(FIELDS["col"])

    def __init__(self, id: str, **values: Any) -> None:
        n = values.get("n", FIELDS["n"]["init"])
        layers = self.stack(values.get("layers", FIELDS["layers"]["init"]))
        values.setdefault("layer", len(layers))
        if type(n) is int and type(values["layer"]) is int and not stack_problem(n, layers):
            m = sizes(n, layers)[min(max(values["layer"], 1), len(layers))]
            values.setdefault("row", (m - 1) // 2)
            values.setdefault("col", (m - 1) // 2)
        super().__init__(id, **values)

    @staticmethod
    def stack(text: object) -> list[Layer]:
        """Return the layers of a text.

        Raises:
            traitlets.TraitError: the text is no stack of layers.
        """
        try:
            return parse(text, FIELDS["layers"])
        except ValueError as problem:
            raise T.TraitError(str(problem)) from None

    def problem(self) -> str | None:
        """Return which layer cannot follow those before it, and why, or None."""
        return stack_problem(self.n, self.stack(self.layers))

    def picture(self) -> Picture:
        """Return the state in full, computed by autograd."""
        return FieldPicture(self.n, self.layers, self.layer, self.row, self.col).picture()
