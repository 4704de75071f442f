"""Exercises of chapter *Padding and stride*."""

import numpy as np
import torch
from torch.nn import functional as F

from d2lmini.exercises.spec import Case, Code, Quiz

# ---------------------------------------------------------------- E17

PLAIN = [(1, 1, 0, 1, 1), (5, 5, 0, 1, 1), (8, 3, 0, 1, 1), (8, 3, 1, 1, 1), (7, 4, 2, 1, 1)]
STRIDE = [(8, 3, 0, 3, 1), (8, 5, 1, 4, 1), (5, 5, 0, 7, 1), (9, 3, 0, 2, 1), (9, 3, 1, 2, 1)]
DILATED = [(5, 3, 0, 1, 2), (9, 3, 0, 2, 3), (7, 2, 1, 3, 4), (7, 1, 0, 2, 9)]
TOO_LARGE = [(2, 3, 0, 1, 1), (4, 3, 0, 1, 2), (1, 6, 2, 3, 1), (3, 2, 0, 1, 3)]


def out_size_cases(rng: np.random.Generator) -> list[Case]:
    """Return settings ``n, k, p, s, d``: with stride 1, with any stride, dilated, too large."""
    given = {"plain": list(PLAIN), "stride": list(STRIDE), "dilation": list(DILATED)}
    given["refusal"] = list(TOO_LARGE)
    while min(map(len, given.values())) < 12:
        n, k, p, s, d = (int(v) for v in rng.integers([1, 1, 0, 1, 1], [30, 8, 4, 6, 5]))
        fits = d * (k - 1) + 1 <= n + 2 * p
        given["dilation" if d > 1 and fits else "stride" if fits else "refusal"].append(
            (n, k, p, s, d)
        )
        if fits and d == 1:
            given["plain"].append((n, k, p, 1, 1))
    return [
        Case(group, dict(zip("nkpsd", setting, strict=True)))
        for group, settings in given.items()
        for setting in settings
    ]


def out_size_oracle(n: int, k: int, p: int, s: int, d: int) -> int:
    """Return how many values a layer of PyTorch gives."""
    try:
        row = F.conv1d(torch.zeros(1, 1, n), torch.zeros(1, 1, k), padding=p, stride=s, dilation=d)
    except RuntimeError as refused:
        raise ValueError(str(refused)) from None
    return row.shape[-1]


EXERCISES = (
    Quiz(
        name="padding-last-layer",
        id="E17",
        points=1,
        prompt="The last layer on 8×8 has a 3×5 kernel, padding 0 and 1, strides 3 and 4. "
        "Which shape does it give?",
        options={"a": "1×1", "b": "2×2", "c": "3×3", "d": "2×1"},
        correct="b",
        why={
            "a": "The first window is missing: divide, round down, then add 1 for the window that "
            "starts at place 0.",
            "b": "Rows: ⌊(8 − 3)/3⌋ + 1 = 2. Columns: ⌊(8 + 2·1 − 5)/4⌋ + 1 = 2.",
            "c": "Rounded up. A window that would hang over the end does not start: ⌊5/3⌋ = 1 and "
            "⌊5/4⌋ = 1.",
            "d": "The padding of the columns counts on both sides: 8 + 2·1 − 5 = 5, not 8 + 1 − 5 "
            "= 4, and even that gives one step and so two windows.",
        },
    ),
    Code(
        name="my_out_size",
        id="E17",
        groups={"plain": 1, "stride": 1, "dilation": 1, "refusal": 1},
        cases=out_size_cases,
        call="given = (n, k) if (p, s, d) == (0, 1, 1) else (n, k, p, s, d)\n"
        "result = my_out_size(*given)",
        oracle=out_size_oracle,
        hints={
            "plain": "Count the places where a window can start; padding counts on both sides.",
            "stride": "Every s-th start is used, and the first one always: floor, then plus one.",
            "dilation": "With gaps the kernel spans d·(k − 1) + 1 places.",
            "refusal": "Raise ValueError when the kernel spans more than n + 2p places.",
        },
    ),
)
