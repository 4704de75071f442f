"""Grey pictures as short texts, so that one fits into a page, a trait and an address.

``"2x3-ff00j"`` is a picture of two rows and three columns: one white pixel, then black. Every grey
value has two hexadecimal digits; letters from g on count how often it comes again, in base 20 (g is
0 and z is 19). ``assets/js/picture.js`` reads and writes the same.
"""

from __future__ import annotations

import itertools
import re
from typing import Any

import torch
from torch import Tensor

CODE = re.compile(r"([1-9]\d?)x([1-9]\d?)-((?:[0-9a-f]{2}[g-z]{0,3})+)")
ZERO = ord("g")


def encode(picture: Tensor) -> str:
    """Return the code of a picture of whole grey values from 0 to 255.

    Args:
        picture: two axes, rows and columns, at most 99 each.

    >>> encode(torch.tensor([[255, 0, 0], [0, 0, 0]]))
    '2x3-ff00k'
    """
    rows, cols = picture.shape
    return f"{rows}x{cols}-" + "".join(
        f"{value:02x}{_count(len(list(run)) - 1)}"
        for value, run in itertools.groupby(picture.flatten().tolist())
    )


def _count(more: int) -> str:
    return (_count(more // 20) + chr(ZERO + more % 20)) if more else ""


def decode(code: str) -> Tensor:
    """Return the picture behind a code, int64, two axes.

    Raises:
        ValueError: the text is no code, or its pixels do not fill rows and columns.

    >>> decode("2x3-ff00k").tolist()
    [[255, 0, 0], [0, 0, 0]]
    """
    match = CODE.fullmatch(code)
    if not match:
        raise ValueError(f"not the code of a picture, such as '2x3-ff00k': {code[:40]!r}")
    rows, cols, body = int(match[1]), int(match[2]), match[3]
    values: list[int] = []
    for grey, run in re.findall(r"(..)([g-z]*)", body):
        more = 0
        for digit in run:
            more = 20 * more + ord(digit) - ZERO
        values += [int(grey, 16)] * (more + 1)
    if len(values) != rows * cols:
        raise ValueError(f"{len(values)} pixels do not fill {rows} rows and {cols} columns")
    return torch.tensor(values).reshape(rows, cols)


def as_picture(value: Any, least: int, most: int) -> Tensor:
    """Return ``value`` as whole grey values from 0 to 255, int64, after checking it.

    Args:
        value: rows of numbers, an array or a tensor: whole numbers from 0 to 255, or floating
            point from 0 to 1, which is multiplied by 255 and rounded.
        least, most: smallest and largest number of rows and of columns.

    Raises:
        ValueError: another number of axes, a size or a value outside its range.

    >>> as_picture([[0.0, 1.0], [0.5, 0.0]], 1, 64).tolist()
    [[0, 255], [128, 0]]
    """
    picture = value.detach().cpu() if isinstance(value, Tensor) else torch.as_tensor(value)
    if picture.ndim != 2 or not all(least <= size <= most for size in picture.shape):
        raise ValueError(
            f"a picture needs two axes of {least} to {most} pixels, got shape "
            f"{tuple(picture.shape)}: crop it or take means with F.avg_pool2d"
        )
    top = 1 if picture.is_floating_point() else 255
    if not (picture.isfinite().all() and picture.min() >= 0 and picture.max() <= top):
        raise ValueError(
            f"grey values must lie from 0 to {top}, got {picture.min().item()} to "
            f"{picture.max().item()}: scale them"
        )
    if picture.is_floating_point():
        picture = (picture.double() * 255 + 0.5).floor()
    return picture.to(torch.int64)
