"""Convolution as a matrix: one row for each output, one column for each input.

Every number comes from torch: the matrix is what a convolution makes of single bright pixels, and
the counts are those of a convolution of ones with ones.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import torch
import torch.nn.functional as F
import traitlets as T
from torch import Tensor

from ..ops import size_problem
from .base import (
    Explorer,
    Grid,
    Picture,
    Pixels,
    Rows,
    corners,
    counted,
    factor,
    fields_of,
    number,
    shade,
    trait,
)

FIELDS = fields_of("conv_matrix")
LARGEST = 16  # with a longer side the matrix and its vectors are dots

# What the explorer starts with; the top left corners are the chapters' own small examples.
PATTERNS: dict[str, Rows] = {
    "x": [[(3 * i + j) % 10 for j in range(6)] for i in range(6)],
    "w": [[v if (v := (2 * i + j) % 5) < 4 else -1 for j in range(5)] for i in range(5)],
}


class MatrixPicture:
    """One setting of the explorer, computed by torch.

    Args:
        q: the state: one value for each field.

    >>> q = {name: field.get("init") for name, field in FIELDS.items()} | PATTERNS
    >>> MatrixPicture(q).A.tolist()[0]
    [0, 1, 0, 2, 3, 0, 0, 0, 0]
    """

    def __init__(self, q: dict[str, Any]) -> None:
        self.q = q
        self.n, self.k = q["n"], q["k"]
        self.forward = q["dir"] == "forward"
        self.X = torch.tensor(q["x"])[: self.n, : self.n]
        self.K = torch.tensor(q["w"])[: self.k, : self.k]
        self.t = min(q["t"], self.n**2)

    def problem(self) -> str | None:
        """Return why the setting has no output, or None."""
        q = self.q
        if self.forward:
            return size_problem(*(q[name] for name in "nkpsd"))
        if q["o"] >= max(q["s"], q["d"]):
            return (
                f"output padding {q['o']} must be smaller than stride {q['s']} or dilation {q['d']}"
            )
        m = (self.n - 1) * q["s"] - 2 * q["p"] + q["d"] * (self.k - 1) + q["o"] + 1
        if m >= 1:
            return None
        return f"padding {q['p']} per side crops everything: the output size would be {number(m)}"

    def apply(self, X: Tensor, K: Tensor) -> Tensor:
        """Return torch's answer to a batch ``X`` of shape ``(N, n, n)``, int64."""
        q, X4, K4 = self.q, X[:, None].double(), K[None, None].double()
        more = {"stride": q["s"], "padding": q["p"], "dilation": q["d"]}
        if self.forward:
            Y = F.conv2d(X4, K4, **more)
        else:
            Y = F.conv_transpose2d(X4, K4, output_padding=q["o"], **more)
        return Y[:, 0].round().to(torch.int64)

    @cached_property
    def Y(self) -> Tensor:
        """Output, int64, shape ``(m, m)``."""
        return self.apply(self.X[None], self.K)[0]

    def matrix(self, K: Tensor) -> Tensor:
        """Return the matrix for a kernel ``K``, int64, shape ``(m*m, n*n)``."""
        pixels = torch.eye(self.n**2).reshape(-1, self.n, self.n)
        return self.apply(pixels, K).flatten(1).T

    @cached_property
    def A(self) -> Tensor:
        """The matrix, int64, shape ``(m*m, n*n)``."""
        return self.matrix(self.K)

    @cached_property
    def held(self) -> Tensor:
        """Which entries of the matrix hold a weight, be it 0; bool."""
        return self.matrix(torch.ones_like(self.K)) > 0

    # ------------------------------------------------------------ words

    def words(self) -> str:
        """Return the setting and its output size in one sentence."""
        q, m = self.q, len(self.Y)
        name = "Convolution" if self.forward else "Transposed convolution"
        more = "" if self.forward else f", output padding {q['o']}"
        return (
            f"{name}, input {self.n}×{self.n}, kernel {self.k}×{self.k}, padding {q['p']}, "
            f"stride {q['s']}, dilation {q['d']}{more}: output {m}×{m}."
        )

    def line(self) -> str:
        """Return how many entries hold a weight."""
        held, every = int(self.held.sum()), self.held.numel()
        return (
            f"{held} of the {every} entries hold one of {self.k**2} weights; "
            f"the other {every - held} are 0."
        )

    def more(self) -> str:
        """Return what the chosen view shows."""
        q, n, k, m = self.q, self.n, self.k, len(self.Y)
        if q["view"] == "stamps":
            if not self.t:
                return "Nothing is stamped yet."
            r, c = divmod(self.t - 1, n)
            return (
                f"Stamp {self.t} adds column {self.t - 1} of the matrix, "
                f"multiplied by X[{r}, {c}] = {number(int(self.X[r, c]))}."
            )
        if q["view"] == "overlaps":
            least, most = int(self.counts().min()), int(self.counts().max())
            if least == most:
                return f"In every output meet {most} inputs."
            why = f": the stride {q['s']} does not divide the kernel size {k}"
            return f"In an output meet {least} to {most} inputs{why * self.uneven()}."
        if self.forward:
            left = (n + 2 * q["p"] - q["d"] * (k - 1) - 1) % q["s"]
            return (
                f"The transposed matrix is that of the transposed convolution from {m}×{m} "
                f"back to {n}×{n}, with output padding {left}."
            )
        if q["o"] < q["s"]:
            return f"The transposed matrix is that of the convolution from {m}×{m} back to {n}×{n}."
        return (
            f"The transposed matrix holds the first {n}×{n} outputs of the convolution of {m}×{m}."
        )

    def uneven(self) -> bool:
        """Say whether the stamps of a transposed convolution meet unevenly."""
        q = self.q
        return not self.forward and q["d"] == 1 and self.n > 1 and self.k % q["s"] > 0

    def counts(self) -> Tensor:
        """Return how many inputs meet in each output, int64, shape ``(m, m)``."""
        return self.apply(torch.ones_like(self.X)[None], torch.ones_like(self.K))[0]

    def formula(self) -> list[str]:
        """Return the output size line by line, with the numbers filled in."""
        n, k, m = self.n, self.k, len(self.Y)
        p, s, d, o = (self.q[name] for name in "psdo")
        if not self.forward:
            return [
                "m = (n − 1)s − 2p + d(k − 1) + o + 1",
                f"= ({n} − 1)·{s} − 2·{p} + {d}·({k} − 1) + {o} + 1",
                f"= {m}",
            ]
        top = n + 2 * p - d * (k - 1) - 1
        return [
            "m = ⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1",
            f"= ⌊({n} + 2·{p} − {d}·({k} − 1) − 1) / {s}⌋ + 1",
            f"= ⌊{top} / {s}⌋ + 1",
            f"= {m - 1} + 1",
            f"= {m}",
        ]

    def sum(self) -> str:
        """Return the first row of the matrix times the input."""
        row = zip(self.A[0].tolist(), self.held[0], self.X.flatten().tolist(), strict=True)
        terms = [f"{factor(x)}·{factor(w)}" for w, held, x in row if held]
        return f"Y[0, 0] = {' + '.join(terms) or 0} = {number(int(self.Y[0, 0]))}"

    def code(self) -> str:
        """Return the call in PyTorch."""
        q = self.q
        more = f"X, K, stride={q['s']}, padding={q['p']}, dilation={q['d']}"
        if self.forward:
            return f"Y = F.conv2d({more})"
        return f"Y = F.conv_transpose2d({more}, output_padding={q['o']})"

    # ------------------------------------------------------------ pictures

    def grid(self, name: str, role: str, caption: str, values: Tensor, most: int) -> Grid:
        """Return a grid of numbers."""
        cells = [[(number(v), shade(v, most)) for v in row] for row in values.tolist()]
        return Grid(name, role, caption, cells)

    def product(self) -> list[Grid]:
        """Return the matrix and the two vectors; large ones are dots."""
        (rows, cols), most = self.A.shape, int(self.Y.abs().max())
        large = max(rows, cols) > LARGEST
        heavy = int(self.K.abs().max()) if large else 9
        parts = [
            ("matrix", f"Matrix A, {rows}×{cols}, y = A·x", self.A, heavy),
            ("x", "x", self.X.reshape(-1, 1), 9),
            ("y", "y", self.Y.reshape(-1, 1), most),
        ]
        if large:
            size = 4 if rows > 64 else 8
            dots = {name: Pixels(v.tolist(), most or 1, size=size) for name, _, v, most in parts}
            return [
                Grid(name, "plain", caption, pixels=dots[name], line=name == "matrix")
                for name, caption, *_ in parts
            ]
        A, x, y = (self.grid(name, "plain", caption, v, most) for name, caption, v, most in parts)
        cells = [
            [cell if held else ("", "q0") for cell, held in zip(*pair, strict=True)]
            for pair in zip(A.cells, self.held.tolist(), strict=True)
        ]
        return [Grid("matrix", "plain", A.caption, cells, line=True), x, y]

    def stamps(self) -> Grid:
        """Return what the first inputs make of the output."""
        first = (torch.arange(self.n**2) < self.t).reshape(self.n, self.n)
        caption = f"Sum of {self.t} of {self.n**2} stamps"
        partial = self.apply((self.X * first)[None], self.K)[0]
        return self.grid("stamps", "plain", caption, partial, int(self.Y.abs().max()))

    def overlaps(self) -> Grid:
        """Return how many inputs meet in each output."""
        cells = [[(str(v), counted(v, self.k**2)) for v in row] for row in self.counts().tolist()]
        return Grid("overlaps", "plain", "Inputs that meet in each output", cells)

    def picture(self) -> Picture:
        """Return the whole setting."""
        n, k, m = self.n, self.k, len(self.Y)
        grids = [
            self.grid("input", "input", f"Input X, {n}×{n}", self.X, 9),
            self.grid("kernel", "kernel", f"Kernel K, {k}×{k}", self.K, 9),
        ]
        most, view = int(self.Y.abs().max()), self.q["view"]
        output = self.grid("output", "output", f"Output Y, {m}×{m}", self.Y, most)
        if view == "matrix":
            grids += [output, *self.product()]
        else:
            grids += [output, self.stamps() if view == "stamps" else self.overlaps()]
        return Picture(
            self.words(), grids, [self.line(), self.more()], self.sum(), self.formula(), self.code()
        )


