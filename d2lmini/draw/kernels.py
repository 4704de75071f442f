"""A kernel at work: one window and its sum, responses, what learning does, what an element sees."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from d2lmini.draw.style import (
    ERROR,
    INK,
    INPUT,
    KERNEL,
    LINES,
    OUTPUT,
    PAPER,
    SIGNED,
    WIDTH,
    Array,
    as_array,
    in_style,
    ink_on,
    make_axes,
    make_panels,
    short,
    write_value,
)
from d2lmini.ops import corr2d

WHITE = (1.0, 1.0, 1.0, 1.0)
STEEPEST = 60  # the largest curvature of the loss of `learn`


# ---------------------------------------------------------------- tables of numbers


@in_style
def response(X: Any, K: Any, *, ax: Axes | None = None) -> Figure:
    """Draw a picture of 0 and 1, a kernel and the response, all as numbers.

    Args:
        X: picture ``(n_h, n_w)`` with values in [0, 1], shown in grey.
        K: kernel ``(k_h, k_w)``, shaded by sign like the response.

    Raises:
        ValueError: as :func:`d2lmini.ops.corr2d`.
    """
    Y, x, kernel = as_array(corr2d(X, K), 2), as_array(X, 2), as_array(K, 2)
    lefts, width = _places(x, kernel, Y)
    height = max(len(x), len(kernel), len(Y))
    ax, figure = make_axes(ax, WIDTH / (width + 0.2) * (height + 1.4))
    shades = [[(v, v, v, 1.0) for v in row] for row in np.clip(x, 0, 1)]
    _table(ax, lefts[0], _texts(x), shades, "picture", INPUT)
    _table(ax, lefts[1], _texts(kernel), _signed(kernel), "kernel", KERNEL)
    _table(ax, lefts[2], _texts(Y), _signed(Y), "response", OUTPUT)
    _fit(ax, width, height)
    return figure


def _places(*tables: Array) -> tuple[list[float], float]:
    """Return the left edge of each table and the width of all, in cells."""
    gap, lefts, right = 1.1, [], 0.0
    for table in tables:
        lefts.append(right)
        right += table.shape[1] + gap
    return lefts, right - gap


def _texts(values: Array) -> Any:
    return np.array([[short(round(float(v), 2)) for v in row] for row in values])


def _signed(values: Array) -> list[list[Any]]:
    top = float(np.abs(values).max()) or 1.0
    return [[SIGNED(0.5 + v / top / 2) for v in row] for row in values]


def _table(
    ax: Axes, left: float, texts: Any, shades: Any = None, title: str = "", frame: str = INK
) -> None:
    """Draw a table of texts with its title; shades are one colour for each cell."""
    h, w = texts.shape
    fills = np.ones((h, w, 4)) if shades is None else np.asarray(shades, dtype=float)
    # one image and one line instead of a patch for each cell: a page holds dozens of these
    ax.imshow(fills, extent=(left, left + w, h, 0), interpolation="none")
    lines = [[(left + j, left + j, np.nan), (0, h, np.nan)] for j in range(1, w)]
    lines += [[(left, left + w, np.nan), (i, i, np.nan)] for i in range(1, h)]
    if lines:
        ax.plot(*np.concatenate(lines, axis=1), color="#c8c8c8", lw=0.6)
    for (i, j), text in np.ndenumerate(texts):
        write_value(ax, left + j + 0.5, i + 0.5, str(text), ink_on(fills[i, j].tolist()))
    ax.add_patch(Rectangle((left, 0), w, h, fill=False, edgecolor=frame, lw=2))
    ax.text(left + w / 2, -0.25, title, ha="center", va="bottom", color=frame)


def _fit(ax: Axes, width: float, bottom: float) -> None:
    ax.set(xlim=(-0.1, width + 0.1), ylim=(bottom + 0.1, -1.2), aspect="equal")
    ax.axis("off")


# ---------------------------------------------------------------- pictures


@in_style
def weights(kernels: Any, titles: Sequence[str], *, ax: Axes | None = None) -> Figure:
    """Write kernels as tables, two decimals, shaded by sign on one scale.

    Args:
        kernels: ``(k_h, k_w)`` each.
        titles: one line above each.

    Raises:
        ValueError: no kernels, one that is not flat, or titles that do not match.
    """
    shown = [as_array(kernel, 2) for kernel in kernels]
    if not shown or len(shown) != len(titles):
        raise ValueError(f"{len(shown)} kernels but {len(titles)} titles: give one for each")
    panels, figure = make_panels(len(shown), 1, ax, 0.62, WIDTH)
    top = max(float(np.abs(kernel).max()) for kernel in shown) or 1.0
    for panel, kernel, title in zip(panels, shown, titles, strict=True):
        h, w = kernel.shape
        shades = [[SIGNED(0.5 + v / top / 2) for v in row] for row in kernel]
        texts = np.array([[_two_places(v) for v in row] for row in kernel])
        _table(panel, 0, texts, shades, title, KERNEL)
        panel.set(xlim=(-0.1, w + 0.1), ylim=(h + 0.1, -0.9), aspect="auto")
        panel.axis("off")
    return figure


def _two_places(value: float) -> str:
    return f"{abs(value):.2f}" if value > -0.005 else f"\N{MINUS SIGN}{-value:.2f}"


# ---------------------------------------------------------------- learning


@in_style
def rates(
    lr: Sequence[float], losses: Mapping[str, Sequence[float]], *, ax: Axes | None = None
) -> Figure:
    """Draw the loss after some updates against the learning rate, with the three regions.

    Args:
        lr: learning rates, ascending, for the edge kernel: curvature 60 sets the regions.
        losses: name of a start to its loss at each of these rates.

    Raises:
        ValueError: nothing to draw, or a curve of another length than ``lr``.
    """
    if not losses or any(len(values) != len(lr) for values in losses.values()):
        raise ValueError(f"each curve needs {len(lr)} losses, and there must be one at least")
    ax, figure = make_axes(ax, height=3.3)
    top, last, steady, limit = 1e7, max(lr), 1 / STEEPEST, 2 / STEEPEST
    regions = [(0, steady, "monotone", PAPER), (steady, limit, "alternating", "#ececec")]
    regions.append((limit, last, "divergent", "#d4d4d4"))
    for start, end, name, shade in regions:
        ax.axvspan(start, min(end, last), color=shade, lw=0)
        ax.text((start + min(end, last)) / 2, top * 2, name, ha="center", va="bottom")
    for (name, values), (colour, dashes, _) in zip(losses.items(), LINES, strict=False):
        ax.plot(lr, np.clip(values, 1e-12, top), color=colour, ls=dashes, lw=2)
        inside = [i for i, value in enumerate(values) if 1e-5 < value < top / 10]
        at = inside[-1] if inside else 0
        text = ax.text(lr[at] - last / 60, values[at], f"from {name}", color=colour)
        text.set(
            ha="right", va="top", zorder=4, path_effects=[withStroke(linewidth=4, foreground=PAPER)]
        )
    ax.set(yscale="log", ylim=(1e-6, top), xlim=(0, last), yticks=[1e-6, 1e-3, 1, 1e3, 1e6])
    ax.set_xticks([0, steady, limit], labels=["0", "1/60", "2/60"])
    ax.axvline(limit, color=ERROR, lw=1.6)
    ax.set(xlabel="learning rate", ylabel="loss")
    ax.minorticks_off()
    return figure
