"""Pooling: windows, winners, divisors, and what a shift of the input changes.

The values, the winners and the refusals are torch's own; a test compares them with the front end.
"""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Any

import torch
import torch.nn.functional as F
import traitlets as T
from torch import Tensor

from .base import (
    Explorer,
    Grid,
    Picture,
    Rows,
    corners,
    factor,
    fields_of,
    listed,
    number,
    shade,
    shown,
    trait,
)

FIELDS = fields_of("pool")

# What the explorer starts with: both signs, and some equal neighbours.
PATTERN: Rows = [[(5 * i * i + 3 * i * j + 7 * j) % 19 - 9 for j in range(10)] for i in range(10)]


class PoolPicture:
    """One setting of the explorer, computed by torch.

    Args:
        q: the state: one value for each field.

    >>> q = {name: field.get("init") for name, field in FIELDS.items()} | {"x": PATTERN, "n": 3}
    >>> PoolPicture(q).words()
    'Max pooling, input 3×3, window 2×2, stride 2, padding 0: output 1×1.'
    """

    def __init__(self, q: dict[str, Any]) -> None:
        self.q = q
        self.n, self.t = q["n"], q["t"]
        self.max, self.sliding = q["op"] == "max", q["how"] == "sliding"
        self.p = q["p"] if self.sliding else 0
        self.d = q["d"] if self.max and self.sliding else 1
        self.s = q["k"] if q["s"] == "k" else int(q["s"])
        self.X = torch.tensor(q["x"], dtype=torch.float64)[None, None, : self.n, : self.n]

    @cached_property
    def moved(self) -> Tensor:
        """The input after the shift, shape ``(1, 1, n, n)``."""
        return F.pad(self.X, (self.t, 0))[..., : self.n]

    def call(self, X: Tensor, **more: Any) -> Any:
        """Return what torch makes of ``X``; of a maximum also the places of the winners."""
        q = self.q
        if not self.sliding:
            m = 1 if q["how"] == "global" else q["m"]
            if self.max:
                return F.adaptive_max_pool2d(X, m, return_indices=True)
            return F.adaptive_avg_pool2d(X, m)
        more |= {"stride": self.s, "padding": self.p, "ceil_mode": q["ceil"]}
        if self.max:
            return F.max_pool2d(X, q["k"], dilation=self.d, return_indices=True, **more)
        return F.avg_pool2d(X, q["k"], count_include_pad=q["pad"], **more)

    def pooled(self, X: Tensor) -> Tensor:
        """Return torch's output for ``X``, shape ``(m, m)``."""
        Y: Tensor = self.call(X)[0] if self.max else self.call(X)
        return Y[0, 0]

    def problem(self) -> str | None:
        """Return why torch refuses the setting, in the explorer's words, or None."""
        try:
            self.call(self.X)
        except RuntimeError:
            k, half = self.q["k"], self.q["k"] // 2
            if self.p > half:
                return f"padding {self.p} is more than half of window {k}: use at most {half}"
            span, room = self.d * (k - 1) + 1, self.n + 2 * self.p
            return (
                f"the window spans {span} places, but the padded input has only {room}: "
                "use a smaller window"
            )
        return None

    @cached_property
    def Y(self) -> Tensor:
        """Output of the moved input, float64, shape ``(m, m)``."""
        return self.pooled(self.moved)

    @cached_property
    def m(self) -> int:
        """Output size."""
        return len(self.Y)

    @cached_property
    def windows(self) -> list[list[int]]:
        """The places that each window reads along one axis, padding and beyond included."""
        n, m, k = self.n, self.m, self.q["k"]
        if self.sliding:
            starts = [i * self.s - self.p for i in range(m)]
            return [[start + u * self.d for u in range(k)] for start in starts]
        return [list(range(i * n // m, -(-(i + 1) * n // m))) for i in range(m)]

    def counted(self, window: list[int]) -> list[int]:
        """Return the places of a window that an average counts."""
        if self.q["pad"]:
            return [place for place in window if place < self.n + self.p]
        return [place for place in window if 0 <= place < self.n]

    # ------------------------------------------------------------ words

    def words(self) -> str:
        """Return the setting and its output size in one sentence."""
        k, n, m = self.q["k"], self.n, self.m
        window = f"window {k}×{k}, stride {self.s}, padding {self.p}"
        what = window if self.sliding else f"{self.q['how']} windows"
        name = "Max" if self.max else "Average"
        return f"{name} pooling, input {n}×{n}, {what}: output {m}×{m}."

    def cells_of(self, i: int, j: int) -> list[tuple[int, int]]:
        """Return the cells of the input in window ``(i, j)``, in row order."""
        inside = range(self.n)
        rows, cols = ([y for y in self.windows[at] if y in inside] for at in (i, j))
        return [(y, x) for y in rows for x in cols]

    def ties(self) -> int:
        """Return how many windows have several largest cells."""
        x, found = self.moved[0, 0], 0
        for i in range(self.m):
            for j in range(self.m):
                values = [float(x[cell]) for cell in self.cells_of(i, j)]
                found += values.count(max(values)) > 1 if values else 0
        return found if self.max else 0

    def drops(self) -> bool:
        """Say whether rounding up gives a window that starts outside."""
        steps = -(-(self.n + 2 * self.p - self.d * (self.q["k"] - 1) - 1) // self.s)
        return bool(self.sliding and self.q["ceil"] and steps == self.m)

    def lines(self) -> list[str]:
        """Return what a reader might miss."""
        said = []
        read = {place for window in self.windows for place in window}
        if gaps := [place for place in range(self.n) if place not in read]:
            names, lie = (
                ("Row and column", "lies") if len(gaps) == 1 else ("Rows and columns", "lie")
            )
            said.append(f"{names} {listed(gaps)} of the input {lie} in no window.")
        if self.drops():
            said.append("One window more would start beyond the input: it is dropped.")
        if (over := max(read) + 1 - self.n - self.p) > 0:
            said.append(
                f"The last window hangs over the edge by {over}; "
                "what lies there counts for nothing."
            )
        if not self.max:
            sizes = {
                len(self.counted(a)) * len(self.counted(b))
                for a in self.windows
                for b in self.windows
            }
            said.append(f"Divisors: {listed(sorted(sizes))}.")
        if ties := self.ties():
            said.append(f"Windows with several largest cells: {ties}; the first in row order wins.")
        if not self.Y.isfinite().all():
            said.append("A window that reads padding alone gives −∞.")
        if self.t:
            changed = int((self.change() != 0).sum())
            said.append(f"Outputs that the shift changes: {changed} of {self.m**2}.")
        return said

    def formula(self) -> list[str]:
        """Return the output size line by line; of an adaptive pooling, what each window reads."""
        n, m, k, p, d = self.n, self.m, self.q["k"], self.p, self.d
        if not self.sliding:
            reach = ", ".join(f"{window[0]} to {window[-1]}" for window in self.windows)
            return ["window i reads ⌊i·n / m⌋ to ⌈(i + 1)·n / m⌉ − 1", f"n = {n}, m = {m}: {reach}"]
        left, right = "⌈⌉" if self.q["ceil"] else "⌊⌋"
        symbols, filled = "d(k − 1) − 1", f"{d}·({k} − 1) − 1"
        if not self.max:
            symbols, filled = "k", f"{k}"
        top, gone = n + 2 * p - d * (k - 1) - 1, self.drops()
        return [
            f"m = {left}(n + 2p − {symbols}) / s{right} + 1",
            f"= {left}({n} + 2·{p} − {filled}) / {self.s}{right} + 1",
            f"= {left}{number(top)} / {self.s}{right} + 1{', less the dropped one' * gone}",
            f"= {m - 1 + gone} + 1{' − 1' * gone}",
            f"= {m}",
        ]

    def change(self) -> Tensor:
        """Return by how much the shift changes each output, shape ``(m, m)``."""
        before = self.pooled(self.X)
        return torch.where(before == self.Y, torch.zeros_like(before), self.Y - before)

    def sum(self) -> str:
        """Return the numbers behind output ``(0, 0)``."""
        x, value = self.moved[0, 0].to(torch.int64), float(self.Y[0, 0])
        if self.max:
            terms = [number(int(x[cell])) for cell in self.cells_of(0, 0)]
            many = f"max({', '.join(terms)})" if len(terms) > 1 else "".join(terms) or "−∞"
            return f"Y[0, 0] = {many} = {shown(value)}"
        places, real = self.counted(self.windows[0]), range(self.n)
        added = [
            factor(int(x[y, c]) if y in real and c in real else 0) for y in places for c in places
        ]
        sign = "=" if round(value, 4) == value else "≈"
        return f"Y[0, 0] = ({' + '.join(added)}) / {len(added)} {sign} {shown(value)}"

    def code(self) -> str:
        """Return the call in PyTorch; what stands at its default is left out."""
        q, name = self.q, "max" if self.max else "avg"
        if not self.sliding:
            return f"Y = F.adaptive_{name}_pool2d(X, {self.m})"
        said = {
            f"stride={q['s']}": q["s"] != "k",
            f"padding={q['p']}": q["p"],
            f"dilation={q['d']}": self.d > 1,
            "count_include_pad=False": not (self.max or q["pad"]),
            "ceil_mode=True": q["ceil"],
        }
        more = [str(q["k"]), *(text for text, on in said.items() if on)]
        return f"Y = F.{name}_pool2d(X, {', '.join(more)})"

    # ------------------------------------------------------------ pictures

    def input_cells(self) -> list[list[tuple[str, str]]]:
        """Return text and classes of the input, its padding, and what windows read beyond."""
        end = max(self.n + self.p, *(window[-1] + 1 for window in self.windows))
        read = Counter(place for window in self.windows for place in window)
        won = self.won()
        places = range(-self.p, end)
        return [[self._cell(y, x, bool(read[y] and read[x]), won) for x in places] for y in places]

    def won(self) -> set[int]:
        """Return the places of all winners; a window of padding alone has none."""
        if not self.max:
            return set()
        places = self.call(self.moved)[1][0, 0]
        return set(places[self.Y.isfinite()].tolist())

    def _cell(self, y: int, x: int, read: bool, won: set[int]) -> tuple[str, str]:
        if max(y, x) >= self.n + self.p:
            return "", "q0"
        unread = "" if read else " unread"
        if not (0 <= y < self.n and 0 <= x < self.n):
            text = "−∞" if self.max else "0" if self.q["pad"] else ""
            return text, "q0 pad" + unread
        value = int(self.moved[0, 0, y, x])
        return number(value), shade(value, 9) + (" win" if y * self.n + x in won else "") + unread

    def values(self, values: Tensor) -> list[list[tuple[str, str]]]:
        """Return text and classes of outputs."""
        return [
            [(shown(v), shade(v, 9) if abs(v) < torch.inf else "q0") for v in row]
            for row in values.tolist()
        ]

    def picture(self) -> Picture:
        """Return the whole setting."""
        n, m = self.n, self.m
        title = f"Input X, {n}×{n}" + (f", moved right by {self.t}" if self.t else "")
        grids = [
            Grid("input", "input", title, self.input_cells(), (self.p, n)),
            Grid("output", "output", f"Output Y, {m}×{m}", self.values(self.Y)),
        ]
        if self.t:
            cells = self.values(self.change())
            grids.append(Grid("change", "plain", "Change of Y by the shift", cells))
        return Picture(self.words(), grids, self.lines(), self.sum(), self.formula(), self.code())


class Pool(Explorer):
    """Show max and average pooling: windows, winners, divisors, and what a shift changes.

    Args:
        id: name on the page and in the address.
        op, how: ``"max"`` or ``"average"``; ``"sliding"``, ``"global"`` or ``"adaptive"`` windows.
        n, k, p, d: input size, window size, padding per side, dilation (of a maximum).
        s: stride, as a text; ``"k"``, the window itself, is PyTorch's default.
        m: output size of an adaptive pooling.
        t: by how many places the input is moved to the right.
        ceil, pad: round the output size up; count the padding in an average.
        x: numbers of the input, rows of whole numbers from -9 to 9; a square sets ``n`` where it
            is not given.

    Raises:
        ValueError: the starting setting has no output, or ``x`` does not fit.
        traitlets.TraitError: a value out of its range; the message holds value and range.

    >>> Pool("pool", x=[[0, 1], [3, 4]]).output().tolist()
    [[4.0]]
    """

    kind = T.Unicode("pool").tag(sync=True)
    label = T.Unicode("Pooling").tag(sync=True)
    fields = tuple(FIELDS)
    op = trait(FIELDS["op"])
    how = trait(FIELDS["how"])
    n = trait(FIELDS["n"])
    k = trait(FIELDS["k"])
    s = trait(FIELDS["s"])
    p = trait(FIELDS["p"])
    d = trait(FIELDS["d"])
    ceil = trait(FIELDS["ceil"])
    pad = trait(FIELDS["pad"])
    m = trait(FIELDS["m"])
    t = trait(FIELDS["t"])
    x = trait(FIELDS["x"], PATTERN)

    def __init__(self, id: str, **values: Any) -> None:
        corners(values, {"x": PATTERN}, x="n")
        super().__init__(id, **values)

    def problem(self) -> str | None:
        """Return why the setting has no output, or None."""
        return PoolPicture(self.state()).problem()

    def output(self) -> Tensor:
        """Return the output as a float64 tensor of shape ``(m, m)``."""
        return PoolPicture(self.state()).Y

    def picture(self) -> Picture:
        """Return the setting in full, computed by torch."""
        return PoolPicture(self.state()).picture()
