"""Figures of the chapters, one visual language, drawn from plain arrays.

Every function takes ``ax=None``, draws into those axes or into a new figure, and returns the
Figure, already closed in pyplot: as the last expression of a cell it appears exactly once.

Signed values run from orange over neutral to blue, pixels are grey, counts and shares run from
blue to yellow. Lines and cells carry their own labels, and no meaning rests on colour alone.
"""

import functools
import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec, cast

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, Normalize, PowerNorm
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from d2lmini.ops import out_size

INK, GREY, PAPER = "#111827", "#6b6b6b", "#ffffff"
INPUT, KERNEL, OUTPUT, ERROR = "#02853c", "#9a48bb", "#111827", "#b3261e"
SIGNED = LinearSegmentedColormap.from_list(
    "signed", ["#843f0f", "#c19781", "#f5f5f5", "#89a4c6", "#255691"]
)
COUNTS = "cividis"
WIDTH = 4.6  # inches: 331 pt, so that 10 pt is still 9 px high on a narrow telephone
LINES = [  # colour, dashes, marker: told apart without colour
    ("#255691", "-", "o"),
    ("#843f0f", "--", "s"),
    (KERNEL, "-.", "^"),
    (INPUT, ":", "D"),
    (INK, (0, (6, 1, 1, 1, 1, 1)), "v"),
]
STYLE: dict[Any, Any] = {
    "figure.dpi": 120,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "font.size": 10.5,
    "axes.titlesize": 10.5,
    "axes.labelsize": 10.5,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "hatch.linewidth": 0.6,
}

Array = NDArray[np.float64]
Arguments = ParamSpec("Arguments")


# ---------------------------------------------------------------- shared parts


