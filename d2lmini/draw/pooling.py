"""Pooling: a window over a picture, a shifted row, and where the gradient goes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, PathPatch, Rectangle
from matplotlib.path import Path

from d2lmini.draw.style import (
    ERROR,
    GREY,
    INPUT,
    KERNEL,
    OUTPUT,
    PAPER,
    WIDTH,
    Array,
    as_array,
    in_style,
    make_axes,
    short,
    write_value,
)
from d2lmini.ops import out_size

GAP = 1.1  # cells between two tables
SPREAD, ROOM = 2.9, 4.5  # cells from one value of a window to the next, from window to window


@in_style
def pool_stop(
    X: Any, pool_size: tuple[int, int], stop: int, *, s: int = 1, ax: Axes | None = None
) -> Figure:
    """Draw one stop of a pooling window, with the maxima and the averages found so far.

    Args:
        X: picture ``(n_h, n_w)``.
        pool_size: window ``(k_h, k_w)``.
        stop: which stop, counted from 0 in reading order; outputs of later ones show as ``?``.
        s: stride in both directions.

    The window is dashed, and its largest value, the first one if there are several, is circled.

    Raises:
        ValueError: the window does not fit, or there is no such stop.
    """
    values = as_array(X, 2)
    (n_h, n_w), (k_h, k_w) = values.shape, pool_size
    m_h, m_w = out_size(n_h, k_h, s=s), out_size(n_w, k_w, s=s)
    if not 0 <= stop < m_h * m_w:
        raise ValueError(f"the window stops {m_h * m_w} times, counted from 0: no stop {stop}")
    wide, low = n_w + 2 * (GAP + m_w), (n_h - m_h) / 2
    ax, figure = make_axes(ax, height=WIDTH * (n_h + 1.1) / (wide + 0.4))
    corners = [(a * s, b * s) for a in range(m_h) for b in range(m_w)]
    windows = [values[i : i + k_h, j : j + k_w] for i, j in corners[: stop + 1]]
    _table(ax, 0, 0, values, "picture", INPUT)
    kept = {"maximum": [w.max() for w in windows], "average": [w.mean() for w in windows]}
    for column, (name, outputs) in enumerate(kept.items()):
        found = np.full(m_h * m_w, np.nan)
        found[: stop + 1] = outputs
        x = n_w + GAP + column * (m_w + GAP)
        _table(ax, x, low, found.reshape(m_h, m_w), name, OUTPUT)
        _dashed(ax, x + stop % m_w, low + stop // m_w, 1, 1)
    i, j = corners[stop]
    _dashed(ax, j, i, k_w, k_h)
    a, b = np.unravel_index(windows[-1].argmax(), pool_size)
    ax.add_patch(Ellipse((j + b + 0.5, i + a + 0.5), 0.74, 0.74, fill=False, ec=KERNEL, lw=1.8))
    ax.set(xlim=(-0.2, wide + 0.2), ylim=(n_h + 0.1, -1), aspect="equal")
    ax.axis("off")
    return figure


def _dashed(ax: Axes, x: float, y: float, w: float, h: float) -> None:
    ax.add_patch(Rectangle((x, y), w, h, fill=False, edgecolor=KERNEL, lw=2.4, ls="--"))


def _cells(
    ax: Axes, x: float, y: float, texts: Sequence[Sequence[str]], w: float = 1, colour: str = GREY
) -> None:
    """Draw rows of cells, ``w`` wide and 1 high, with a word in the middle of each."""
    boxes = []
    for i, row in enumerate(texts):
        for j, text in enumerate(row):
            left, top = x + w * j, y + i
            corners = [(left, top), (left + w, top), (left + w, top + 1), (left, top + 1)]
            boxes.append(Path([*corners, corners[0]], closed=True))
            write_value(ax, left + w / 2, top + 0.5, text)
    cells = Path.make_compound_path(*boxes)  # one shape for all: a page holds many such drawings
    ax.add_patch(PathPatch(cells, facecolor=PAPER, edgecolor=colour, lw=0.9))


def _table(ax: Axes, x: float, y: float, values: Array, name: str, colour: str) -> None:
    """Write numbers as a table with its name above; a missing one is a question mark."""
    _cells(ax, x, y, [["?" if np.isnan(v) else short(v) for v in row] for row in values])
    h, w = values.shape
    ax.add_patch(Rectangle((x, y), w, h, fill=False, edgecolor=colour, lw=2))
    ax.text(x + w / 2, y - 0.2, name, ha="center", va="bottom", color=colour)


@in_style
def pool_shift(
    before: Sequence[float] | Any, shift: int, k: int, *, ax: Axes | None = None
) -> Figure:
    """Draw a row and the same row moved to the right, each above its maxima over windows.

    Args:
        before: row of numbers ``(n_w,)``; zeros come in on the left when it moves.
        shift: places to the right, 0 to ``n_w - 1``.
        k: window and stride; places after the last full window are not pooled.

    Outputs that the shift changed are framed, and a word says so.

    Raises:
        ValueError: a row that is no plain list of numbers, a window that does not fit, or a
            shift that leaves nothing.
    """
    row = as_array(before, 1)
    if not 0 <= shift < len(row):
        raise ValueError(f"the shift must be 0 to {len(row) - 1} for this row, got {shift}")
    after = np.concatenate([np.zeros(shift), row[: len(row) - shift]])
    m = out_size(len(row), k, s=k)
    pooled = [values[: m * k].reshape(m, k).max(1) for values in (row, after)]
    ax, figure = make_axes(ax, height=WIDTH * 6.6 / (len(row) + 3.6))
    rows = zip((0, 3.1), ("before", "after"), (row, after), pooled, strict=True)
    for y, name, values, maxima in rows:
        ax.text(-0.35, y + 0.5, name, ha="right", va="center")
        ax.text(-0.35, y + 1.7, "pooled", ha="right", va="center")
        _cells(ax, 0, y, [[short(value) for value in values]])
        _cells(ax, 0, y + 1.2, [[short(value) for value in maxima]], k, OUTPUT)
    for i in np.flatnonzero(pooled[0] != pooled[1]).tolist():
        frame = Rectangle(
            (i * k + 0.06, 4.36), k - 0.12, 0.88, fill=False, edgecolor=ERROR, lw=2.2, ls="--"
        )
        ax.add_patch(frame)
        ax.text((i + 0.5) * k, 5.4, "changed", ha="center", va="top", color=ERROR)
    ax.set(xlim=(-3.3, len(row) + 0.2), ylim=(6.2, -0.2), aspect="equal")
    ax.axis("off")
    return figure


@in_style
def gradient_arrows(
    panels: Mapping[str, tuple[Any, float, Any]], *, ax: Axes | None = None
) -> Figure:
    """Draw one window for each name: its output in the middle, arrows where the gradient goes.

    Args:
        panels: name to the window ``(2, 2)``, its output, and the output's gradient by the four
            values, ``(2, 2)``. An arrow carries its part; where there is none, no arrow goes.

    Raises:
        ValueError: no panel, or a window or gradient that is not 2×2.
    """
    if not panels:
        raise ValueError("no window to draw: give at least one name with window, output, gradient")
    ax, figure = make_axes(ax, height=WIDTH * (SPREAD + 2.2) / (ROOM * len(panels)))
    for number, (name, (X, output, gradient)) in enumerate(panels.items()):
        window, parts = as_array(X, 2), as_array(gradient, 2)
        if window.shape != (2, 2) or parts.shape != (2, 2):
            raise ValueError(f"{name}: window and gradient must be 2×2, got {window.shape}")
        x = ROOM * number
        for (i, j), value in np.ndenumerate(window):
            _cells(ax, x + SPREAD * j, SPREAD * i, [[short(value)]], 1, INPUT)
            if parts[i, j]:
                _arrow(ax, x, i, j, float(parts[i, j]))
        _cells(ax, x + SPREAD / 2, SPREAD / 2, [[short(output)]], 1, OUTPUT)
        ax.text(x + SPREAD / 2 + 0.5, -0.25, name, ha="center", va="bottom")
    ax.set(xlim=(-0.25, ROOM * len(panels) - 0.35), ylim=(SPREAD + 1.1, -1.1), aspect="equal")
    ax.axis("off")
    return figure


def _arrow(ax: Axes, x: float, i: int, j: int, part: float) -> None:
    """Draw an arrow from the output in the middle to cell (i, j), and its part beside it."""
    way = {"arrowstyle": "-|>", "color": KERNEL, "lw": 1 + 2 * part, "shrinkA": 0, "shrinkB": 0}
    middle, side, down = SPREAD / 2 + 0.5, 2 * j - 1, 2 * i - 1
    start, tip = ((x + middle + far * side, middle + far * down) for far in (0.5, middle - 1))
    ax.annotate("", tip, start, arrowprops=way)
    spot = (x + middle + 0.95 * side, middle + 0.5 * down)
    ax.text(*spot, short(part), ha="left" if j else "right", va="center", fontsize=10)
