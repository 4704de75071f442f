"""What a layer is made of: connections, a weight matrix, and maps that follow their picture."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from d2lmini.draw.style import (
    GREY,
    INK,
    INPUT,
    KERNEL,
    OUTPUT,
    PAPER,
    SIGNED,
    WIDTH,
    Array,
    as_array,
    as_pictures,
    in_style,
    make_axes,
    make_panels,
    set_titles,
    short,
)


@in_style
def connections(layers: Any, titles: Sequence[str], *, ax: Axes | None = None) -> Figure:
    """Draw layers on one axis as lines from their inputs, below, to their outputs, above.

    A line stands for a weight that is not zero: orange below zero, blue above, darker when it is
    larger. Lines that run in parallel join places at the same distance.

    Args:
        layers: sequence of weight matrices ``(outputs, inputs)``.
        titles: one for each.

    Raises:
        ValueError: no layer, one that has not two axes, or titles that do not match.
    """
    shown = as_pictures(layers)
    panels, figure = make_panels(len(shown), len(shown), ax, 1.1)
    for panel, values in zip(panels, shown, strict=True):
        outputs, inputs = values.shape
        top = float(np.abs(values).max()) or 1.0
        for (i, j), value in np.ndenumerate(values):
            if value:
                panel.plot([j, i], [0, 1], color=_line_colour(value / top), lw=1.5, zorder=1)
        panel.scatter(range(inputs), [0] * inputs, s=26, color=INPUT, zorder=2)
        panel.scatter(range(outputs), [1] * outputs, s=26, color=OUTPUT, marker="s", zorder=2)
        panel.set(ylim=(-0.1, 1.1))
    set_titles(panels, titles, len(shown))
    return figure


def _line_colour(value: float) -> tuple[float, float, float, float]:
    """Return a colour for -1 to 1; small values too stand out from the paper."""
    colour: tuple[float, float, float, float]
    colour = SIGNED(0.5 + 0.5 * np.sign(value) * (0.4 + 0.6 * abs(value)))
    return colour


@in_style
def weight_matrix(
    W: Any, shape: tuple[int, int], unit: tuple[int, int], *, ax: Axes | None = None
) -> Figure:
    """Show all weights of a layer, and those of one unit laid out as the picture it looks at.

    Args:
        W: ``(outputs, inputs)``, each of them a picture of the given shape, row after row.
        shape: height and width of the picture.
        unit: row and column of the output whose weights are shown on the right.

    Raises:
        ValueError: the sizes do not fit, or there is no such unit.
    """
    values = as_array(W, 2)
    h, w = shape
    if values.shape != (h * w, h * w):
        raise ValueError(f"a picture {shape} needs a matrix {(h * w, h * w)}, got {values.shape}")
    i, j = unit
    if not (0 <= i < h and 0 <= j < w):
        raise ValueError(f"unit {unit} is not in a picture of shape {shape}")
    (left, right), figure = make_panels(2, 2, ax, 1.2)
    row, top = i * w + j, float(np.abs(values).max()) or 1.0
    _signed(left, values, top)
    left.add_patch(Rectangle((-0.5, row - 0.5), h * w, 1, fill=False, edgecolor=KERNEL, lw=1.6))
    left.set_title(f"all weights\n{h * w}×{h * w}")
    _signed(right, values[row].reshape(h, w), top)
    right.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, fill=False, edgecolor=INK, lw=2.2))
    right.set_title(f"the framed row,\nunit ({i}, {j})")
    return figure


def _signed(panel: Axes, values: Array, top: float) -> None:
    """Show signed values in a thin frame, each pixel as it is."""
    panel.imshow(values, cmap=SIGNED, vmin=-top, vmax=top, interpolation="none")
    panel.spines[:].set(visible=True, color=GREY)


@in_style
def puzzle(scene: Any, tile: int, pitch: int, *, ax: Axes | None = None) -> Figure:
    """Show a scene of square tiles in grey, with the numbers of their rows and columns.

    Args:
        scene: ``(h, w)``, with a border of ``pitch - tile`` pixels.
        tile: side of a tile; pitch: from the start of one tile to the start of the next.

    Raises:
        ValueError: ``scene`` has not two axes.
    """
    picture = as_array(scene, 2)
    h, w = picture.shape
    ax, figure = make_axes(ax, height=WIDTH * h / w)
    ax.imshow(picture, cmap="gray", interpolation="none")
    middle = pitch - tile + (tile - 1) / 2
    rows, columns = np.arange(middle, h, pitch), np.arange(middle, w, pitch)
    ax.set_yticks(rows, labels=[f"row {i}" for i in range(len(rows))])
    ax.set_xticks(columns, labels=[str(j) for j in range(len(columns))])
    ax.set_xlabel("column")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return figure


@in_style
def search(
    scene: Any, score: Any, size: tuple[int, int], *, limit: float, ax: Axes | None = None
) -> Figure:
    """Show a scene beside its score map, with a frame around what the best score stands for.

    Args:
        scene: ``(n_h, n_w)``.
        score: ``(m_h, m_w)``, one score for each window.
        size: height and width of a window.
        limit: the score with full colour; equal in drawings that are compared.

    Raises:
        ValueError: an argument has not two axes, or the sizes do not fit.
    """
    picture, scores = as_array(scene, 2), as_array(score, 2)
    fits = tuple(n - k + 1 for n, k in zip(picture.shape, size, strict=True))
    if scores.shape != fits:
        raise ValueError(
            f"windows {size} on {picture.shape} give {fits} scores, got {scores.shape}"
        )
    (left, right), figure = make_panels(2, 2, ax, 0.93)
    i, j = (int(place) for place in np.unravel_index(scores.argmax(), scores.shape))
    left.imshow(picture, cmap="gray", interpolation="none")
    frame = (j - 1.5, i - 1.5)
    left.add_patch(Rectangle(frame, size[1] + 2, size[0] + 2, fill=False, edgecolor=PAPER, lw=4))
    left.add_patch(Rectangle(frame, size[1] + 2, size[0] + 2, fill=False, edgecolor=KERNEL, lw=2))
    left.set_title("scene")
    _signed(right, scores, limit)
    right.scatter([j], [i], s=150, facecolors="none", edgecolors=INK, linewidths=1.6)
    right.set_title(f"score, best {short(scores[i, j])}")
    return figure
