"""The Kernel lab's numbers, words and grids for one setting, all of it computed by PyTorch.

The front end says the same words; a test compares the two.
"""

from __future__ import annotations

from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor

from .base import Cell, Grid, Picture, Pixels, factor, fields_of, number, shade, shown
from .pixels import decode

FIELDS = fields_of("kernel_lab")
OWN = "own picture"
BINS, BARS, ZOOM, SIDE = 9, 16, 8, 256
AFTER = {"signed": "", "absolute": " with its sign", "clipped": " before clipping"}


def value(total: int, div: int) -> str:
    """Return a quotient as it is printed: ≈ where four decimals are not enough.

    >>> value(8, 4), value(1, 3)
    ('2', '≈ 0.3333')
    """
    return ("≈ " if total * 10_000 % div else "") + shown(total / div)


class LabPicture:
    """One setting of the Kernel lab, all of it computed by PyTorch.

    Args:
        code: the picture, as :mod:`d2lmini.explorers.pixels` writes it.
        K: the kernel, whole numbers, square.
        div: what every sum is divided by.
        view: ``"signed"``, ``"absolute"`` or ``"clipped"``.
        title, name: what picture and kernel are called; no name for a kernel of one's own.
    """

    def __init__(
        self, code: str, K: Tensor, div: int, view: str, title: str, name: str | None
    ) -> None:
        self.code, self.K, self.div, self.view = code, K, div, view
        self.title, self.name, self.k = title, name, len(K)

    @cached_property
    def X(self) -> Tensor:
        """Picture, int64, two axes."""
        return decode(self.code)

    @cached_property
    def sums(self) -> Tensor:
        """Window sums before the division, int64."""
        Y = F.conv2d(self.X[None, None].double(), self.K[None, None].double())
        return Y[0, 0].to(torch.int64)

    @cached_property
    def peak(self) -> int:
        """The largest distance of a sum from 0."""
        return int(self.sums.abs().max())

    @cached_property
    def place(self) -> tuple[int, int]:
        """The first place of that sum."""
        r, c = divmod(int(self.sums.abs().flatten().argmax()), self.sums.shape[1])
        return r, c

    @cached_property
    def visible(self) -> Tensor:
        """Sums as the view shows them: with signs, without, or cut at 0 and 255."""
        if self.view == "clipped":
            return self.sums.clamp(0, 255 * self.div)
        return self.sums.abs() if self.view == "absolute" else self.sums

    @cached_property
    def ends(self) -> tuple[int, int]:
        """Lowest and highest sum of the scale."""
        high = 255 * self.div if self.view == "clipped" else self.peak or 1
        return (-high if self.view == "signed" else 0), high

    def bins(self, sums: Tensor) -> Tensor:
        """Return in which of the equal parts of the scale each sum lies."""
        low, high = self.ends
        parts = torch.div((sums - low) * BINS, high - low, rounding_mode="floor")
        return parts.clamp(0, BINS - 1)

    # ------------------------------------------------------------ words

    def words(self) -> str:
        """Return the setting and the strongest response in one sentence."""
        rows, cols = self.X.shape
        name = f"“{self.name}”" if self.name else "of your own"
        strongest = int(self.sums[self.place])
        return (
            f"{self.title.capitalize()}, {rows}×{cols}, kernel {name}, {self.k}×{self.k}: "
            f"response {self.sums.shape[0]}×{self.sums.shape[1]}, "
        ) + (
            f"strongest {value(strongest, self.div)} at row {self.place[0]}, "
            f"column {self.place[1]}."
            if self.peak
            else "0 everywhere."
        )

    def brightness(self) -> str:
        """Say what the sum of the weights does to a flat area."""
        total = int(self.K.sum())
        start = f"The weights add up to {number(total)}"
        by = f", divided by {self.div} that makes {value(total, self.div)}"
        by = by if self.div > 1 else ""
        if not total:
            return f"{start}: a flat area answers 0, and only differences such as edges are left."
        if total == self.div:
            return f"{start}{by}: brightness is kept."
        return f"{start}{by}: a flat area is multiplied by that number."

    def summary(self) -> str:
        """Say what the picture of the response leaves out."""
        S, high = self.sums, 255 * self.div
        if self.view == "absolute":
            return f"Signs are left out: black is 0, white is {value(self.peak, self.div)}."
        if self.view == "signed":
            return (
                f"{int((S > 0).sum())} responses are positive (blue), {int((S < 0).sum())} "
                f"negative (orange), {int((S == 0).sum())} are 0. "
                f"Full colour is {value(self.peak, self.div)} to either side."
            )
        return (
            f"Cut off: {int((S < 0).sum())} responses below 0 are shown as 0, "
            f"{int((high < S).sum())} above 255 as 255."
        )

    def stays(self) -> list[str]:
        """Say where a picture of the reader's own goes: nowhere."""
        if self.title != OWN:
            return []
        long = len(self.code) > FIELDS["own"]["limit"]
        return [
            "Your picture stays in this page: it is never sent anywhere."
            + (
                " It is too long for an address, so a copied link does not carry it."
                if long
                else ""
            )
        ]

    def range(self) -> str:
        """Return the ends of the scale in words."""
        if self.view == "clipped":
            return "0 to 255"
        low = -self.peak if self.view == "signed" else 0
        return f"{shown(low / self.div)} to {shown(self.peak / self.div)}"

    def arithmetic(self) -> str:
        """Return the sum behind the strongest response, one bracket for each kernel row."""
        (r, c), k = self.place, self.k
        window = self.X[r : r + k, c : c + k]
        lines = [
            " + ".join(f"{x}·{factor(w)}" for x, w in zip(xs, ws, strict=True))
            for xs, ws in zip(window.tolist(), self.K.tolist(), strict=True)
        ]
        total = " + ".join(f"({line})" for line in lines)
        total = f"({total}) / {self.div}" if self.div > 1 else total
        quotient = value(int(self.sums[r, c]), self.div)
        sign = quotient if quotient[0] == "≈" else f"= {quotient}"
        return f"Y[{r}, {c}]{AFTER[self.view]} = {total} {sign}"

    def torch_line(self) -> str:
        """Return the call that gives this response in PyTorch."""
        call = "F.conv2d(X, K)" + (f" / {self.div}" if self.div > 1 else "")
        if self.view == "signed":
            return f"Y = {call}"
        inner = f"({call})" if self.div > 1 else call
        return f"Y = {inner}" + (".abs()" if self.view == "absolute" else ".clamp(0, 255)")

    # ------------------------------------------------------------ grids

    def maps(self) -> list[Grid]:
        """Return picture and response."""
        rows, cols = self.X.shape
        size = min(28, SIDE // max(rows, cols))
        m, n = self.sums.shape
        grey = Pixels(self.X.tolist(), 255, "grey", size)
        scale = "signed" if self.view == "signed" else "grey"
        shown_sums = (self.visible.double() / self.div).tolist()
        name = "|Y|" if self.view == "absolute" else "Y"
        how = ", clipped" if self.view == "clipped" else ""
        r, c = self.place
        return [
            Grid(
                "input",
                "input",
                f"Picture X, {rows}×{cols}, grey 0 to 255",
                inner=(r, c, self.k, self.k),
                pixels=grey,
            ),
            Grid(
                "output",
                "output",
                f"Response {name}, {m}×{n}{how}",
                inner=(r, c, 1, 1),
                pixels=Pixels(shown_sums, self.ends[1] / self.div, scale, size),
            ),
        ]

    def kernel(self) -> Grid:
        """Return the kernel."""
        most = int(self.K.abs().max())
        cells = [[(number(w), shade(w, most)) for w in row] for row in self.K.tolist()]
        over = f", divided by {self.div}" if self.div > 1 else ""
        return Grid("kernel", "kernel", f"Kernel K, {self.k}×{self.k}{over}", cells)

    def zoom(self) -> Grid:
        """Return the numbers of the picture around the window."""
        spans = []
        for start, length in zip(self.place, self.X.shape, strict=True):
            size = min(ZOOM, length)
            first = min(max(start + (self.k - ZOOM) // 2, 0), length - size)
            spans.append((first, first + size))
        (top, bottom), (left, right) = spans
        near = self.X[top:bottom, left:right].tolist()
        cells = [[(str(v), f"g{v // 16}") for v in row] for row in near]
        caption = f"Zoom on rows {top} to {bottom - 1}, columns {left} to {right - 1}"
        return Grid("zoom", "input", caption, cells)

    def histogram(self) -> Grid:
        """Return how many responses lie in each part of the scale."""
        counts = torch.bincount(self.bins(self.visible).flatten(), minlength=BINS)
        most = int(counts.max())
        bars: list[Cell] = [("", f"bar b{-(-BARS * v // most)}") for v in counts.tolist()]
        tones = [
            shade(2 * j + 1 - BINS, BINS) if self.view == "signed" else f"g{15 * j // (BINS - 1)}"
            for j in range(BINS)
        ]
        below: list[Cell] = [(str(v), css) for v, css in zip(counts.tolist(), tones, strict=True)]
        caption = f"Histogram: {BINS} parts of {self.range()}"
        return Grid("histogram", "plain", caption, [bars, below])

    def picture(self) -> Picture:
        """Return the whole setting."""
        return Picture(
            words=self.words(),
            grids=[*self.maps(), self.kernel(), self.zoom(), self.histogram()],
            lines=[self.brightness(), self.summary(), *self.stays()],
            sum=self.arithmetic(),
            code=self.torch_line(),
        )