def _styled(draw: Callable[Arguments, Figure]) -> Callable[Arguments, Figure]:
    """Let `draw` create its artists under the style of the course and no other."""

    @functools.wraps(draw)
    def styled(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Figure:
        with plt.rc_context(STYLE):
            return draw(*args, **kwargs)

    return styled


def _axes(ax: Axes | None, height: float, width: float = WIDTH) -> tuple[Axes, Figure]:
    """Return axes to draw into and their figure, new and closed in pyplot unless given."""
    if ax is None:
        figure, ax = plt.subplots(figsize=(width, height), layout="constrained")
        plt.close(figure)
    owner: Figure | SubFigure | None = ax.figure
    while isinstance(owner, SubFigure):
        owner = owner.figure
    return ax, cast(Figure, owner)


def _array(values: Any, axes: int) -> Array:
    """Return float64 values with the given number of axes, or say what came instead."""
    tensor = torch.as_tensor(values).detach().cpu()
    if tensor.dim() != axes or tensor.numel() == 0:
        raise ValueError(f"expected {axes} axes and at least one value, got {tuple(tensor.shape)}")
    return tensor.to(torch.float64).numpy()


def _pictures(pictures: Any) -> list[Array]:
    """Return pictures as a list of two-axis arrays; a channel axis of length 1 is dropped."""
    found = [torch.as_tensor(picture) for picture in pictures]
    found = [x[0] if x.dim() == 3 and x.shape[0] == 1 else x for x in found]
    if not found:
        raise ValueError("no picture to draw: give at least one of shape (height, width)")
    return [_array(x, 2) for x in found]


def _panels(
    count: int, columns: int, ax: Axes | None, unit: float, widest: float = 2.8
) -> tuple[list[Axes], Figure]:
    """Divide a new figure, or the given axes, into a grid of empty panels."""
    columns = max(1, min(columns, count))
    rows = math.ceil(count / columns)
    width = min(WIDTH, widest * columns)
    if ax is None:
        figure, grid = plt.subplots(
            rows,
            columns,
            figsize=(width, width / columns * rows * unit),
            squeeze=False,
            layout="constrained",
        )
        plt.close(figure)
        panels = list(grid.flat)
    else:
        ax, figure = _axes(ax, 1)
        ax.axis("off")
        w, h = 1 / columns, 1 / rows
        places = [(i % columns * w, 1 - (i // columns + 1) * h) for i in range(rows * columns)]
        panels = [ax.inset_axes((x + 0.05 * w, y, 0.9 * w, 0.84 * h)) for x, y in places]
    for panel in panels:
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set_visible(False)
    return panels, figure


def _ink_on(colour: Sequence[float]) -> str:
    """Return black or white, whichever stands out more on the colour."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if (light + 0.05) / 0.05 > 1.05 / (light + 0.05) else "#ffffff"


def _short(value: float) -> str:
    """Write a number as short as it can be, with a true minus sign."""
    return f"{value:.4g}".replace("-", "\N{MINUS SIGN}")


def _titles(panels: Sequence[Axes], titles: Sequence[str] | None, count: int) -> None:
    if titles is None:
        return
    if len(titles) != count:
        raise ValueError(f"{count} pictures but {len(titles)} titles: give one for each")
    room = 36 if len(panels) == 1 else 999  # a lone picture may carry a whole sentence
    for panel, title in zip(panels, titles, strict=False):
        panel.set_title(textwrap.fill(title, room))


# ---------------------------------------------------------------- pictures and maps


@_styled
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
    shown = _pictures(pictures)
    panels, figure = _panels(len(shown), columns, ax, 1.0 if titles is None else 1.2)
    black = min(x.min() for x in shown) if low is None else low
    white = max(x.max() for x in shown) if high is None else high
    for panel, picture in zip(panels, shown, strict=False):
        panel.imshow(picture, cmap="gray", vmin=black, vmax=white, interpolation="nearest")
    _titles(panels, titles, len(shown))
    return figure


@_styled
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
    shown = _pictures(maps)
    panels, figure = _panels(len(shown), columns, ax, 1.05 if titles is None else 1.25)
    top = limit or max(float(np.abs(x).max()) for x in shown) or 1.0
    for panel, values in zip(panels, shown, strict=False):
        mesh = panel.imshow(values, cmap=SIGNED, vmin=-top, vmax=top, interpolation="nearest")
        panel.spines[:].set_visible(True)
    for panel in panels[len(shown) :]:
        panel.axis("off")
    _titles(panels, titles, len(shown))
    if ax is None:
        bar = figure.colorbar(mesh, ax=panels, location="bottom", shrink=0.6, aspect=30, pad=0.03)
        bar.set_ticks([-top, 0, top], labels=[f"\N{MINUS SIGN}{top:.2g}", "0", f"{top:.2g}"])
    return figure


@_styled
def true_size(picture: Any, frame: int, canvas: int, *, ax: Axes | None = None) -> Figure:
    """Show a picture in grey at its true size, centred in the frame of another one.

    Args:
        picture: ``(h, w)`` with values in [0, 1].
        frame: side of the square drawn dashed, in pixels: what to compare the size with.
        canvas: side of the whole drawing, in pixels; equal in drawings that are compared.

    Raises:
        ValueError: ``picture`` has not two axes, or is larger than the canvas.
    """
    values = _array(picture, 2)
    h, w = values.shape
    if max(h, w, frame) > canvas:
        raise ValueError(f"picture {(h, w)} or frame {frame} exceeds the canvas of {canvas} pixels")
    ax, figure = _axes(ax, height=3.4, width=3.4)
    shown = ax.imshow(values, cmap="gray", vmin=0, vmax=1, extent=(-w / 2, w / 2, h / 2, -h / 2))
    shown.set_interpolation("none")
    ax.add_patch(Rectangle((-w / 2, -h / 2), w, h, fill=False, edgecolor=OUTPUT, lw=2))
    corner = (-frame / 2, -frame / 2)
    ax.add_patch(Rectangle(corner, frame, frame, fill=False, edgecolor=INPUT, lw=1.6, ls="--"))
    ax.set(xlim=(-canvas / 2, canvas / 2), ylim=(canvas / 2, -canvas / 2))
    ax.axis("off")
    return figure


@_styled
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
    values = _array(X, 2)
    h, w = values.shape
    ax, figure = _axes(ax, height=0.42 * h + 0.4, width=min(WIDTH, 0.42 * w + 0.3))
    top = float(np.abs(values).max()) or 1.0
    for (i, j), value in np.ndenumerate(values):
        border = not (padding <= i < h - padding and padding <= j < w - padding)
        fill = SIGNED(0.5 + value / top / 2) if shade and not border else (1.0, 1.0, 1.0, 1.0)
        cell = Rectangle((j, i), 1, 1, facecolor=fill, edgecolor="#c8c8c8", lw=0.8)
        cell.set_hatch("////" if border else "")
        ax.add_patch(cell)
        _write(ax, j + 0.5, i + 0.5, _short(value), _ink_on(fill), hatched=border)
    inside = (w - 2 * padding, h - 2 * padding)
    ax.add_patch(Rectangle((padding, padding), *inside, fill=False, edgecolor=colour, lw=2))
    for i, j, k_h, k_w in windows:
        ax.add_patch(Rectangle((j, i), k_w, k_h, fill=False, edgecolor=KERNEL, lw=2.4, ls="--"))
    _frame(ax, w, h, title)
    return figure


def _write(
    ax: Axes, x: float, y: float, text: str, colour: str = INK, hatched: bool = False
) -> None:
    """Write a number in the middle of its cell, legible on a hatch too."""
    halo = [withStroke(linewidth=3, foreground=PAPER)] if hatched else []
    ax.text(x, y, text, ha="center", va="center", color=colour, path_effects=halo)


def _frame(ax: Axes, w: float, h: float, title: str) -> None:
    """Fit the axes to a table of w by h cells, row 0 on top."""
    ax.set(xlim=(-0.05, w + 0.05), ylim=(h + 0.05, -0.05), aspect="equal")
    ax.axis("off")
    ax.set_title(title)


@_styled
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
    values = _array(X, 2)
    h, w = values.shape
    ax, figure = _axes(ax, height=WIDTH * 0.8 * h / w + 0.3, width=WIDTH * 0.8)
    norm = Normalize(values.min() if low is None else low, values.max() if high is None else high)
    mesh = ax.imshow(values, cmap=COUNTS, norm=norm, interpolation="nearest")
    for (i, j), value in np.ndenumerate(values):
        ink = _ink_on(mesh.cmap(norm(value)))
        ax.text(j, i, _short(value), ha="center", va="center", color=ink)
    ax.axis("off")
    ax.set_title(title)
    return figure


# ---------------------------------------------------------------- training


@_styled
def curves(
    series: Mapping[str, ArrayLike],
    xlabel: str = "epoch",
    ylabel: str = "",
    *,
    band: str = "sd",
    first: int = 1,
    ax: Axes | None = None,
) -> Figure:
    """Draw the mean of several runs and their spread, each line named at its right end.

    Args:
        series: name to runs, ``(runs, points)``; a single run may be ``(points,)``.
        band: ``"sd"`` for plus and minus one standard deviation (n - 1 below the fraction),
            ``"range"`` for smallest to largest.
        first: x of the first point.

    Raises:
        ValueError: no series, an unknown band, or runs that are not a table.
    """
    if not series or band not in ("sd", "range"):
        raise ValueError(f"give at least one series and band 'sd' or 'range', got {band!r}")
    ax, figure = _axes(ax, height=3.2)
    ends = []
    for (name, runs), (colour, dash, marker) in zip(series.items(), _lines(series), strict=True):
        table = _array(np.atleast_2d(np.asarray(runs, dtype=float)), 2)
        x = np.arange(first, first + table.shape[1])
        mean = table.mean(0)
        spread = table.std(0, ddof=1) if len(table) > 1 else np.zeros_like(mean)
        low, high = mean - spread, mean + spread
        if band == "range":
            low, high = table.min(0), table.max(0)
        ax.fill_between(x, low, high, color=colour, alpha=0.18, lw=0)
        ax.plot(x, mean, color=colour, ls=dash, marker=marker, ms=4, lw=1.8)
        ends.append((float(x[-1]), float(mean[-1]), name, colour))
    ax.set(xlabel=xlabel, ylabel=ylabel)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    _name_ends(ax, ends)
    return figure


def _lines(series: Mapping[str, Any]) -> list[tuple[Any, Any, str]]:
    return [LINES[i % len(LINES)] for i in range(len(series))]


def _name_ends(ax: Axes, ends: Sequence[tuple[float, float, str, str]]) -> None:
    """Write each name beside the end of its line, pushed apart where they would overlap."""
    low, high = ax.get_ylim()
    gap = (high - low) * 0.085
    spots: list[float] = []
    for x, y, name, colour in sorted(ends, key=lambda end: end[1]):
        spots.append(max(y, spots[-1] + gap) if spots else y)
        ax.annotate(
            name,
            (x, spots[-1]),
            xytext=(7, 0),
            textcoords="offset points",
            color=colour,
            va="center",
            annotation_clip=False,
        )


@_styled
def step_losses(
    losses: Mapping[str, ArrayLike],
    *,
    level: tuple[float, str] | None = None,
    smooth: int = 1,
    steps_per_epoch: int | None = None,
    ylabel: str = "training loss",
    ax: Axes | None = None,
) -> Figure:
    """Draw the loss after every update: a plateau is a flat line.

    Args:
        losses: name to one loss per update.
        level: height and words of a line to compare with.
        smooth: width of the running mean, in updates; 1 draws every value.
        steps_per_epoch: when given, a tick stands at the end of each epoch.

    Raises:
        ValueError: nothing to draw, or ``smooth`` wider than a series.
    """
    if not losses or smooth < 1 or any(smooth > len(_array(y, 1)) for y in losses.values()):
        raise ValueError(f"give losses of at least smooth={smooth} updates, and smooth at least 1")
    ax, figure = _axes(ax, height=3.2)
    ends = []
    for (name, values), (colour, dash, _) in zip(losses.items(), _lines(losses), strict=True):
        y = np.convolve(_array(values, 1), np.full(smooth, 1 / smooth), mode="valid")
        x = np.arange(smooth, smooth + len(y))
        ax.plot(x, y, color=colour, ls=dash, lw=1.6)
        ends.append((float(x[-1]), float(y[-1]), name, colour))
    if level:
        ax.axhline(level[0], color=GREY, lw=1, ls=(0, (2, 2)))
        ax.annotate(
            level[1],
            (0.98, level[0]),  # at the end, away from the first steep part of a curve
            xycoords=("axes fraction", "data"),
            xytext=(0, 4),
            textcoords="offset points",
            ha="right",
            color=GREY,
        )
    if steps_per_epoch:
        last = int(max(x for x, *_ in ends)) // steps_per_epoch
        ax.set_xticks([e * steps_per_epoch for e in range(last + 1)])
        ax.set_xticklabels([str(e) for e in range(last + 1)])
    ax.set(xlabel="epoch" if steps_per_epoch else "update", ylabel=ylabel)
    _name_ends(ax, ends)
    return figure


@_styled
def confusion(matrix: Any, labels: Sequence[str], *, ax: Axes | None = None) -> Figure:
    """Show a confusion matrix: rows are true classes, numbers are per cent of the row.

    Args:
        matrix: counts, ``(classes, classes)``; row = true class, column = answer.
        labels: one name for each class.

    Raises:
        ValueError: the matrix is not square, a row is empty, or the labels do not match.
    """
    counts = _array(matrix, 2)
    if counts.shape != (len(labels), len(labels)):
        raise ValueError(f"{len(labels)} labels need a square matrix of them, got {counts.shape}")
    if (counts.sum(1) <= 0).any():
        raise ValueError("a true class has no examples, so its row has no shares")
    share = 100 * counts / counts.sum(1, keepdims=True)
    ax, figure = _axes(ax, height=WIDTH * 0.95)
    norm = PowerNorm(0.5, 0, 100)  # square root: a confusion of 8 % is visible beside 90 %
    mesh = ax.imshow(share, cmap=COUNTS, norm=norm, interpolation="nearest")
    for (i, j), value in np.ndenumerate(share):
        if round(value):
            ink = _ink_on(mesh.cmap(norm(value)))
            ax.text(j, i, f"{value:.0f}", ha="center", va="center", color=ink)
    ax.set_xticks(range(len(labels)), labels=labels, rotation=90)
    ax.set_yticks(range(len(labels)), labels=labels)
    ax.set(xlabel="answer", ylabel="true class (each row: 100 %)")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return figure


# ---------------------------------------------------------------- padding and stride


@_styled
def ruler(n: int, k: int, p: int = 0, s: int = 1, d: int = 1, *, ax: Axes | None = None) -> Figure:
    """Draw one axis: the cells, the border, every window that fits, and what no window reads.

    Args:
        n: input size; k: kernel size; p: padding per side; s: stride; d: dilation.

    Raises:
        ValueError: as :func:`d2lmini.ops.out_size`.
    """
    m = out_size(n, k, p, s, d)
    total = n + 2 * p
    ax, figure = _axes(ax, height=WIDTH / (total + 3) * (m * 0.62 + 2.2))
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
        _write(ax, x + i + 0.5, y + 0.5, _short(value), hatched=i in hatched)


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


@_styled
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
    ax, figure = _axes(ax, height=0.62 * len(rows) + 0.2)
    for y, (name, (start, values)) in enumerate(rows.items()):
        hatched = [place - start for place in (border or {}).get(name, ())]
        _row(ax, start, 1.3 * y, _array(values, 1).tolist(), hatched)
        ax.text(-1.4, 1.3 * y + 0.5, name, ha="right", va="center")
    if mark is not None:
        frame = (1, 1.3 * len(rows) - 0.1)
        ax.add_patch(Rectangle((mark, -0.1), *frame, fill=False, edgecolor=INPUT, lw=2, ls="--"))
    last = max(start + len(_array(values, 1)) for start, values in rows.values())
    ax.set(xlim=(-6.5, last + 0.2), ylim=(1.3 * len(rows) + 0.1, -0.3), aspect="equal")
    ax.axis("off")
    return figure


@_styled
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
    panels, figure = _panels(len(strides), 1, ax, 0.34, WIDTH)
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
