"""One axis under a sliding window: rulers, strips and samples."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from d2lmini.draw.style import (
    ERROR,
    GREY,
    INPUT,
    KERNEL,
    LINES,
    PAPER,
    WIDTH,
    Array,
    as_array,
    in_style,
    make_axes,
    make_panels,
    short,
    write_value,
)
from d2lmini.ops import out_size


@in_style
def ruler(n: int, k: int, p: int = 0, s: int = 1, d: int = 1, *, ax: Axes | None = None) -> Figure:
    """Draw one axis: the cells, the border, every window that fits, and what no window reads.

    Args:
        n: input size; k: kernel size; p: padding per side; s: stride; d: dilation.

    Raises:
        ValueError: as :func:`d2lmini.ops.out_size`.
    """
    m = out_size(n, k, p, s, d)
    total = n + 2 * p
    ax, figure = make_axes(ax, height=WIDTH / (total + 3) * (m * 0.62 + 2.2))
    _row(ax, 0, 0, [0 if not p <= i < p + n else i - p for i in range(total)], _border(n, p))
    ax.add_patch(Rectangle((p, 0), n, 1, fill=False, edgecolor=INPUT, lw=2))
    for i in range(m):
        y, taps = 1.35 + 0.62 * i, [i * s + d * a for a in range(k)]
        thin = 1.2 if d > 1 else 5  # a dilated kernel is a thin line with its taps thick
        ends = [taps[0] + 0.08, taps[-1] + 0.92]
        ax.plot(ends, [y, y], color=KERNEL, lw=thin, solid_capstyle="butt")
        for tap in taps if d > 1 else ():
            ax.plot([tap + 0.08, tap + 0.92], [y, y], color=KERNEL, lw=5, solid_capstyle="butt")
        ax.text(taps[-1] + 1.15, y, f"output {i}", va="center")
    _cross_out(ax, unread(n, k, p, s, d))
    ax.set(xlim=(-0.2, total + 2.6), ylim=(1.35 + 0.62 * m, -0.7))
    ax.axis("off")
    return figure


def unread(n: int, k: int, p: int = 0, s: int = 1, d: int = 1) -> list[int]:
    """List the places of one padded axis that no window reads, counted from the border's start.

    Args:
        n: input size; k: kernel size; p: padding per side; s: stride; d: dilation.

    Raises:
        ValueError: as :func:`d2lmini.ops.out_size`.

    >>> unread(8, 3, s=3)
    [6, 7]
    """
    read = {i * s + d * a for i in range(out_size(n, k, p, s, d)) for a in range(k)}
    return [place for place in range(n + 2 * p) if place not in read]


def _border(n: int, p: int) -> list[int]:
    return [*range(p), *range(p + n, 2 * p + n)]


def _row(
    ax: Axes, x: float, y: float, values: Sequence[float], hatched: Sequence[int] = ()
) -> None:
    """Draw numbers as a row of cells from (x, y) on; `hatched` counts cells of the row."""
    for i, value in enumerate(values):
        cell = Rectangle((x + i, y), 1, 1, facecolor=PAPER, edgecolor=GREY, lw=0.9)
        cell.set_hatch("////" if i in hatched else "")
        ax.add_patch(cell)
        write_value(ax, x + i + 0.5, y + 0.5, short(value), hatched=i in hatched)


def _cross_out(ax: Axes, places: Sequence[int]) -> None:
    """Cross out cells of the top row and say once for each group why."""
    groups: list[list[int]] = []
    for place in places:
        ax.plot([place + 0.15, place + 0.85], [0.15, 0.85], color=ERROR, lw=2)
        ax.plot([place + 0.15, place + 0.85], [0.85, 0.15], color=ERROR, lw=2)
        if groups and groups[-1][-1] == place - 1:
            groups[-1].append(place)
        else:
            groups.append([place])
    for group in groups:
        middle = (group[0] + group[-1] + 1) / 2
        ax.text(middle, -0.12, "unread", color=ERROR, ha="center", va="bottom")


@in_style
def strips(
    rows: Mapping[str, tuple[int, ArrayLike]],
    *,
    border: Mapping[str, Sequence[int]] | None = None,
    mark: int | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw rows of numbers above each other on one ruler, each with its name on the left.

    Args:
        rows: name to the place of its first number and the numbers.
        border: name to the places that are padding; they are hatched.
        mark: a place whose column is framed through all rows.

    Raises:
        ValueError: no rows, or a row that is not a plain list of numbers.
    """
    if not rows:
        raise ValueError("no rows to draw: give at least one name with its numbers")
    ax, figure = make_axes(ax, height=0.62 * len(rows) + 0.2)
    for y, (name, (start, values)) in enumerate(rows.items()):
        hatched = [place - start for place in (border or {}).get(name, ())]
        _row(ax, start, 1.3 * y, as_array(values, 1).tolist(), hatched)
        ax.text(-1.4, 1.3 * y + 0.5, name, ha="right", va="center")
    if mark is not None:
        frame = (1, 1.3 * len(rows) - 0.1)
        ax.add_patch(Rectangle((mark, -0.1), *frame, fill=False, edgecolor=INPUT, lw=2, ls="--"))
    last = max(start + len(as_array(values, 1)) for start, values in rows.values())
    ax.set(xlim=(-6.5, last + 0.2), ylim=(1.3 * len(rows) + 0.1, -0.3), aspect="equal")
    ax.axis("off")
    return figure


@in_style
def sampled(
    wave: Callable[[Array], ArrayLike],
    stop: int,
    strides: Sequence[int] = (1, 2),
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw a wave and what is left of it when only every ``s``-th sample is kept.

    Args:
        wave: function of time, applied to arrays; its values should stay within [-1, 1].
        stop: last time drawn; samples stand at 0, s, 2s, …
        strides: one picture for each.

    Raises:
        ValueError: no stride, or one below 1.
    """
    if not strides or min(strides) < 1:
        raise ValueError(f"give strides of at least 1, got {tuple(strides)}")
    panels, figure = make_panels(len(strides), 1, ax, 0.34, WIDTH)
    fine = np.linspace(0, stop, 50 * stop + 1)
    for panel, s in zip(panels, strides, strict=True):
        at = np.arange(0, stop + 1, s, dtype=float)
        panel.axhline(0, color=GREY, lw=0.6)
        panel.plot(fine, np.asarray(wave(fine)), color="#b5b5b5", lw=1.2)
        panel.plot(at, np.asarray(wave(at)), color=LINES[0][0], lw=1.6, marker="o", ms=6)
        panel.set(ylim=(-1.35, 1.35), yticks=[-1, 0, 1], title=f"stride {s}: {len(at)} samples")
        panel.set_yticklabels(["\N{MINUS SIGN}1", "0", "1"])
    panels[-1].set(xticks=range(stop + 1), xlabel="t")
    return figure
