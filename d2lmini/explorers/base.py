"""What all explorers share in Python: the table of limits, traits, still pictures.

``static/<kind>.json`` is the one table of an explorer's fields; the front end reads it too. A
:class:`Picture` is a state in full: sentences and grids, computed here by PyTorch. It is what a
page without script shows, and what the tests compare the live page with.
"""

from __future__ import annotations

import base64
import html
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from numbers import Real
from typing import Any

import numpy as np
import traitlets as T

from ..widgets import STATIC, Explorer

__all__ = [
    "Explorer",
    "Grid",
    "Picture",
    "Pixels",
    "corners",
    "counted",
    "factor",
    "fields_of",
    "listed",
    "number",
    "shade",
    "shown",
    "tensor",
    "thousands",
    "trait",
]

Rows = list[list[int]]
Cell = tuple[str, str]  # text and CSS classes


@cache
def fields_of(kind: str) -> dict[str, dict[str, Any]]:
    """Return the table of an explorer's fields: kind, limits, start and name of each."""
    table: dict[str, dict[str, Any]] = json.loads(
        (STATIC / f"{kind}.json").read_text(encoding="utf-8")
    )
    return table


def _ints(field: Mapping[str, Any], default: Rows | None) -> T.List[Any]:
    cell = T.Int(min=field["min"], max=field["max"])
    row: T.List[Any] = T.List(cell, minlen=field["cols"], maxlen=field["cols"])
    return T.List(row, minlen=field["rows"], maxlen=field["rows"], default_value=default)


def trait(field: Mapping[str, Any], default: Any = None) -> Any:
    """Return the synced trait of one field; tables of numbers take their start as ``default``.

    Raises:
        ValueError: the kind of the field is unknown.
    """
    kind = field["kind"]
    start = field.get("init", default)
    if kind == "int":
        made: Any = T.Int(start, min=field["min"], max=field["max"])
    elif kind == "bool":
        made = T.Bool(start)
    elif kind == "choice":
        made = T.Enum(field["of"], default_value=start)
    elif kind == "ints":
        made = _ints(field, default)
    elif kind == "pixels":
        made = T.Unicode(start)
    else:
        raise ValueError(f"no trait for a field of kind {kind!r}")
    return made.tag(sync=True)


# ---------------------------------------------------------------- words


def number(value: float | str) -> str:
    """Return ``value`` with a real minus sign.

    >>> number(-3)
    '−3'
    """
    return str(value).replace("-", "−")


def shown(value: float) -> str:
    """Return a result that need not be whole: at most four decimals, large ones as ``1.234e7``.

    >>> shown(2.0), shown(-1 / 3), shown(12345678.0), shown(-math.inf), shown(1000500.0)
    ('2', '−0.3333', '1.235e7', '−∞', '1.001e6')
    """
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else number(value).replace("inf", "∞")
    if abs(value) >= 1e6:
        exact = Decimal(value)
        power = exact.adjusted()
        digits = exact.scaleb(-power).quantize(Decimal("0.001"), ROUND_HALF_UP)
        carry = abs(digits) >= 10
        return number(f"{'-' * (value < 0)}1.000e{power + 1}" if carry else f"{digits}e{power}")
    rounded = Decimal(value).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    text = f"{rounded:f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else number(text)


def thousands(value: int) -> str:
    """Return a whole number with commas.

    >>> thousands(614656), thousands(-12)
    ('614,656', '−12')
    """
    return number(f"{value:,}")


def factor(value: int) -> str:
    """Return a factor of a product: a negative number stands in brackets.

    >>> factor(2), factor(-2)
    ('2', '(−2)')
    """
    return number(value) if value >= 0 else f"({number(value)})"


def listed(places: Sequence[int]) -> str:
    """Return whole numbers in words.

    >>> listed([1]), listed([1, 2, 5])
    ('1', '1, 2 and 5')
    """
    words = [number(place) for place in places]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def tensor(name: str, rows: Sequence[Sequence[int]]) -> str:
    """Return the line of Python that makes ``rows`` a tensor of shape ``(1, 1, rows, columns)``.

    >>> tensor("K", [[1, -2]])
    'K = torch.tensor([[[[1, -2]]]], dtype=torch.float64)'
    """
    return f"{name} = torch.tensor([[{[list(row) for row in rows]}]], dtype=torch.float64)"


# ---------------------------------------------------------------- shades


def shade(value: float, most: float) -> str:
    """Return the CSS class of a signed value when the range is ``-most`` to ``most``.

    >>> shade(9, 9), shade(0, 9), shade(-4, 9), shade(0.5, 0.8)
    ('q20', 'q0', 'qn9', 'q13')
    """
    # a division and then the floor, as in JavaScript: // would not round the quotient first
    step = math.floor((40 * abs(value) + most) / (2 * most)) if most else 0
    return f"q{'n' if value < 0 and step else ''}{step}"


def counted(count: int, most: int) -> str:
    """Return the CSS class of a count from 0 to ``most``.

    >>> counted(0, 9), counted(9, 9), counted(1, 9)
    ('c0', 'c10', 'c2')
    """
    return f"c{-(-10 * count // most)}"


