"""Pictures, signed maps, tables of numbers and counts."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from d2lmini.draw.style import (
    COUNTS,
    INK,
    INPUT,
    KERNEL,
    OUTPUT,
    SIGNED,
    WIDTH,
    as_array,
    as_pictures,
    in_style,
    ink_on,
    make_axes,
    make_panels,
    set_titles,
    short,
    write_value,
)


@in_style
def images(
    pictures: Any,
    titles: Sequence[str] | None = None,
    columns: int = 5,
    *,
    low: float | None = None,
    high: float | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Show pictures in grey, black lowest, all on one scale.

    Args:
        pictures: sequence of ``(h, w)`` or ``(1, h, w)``, any dtype.
        titles: one line above each.
        columns: pictures in a row.
        low, high: values shown black and white; the extremes of all pictures unless given.

    Raises:
        ValueError: no pictures, a picture that is not flat, or titles that do not match.
    """
    shown = as_pictures(pictures)
    panels, figure = make_panels(len(shown), columns, ax, 1.0 if titles is None else 1.2)
    black = min(x.min() for x in shown) if low is None else low
    white = max(x.max() for x in shown) if high is None else high
    for panel, picture in zip(panels, shown, strict=False):
        panel.imshow(picture, cmap="gray", vmin=black, vmax=white, interpolation="nearest")
    set_titles(panels, titles, len(shown))
    return figure


@in_style
def signed_maps(
    maps: Any,
    titles: Sequence[str] | None = None,
    columns: int = 4,
    *,
    limit: float | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Show feature maps, orange below zero and blue above, all on one symmetric scale.

    Args:
        maps: sequence of ``(h, w)`` or ``(1, h, w)``.
        titles: one line above each.
        columns: maps in a row.
        limit: the absolute value with full colour; the largest one found unless given.

    Raises:
        ValueError: no maps, a map that is not flat, or titles that do not match.
    """
    shown = as_pictures(maps)
    panels, figure = make_panels(len(shown), columns, ax, 1.05 if titles is None else 1.25)
    top = limit or max(float(np.abs(x).max()) for x in shown) or 1.0
    for panel, values in zip(panels, shown, strict=False):
        mesh = panel.imshow(values, cmap=SIGNED, vmin=-top, vmax=top, interpolation="none")
        panel.spines[:].set_visible(True)
    for panel in panels[len(shown) :]:
        panel.axis("off")
    set_titles(panels, titles, len(shown))
    if ax is None:
        bar = figure.colorbar(mesh, ax=panels, location="bottom", shrink=0.6, aspect=30, pad=0.03)
        bar.set_ticks([-top, 0, top], labels=[f"\N{MINUS SIGN}{top:.2g}", "0", f"{top:.2g}"])
    return figure


@in_style
def true_size(picture: Any, frame: int, canvas: int, *, ax: Axes | None = None) -> Figure:
    """Show a picture in grey at its true size, centred in the frame of another one.

    Args:
        picture: ``(h, w)`` with values in [0, 1].
        frame: side of the square drawn dashed, in pixels: what to compare the size with.
        canvas: side of the whole drawing, in pixels; equal in drawings that are compared.

    Raises:
        ValueError: ``picture`` has not two axes, or is larger than the canvas.
    """
    values = as_array(picture, 2)
    h, w = values.shape
    if max(h, w, frame) > canvas:
        raise ValueError(f"picture {(h, w)} or frame {frame} exceeds the canvas of {canvas} pixels")
    ax, figure = make_axes(ax, height=3.4, width=3.4)
    shown = ax.imshow(values, cmap="gray", vmin=0, vmax=1, extent=(-w / 2, w / 2, h / 2, -h / 2))
    shown.set_interpolation("none")
    ax.add_patch(Rectangle((-w / 2, -h / 2), w, h, fill=False, edgecolor=OUTPUT, lw=2))
    corner = (-frame / 2, -frame / 2)
    ax.add_patch(Rectangle(corner, frame, frame, fill=False, edgecolor=INPUT, lw=1.6, ls="--"))
    ax.set(xlim=(-canvas / 2, canvas / 2), ylim=(canvas / 2, -canvas / 2))
    ax.axis("off")
    return figure


@in_style
def numbers(
    X: Any,
    title: str = "",
    *,
    padding: int = 0,
    windows: Sequence[tuple[int, int, int, int]] = (),
    shade: bool = False,
    colour: str = INK,
    ax: Axes | None = None,
) -> Figure:
    """Write a tensor as a table of numbers.

    Args:
        X: ``(h, w)``; with its border, when it has one.
        padding: width of that border on every side; its cells are hatched.
        windows: ``(row, column, height, width)`` of each window to frame with a dashed line.
        shade: colour the cells by sign and size.
        colour: of the frame around the cells inside the border.

    Raises:
        ValueError: ``X`` has not two axes.
    """
    values = as_array(X, 2)
    h, w = values.shape
    ax, figure = make_axes(ax, height=0.42 * h + 0.4, width=min(WIDTH, 0.42 * w + 0.3))
    top = float(np.abs(values).max()) or 1.0
    for (i, j), value in np.ndenumerate(values):
        border = not (padding <= i < h - padding and padding <= j < w - padding)
        fill = SIGNED(0.5 + value / top / 2) if shade and not border else (1.0, 1.0, 1.0, 1.0)
        cell = Rectangle((j, i), 1, 1, facecolor=fill, edgecolor="#c8c8c8", lw=0.8)
        cell.set_hatch("////" if border else "")
        ax.add_patch(cell)
        write_value(ax, j + 0.5, i + 0.5, short(value), ink_on(fill), hatched=border)
    inside = (w - 2 * padding, h - 2 * padding)
    ax.add_patch(Rectangle((padding, padding), *inside, fill=False, edgecolor=colour, lw=2))
    for i, j, k_h, k_w in windows:
        ax.add_patch(Rectangle((j, i), k_w, k_h, fill=False, edgecolor=KERNEL, lw=2.4, ls="--"))
    _frame(ax, w, h, title)
    return figure


def _frame(ax: Axes, w: float, h: float, title: str) -> None:
    """Fit the axes to a table of w by h cells, row 0 on top."""
    ax.set(xlim=(-0.05, w + 0.05), ylim=(h + 0.05, -0.05), aspect="equal")
    ax.axis("off")
    ax.set_title(title)


@in_style
def heat(
    X: Any,
    title: str = "",
    *,
    low: float | None = None,
    high: float | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Show counts or shares as a map with the number in every cell.

    Args:
        X: ``(h, w)``.
        low, high: values at the blue and the yellow end; the extremes of ``X`` unless given.

    Raises:
        ValueError: ``X`` has not two axes.
    """
    values = as_array(X, 2)
    h, w = values.shape
    ax, figure = make_axes(ax, height=WIDTH * 0.8 * h / w + 0.3, width=WIDTH * 0.8)
    norm = Normalize(values.min() if low is None else low, values.max() if high is None else high)
    mesh = ax.imshow(values, cmap=COUNTS, norm=norm, interpolation="nearest")
    for (i, j), value in np.ndenumerate(values):
        ink = ink_on(mesh.cmap(norm(value)))
        ax.text(j, i, short(value), ha="center", va="center", color=ink)
    ax.axis("off")
    ax.set_title(title)
    return figure
