"""Pooling: where the gradient goes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from d2lmini.draw.style import (
    GREY,
    INPUT,
    KERNEL,
    OUTPUT,
    PAPER,
    WIDTH,
    as_array,
    in_style,
    make_axes,
    short,
    write_value,
)

SPREAD, ROOM = 2.9, 4.5  # cells from one value of a window to the next, from window to window


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