def put(part: Rows, whole: Rows) -> Rows:
    """Return ``whole`` with ``part`` in its top left corner.

    >>> put([[7]], [[1, 2], [3, 4]])
    [[7, 2], [3, 4]]
    """
    rows = [list(row) for row in whole]
    for into, row in zip(rows, part, strict=False):
        into[: len(row)] = row
    return rows


def block(name: str, values: Any, most: int, square: bool) -> Rows:
    """Return ``values`` as rows of whole numbers after checking that they fill a small block.

    Raises:
        ValueError: other values, rows of several widths, more than ``most`` of either, or no square
            where one is asked for.
    """
    rows = values.tolist() if hasattr(values, "tolist") else values
    if not isinstance(rows, (list, tuple)) or not all(isinstance(r, (list, tuple)) for r in rows):
        raise ValueError(f"{name} must be rows of whole numbers, got {values!r}")
    widths = sorted({len(row) for row in rows})
    high, wide = len(rows), widths[0] if len(widths) == 1 else 0
    if not 1 <= min(high, wide) <= max(high, wide) <= most or (square and high != wide):
        what = f"a square of 1 to {most} rows"
        if not square:
            what = f"1 to {most} rows of one width, 1 to {most}"
        raise ValueError(f"{name} must be {what}, got {high} rows of width {widths}")
    for value in (value for row in rows for value in row):
        real = isinstance(value, Real) and not isinstance(value, bool)
        if not real or not float(value).is_integer():
            raise ValueError(f"{name} must hold whole numbers, got {value!r}")
    return [[int(value) for value in row] for row in rows]


def corners(values: dict[str, Any], patterns: Mapping[str, Rows], **sizes: str) -> None:
    """Let each given table fill the top left corner of its pattern and set its sizes.

    Args:
        values: what an explorer is given; its tables are replaced, sizes that are given stay.
        patterns: the whole tables.
        sizes: for each table the field that holds its size; two such as ``"n nw"``, height and
            width, where it need not be square.

    Raises:
        ValueError: a table does not hold whole numbers, or is larger than its pattern.

    >>> given = {"x": [[7]]}
    >>> corners(given, {"x": [[1, 2], [3, 4]]}, x="n", w="k")
    >>> given
    {'x': [[7, 2], [3, 4]], 'n': 1}
    """
    for name, fields in sizes.items():
        if name not in values:
            continue
        high, *wide = fields.split()
        part = block(name, values[name], len(patterns[name]), square=not wide)
        values.setdefault(high, len(part))
        if len(part[0]) != len(part):
            values.setdefault(wide[0], len(part[0]))
        values[name] = put(part, patterns[name])


# ---------------------------------------------------------------- pictures

# The ends and halves of the light shades; a still picture of pixels blends between them.
_SIGNED = ((132, 63, 15), (193, 151, 129), (245, 245, 245), (137, 164, 198), (37, 86, 145))
_COUNT = ((0, 34, 78), (125, 124, 120), (254, 232, 56))


@dataclass(frozen=True)
class Pixels:
    """A map of values without text.

    Args:
        values: rows of numbers.
        most: the value of the strongest shade.
        scale: ``"signed"``, ``"grey"`` (0 is black) or ``"count"``.
        size: side of one cell in CSS pixels.
    """

    values: Sequence[Sequence[float]]
    most: float
    scale: str = "signed"
    size: int = 8

    def rgb(self) -> Any:
        """Return the colours, uint8, shape ``(rows, columns, 3)``."""
        part = np.asarray(self.values, dtype=np.float64) / (self.most or 1)
        colours: tuple[tuple[int, int, int], ...]
        if self.scale == "grey":
            colours, at = ((0, 0, 0), (255, 255, 255)), part
        else:
            colours = _SIGNED if self.scale == "signed" else _COUNT
            at = (part + 1) / 2 if self.scale == "signed" else part
        marks = np.linspace(0, 1, len(colours))
        bands = [np.interp(at, marks, [c[band] for c in colours]) for band in range(3)]
        return np.stack(bands, axis=-1).round().astype(np.uint8)

    def png(self) -> bytes:
        """Return one PNG dot for each value."""
        from matplotlib.image import imsave

        out = io.BytesIO()
        imsave(out, self.rgb(), format="png", metadata={"Software": ""})
        return out.getvalue()


