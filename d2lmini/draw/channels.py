"""Several channels at once: mixing desk, colour, sliding axes, wiring, costs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon, Rectangle

from d2lmini.draw.style import (
    GREY,
    INK,
    INPUT,
    KERNEL,
    LINES,
    OUTPUT,
    PAPER,
    WIDTH,
    Array,
    as_array,
    in_style,
    make_axes,
    make_panels,
    set_titles,
    short,
    write_value,
)


def as_colour(picture: Any) -> Array:
    """Return a ``(3, h, w)`` picture as ``(h, w, 3)``, cut to [0, 1] as a screen does it."""
    values = as_array(picture, 3)
    if len(values) != 3:
        raise ValueError(f"a colour picture has 3 channels, got shape {values.shape}")
    return np.moveaxis(values, 0, 2).clip(0, 1)


@in_style
def colour(
    pictures: Sequence[Any],
    titles: Sequence[str] | None = None,
    columns: int = 2,
    *,
    ax: Axes | None = None,
) -> Figure:
    """Show colour pictures.

    Args:
        pictures: each ``(3, h, w)``: red, green, blue from 0 to 1; what lies outside is cut.
        titles: one line above each.
        columns: pictures in a row.

    Raises:
        ValueError: no pictures, one that has not three channels, or titles that do not match.
    """
    shown = [as_colour(picture) for picture in pictures]
    panels, figure = make_panels(len(shown), columns, ax, 1.0 if titles is None else 1.2)
    for panel, values in zip(panels, shown, strict=False):
        panel.imshow(values, interpolation="none")
    set_titles(panels, titles, len(shown))
    return figure


@in_style
def desk(before: Any, W: Any, b: Any, after: Any, *, ax: Axes | None = None) -> Figure:
    """Show a colour picture, the weights of a 1×1 kernel as a mixing desk, and what comes out.

    Args:
        before, after: ``(3, h, w)`` with values from 0 to 1; what lies outside is cut.
        W: weights ``(3, 3)``, a row for each new channel; b: bias ``(3,)``.

    Raises:
        ValueError: a shape is another one.
    """
    weights, bias = as_array(W, 2), as_array(b, 1)
    if weights.shape != (3, 3) or bias.shape != (3,):
        raise ValueError(f"W must be (3, 3) and b (3,), got {weights.shape} and {bias.shape}")
    table = np.concatenate([weights, bias[:, None]], axis=1)
    ax, figure = make_axes(ax, height=WIDTH * 0.86)
    for left, picture, name in ((0, before, "before"), (5.2, after, "after")):
        shown = ax.imshow(as_colour(picture), extent=(left, left + 4.8, 4.8, 0))
        shown.set_interpolation("none")
        ax.text(left + 2.4, -0.15, name, ha="center", va="bottom")
    for j, name in enumerate(("red", "green", "blue", "+ bias")):
        ax.text(2.9 + 1.8 * j, 5.55, name, ha="center", va="center")
    for i, name in enumerate(("new red", "new green", "new blue")):
        ax.text(1.85, 6.3 + 0.9 * i, name, ha="right", va="center")
        for j, value in enumerate(table[i]):
            write_value(ax, 2.9 + 1.8 * j, 6.3 + 0.9 * i, short(round(value, 2)))
    for i in (1, 2):
        ax.plot([2.0, 9.2], [5.85 + 0.9 * i] * 2, color="#c8c8c8", lw=0.8)
    ax.add_patch(Rectangle((2.0, 5.85), 5.4, 2.7, fill=False, edgecolor=KERNEL, lw=2))
    ax.set(xlim=(-0.55, 10.1), ylim=(8.7, -0.75), aspect="equal")
    ax.axis("off")
    return figure


@in_style
def signals(rows: Mapping[str, Any], *, ax: Axes | None = None) -> Figure:
    """Draw one-dimensional signals below each other, all on one scale, sample by sample.

    Args:
        rows: name to values with one axis.

    Raises:
        ValueError: no rows, or one that has not one axis.
    """
    if not rows:
        raise ValueError("no rows to draw: give at least one name with its values")
    values = [as_array(row, 1) for row in rows.values()]
    panels, figure = make_panels(len(rows), 1, ax, 0.27, WIDTH)
    low, high = min(v.min() for v in values), max(v.max() for v in values)
    room = 0.15 * (high - low) or 1.0
    for i, (panel, name, row) in enumerate(zip(panels, rows, values, strict=True)):
        at, (line, _, marker) = np.arange(len(row)), LINES[i % len(LINES)]
        panel.axhline(0, color=GREY, lw=0.6)
        panel.vlines(at, 0, row, color=line, lw=1.6)
        panel.plot(at, row, color=line, ls="", marker=marker, ms=3.2)
        panel.set(title=name, ylim=(low - room, high + room), yticks=[0, high])
        panel.set(xlim=(-1, max(map(len, values))), yticklabels=["0", short(high)])
    panels[-1].set(xticks=range(0, max(map(len, values)), 8), xlabel="sample")
    return figure


@in_style
def bars(values: Mapping[str, float], unit: str, *, ax: Axes | None = None) -> Figure:
    """Compare amounts by horizontal bars, each with its name above and its value at the end.

    Args:
        values: name to amount, at least 0.
        unit: what the values count; stands below the bars.

    Raises:
        ValueError: nothing to compare, or an amount below 0.
    """
    if not values or min(values.values()) < 0:
        raise ValueError(f"give at least one amount, none below 0: got {dict(values)}")
    ax, figure = make_axes(ax, height=0.55 * len(values) + 0.45)
    longest = max(values.values()) or 1.0
    for i, (name, value) in enumerate(values.items()):
        ax.barh(i + 0.22, value, height=0.42, color=LINES[0][0], edgecolor=INK, lw=0.6)
        ax.text(0, i - 0.05, name, ha="left", va="bottom")
        ax.text(value + 0.015 * longest, i + 0.22, f"{value:,.4g}", ha="left", va="center")
    ax.set(xlim=(0, 1.16 * longest), ylim=(len(values) - 0.35, -0.6), yticks=[], xticks=[])
    ax.set_xlabel(unit)
    ax.spines["bottom"].set_visible(False)
    return figure


@in_style
def wiring(
    weights: Sequence[Any],
    titles: Sequence[str] | None = None,
    columns: int = 3,
    *,
    ax: Axes | None = None,
) -> Figure:
    """Draw which input channels reach which output channels, one line for each non-zero weight.

    Args:
        weights: each ``(c_o, c_i)``; inputs stand on the left, outputs on the right.
        titles: one line above each.
        columns: pictures in a row.

    Raises:
        ValueError: no weights, some that have not two axes, or titles that do not match.
    """
    masks = [as_array(mask, 2) for mask in weights]
    if not masks:
        raise ValueError("no weights to draw: give at least one of shape (c_o, c_i)")
    panels, figure = make_panels(len(masks), columns, ax, 1.25)
    for panel, mask in zip(panels, masks, strict=False):
        left, right = (np.linspace(0, 1, 2 * n + 1)[1::2] for n in mask.shape[::-1])
        for o, i in np.argwhere(mask):
            panel.plot([0, 1], [left[i], right[o]], color=GREY, lw=0.8, zorder=1)
        for x, places, ink in ((0, left, INPUT), (1, right, OUTPUT)):
            panel.scatter([x] * len(places), places, s=34, color=ink, zorder=2)
        panel.set(xlim=(-0.15, 1.15), ylim=(1, 0))
    set_titles(panels, titles, len(masks))
    return figure


@in_style
def slide_axes(*, ax: Axes | None = None) -> Figure:
    """Draw a kernel in a signal, in a picture and in a clip, with the axes it slides along.

    In the first two the kernel spans all channels; the clip has one channel, and its third axis
    is time.
    """
    panels, figure = make_panels(3, 3, ax, 1.05)
    boxes = (
        ("conv1d", (8, 3, 0), (2.4, 3, 0), ["time"], "channels"),
        ("conv2d", (6, 6, 3), (2.2, 2.2, 3), ["width", "height"], "channels"),
        ("conv3d", (6, 6, 5), (2.2, 2.2, 2), ["width", "height", "time"], ""),
    )
    for panel, (name, whole, kernel, slides, stacked) in zip(panels, boxes, strict=True):
        _box(panel, whole, INPUT, PAPER)
        _box(panel, kernel, KERNEL, "#ead6f2")
        w, h, d = whole
        below = ((0, h + 0.8), (w, h + 0.8), (w / 2, h + 1.1))
        arrows = {
            "width": below,
            "height": ((-0.8, 0), (-0.8, h), (-1.9, h / 2)),
            "time": ((w + 0.7, h), (w + 0.7 + d / 2, h - d / 2), (w + 2.9, h + 0.3))
            if d
            else below,
        }
        for axis in slides:
            start, end, place = arrows[axis]
            panel.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": INK})
            upright = axis == "height"
            _label(panel, place, axis, INK, upright)
        if stacked:
            _label(panel, (w / 2 + d / 4, -d / 2 - 1.5), stacked, GREY)
        panel.set(xlim=(-2.9, 11.2), ylim=(9.0, -3.4), aspect="equal", title=name)
    return figure


def _label(
    ax: Axes, place: tuple[float, float], text: str, colour: str, upright: bool = False
) -> None:
    """Write the name of an axis; upright names are centred, the others hang from `place`."""
    turn, hang = (90.0, "center") if upright else (0.0, "top")
    ax.text(*place, text, color=colour, ha="center", va=hang, rotation=turn)


def _box(ax: Axes, size: tuple[float, float, float], colour: str, fill: str) -> None:
    """Draw a box with its front corner at the origin, its depth going up and to the right."""
    w, h, d = size
    r = d / 2
    faces = [[(0, 0), (w, 0), (w, h), (0, h)]]
    if r:
        faces.append([(0, 0), (r, -r), (w + r, -r), (w, 0)])
        faces.append([(w, 0), (w + r, -r), (w + r, h - r), (w, h)])
    for face in faces:
        ax.add_patch(Polygon(face, facecolor=fill, edgecolor=colour, lw=1.6))
