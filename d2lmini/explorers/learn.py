"""Learn the kernel: gradient descent from a start, update by update, with every number shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from itertools import islice

import traitlets as T

from ..scenes import edge_image
from .base import Cell, Explorer, Grid, Picture, Rows, fields_of, number, shade, shown, trait
from .descent import CAP, Moment, Sizes, curvatures, descend, input_gradient, output, ratio

FIELDS = fields_of("learn")

PATTERNS: dict[str, Rows] = {
    "g": [[1, -1, 0], [2, -2, 0], [1, -1, 0]],
    "e": [[int(v) for v in row] for row in edge_image().tolist()],
    "x": [
        [0, 0, 0, 1, 1, 0, 0, 0],
        [0, 1, 1, 1, 0, 0, 1, 0],
        [0, 1, 0, 0, 0, 1, 1, 0],
        [1, 1, 0, 1, 0, 0, 1, 0],
        [0, 0, 1, 1, 1, 0, 0, 0],
        [0, 1, 0, 0, 1, 1, 0, 1],
        [1, 1, 1, 0, 0, 0, 0, 1],
        [0, 0, 1, 0, 1, 0, 1, 1],
    ],
}


def brief(value: float, places: int) -> str:
    """Return a result in little room: so many decimals below 10, one less for each digit more.

    >>> brief(-0.26, 1), brief(123.4, 1), brief(-2500.0, 1), brief(1 / 3, 4), brief(12345678.0, 4)
    ('−0.3', '123', '−3e3', '0.3333', '1.235e7')
    """
    exact = Decimal(value)
    digits = len(str(int(abs(value)))) - 1
    if digits > places + 1:
        exact = exact.scaleb(-digits).quantize(Decimal(1).scaleb(-(places - 1)), ROUND_HALF_UP)
        if abs(exact) >= 10:
            exact, digits = exact / 10, digits + 1
            exact = exact.quantize(Decimal(1).scaleb(-(places - 1)))
        return number(f"{exact:f}e{digits}")
    left = max(0, places - digits)
    text = f"{exact.quantize(Decimal(1).scaleb(-left), ROUND_HALF_UP):f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "0") else number(text)


def plain(value: float) -> str:
    """Return a number of a sum: at most four decimals, and no exponent, however large.

    >>> plain(-0.25), plain(12345678.5)
    ('−0.25', '12345678.5')
    """
    if abs(value) < 1e6:
        return shown(value)
    exact = Decimal(value).quantize(Decimal("0.0001"), ROUND_HALF_UP)
    return number(f"{exact:f}".rstrip("0").rstrip("."))


def printed(value: float) -> float:
    """Return the number that a reader sees, so that a printed sum adds up."""
    return float(plain(value).replace("−", "-"))


def said(value: float) -> str:
    """Return a factor as it is printed; a negative one stands in brackets."""
    text = plain(value)
    return f"({text})" if text.startswith("−") else text


@dataclass(frozen=True)
class Run:
    """One run and the moment in it that is shown.

    Args:
        n, k: sizes of input and kernel, such as ``"6x8"``; with this one the picture is ``e``.
        s: stride.
        w0: weights at the start; ``"0.001"`` is the first weight alone, the others are 0.
        lr, m: learning rate and momentum, as texts.
        t: number of updates; a lost run stops before.
        g, e, x: target kernel, edge picture, input.
    """

    n: str
    k: str
    s: int
    w0: str
    lr: str
    m: str
    t: int
    g: Rows
    e: Rows
    x: Rows

    @cached_property
    def sizes(self) -> Sizes:
        """Sizes of input, kernel and output."""
        (rows, cols), (a, b) = (map(int, text.split("x")) for text in (self.n, self.k))
        return Sizes(rows, cols, a, b, self.s)

    @cached_property
    def picture_in(self) -> list[int]:
        """Pixels of the input, row by row."""
        table = self.e if self.n == "6x8" else self.x
        return [v for row in table[: self.sizes.rows] for v in row[: self.sizes.cols]]

    @cached_property
    def target(self) -> list[int]:
        """Weights of the target kernel, row by row."""
        return [v for row in self.g[: self.sizes.a] for v in row[: self.sizes.b]]

    @cached_property
    def seen(self) -> list[list[float]]:
        """The windows, one in each row."""
        return self.sizes.windows(self.picture_in)

    @cached_property
    def start(self) -> list[float]:
        """Weights before the first update."""
        alone = self.w0 == "0.001"
        return [0.0 if alone and place else float(self.w0) for place in range(len(self.target))]

    @cached_property
    def path(self) -> list[Moment]:
        """Moments after 0 to ``t`` updates, fewer when the run is lost before."""
        answer = output(self.seen, self.target)
        how = {"rate": ratio(self.lr), "momentum": float(self.m)}
        return list(islice(descend(self.seen, answer, self.start, **how), self.t + 1))

    # ------------------------------------------------------------ words

    def words(self) -> str:
        """Say how many updates were made and what became of the loss."""
        t, loss = len(self.path) - 1, self.path[-1].loss
        text = (
            f"After {t} update{'' if t == 1 else 's'} at rate {self.lr} "
            f"with momentum {self.m} the loss is {shown(loss)}"
        )
        if loss > CAP:
            return f"{text}: the run has diverged and stops here."
        return f"{text}; at the start it was {shown(self.path[0].loss)}." if t else f"{text}."

    def bowl(self) -> list[str]:
        """Say what the curvatures of the loss say about the rate."""
        curved = curvatures(self.seen)
        most, flat = curved[-1], curved.count(0)
        if not most:
            return [
                "The windows see zeros only: every kernel gives the same output, "
                "and all gradients are 0."
            ]
        limit = 2 * (1 + float(self.m)) / most
        far = ratio(self.lr) / limit
        if abs(far - 1) < 1e-9:
            side = "is this limit: the steepest part of the error keeps its size for ever"
        elif far < 1:
            side = "lies below it"
        else:
            side = "lies beyond it: from nearly every start the run diverges"
        lines = [
            f"The loss is a bowl with curvatures from {shown(curved[0])} to {shown(most)}. "
            f"Runs settle at rates below 2·(1 + {self.m}) / {shown(most)} ≈ {shown(limit)}; "
            f"the rate {self.lr} {side}."
        ]
        if flat:
            lines.append(
                f"Curvatures that are 0: {flat} of {len(curved)}. There the picture tells nothing "
                "about the weights, so W may end as another kernel with the same output."
            )
        return lines

    def arithmetic(self) -> str:
        """Return the next update of the first weight, in numbers."""
        now = self.path[-1]
        w, speed, gradient = now.w[0], now.speed[0], now.gradient[0]
        step = float(self.m) * printed(speed) + printed(gradient)
        moved = printed(w) - ratio(self.lr) * step
        velocity = f"({self.m}·{said(speed)} + {said(gradient)})"
        if self.m == "0":
            velocity = said(gradient)
        return f"next W[0, 0] = {plain(w)} − {self.lr}·{velocity} ≈ {plain(moved)}"

    def formula(self) -> list[str]:
        """Return loss, gradient and update."""
        step = "" if self.s == 1 else self.s
        return [
            "loss = Σ E[i, j]²",
            f"gradient of W[a, b] = 2·Σ E[i, j]·X[{step}i + a, {step}j + b]",
            f"velocity ← {self.m}·velocity + gradient",
            f"W ← W − {self.lr}·velocity",
        ]

    # ------------------------------------------------------------ picture

    def picture(self) -> Picture:
        """Return the moment in full."""
        z, now = self.sizes, self.path[-1]
        small, large = (lambda v: brief(v, 1)), (lambda v: brief(v, 4))
        kernels = max(map(abs, [*self.target, *now.w]))
        maps = max(map(abs, [*now.made, *now.error]))
        pixels = input_gradient(z, now.w, now.error)
        grids = [
            table("input", "input", "Input X", self.picture_in, z.cols, number, 1),
            table("target", "kernel", "Target kernel K", self.target, z.b, number, kernels),
            table("learned", "kernel", "Learned kernel W", now.w, z.b, large, kernels),
            table("slope", "plain", "Gradient of W", now.gradient, z.b, large),
            table("output", "output", "Output of W", now.made, z.l, small, maps),
            table(
                "error",
                "plain",
                "Error E, output of W minus that of K",
                now.error,
                z.l,
                small,
                maps,
            ),
            table("pixels", "plain", "Gradient of X", pixels, z.cols, small),
        ]
        return Picture(
            words=self.words(),
            grids=grids,
            lines=self.bowl(),
            sum=self.arithmetic(),
            formula=self.formula(),
            code=f"Y = learned(updates={len(self.path) - 1}, lr={self.lr}, momentum={self.m})",
        )


def table(
    name: str,
    role: str,
    caption: str,
    values: Sequence[float],
    cols: int,
    text: Callable[[float], str],
    most: float | None = None,
) -> Grid:
    """Return flat values as a grid; without ``most`` its own largest has the strongest shade."""
    top = max(map(abs, values)) if most is None else most
    cells: list[Cell] = [(text(v), shade(v, top)) for v in values]
    rows = [cells[at : at + cols] for at in range(0, len(cells), cols)]
    return Grid(name, role, f"{caption}, {len(rows)}×{cols}", rows)


class Learn(Explorer):
    """Show gradient descent on a kernel: its weights, errors and gradients after each update.

    Args:
        id: name on the page and in the address.
        n: input: ``"6x8"`` is the edge picture, ``"4x4"`` to ``"8x8"`` a square of ``x``.
        k: kernel, ``"1x2"``, ``"1x1"``, ``"2x2"`` or ``"3x3"``.
        s: stride.
        w0: weights at the start; ``"0.001"`` is the first weight alone, the others are 0.
        lr, m: learning rate and momentum, texts of the lists in ``FIELDS``.
        t: number of updates, 0 to 50; a run whose loss passes 10⁹ stops there.
        g, e, x: target kernel (3×3, the top left is used), edge picture (6×8), input (8×8), rows
            of whole numbers.

    Raises:
        traitlets.TraitError: a value that is not among the choices or out of its range.

    >>> Learn("learn", lr="1/36", t=1).losses()
    [27.0, 12.0]
    """

    kind = T.Unicode("learn").tag(sync=True)
    label = T.Unicode("Learn the kernel").tag(sync=True)
    fields = tuple(FIELDS)
    n = trait(FIELDS["n"])
    k = trait(FIELDS["k"])
    s = trait(FIELDS["s"])
    w0 = trait(FIELDS["w0"])
    lr = trait(FIELDS["lr"])
    m = trait(FIELDS["m"])
    t = trait(FIELDS["t"])
    g = trait(FIELDS["g"], PATTERNS["g"])
    e = trait(FIELDS["e"], PATTERNS["e"])
    x = trait(FIELDS["x"], PATTERNS["x"])

    def losses(self) -> list[float]:
        """Return the loss after 0, 1, …, ``t`` updates, fewer when the run is lost before."""
        return [moment.loss for moment in self._run().path]

    def _run(self) -> Run:
        return Run(**self.state())

    def picture(self) -> Picture:
        """Return the moment after ``t`` updates in full."""
        return self._run().picture()