@dataclass(frozen=True)
class Grid:
    """One grid of a picture: cells with text and CSS classes, or pixels.

    Args:
        name, role: as in the front end; the role is ``input``, ``kernel``, ``output`` or ``plain``.
        caption: what it shows.
        cells: rows of (text, classes).
        inner: frame around the real cells, (at, size) or (top, left, rows, columns).
        pixels: instead of cells, a map.
        line: whether the grid begins a new line.
    """

    name: str
    role: str
    caption: str
    cells: Sequence[Sequence[Cell]] = ()
    inner: tuple[int, ...] = ()
    pixels: Pixels | None = None
    line: bool = False

    def html(self) -> str:
        """Return the grid as HTML that needs no script."""
        body = (self._image() if self.pixels else self._table()) + self._frame()
        start = '<span class="d2lx-line"></span>' if self.line else ""
        return (
            f'{start}<figure class="d2lx-fig d2lx-{self.role}" data-grid="{self.name}">'
            f"<figcaption>{html.escape(self.caption)}</figcaption>"
            f'<div class="d2lx-scroll">{body}</div></figure>'
        )

    def _table(self) -> str:
        rows = "".join(
            "<tr>" + "".join(f'<td class="{css}">{text}</td>' for text, css in row) + "</tr>"
            for row in self.cells
        )
        longest = min(max((len(text) for row in self.cells for text, _ in row), default=0), 6)
        size = f" long{longest}" if longest > 3 else ""
        return f'<table class="d2lx-grid{size}"><tbody>{rows}</tbody></table>'

    def _frame(self) -> str:
        if not self.inner:
            return ""
        at, *rest = self.inner
        top, left, rows, cols = self.inner if len(rest) == 3 else (at, at, rest[0], rest[0])
        style = f"--top:{top};--left:{left};--rows:{rows};--cols:{cols}"
        style += f";--cell:{self.pixels.size}px" if self.pixels else ""
        return f'<div class="d2lx-frame" style="{style}"></div>'

    def _image(self) -> str:
        assert self.pixels is not None
        data = base64.b64encode(self.pixels.png()).decode()
        high, wide = np.shape(self.pixels.values)
        return (
            f'<img class="d2lx-pixels" alt="{html.escape(self.caption)}" '
            f'width="{wide * self.pixels.size}" height="{high * self.pixels.size}" '
            f'src="data:image/png;base64,{data}">'
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        if self.pixels:
            rows, cols = np.shape(self.pixels.values)
            return rows, cols
        return len(self.cells), max(map(len, self.cells), default=0)


@dataclass(frozen=True)
class Picture:
    """One state of an explorer in full: sentences, grids, one sum, the call in PyTorch."""

    words: str
    grids: Sequence[Grid] = ()
    lines: Sequence[str] = ()
    sum: str = ""
    formula: Sequence[str] = ()
    code: str = ""

    def html(self) -> str:
        """Return the picture as HTML that needs no script."""

        def all_in(tag: str, texts: Sequence[str]) -> str:
            return "".join(f"<{tag}>{html.escape(text)}</{tag}>" for text in texts)

        grids = "".join(grid.html() for grid in self.grids)
        parts = [
            f'<p class="d2lx-verdict">{html.escape(self.words)}</p>',
            f'<div class="d2lx-grids">{grids}</div>',
            f'<div class="d2lx-lines">{all_in("p", self.lines)}</div>',
            f'<p class="d2lx-sum">{html.escape(self.sum)}</p>' if self.sum else "",
            f'<div class="d2lx-formula">{all_in("div", self.formula)}</div>',
            f'<p class="d2lx-torch"><code>{html.escape(self.code)}</code></p>' if self.code else "",
        ]
        return "".join(parts)

    def png(self) -> bytes:
        """Return the grids as a PNG picture."""
        from matplotlib.figure import Figure

        lines: list[list[Grid]] = []
        for grid in self.grids:
            if grid.line or not lines:
                lines.append([])
            lines[-1].append(grid)
        wide = max(sum(grid.shape[1] for grid in line) for line in lines)
        high = [min(0.32 * max(grid.shape[0] for grid in line), 8) + 0.8 for line in lines]
        figure = Figure(figsize=(min(0.32 * wide + 1.5, 12), sum(high)), dpi=150)
        parts = figure.subfigures(len(lines), 1, height_ratios=high, squeeze=False)
        for part, line in zip(parts[:, 0], lines, strict=True):
            ratios = [grid.shape[1] for grid in line]
            axes = part.subplots(1, len(line), width_ratios=ratios, squeeze=False)
            for axis, grid in zip(axes[0], line, strict=True):
                _draw(axis, grid)
        out = io.BytesIO()
        figure.savefig(out, format="png", bbox_inches="tight", metadata={"Software": None})
        return out.getvalue()


def _draw(axis: Any, grid: Grid) -> None:
    axis.set_title(grid.caption, fontsize=7)
    axis.set(xticks=[], yticks=[])
    if grid.pixels:
        axis.imshow(grid.pixels.rgb())
        return
    rows, cols = grid.shape
    axis.set(xlim=(0, cols), ylim=(rows, 0), aspect="equal")
    for place in range(1, rows):
        axis.axhline(place, color="0.85", lw=0.5)
    for place in range(1, cols):
        axis.axvline(place, color="0.85", lw=0.5)
    for r, row in enumerate(grid.cells):
        for c, (text, css) in enumerate(row):
            grey = "0.6" if "pad" in css else "0"
            axis.text(c + 0.5, r + 0.5, text, ha="center", va="center", fontsize=6, color=grey)
            if " win" in css:
                axis.plot(c + 0.84, r + 0.82, "o", color="0", ms=1.5)
            if "unread" in css:
                axis.plot([c, c + 1], [r + 1, r], color="0.7", lw=0.6)
