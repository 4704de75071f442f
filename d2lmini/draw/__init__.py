"""Figures of the chapters, one visual language, drawn from plain arrays.

Every function takes ``ax=None``, draws into those axes or into a new figure, and returns the
Figure, already closed in pyplot: as the last expression of a cell it appears exactly once.

Signed values run from orange over neutral to blue, pixels are grey, counts and shares run from
blue to yellow. Lines and cells carry their own labels, and no meaning rests on colour alone.
"""

from d2lmini.draw.channels import (
    bars,
    colour,
    desk,
    signals,
    slide_axes,
    wiring,
)
from d2lmini.draw.kernels import rates, response, weights
from d2lmini.draw.layers import connections, puzzle, search, weight_matrix
from d2lmini.draw.pictures import heat, images, numbers, signed_maps, true_size
from d2lmini.draw.pooling import gradient_arrows
from d2lmini.draw.sizes import ruler, sampled, strips, unread
from d2lmini.draw.style import (
    COUNTS,
    ERROR,
    GREY,
    INK,
    INPUT,
    KERNEL,
    LINES,
    OUTPUT,
    PAPER,
    SIGNED,
    STYLE,
    WIDTH,
)
from d2lmini.draw.training import confusion, curves, step_losses

__all__ = [
    "COUNTS",
    "ERROR",
    "GREY",
    "INK",
    "INPUT",
    "KERNEL",
    "LINES",
    "OUTPUT",
    "PAPER",
    "SIGNED",
    "STYLE",
    "WIDTH",
    "bars",
    "colour",
    "confusion",
    "connections",
    "curves",
    "desk",
    "gradient_arrows",
    "heat",
    "images",
    "numbers",
    "puzzle",
    "rates",
    "response",
    "ruler",
    "sampled",
    "search",
    "signals",
    "signed_maps",
    "slide_axes",
    "step_losses",
    "strips",
    "true_size",
    "unread",
    "weight_matrix",
    "weights",
    "wiring",
]
