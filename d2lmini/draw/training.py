"""Losses, curves over epochs and confusion matrices."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from d2lmini.draw.style import COUNTS, GREY, LINES, WIDTH, as_array, in_style, ink_on, make_axes


@in_style
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
    ax, figure = make_axes(ax, height=3.2)
    ends = []
    for (name, runs), (colour, dash, marker) in zip(series.items(), _lines(series), strict=True):
        table = as_array(np.atleast_2d(np.asarray(runs, dtype=float)), 2)
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


@in_style
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
    if not losses or smooth < 1 or any(smooth > len(as_array(y, 1)) for y in losses.values()):
        raise ValueError(f"give losses of at least smooth={smooth} updates, and smooth at least 1")
    ax, figure = make_axes(ax, height=3.2)
    ends = []
    for (name, values), (colour, dash, _) in zip(losses.items(), _lines(losses), strict=True):
        y = np.convolve(as_array(values, 1), np.full(smooth, 1 / smooth), mode="valid")
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


@in_style
def confusion(matrix: Any, labels: Sequence[str], *, ax: Axes | None = None) -> Figure:
    """Show a confusion matrix: rows are true classes, numbers are per cent of the row.

    Args:
        matrix: counts, ``(classes, classes)``; row = true class, column = answer.
        labels: one name for each class.

    Raises:
        ValueError: the matrix is not square, a row is empty, or the labels do not match.
    """
    counts = as_array(matrix, 2)
    if counts.shape != (len(labels), len(labels)):
        raise ValueError(f"{len(labels)} labels need a square matrix of them, got {counts.shape}")
    if (counts.sum(1) <= 0).any():
        raise ValueError("a true class has no examples, so its row has no shares")
    share = 100 * counts / counts.sum(1, keepdims=True)
    ax, figure = make_axes(ax, height=WIDTH * 0.95)
    norm = PowerNorm(0.5, 0, 100)  # square root: a confusion of 8 % is visible beside 90 %
    mesh = ax.imshow(share, cmap=COUNTS, norm=norm, interpolation="nearest")
    for (i, j), value in np.ndenumerate(share):
        if round(value):
            ink = ink_on(mesh.cmap(norm(value)))
            ax.text(j, i, f"{value:.0f}", ha="center", va="center", color=ink)
    ax.set_xticks(range(len(labels)), labels=labels, rotation=90)
    ax.set_yticks(range(len(labels)), labels=labels)
    ax.set(xlabel="answer", ylabel="true class (each row: 100 %)")
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return figure
