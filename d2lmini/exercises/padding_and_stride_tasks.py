"""Exercises of chapter *Padding and stride*."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from d2lmini.exercises.padding_and_stride import ALIAS, GAIN, SAVES, SIDES, SOUND, STRIDES
from d2lmini.exercises.spec import Array, Case, Code, Quiz

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


# ---------------------------------------------------------------- E18

ASKED = [(28, 28), (28, 14), (14, 10), (224, 54)]
CORNERS = [(1, 1, 1), (5, 1, 5), (1, 3, 3), (6, 6, 1), (9, 3, 2), (7, 6, 3), (10, 20, 11)]


def windows(n: int, k: int, p: int, s: int) -> int:
    """Count the starts of windows one by one."""
    return sum(start % s == 0 for start in range(n + 2 * p - k + 1))


def find_conv_cases(rng: np.random.Generator) -> list[Case]:
    """Return sizes that some layer with a kernel of at most ``k_max`` leads to."""
    given = {"asked": [(n, m, 11) for n, m in ASKED], "any": list(CORNERS)}
    while len(given["any"]) < 24:
        n, k, s = (int(v) for v in rng.integers([1, 1, 1], [60, 8, 5]))
        p = int(rng.integers(k))
        if m := windows(n, k, p, s):
            given["any"].append((n, m, k))
    return [
        Case(group, {"n": n, "m": m, "k_max": k_max})
        for group, settings in given.items()
        for n, m, k_max in settings
    ]


def find_conv_judge(case: Case, got: Mapping[str, Array]) -> str | None:
    """Say why three numbers are not a layer from n to m places, or return None."""
    n, m, k_max = (case.inputs[name] for name in ("n", "m", "k_max"))
    answer = [np.asarray(got.get(name, np.zeros(0))) for name in "012"]
    if "3" in got or any(value.dtype.kind not in "iu" or value.ndim for value in answer):
        return "expected three whole numbers (k, p, s)"
    k, p, s = (int(value) for value in answer)
    if not 1 <= k <= k_max:
        return f"k must lie between 1 and {k_max}, got {k}"
    if not 0 <= p < k:
        return f"p must lie between 0 and k − 1 = {k - 1}, got {p}"
    if s < 1:
        return f"s must be at least 1, got {s}"
    found = windows(n, k, p, s)
    return None if found == m else f"k={k}, p={p}, s={s} lead to {found} places, not to {m}"


# ---------------------------------------------------------------- X2


def border_cases(rng: np.random.Generator, narrow_group: str, wide_group: str) -> list[Case]:
    """Return pictures with a border narrower than they are, and with one at least as wide."""
    narrow = [(2, 2, 1), (1, 1, 0), (2, 3, 1), (4, 3, 2), (3, 7, 2), (5, 4, 3)]
    narrow += [(h + 2, w + 3, p) for h, w, p in rng.integers(1, 4, (6, 3)).tolist() if p < h + 2]
    wide = [(1, 1, 1), (1, 3, 1), (3, 1, 2), (2, 3, 2), (4, 2, 3), (3, 5, 7)]
    pictures = [(narrow_group, *size) for size in narrow]
    pictures += [(wide_group, *size) for size in wide]
    return [
        Case(group, {"X": rng.standard_normal((h, w)).astype(np.float32), "p": p})
        for group, h, w, p in pictures
    ]


def border(X: Tensor, p: int, mode: str) -> Tensor:
    """Return what ``F.pad`` makes of a picture; ValueError where it refuses."""
    try:
        return F.pad(X[None, None], (p, p, p, p), mode=mode)[0, 0]
    except RuntimeError as refused:
        raise ValueError(str(refused)) from None


# ---------------------------------------------------------------- X3


def enlarge_cases(rng: np.random.Generator) -> list[Case]:
    """Return pictures, kernels, strides and paddings with ``p`` below both sides of the kernel."""
    settings = {
        "flip": [((1, 1), (1, 1)), ((1, 1), (2, 3)), ((2, 3), (3, 2)), ((4, 3), (1, 4))],
        "stride": [((1, 1), (2, 2)), ((2, 1), (1, 1)), ((2, 3), (2, 3)), ((3, 4), (3, 1))],
        "padding": [((3, 4), (2, 2)), ((2, 3), (3, 2)), ((4, 3), (3, 4)), ((5, 3), (4, 5))],
    }
    for sizes in settings.values():
        for h, w, k_h, k_w in rng.integers([3, 3, 2, 2], [5, 6, 5, 5], (4, 4)).tolist():
            sizes.append(((h, w + 1), (k_h, k_w)))
    cases = []
    for group, sizes in settings.items():
        for number, (size, kernel) in enumerate(sizes):
            s = 1 if group == "flip" else 2 + number % 3
            p = 0 if group != "padding" else 1 + int(rng.integers(min(kernel) - 1))
            X, K = (rng.standard_normal(shape).astype(np.float32) for shape in (size, kernel))
            cases.append(Case(group, {"X": X, "K": K, "s": s, "p": p}))
    return cases


def enlarge_oracle(X: Tensor, K: Tensor, s: int, p: int) -> Tensor:
    """Return PyTorch's transposed convolution."""
    return F.conv_transpose2d(X[None, None], K[None, None], stride=s, padding=p)[0, 0]


# ---------------------------------------------------------------- X4