class ConvMatrix(Explorer):
    """Show a convolution, or a transposed one, as one matrix between flattened pictures.

    Args:
        id: name on the page and in the address.
        dir: ``"forward"`` or ``"transposed"``.
        n, k, s, p, d: input size, kernel size, stride, padding per side, dilation.
        o: output padding of a transposed convolution.
        view: ``"matrix"``, ``"stamps"`` (the output after ``t`` inputs) or ``"overlaps"``.
        t: how many inputs have stamped the kernel.
        x, w: numbers of input and kernel, a square of whole numbers from -9 to 9; it sets ``n``
            or ``k`` where that is not given.

    Raises:
        ValueError: the starting setting has no output, or ``x`` or ``w`` does not fit.
        traitlets.TraitError: a value out of its range; the message holds value and range.

    >>> ConvMatrix("matrix", n=3, k=2).output().tolist()
    [[19, 25], [37, 43]]
    """

    kind = T.Unicode("conv_matrix").tag(sync=True)
    label = T.Unicode("Convolution as a matrix").tag(sync=True)
    fields = tuple(FIELDS)
    dir = trait(FIELDS["dir"])
    n = trait(FIELDS["n"])
    k = trait(FIELDS["k"])
    s = trait(FIELDS["s"])
    p = trait(FIELDS["p"])
    d = trait(FIELDS["d"])
    o = trait(FIELDS["o"])
    view = trait(FIELDS["view"])
    t = trait(FIELDS["t"])
    x = trait(FIELDS["x"], PATTERNS["x"])
    w = trait(FIELDS["w"], PATTERNS["w"])

    def __init__(self, id: str, **values: Any) -> None:
        corners(values, PATTERNS, x="n", w="k")
        super().__init__(id, **values)

    def problem(self) -> str | None:
        """Return why the setting has no output, or None."""
        return MatrixPicture(self.state()).problem()

    def output(self) -> Tensor:
        """Return the output as an int64 tensor of shape ``(m, m)``."""
        return MatrixPicture(self.state()).Y

    def matrix(self) -> Tensor:
        """Return the matrix as an int64 tensor of shape ``(m*m, n*n)``."""
        return MatrixPicture(self.state()).A

    def picture(self) -> Picture:
        """Return the setting in full, computed by torch."""
        return MatrixPicture(self.state()).picture()
