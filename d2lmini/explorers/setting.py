"""The Shape machine's setting: what surrounds each axis of the input, and which settings are legal.

Sizes and refusals come from :mod:`d2lmini.ops`, padded values from torch. The front end computes
the same on its own; a test compares the two, and both with torch's layer, in every setting.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from ..ops import out_size, size_problem


@dataclass(frozen=True)
class Axis:
    """One axis of a setting: ``before`` and ``after`` are the places that padding adds.

    >>> Axis(n=6, k=3, s=2, d=1, before=1, after=1).unread()
    ([6], [])
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

    @property
    def reads(self) -> list[int]:
        """How many windows read each place."""
        counts = [0] * self.room
        for i in range(self.m):
            for u in range(self.k):
                counts[i * self.s + u * self.d] += 1
        return counts

    @property
    def over(self) -> int:
        """Places at the end that the floor drops."""
        return self.room - ((self.m - 1) * self.s + self.d * (self.k - 1) + 1)

    def unread(self) -> tuple[list[int], list[int]]:
        """Return the places, counted from the input's first, that the floor drops and the gaps."""
        free = [place for place, count in enumerate(self.reads) if not count]
        end = self.room - self.over
        late = [place - self.before for place in free if place >= end]
        return late, [place - self.before for place in free if place < end]


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
    'mode reflect can lay at most 2 on each side of an input of size 3, but the padding is 3: \
pad less or use another mode'
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
                f"padding “same” works with stride 1 only, and the stride is {self.s}: "
                "use stride 1 or give the padding per side"
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
            f"mode {self.mode} can lay at most {most} on each side of an input of size "
            f"{axis.n}{where}, but the padding is {axis.after}: pad less or use another mode"
        )

    def padded(self, X: Tensor) -> Tensor:
        """Return the top left corner of ``X`` that the setting uses, with its padding, as int64."""
        high, wide = self.axes()
        mode = "constant" if self.mode == "zeros" else self.mode
        part = X[None, None, : high.n, : wide.n].double()  # torch does not reflect whole numbers
        around = (wide.before, wide.after, high.before, high.after)
        return F.pad(part, around, mode=mode)[0, 0].long()
