"""A kernel at work: one window and its sum, responses, what learning does, what an element sees."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, Rectangle
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
STEPS = 24  # shades of a photograph, from 0 to full
LEVELS = (1, 5, 15, 27, 60, 120)  # losses whose lines are drawn


# ---------------------------------------------------------------- tables of numbers


@in_style
def window_sum(X: Any, K: Any, stop: int, *, ax: Axes | None = None) -> Figure:
    """Draw one stop of the window: input, kernel, the outputs so far, and the sum written out.

    Args:
        X: input ``(n_h, n_w)``; K: kernel ``(k_h, k_w)``; few and short numbers in both.
        stop: which window, counted from 0, row by row.

    Raises:
        ValueError: as :func:`d2lmini.ops.corr2d`, or there is no such window.
    """
    Y = as_array(corr2d(X, K), 2)
    if not 0 <= stop < Y.size:
        raise ValueError(f"stop must lie in 0..{Y.size - 1}, got {stop}")
    x, kernel = as_array(X, 2), as_array(K, 2)
    i, j = divmod(stop, Y.shape[1])
    shown = [["" if place > stop else short(v) for place, v in enumerate(Y.flat)]]
    texts = np.array(shown).reshape(Y.shape)
    lefts, width = _places(x, kernel, Y)
    height = max(len(x), len(kernel), len(Y))
    ax, figure = make_axes(ax, WIDTH / (width + 0.2) * (height + 2.4))
    _table(ax, lefts[0], _texts(x), title="input", frame=INPUT)
    _table(ax, lefts[1], _texts(kernel), title="kernel", frame=KERNEL)
    _table(ax, lefts[2], texts, title="output", frame=OUTPUT)
    k_h, k_w = kernel.shape
    _frame(ax, lefts[0] + j, i, k_w, k_h)
    _frame(ax, lefts[2] + j, i, 1, 1)
    window = x[i : i + k_h, j : j + k_w]
    terms = [f"{short(a)}·{short(b)}" for a, b in zip(window.flat, kernel.flat, strict=True)]
    line = f"{' + '.join(terms)} = {short(Y[i, j])}"
    ax.text(width / 2, height + 0.9, line, ha="center", va="center")
    _fit(ax, width, height + 1.5)
    return figure


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


def _frame(ax: Axes, x: float, y: float, w: float, h: float) -> None:
    ax.add_patch(Rectangle((x, y), w, h, fill=False, edgecolor=KERNEL, lw=3, ls="--"))


def _fit(ax: Axes, width: float, bottom: float) -> None:
    ax.set(xlim=(-0.1, width + 0.1), ylim=(bottom + 0.1, -1.2), aspect="equal")
    ax.axis("off")


# ---------------------------------------------------------------- pictures


@in_style
def seen_by(picture: Any, K: Any, Y: Any, *, ax: Axes | None = None) -> Figure:
    """Show a picture in grey beside a kernel's response in orange and blue.

    Both are rounded to 24 shades.

    Args:
        picture: ``(n_h, n_w)``, values in [0, 1].
        K: the kernel, written between the two.
        Y: the response ``(m_h, m_w)``; full colour at its largest absolute value.

    Raises:
        ValueError: one of them has not two axes.
    """
    x, kernel, y = as_array(picture, 2), as_array(K, 2), as_array(Y, 2)
    ax, figure = make_axes(ax, height=WIDTH * 0.42 * max(len(x) / x.shape[1], 1) + 0.3)
    ax.axis("off")
    left, middle, right = (
        ax.inset_axes(place) for place in ((0, 0, 0.39, 1), (0.4, 0, 0.2, 1), (0.61, 0, 0.39, 1))
    )
    top = float(np.abs(y).max()) or 1.0
    left.imshow(_coarse(x, 1), cmap="gray", vmin=0, vmax=1, interpolation="none")
    right.imshow(_coarse(y, top), cmap=SIGNED, vmin=-top, vmax=top, interpolation="none")
    for panel, title in ((left, "picture"), (right, "response")):
        panel.set(xticks=[], yticks=[], title=title)
        panel.spines[:].set_visible(True)
    h, w = kernel.shape
    _table(middle, 0, _texts(kernel), _signed(kernel), "kernel", KERNEL)
    middle.set(xlim=(w / 2 - 1.6, w / 2 + 1.6), ylim=(h / 2 + 1.8, h / 2 - 2.6), aspect="equal")
    middle.axis("off")
    return figure


def _coarse(values: Array, top: float) -> Array:
    """Round to steps that the eye hardly sees: a page holds many of these pictures."""
    return np.round(values / top * STEPS) / STEPS * top


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
def descent(
    losses: Sequence[float],
    path: Sequence[Sequence[float]],
    hessian: Any,
    target: Sequence[float],
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw the path of two weights over the lines of equal loss, and the loss of each update.

    Args:
        losses, path: as :func:`d2lmini.train.learn` returns them.
        hessian: ``(2, 2)``, of the quadratic loss, positive definite.
        target: where that loss is lowest, two numbers.

    Raises:
        ValueError: losses and path are empty or differ in length.
    """
    if not losses or len(losses) != len(path):
        raise ValueError(f"{len(losses)} losses but {len(path)} places: one for each is needed")
    H, (a, b) = as_array(hessian, 2), target
    ax, figure = make_axes(ax, height=2.5)
    ax.axis("off")
    plane, curve = ax.inset_axes((0.1, 0.16, 0.4, 0.84)), ax.inset_axes((0.66, 0.16, 0.34, 0.84))
    curvatures, turn = np.linalg.eigh(H)
    tilt = np.degrees(np.arctan2(turn[1, 0], turn[0, 0]))
    for level in LEVELS:
        wide, high = 2 * np.sqrt(2 * level / curvatures)
        plane.add_patch(Ellipse((a, b), wide, high, angle=tilt, fill=False, ec="#b5b5b5", lw=0.9))
    steps = np.asarray(path, dtype=float)
    with np.errstate(over="ignore"):
        steps = np.clip(steps, -9, 9)
    plane.plot(*steps.T, color=KERNEL, lw=1.4, marker="o", ms=3.5)
    plane.plot(*steps[0], marker="s", ms=7, color=INPUT)
    plane.plot(a, b, marker="*", ms=11, color=INK)
    plane.set(xlim=(a - 2.2, a + 2.2), ylim=(b - 2.2, b + 2.2), xlabel="left weight")
    plane.set(ylabel="right weight", xticks=[-1, 0, 1, 2, 3], yticks=[-3, -2, -1, 0, 1])
    curve.semilogy(np.clip(losses, 1e-6, 1e9), color=LINES[0][0], lw=1.4, marker="o", ms=3)
    curve.set(ylim=(1e-3, 1e4), yticks=[1e-3, 1, 1e3], xlabel="updates", ylabel="loss")
    curve.minorticks_off()
    curve.set_xlim(-0.5, len(losses) - 0.5)
    return figure


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
