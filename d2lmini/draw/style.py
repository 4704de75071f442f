"""What all figures share: colours, type, axes, and the arrays they are drawn from."""

import functools
import math
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, cast

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure, SubFigure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

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


def in_style(draw: Callable[Arguments, Figure]) -> Callable[Arguments, Figure]:
    """Let `draw` create its artists under the style of the course and no other."""

    @functools.wraps(draw)
    def styled(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Figure:
        with plt.rc_context(STYLE):
            return draw(*args, **kwargs)

    return styled


def make_axes(ax: Axes | None, height: float, width: float = WIDTH) -> tuple[Axes, Figure]:
    """Return axes to draw into and their figure, new and closed in pyplot unless given."""
    if ax is None:
        figure, ax = plt.subplots(figsize=(width, height), layout="constrained")
        plt.close(figure)
    owner: Figure | SubFigure | None = ax.figure
    while isinstance(owner, SubFigure):
        owner = owner.figure
    return ax, cast(Figure, owner)


def as_array(values: Any, axes: int) -> Array:
    """Return float64 values with the given number of axes, or say what came instead."""
    tensor = torch.as_tensor(values).detach().cpu()
    if tensor.dim() != axes or tensor.numel() == 0:
        raise ValueError(f"expected {axes} axes and at least one value, got {tuple(tensor.shape)}")
    return tensor.to(torch.float64).numpy()


def as_pictures(pictures: Any) -> list[Array]:
    """Return pictures as a list of two-axis arrays; a channel axis of length 1 is dropped."""
    found = [torch.as_tensor(picture) for picture in pictures]
    found = [x[0] if x.dim() == 3 and x.shape[0] == 1 else x for x in found]
    if not found:
        raise ValueError("no picture to draw: give at least one of shape (height, width)")
    return [as_array(x, 2) for x in found]


def make_panels(
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
        ax, figure = make_axes(ax, 1)
        ax.axis("off")
        w, h = 1 / columns, 1 / rows
        places = [(i % columns * w, 1 - (i // columns + 1) * h) for i in range(rows * columns)]
        panels = [ax.inset_axes((x + 0.05 * w, y, 0.9 * w, 0.84 * h)) for x, y in places]
    for panel in panels:
        panel.set(xticks=[], yticks=[])
        panel.spines[:].set_visible(False)
    return panels, figure


def ink_on(colour: Sequence[float]) -> str:
    """Return black or white, whichever stands out more on the colour."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour[:3]]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000000" if (light + 0.05) / 0.05 > 1.05 / (light + 0.05) else "#ffffff"


def short(value: float) -> str:
    """Write a number as short as it can be, with a true minus sign."""
    return f"{value:.4g}".replace("-", "\N{MINUS SIGN}")


def set_titles(panels: Sequence[Axes], titles: Sequence[str] | None, count: int) -> None:
    if titles is None:
        return
    if len(titles) != count:
        raise ValueError(f"{count} pictures but {len(titles)} titles: give one for each")
    room = 36 if len(panels) == 1 else 999  # a lone picture may carry a whole sentence
    for panel, title in zip(panels, titles, strict=False):
        panel.set_title(textwrap.fill(title, room))


def write_value(
    ax: Axes, x: float, y: float, text: str, colour: str = INK, hatched: bool = False
) -> None:
    """Write a number in the middle of its cell, legible on a hatch too."""
    halo = [withStroke(linewidth=3, foreground=PAPER)] if hatched else []
    ax.text(x, y, text, ha="center", va="center", color=colour, path_effects=halo)
