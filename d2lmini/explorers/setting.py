"""The Shape machine's setting: what surrounds each axis of the input, and which settings are legal.

Sizes and refusals come from :mod:`d2lmini.ops`, padded values from torch. The front end computes
the same on its own; a test compares the two, and both with torch's layer, in every setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch.nn.functional as F
from torch import Tensor

from ..ops import out_size, size_problem


@dataclass(frozen=True)
class Axis:
    """One axis of a setting: ``before`` and ``after`` are the places that padding adds.

    >>> axis = Axis(n=6, k=3, s=2, d=1, before=1, after=1)
    >>> axis.m, axis.over, axis.reads
    (3, 1, [1, 1, 2, 1, 2, 1, 1, 0])
    """

    n: int
    k: int
    s: int
    d: int
    before: int
    after: int

    @property
    def room(self) -> int:
        """Places with the padding."""
        return self.before + self.n + self.after

    @property
    def m(self) -> int:
        """Output size."""
        return out_size(self.n, self.k, s=self.s, d=self.d, P=self.before + self.after)

    @cached_property
    def reads(self) -> list[int]:
        """How many windows read each place."""
        counts = [0] * self.room
        for i in range(self.m):
            for u in range(self.k):
                counts[i * self.s + u * self.d] += 1
        return counts

    @property
    def free(self) -> int:
        """Places that are left beside one window."""
        return self.room - self.d * (self.k - 1) - 1

    @property
    def over(self) -> int:
        """Places at the end that the floor drops."""
        return self.free % self.s

    def gaps(self) -> list[int]:
        """Return the places that no window reads, before those that the floor drops.

        They count from the first place of the input.
        """
        read = self.reads[: self.room - self.over]
        return [place - self.before for place, count in enumerate(read) if not count]

    def inside(self, place: int) -> bool:
        """Say whether a place of the padded axis belongs to the input."""
        return self.before <= place < self.before + self.n


@dataclass(frozen=True)
class Setting:
    """Sizes, padding, stride and dilation of one convolution.

    Args:
        n, k, p, s, d: input size (the height when ``square`` is false), kernel size, padding per
            side, stride, dilation.
        square: height and width are both ``n``; otherwise the width is ``nw``.
        pad: ``"per side"`` takes ``p``; ``"same"`` and ``"valid"`` are PyTorch's words.
        mode: what the padding holds: zeros, reflect, replicate or circular.

    >>> Setting(6, 4, pad="same").axes()[0].before, Setting(6, 4, pad="same").axes()[0].after
    (1, 2)
    >>> Setting(3, 3, 3, mode="reflect").problem()
    'mode reflect needs padding of at most 2 for input size 3, but the padding is 3: \
use less padding or another mode'
    """

    n: int
    k: int
    p: int = 0
    s: int = 1
    d: int = 1
    square: bool = True
    nw: int = 6
    pad: str = "per side"
    mode: str = "zeros"

    def axes(self) -> tuple[Axis, Axis]:
        """Return height and width."""
        total = {"same": self.d * (self.k - 1), "valid": 0}.get(self.pad, 2 * self.p)
        before, rest = total // 2, (self.k, self.s, self.d)
        wide = self.n if self.square else self.nw
        return (
            Axis(self.n, *rest, before, total - before),
            Axis(wide, *rest, before, total - before),
        )

    def problem(self) -> str | None:
        """Say in one sentence why there is no output, or return None."""
        if self.pad == "same" and self.s > 1:
            return (
                f"padding same needs stride 1, but the stride is {self.s}: "
                "use stride 1 or another padding"
            )
        for axis, name in zip(self.axes(), (" in height", " in width"), strict=True):
            where = "" if self.square else name
            if problem := self._mode_problem(axis, where):
                return problem
            total = axis.before + axis.after
            if problem := size_problem(axis.n, self.k, s=self.s, d=self.d, P=total):
                return problem.replace(": add", f"{where}: add")
        return None

    def _mode_problem(self, axis: Axis, where: str) -> str | None:
        most = {"reflect": axis.n - 1, "circular": axis.n}.get(self.mode, axis.after)
        if axis.after <= most:
            return None
        return (
            f"mode {self.mode} needs padding of at most {most} for input size {axis.n}{where}, "
            f"but the padding is {axis.after}: use less padding or another mode"
        )

    def pad_input(self, X: Tensor) -> Tensor:
        """Return the top left corner of ``X`` that the setting uses, with its padding, as int64."""
        high, wide = self.axes()
        mode = "constant" if self.mode == "zeros" else self.mode
        part = X[None, None, : high.n, : wide.n].double()  # torch does not reflect whole numbers
        around = (wide.before, wide.after, high.before, high.after)
        return F.pad(part, around, mode=mode)[0, 0].long()
