"""Gradient descent on one kernel in plain sums, the twin of ``assets/js/descent.js``.

Sums run in a fixed order, window by window and weight by weight, so that the page and Python agree
to the last bit: at a rate beyond the limit a difference in the last bit grows into another run. A
test holds every result against PyTorch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import torch

Numbers = Sequence[float]

CAP = 1e9  # a loss beyond this ends a run: it is lost


def ratio(text: str) -> float:
    """Return the number that a text such as "0.03" or "1/30" stands for.

    >>> ratio("1/4")
    0.25
    """
    return float(Fraction(text))


@dataclass(frozen=True)
class Sizes:
    """Input ``rows × cols``, kernel ``a × b``, stride ``s``; tables are flat lists, row by row."""

    rows: int
    cols: int
    a: int
    b: int
    s: int

    @property
    def m(self) -> int:
        """Rows of the output."""
        return (self.rows - self.a) // self.s + 1

    @property
    def l(self) -> int:  # noqa: E743
        """Columns of the output."""
        return (self.cols - self.b) // self.s + 1

    def pixel(self, p: int, q: int) -> int:
        """Return the place in the input under weight ``q`` in window ``p``."""
        row = p // self.l * self.s + q // self.b
        return row * self.cols + p % self.l * self.s + q % self.b

    def windows(self, x: Numbers) -> list[list[float]]:
        """Return one row for each window: the pixels under the weights."""
        return [
            [x[self.pixel(p, q)] for q in range(self.a * self.b)] for p in range(self.m * self.l)
        ]


def dot(one: Numbers, two: Numbers) -> float:
    """Return the sum of products, added from the first to the last.

    Python's own ``sum`` corrects its rounding since 3.12, so it would differ from a browser.
    """
    total = 0.0
    for a, b in zip(one, two, strict=True):
        total += a * b
    return total


def output(seen: Sequence[Numbers], w: Numbers) -> list[float]:
    """Return the output of kernel ``w``."""
    return [dot(window, w) for window in seen]


def weight_gradient(seen: Sequence[Numbers], error: Numbers) -> list[float]:
    """Return d loss / d weight: twice the sum of error times pixel."""
    return [2 * dot(error, column) for column in zip(*seen, strict=True)]


def input_gradient(sizes: Sizes, w: Numbers, error: Numbers) -> list[float]:
    """Return d loss / d pixel: twice the sum of error times weight over its windows."""
    sums = [0.0] * (sizes.rows * sizes.cols)
    for p, e in enumerate(error):
        for q, v in enumerate(w):
            sums[sizes.pixel(p, q)] += e * v
    return [2 * total for total in sums]


@dataclass(frozen=True)
class Moment:
    """What there is after some updates."""

    w: list[float]
    speed: list[float]
    made: list[float]
    error: list[float]
    gradient: list[float]
    loss: float


def descend(
    seen: Sequence[Numbers], y: Numbers, w: Numbers, *, rate: float, momentum: float
) -> Iterator[Moment]:
    """Yield the moments after 0, 1, 2, … updates; a lost run ends."""
    now, speed = list(w), [0.0] * len(w)
    while True:
        made = output(seen, now)
        error = [v - wanted for v, wanted in zip(made, y, strict=True)]
        loss, gradient = dot(error, error), weight_gradient(seen, error)
        yield Moment(now, speed, made, error, gradient, loss)
        if loss > CAP:
            return
        speed = [momentum * v + g for v, g in zip(speed, gradient, strict=True)]
        now = [v - rate * step for v, step in zip(now, speed, strict=True)]


def curvatures(seen: Sequence[Numbers]) -> list[float]:
    """Return the curvatures of the loss, the smallest first: eigenvalues of its Hessian."""
    A = torch.tensor(seen, dtype=torch.float64)
    values = torch.linalg.eigvalsh(2 * A.T @ A).tolist()
    return sorted(abs(round(value * 1e8) / 1e8) for value in values)
