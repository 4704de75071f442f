"""Graded exercises of chapter *Channels*: what is tried, and what the right answer is."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from d2lmini.exercises.channels import (
    ALWAYS,
    CONVERSE,
    DEARER,
    DOUBLING,
    ONE_BY_ONE,
    PADDING,
    SHARE,
    WHERE,
)
from d2lmini.exercises.spec import Case, Code

Rng = np.random.Generator
Floats = NDArray[np.float32]


def _normal(rng: Rng, *shape: int) -> Floats:
    return rng.standard_normal(shape).astype(np.float32)


# ---------------------------------------------------------------- two layers, one kernel


def _compose_cases(rng: Rng) -> list[Case]:
    one_axis = [(1, 1, 1, 1), (1, 1, 1, 3), (1, 2, 1, 2), (1, 2, 1, 4), (1, 5, 1, 3)]
    two_axes = [(2, 2, 2, 2), (3, 3, 3, 3), (1, 3, 2, 1), (2, 3, 4, 1), (3, 2, 2, 5)]
    two_axes += [(int(h), int(h) + 1, int(v), int(v) + 2) for h, v in rng.integers(1, 4, (6, 2))]
    return [
        Case(group, {"k1": _normal(rng, *sizes[:2]), "k2": _normal(rng, *sizes[2:])})
        for group, all_sizes in (("one axis", one_axis), ("two axes", two_axes))
        for sizes in all_sizes
    ]


def _composed(k1: Tensor, k2: Tensor) -> Tensor:
    """Answer of both layers to a single 1 in the middle of zeros, turned round."""
    height, width = (a + b - 1 for a, b in zip(k1.shape, k2.shape, strict=True))
    spot = torch.zeros(1, 1, 2 * height - 1, 2 * width - 1)
    spot[..., height - 1, width - 1] = 1
    answer = F.conv2d(F.conv2d(spot, k1[None, None]), k2[None, None])
    return answer[0, 0].flip(0, 1)


COMPOSE = Code(
    name="compose",
    id="E21",
    groups={"one axis": 1, "two axes": 2},
    cases=_compose_cases,
    call="result = compose(k1, k2)",
    oracle=_composed,
    hints={
        "one axis": "k1 and k2 places make k1 + k2 − 1. Weight a of the first kernel and weight b "
        "of the second meet the pixel i + a + b: so their product belongs to place a + b.",
        "two axes": "Height and width each have their own k1 + k2 − 1. Try kernels of unequal "
        "height and width.",
    },
    atol=1e-5,
    avoid=("conv_transpose2d",),
)


# ---------------------------------------------------------------- the whole bill

_COUNTS = ("multiplications", "additions", "memory", "backward_multiplications", "backward_memory")


def _cost_cases(rng: Rng) -> list[Case]:
    edges: list[tuple[Any, ...]] = [  # N, c_i, c_o, size, kernel, padding, stride
        (1, 1, 1, (1, 1), (1, 1), (0, 0), (1, 1)),
        (1, 1, 1, (4, 6), (4, 6), (0, 0), (1, 1)),
        (1, 3, 2, (9, 8), (3, 2), (1, 0), (2, 3)),
        (4, 2, 3, (7, 10), (2, 5), (1, 2), (3, 2)),
    ]
    for _ in range(6):
        kernel = rng.integers(1, 6, 2)
        size = kernel + rng.integers(0, 9, 2) + (0, 1)
        some = (int(value) for value in rng.integers(1, 6, 3))
        edges.append((*some, size, kernel, rng.integers(0, 4, 2), rng.integers(1, 4, 2)))
    names = ("n_h", "n_w", "k_h", "k_w", "p_h", "p_w", "s_h", "s_w")
    cases = []
    for number, (N, c_i, c_o, *pairs) in enumerate(edges):
        sizes = dict(zip(names, (int(value) for pair in pairs for value in pair), strict=True))
        bias = number % 2 == 1
        inputs = {"N": N, "c_i": c_i, "c_o": c_o, **sizes, "bias": bias}
        cases += [Case(count, inputs | {"wanted": count}) for count in _COUNTS]
    return sorted(cases, key=lambda case: _COUNTS.index(case.group))


Pair = tuple[int, int]


def _products(x: Tensor, w: Tensor, stride: Pair) -> tuple[int, int, int]:
    """Let ones count: each product then adds 1, to an output and to a gradient of each factor."""
    x, w = x.requires_grad_(), w.requires_grad_()
    y = F.conv2d(x, w, stride=stride)
    slopes = torch.autograd.grad(y.sum(), (x, w))
    forward, *backward = (int(part.double().sum()) for part in (y, *slopes))
    return forward, sum(backward), y.numel()


def _cost(N: int, c_i: int, c_o: int, *, bias: bool, wanted: str, **sizes: int) -> int:
    """Count one of the five by a layer of ones, whose zeros of padding are ones too."""
    size, kernel, (p_h, p_w), stride = ((sizes[f"{x}_h"], sizes[f"{x}_w"]) for x in "nkps")
    x, w = torch.ones(N, c_i, *size), torch.ones(c_o, c_i, *kernel)
    padded = F.pad(x, (p_w, p_w, p_h, p_h), value=1)
    forward, backward, outputs = _products(padded, w, stride)
    numbers = x.numel() + w.numel() + (c_o if bias else 0) + outputs
    counts = {
        "multiplications": forward,
        "additions": forward - (0 if bias else outputs),  # a sum of q products, q − 1 additions
        "memory": numbers,
        "backward_multiplications": backward,
        "backward_memory": 2 * numbers,
    }
    return counts[wanted]


COST = Code(
    name="conv_cost",
    id="E22",
    groups=dict.fromkeys(_COUNTS, 1),
    cases=_cost_cases,
    call=(
        "given = (N, c_i, c_o, (n_h, n_w), (k_h, k_w), (p_h, p_w), (s_h, s_w))\n"
        "result = (conv_cost(*given) if bias else conv_cost(*given, bias=False))[wanted]"
    ),
    oracle=_cost,
    hints={
        "multiplications": "Start with the output size, floor included, for each axis. Every "
        "output of every picture in the batch is a sum of c_i·k_h·k_w products.",
        "additions": "Adding q numbers up takes q − 1 additions. A bias is one more number.",
        "memory": "Input, weights, biases, output. The batch multiplies only two of them.",
        "backward_multiplications": "Each product of the forward pass has two factors, and each "
        "of them needs a product for its gradient.",
        "backward_memory": "Input, weights, biases and output stay, and each gets a gradient of "
        "its own size.",
    },
)

# ---------------------------------------------------------------- twice as much


def _doubled_cases(rng: Rng) -> list[Case]:
    settings = [(1, 1, 0), (5, 5, 0), (8, 3, 2), (28, 5, 4), (6, 4, 3), (3, 5, 2)]
    for _ in range(8):
        k, P = int(rng.integers(1, 8)), int(rng.integers(1, 7))
        settings.append((int(rng.integers(max(1, k - P), 30)), k, P))
    refused = [(1, 2, 0), (3, 5, 1), (2, 7, 4)]
    return [
        Case(group, {"n": n, "k": k, "P": P})
        for group, rows in (("factor", settings), ("refusal", refused))
        for n, k, P in rows
    ]


def _doubled(n: int, k: int, P: int) -> float:
    """Divide the numbers of outputs of two real layers."""
    if k > n + P:
        raise ValueError("the window does not fit")
    outputs = []
    for total in (P, 2 * P):
        padded = F.pad(torch.zeros(1, 1, n, n), (0, total, 0, total))
        outputs.append(F.conv2d(padded, torch.zeros(1, 1, k, k)).numel())
    return outputs[1] / outputs[0]


FACTOR = Code(
    name="double_padding",
    id="E23",
    groups={"factor": 2, "refusal": 1},
    cases=_doubled_cases,
    call="result = double_padding(n, k, P)",
    oracle=_doubled,
    hints={
        "factor": "Work grows as the number of outputs does, and a picture has two axes. P is the "
        "padding of both sides together.",
        "refusal": "A window longer than n + P fits nowhere: there is no work to compare with.",
    },
)


# ---------------------------------------------------------------- convolution as a matrix product


def _product_cases(rng: Rng) -> list[Case]:
    plain = [(1, 1, 1, (1, 1), (1, 1), 0, 1), (1, 1, 1, (3, 4), (3, 4), 0, 1)]
    plain += [(1, 3, 2, (4, 6), (2, 3), 0, 1), (1, 2, 4, (6, 5), (3, 1), 0, 1)]
    padded = [(1, 1, 1, (2, 3), (1, 1), 1, 1), (1, 2, 3, (3, 5), (2, 3), 2, 1)]
    strided = [(1, 1, 1, (5, 7), (2, 2), 0, 3), (1, 3, 2, (6, 9), (3, 2), 1, 2)]
    batches = [(2, 2, 3, (4, 5), (3, 2), 1, 2), (3, 1, 2, (5, 4), (2, 3), 0, 1)]
    for _ in range(3):
        c_i, c_o, n = (int(value) for value in rng.integers(2, 5, 3))
        plain.append((1, c_i, c_o, (n + 2, n + 3), (2, 3), 0, 1))
        padded.append((1, c_i, c_o, (n, n + 1), (3, 2), int(rng.integers(1, 4)), 1))
        strided.append((1, c_i, c_o, (n + 4, n + 6), (2, 3), int(rng.integers(0, 2)), 2))
        batches.append((n, c_i, c_o, (n + 2, n + 1), (2, 3), 1, int(rng.integers(1, 4))))
    groups = {"channels": plain, "padding": padded, "stride": strided, "batch": batches}
    return [
        Case(
            group,
            {
                "X": _normal(rng, N, c_i, *size),
                "K": _normal(rng, c_o, c_i, *kernel),
                "padding": p,
                "stride": s,
            },
        )
        for group, rows in groups.items()
        for N, c_i, c_o, size, kernel, p, s in rows
    ]


def _product(X: Tensor, K: Tensor, padding: int, stride: int) -> Tensor:
    return F.conv2d(X, K, padding=padding, stride=stride)


PRODUCT = Code(
    name="conv2d_matmul",
    id="E26",
    groups={"channels": 2, "padding": 1, "stride": 1, "batch": 1},
    cases=_product_cases,
    call=(
        "if stride > 1:\n    result = conv2d_matmul(X, K, padding, stride)\n"
        "else:\n    result = conv2d_matmul(X, K, padding) if padding else conv2d_matmul(X, K)"
    ),
    oracle=_product,
    hints={
        "channels": "Rows of the unfolded picture and columns of the flattened kernel must be in "
        "the same order: channel, then row, then column of the window.",
        "padding": "The zeros belong around the picture before the windows are cut out.",
        "stride": "Cut out a window at every s-th place only; both sides of the output follow.",
        "batch": "Every picture has a product of its own. The batch is the first axis of the "
        "result.",
    },
    atol=1e-5,
    avoid=("conv2d", "Conv2d"),
)

# ---------------------------------------------------------------- groups


def _ungroup_cases(rng: Rng) -> list[Case]:
    blocks = [(1, 1, 1, (1, 1)), (3, 2, 1, (2, 3)), (4, 4, 2, (1, 1)), (16, 8, 4, (3, 2))]
    depthwise = [(2, 2, 2, (1, 2)), (6, 3, 3, (2, 3)), (5, 5, 5, (3, 1))]
    for _ in range(8):
        g, deep, high = (int(value) for value in rng.integers(2, 4, 3))
        blocks.append((g * high, g * deep, g, (2, int(rng.integers(3, 5)))))
    refused = [(3, 2, 2, (1, 1)), (4, 6, 3, (2, 1)), (2, 4, 4, (1, 3))]
    return [
        Case(group, {"K": _normal(rng, c_o, max(c_i // g, 1), *kernel), "groups": g})
        for group, rows in {"blocks": blocks, "depthwise": depthwise, "refusal": refused}.items()
        for c_o, c_i, g, kernel in rows
    ]


def _ungrouped(K: Tensor, groups: int) -> Tensor:
    """Send a single 1 through the grouped layer in each channel, and read its dense kernel."""
    c_o, deep, k_h, k_w = K.shape
    if c_o % groups:
        raise ValueError("the groups are not equally large")
    c_i = deep * groups
    spots = torch.zeros(c_i, c_i, 2 * k_h - 1, 2 * k_w - 1)
    spots[range(c_i), range(c_i), k_h - 1, k_w - 1] = 1
    return F.conv2d(spots, K, groups=groups).transpose(0, 1).flip(2, 3)


UNGROUP = Code(
    name="ungroup",
    id="X5",
    groups={"blocks": 2, "depthwise": 1, "refusal": 1},
    cases=_ungroup_cases,
    call="result = ungroup(K, groups)",
    oracle=_ungrouped,
    hints={
        "blocks": "Outputs of group i read inputs of group i. Which rows are these in the table of "
        "c_o × c_i kernels, and which columns? Everything else is 0.",
        "depthwise": "With one input channel for each group there are c_i = groups of them; each "
        "has c_o/groups kernels.",
        "refusal": "Groups must share the output channels equally.",
    },
)


def _shuffle_cases(rng: Rng) -> list[Case]:
    deal = [(1, 1, 1), (1, 4, 2), (2, 6, 2), (1, 6, 3), (3, 12, 4), (1, 3, 1)]
    for _ in range(8):
        g, deep = int(rng.integers(2, 5)), int(rng.integers(2, 5))
        deal.append((int(rng.integers(1, 4)), g * deep, g))
    refused = [(1, 3, 2), (2, 4, 3), (1, 2, 4)]
    return [
        Case(group, {"X": _normal(rng, N, c, 2, 3), "groups": g})
        for group, rows in {"order": deal, "refusal": refused}.items()
        for N, c, g in rows
    ]


def _shuffled(X: Tensor, groups: int) -> Tensor:
    if X.shape[1] % groups:
        raise ValueError("the groups are not equally large")
    return torch.channel_shuffle(X, groups)


SHUFFLE = Code(
    name="shuffle_channels",
    id="X5",
    groups={"order": 1, "refusal": 1},
    cases=_shuffle_cases,
    call="result = shuffle_channels(X, groups)",
    oracle=_shuffled,
    hints={
        "order": "First the first channel of every group, then the second of every group. Write "
        "the channels as a table with one row for each group, and read its columns.",
        "refusal": "Groups must share the channels equally.",
    },
    avoid=("channel_shuffle", "ChannelShuffle"),
)

# ---------------------------------------------------------------- find the slip


def _slip_cases(rng: Rng) -> list[Case]:
    pixels = [(1, 2, 2, 1, 2), (1, 1, 2, 2, 1), (1, 2, 3, 2, 2), (1, 3, 2, 3, 4), (1, 4, 4, 5, 2)]
    batch = [(2, 1, 2, 1, 3), (3, 2, 1, 2, 1), (2, 3, 4, 3, 2)]
    for _ in range(4):
        c_i, c_o, h, w = (int(value) for value in rng.integers(2, 6, 4))
        pixels.append((1, c_i, c_o, h, w + 1))
        batch.append((c_o, c_i, c_o, h + 1, w))
    return [
        Case(group, {"X": _normal(rng, N, c_i, h, w), "W": _normal(rng, c_o, c_i)})
        for group, rows in {"pixels": pixels, "batch": batch}.items()
        for N, c_i, c_o, h, w in rows
    ]


def _mended(X: Tensor, W: Tensor) -> Tensor:
    return F.conv2d(X, W[:, :, None, None])


MENDED = Code(
    name="per_pixel",
    id="X6",
    groups={"pixels": 2, "batch": 1},
    cases=_slip_cases,
    call="result = per_pixel(X, W)",
    oracle=_mended,
    hints={
        "pixels": "After the product the axes are batch, pixels, output channels. The result "
        "needs batch, output channels, pixels.",
        "batch": "Leave the first axis alone: a transposition of the last two is enough.",
    },
    atol=1e-5,
    avoid=("conv2d", "Conv2d"),
)

EXERCISES = (
    COMPOSE,
    CONVERSE,
    COST,
    DOUBLING,
    PADDING,
    FACTOR,
    ONE_BY_ONE,
    DEARER,
    ALWAYS,
    PRODUCT,
    UNGROUP,
    SHARE,
    SHUFFLE,
    WHERE,
    MENDED,
)