def field_cases(rng: np.random.Generator) -> list[Case]:
    """Return stacks of layers ``(k, s, d)``: plain, with strides, dilated."""
    given: dict[str, list[list[Any]]] = {
        "depth": [[], [(1, 1, 1)], [(3, 1, 1)], [(2, 1, 1), (4, 1, 1)], [(3, 1, 1)] * 4],
        "stride": [[(3, 2, 1)], [(3, 2, 1), (3, 1, 1)], [(1, 3, 1), (5, 2, 1)], [(2, 4, 1)] * 2],
        "dilation": [[(3, 1, 2)], [(3, 1, 1), (2, 1, 3)], [(3, 2, 2), (3, 1, 2), (1, 1, 5)]],
    }
    most = {"depth": (5, 1, 1), "stride": (4, 3, 1), "dilation": (4, 3, 3)}
    for group, stacks in given.items():
        for depth in (1, 2, 2, 3, 3):
            stacks.append((1 + rng.integers(most[group], size=(depth, 3))).tolist())
    return [
        Case(group, {"layers": np.array(stack, dtype=np.int64).reshape(-1, 3)})
        for group, stacks in given.items()
        for stack in sorted(stacks, key=len)
    ]


def field_oracle(layers: Tensor) -> tuple[int, int]:
    """Send gradients back from two neighbouring outputs and see where they arrive."""
    stack = layers.tolist()
    n = 2
    for k, s, d in reversed(stack):  # inputs that two outputs need
        n = (n - 1) * s + d * (k - 1) + 1
    y = x = torch.ones(1, 1, n, dtype=torch.float64, requires_grad=True)
    for k, s, d in stack:
        y = F.conv1d(y, torch.ones(1, 1, k, dtype=y.dtype), stride=s, dilation=d)
    reached = []
    for place in (0, 1):
        (slope,) = torch.autograd.grad(y[0, 0, place], x, retain_graph=True)
        reached.append(slope[0, 0].nonzero().flatten())
    first, second = reached
    return int(first[-1] - first[0]) + 1, int(second[0] - first[0])


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
    Code(
        name="find_conv",
        id="E18",
        groups={"asked": 1, "any": 2},
        cases=find_conv_cases,
        call="result = find_conv(n, m) if k_max == 11 else find_conv(n, m, k_max)",
        judge=find_conv_judge,
        hints={
            "asked": "Try every k up to k_max, every p below k and every s up to n; keep the "
            "first that gives m.",
            "any": "Nothing may be fixed to some n. Kernels start at 1, and the output may be "
            "larger than the input.",
        },
    ),
    ALIAS,
    SOUND,
    SAVES,
    STRIDES,
    GAIN,
    Code(
        name="reflect_pad",
        id="X2",
        groups={"mirror": 2, "refusal": 1},
        cases=lambda rng: border_cases(rng, "mirror", "refusal"),
        call="result = reflect_pad(X, p)",
        oracle=lambda X, p: border(X, p, "reflect"),
        hints={
            "mirror": "The edge pixel is the mirror: it stands there once. Pad the columns first, "
            "then the rows of the result, so that the corners come right.",
            "refusal": "A mirror shows no more than n − 1 pixels behind the edge, and each axis "
            "has an n of its own.",
        },
        avoid=("pad",),
    ),
    Code(
        name="replicate_pad",
        id="X2",
        groups={"edge": 1, "wide": 1},
        cases=lambda rng: border_cases(rng, "edge", "wide"),
        call="result = replicate_pad(X, p)",
        oracle=lambda X, p: border(X, p, "replicate"),
        hints={
            "edge": "Repeat the first and the last column p times each, then do the same with the "
            "rows of the result.",
            "wide": "A single pixel can be repeated as often as you like: there is nothing to "
            "refuse.",
        },
        avoid=("pad",),
    ),
    SIDES,
    Code(
        name="enlarge",
        id="X3",
        groups={"flip": 1, "stride": 1, "padding": 1},
        cases=enlarge_cases,
        call="result = enlarge(X, K, s, p) if p else enlarge(X, K, s) if s > 1 else enlarge(X, K)",
        oracle=enlarge_oracle,
        hints={
            "flip": "With s = 1 nothing is put in: pad with k − 1 zeros on each side of each axis, "
            "turn the kernel by 180 degrees, and slide.",
            "stride": "s − 1 zeros stand between neighbours, and none behind the last: n places "
            "become (n − 1)s + 1.",
            "padding": "In a transposed convolution p takes away: pad with k − 1 − p, height and "
            "width each with its own k.",
        },
        atol=1e-5,
        avoid=("conv_transpose2d", "ConvTranspose2d"),
    ),
    Code(
        name="field_and_jump",
        id="X4",
        groups={"depth": 1, "stride": 1, "dilation": 1},
        cases=field_cases,
        call="result = field_and_jump([tuple(row) for row in layers.tolist()])",
        oracle=field_oracle,
        hints={
            "depth": "Without a layer an element sees itself: (1, 1). A kernel of k adds k − 1 "
            "steps.",
            "stride": "A step in this layer is as long as the jump of all layers *before* it; its "
            "own stride counts for the next.",
            "dilation": "The taps of a dilated kernel are d steps apart: it adds d(k − 1) steps.",
        },
        avoid=("receptive_field",),
    ),
)
