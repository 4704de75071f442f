"""Exercises of chapter *Pooling*."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from d2lmini.exercises.spec import Case, Code, Discussion, Quiz

Pair = tuple[int, int]
Setting = tuple[Pair, Pair, Pair, Pair]  # sizes, window, stride, padding, rows before columns
EXTREME = 1e4  # a beta at which the soft maximum of different numbers is the maximum
FAR = 50.0  # exp(100 * 50) is no number any more, in no float


def normal(rng: np.random.Generator, *shape: int) -> NDArray[np.float32]:
    """Return normal deviates in float32."""
    return rng.standard_normal(shape).astype(np.float32)


def windows(rng: np.random.Generator, count: int, pad: bool = False) -> list[Setting]:
    """Return random settings of a window that fits, with other numbers for rows and columns."""
    found: list[Setting] = []
    while len(found) < count:
        n, k, s = (rng.permutation(range(low, high))[:2] for low, high in ((3, 10), (1, 5), (1, 4)))
        p = rng.integers(0, k // 2 + 1) if pad else np.zeros(2, int)
        if (n + 2 * p >= k).all() and (not pad or p.any()):
            rows, columns = np.array([n, k, s, p]).T.tolist()
            n2, k2, s2, p2 = zip(rows, columns, strict=True)
            found.append((n2, k2, s2, p2))
    return found


def inputs_of(setting: Setting) -> dict[str, int]:
    """Return window, stride and padding of a setting under the names that calls use."""
    _, k, s, p = setting
    names = ("k_h", "k_w", "s_h", "s_w", "p_h", "p_w")
    return dict(zip(names, (*k, *s, *p), strict=True))


# ---------------------------------------------------------------- E27, E31

SQUARE: list[Setting] = [((1, 1), (1, 1), (1, 1), (0, 0)), ((4, 6), (2, 2), (2, 2), (0, 0))]
WINDOW: list[Setting] = [((3, 5), (3, 5), (3, 5), (0, 0)), ((5, 4), (1, 2), (3, 3), (0, 0))]
PADDED: list[Setting] = [((2, 3), (2, 3), (2, 3), (1, 1)), ((4, 5), (2, 3), (1, 2), (1, 0))]


def avg_cases(rng: np.random.Generator) -> list[Case]:
    """Return batches: one channel at first, then several; any window; padded."""
    given = [("channels", (1, 1), setting) for setting in SQUARE]
    given += [("channels", (2, 3), setting) for setting in SQUARE]
    given += [("window", (2, 2), setting) for setting in (*WINDOW, *windows(rng, 8))]
    given += [("padding", (2, 2), setting) for setting in (*PADDED, *windows(rng, 8, pad=True))]
    for _ in range(8):
        n_h, n_w, k = (int(v) for v in rng.integers([4, 4, 1], [9, 9, 4]))
        channels = int(rng.integers(2, 5))
        given.append(("channels", (2, channels), ((n_h, n_w), (k, k), (k, k), (0, 0))))
    return [
        Case(group, {"X": normal(rng, *batch, *setting[0]), **inputs_of(setting)})
        for group, batch, setting in given
    ]


def avg_oracle(X: Tensor, k_h: int, k_w: int, s_h: int, s_w: int, p_h: int, p_w: int) -> Tensor:
    """Return what PyTorch's average pooling gives; its zeros count."""
    return F.avg_pool2d(X, (k_h, k_w), (s_h, s_w), (p_h, p_w))


def min_cases(rng: np.random.Generator) -> list[Case]:
    """Return batches without padding, with any stride, with padding; all values may be positive."""
    given = [("plain", setting) for setting in SQUARE]
    given += [("stride", setting) for setting in (*WINDOW, *windows(rng, 8))]
    given += [("padding", setting) for setting in (*PADDED, *windows(rng, 8, pad=True))]
    for (n_h, n_w), (k_h, k_w), _, _ in windows(rng, 8):
        given.append(("plain", ((n_h, n_w), (k_h, k_w), (k_h, k_w), (0, 0))))
    return [
        # in padded pictures every value is positive, so that a 0 from outside would win
        Case(group, {"X": _shifted(normal(rng, 2, 2, *setting[0]), group), **inputs_of(setting)})
        for group, setting in given
    ]


def _shifted(X: NDArray[np.float32], group: str) -> NDArray[np.float32]:
    return X + np.float32(5) if group == "padding" else X


def min_oracle(X: Tensor, k_h: int, k_w: int, s_h: int, s_w: int, p_h: int, p_w: int) -> Tensor:
    """Return the smallest number of each window, with infinity around the picture."""
    wide = F.pad(X, (p_w, p_w, p_h, p_h), value=torch.inf)
    return wide.unfold(2, k_h, s_h).unfold(3, k_w, s_w).amin((4, 5))


# ---------------------------------------------------------------- E28


def relu_cases(rng: np.random.Generator) -> list[Case]:
    """Return pairs of tensors: of both signs, and with both numbers below zero."""
    shapes = [(1,), (1, 1), *(tuple(rng.integers(1, 6, size=2).tolist()) for _ in range(8))]
    given = [("pairs", normal(rng, 2, *shape)) for shape in shapes]
    given += [("below zero", -np.abs(normal(rng, 2, *shape)) - np.float32(0.5)) for shape in shapes]
    given.append(("below zero", np.full((2, 1), -2, np.float32)))
    return [Case(group, {"a": a, "b": b}) for group, (a, b) in given]


def relu_oracle(a: Tensor, b: Tensor) -> Tensor:
    """Return the larger of two numbers, element by element."""
    return torch.maximum(a, b)


# ---------------------------------------------------------------- E29

COSTS: dict[str, list[tuple[int, Setting]]] = {
    "plain": [(1, ((1, 1), (1, 1), (1, 1), (0, 0))), (3, ((4, 6), (2, 3), (2, 3), (0, 0)))],
    "stride": [(1, ((5, 7), (2, 2), (3, 4), (0, 0))), (2, ((8, 5), (3, 2), (2, 2), (0, 0)))],
    "padding": [(1, ((2, 3), (2, 3), (2, 3), (1, 1))), (2, ((6, 7), (3, 2), (2, 1), (1, 0)))],
    "refusal": [(1, ((1, 4), (2, 2), (1, 1), (0, 0))), (2, ((5, 3), (2, 6), (2, 1), (1, 1)))],
}


def cost_cases(rng: np.random.Generator) -> list[Case]:
    """Return channels and settings: windows side by side, any stride, padded, too large."""
    given = {group: list(settings) for group, settings in COSTS.items()}
    for n, k, s, p in windows(rng, 8):
        given["plain"].append((int(rng.integers(2, 5)), (n, k, k, p)))
        given["stride"].append((int(rng.integers(1, 5)), (n, k, s, p)))
        given["refusal"].append((1, ((n[0], n[1]), (k[0], n[1] + 1), s, p)))
    for setting in windows(rng, 8, pad=True):
        given["padding"].append((int(rng.integers(1, 5)), setting))
    return [
        Case(group, {"c": c, "n_h": n_h, "n_w": n_w, **inputs_of(setting)})
        for group, settings in given.items()
        for c, setting in settings
        for n_h, n_w in (setting[0],)
    ]


def cost_oracle(
    c: int, n_h: int, n_w: int, k_h: int, k_w: int, s_h: int, s_w: int, p_h: int, p_w: int
) -> tuple[int, int, int]:
    """Walk through all windows and count."""
    wide_h, wide_w = n_h + 2 * p_h, n_w + 2 * p_w
    rows = [i for i in range(0, wide_h, s_h) if i + k_h <= wide_h]
    columns = [j for j in range(0, wide_w, s_w) if j + k_w <= wide_w]
    if not rows or not columns:
        raise ValueError(f"a {k_h}×{k_w} window does not fit")
    steps = places = 0
    for _ in range(c):
        for _ in ((i, j) for i in rows for j in columns):
            steps += len(range(1, k_h * k_w))
            places += 1
    return steps, steps, places


# ---------------------------------------------------------------- E30


def grad_cases(rng: np.random.Generator) -> list[Case]:
    """Return pictures for both kinds; with ties; with a last row or column that nothing reads."""
    halves = [tuple(half) for half in rng.integers(1, 5, (8, 2)).tolist()]
    even = [(2, 2), (2, 4), (6, 4), *((2 * h, 2 * w) for h, w in halves)]
    odd = [(3, 2), (2, 5), (5, 7), *((2 * h + 1, 2 * w + 1) for h, w in halves)]
    cases = [Case("average", {"kind": "avg", "X": normal(rng, *size)}) for size in even]
    cases += [Case("maximum", {"kind": "max", "X": normal(rng, *size)}) for size in even]
    cases += [Case("tie", {"kind": "max", "X": np.ones(size, np.float32)}) for size in even[:3]]
    for size in even:
        cases.append(Case("tie", {"kind": "max", "X": normal(rng, *size).round() / 2}))
    for size in odd:
        cases += [Case("edge", {"kind": k, "X": normal(rng, *size)}) for k in ("max", "avg")]
    return cases


def grad_oracle(kind: str, X: Tensor) -> Tensor:
    """Return the gradient that autograd finds for PyTorch's pooling."""
    X = X.clone().requires_grad_()
    pool = F.max_pool2d if kind == "max" else F.avg_pool2d
    return torch.autograd.grad(pool(X[None, None], 2).sum(), X)[0]


# ---------------------------------------------------------------- E32


def soft_cases(rng: np.random.Generator) -> list[Case]:
    """Return windows in the last axis: no beta or a huge one, between them, far from zero."""
    shapes = [(1,), (4,), (2, 3), *(tuple(rng.integers(2, 6, size=2).tolist()) for _ in range(8))]
    given: list[tuple[str, NDArray[Any], float]]
    given = [("limits", normal(rng, *shape), 0.0) for shape in shapes]
    given += [("limits", _apart(rng, *shape), EXTREME) for shape in shapes]
    given += [("between", normal(rng, *shape), float(rng.uniform(0.3, 3))) for shape in shapes]
    given += [
        ("far from zero", sign * FAR + rng.standard_normal(shape), 100.0)
        for shape in shapes
        for sign in (1, -1)
    ]
    return [Case(group, {"x": x, "beta": beta}) for group, x, beta in given]


def _apart(rng: np.random.Generator, *shape: int) -> NDArray[np.float32]:
    """Return numbers of which no two in a window are closer than a quarter."""
    order = np.argsort(rng.standard_normal(shape), axis=-1)
    return (order / 4 + rng.uniform(-1, 1, (*shape[:-1], 1))).astype(np.float32)


def soft_oracle(x: Tensor, beta: float) -> Tensor:
    """Return the weighted sum, from the logarithms of weights and their sum, in float64."""
    logits = beta * x.double()
    weights = (logits - logits.logsumexp(-1, keepdim=True)).exp()
    return torch.einsum("...i,...i->...", weights, x.double()).to(x.dtype)


# ---------------------------------------------------------------- X7, X8


def halving_cases(rng: np.random.Generator) -> list[Case]:
    """Return sizes of at least 2, rounded down and rounded up."""
    sizes = [2, 3, 4, 7, 28, 32, *rng.permutation(np.arange(5, 200))[:8].tolist()]
    return [
        Case("up" if up else "down", {"n": n, "ceil_mode": up})
        for n in sizes
        for up in (False, True)
    ]


def halving_oracle(n: int, ceil_mode: bool) -> tuple[int, ...]:
    """Pool a row again and again, and look at its length."""
    row, sizes = torch.zeros(1, 1, n), []
    while row.shape[-1] > 1:
        row = F.max_pool1d(row, 2, ceil_mode=ceil_mode)
        sizes.append(row.shape[-1])
    return tuple(sizes)


def forgiven_cases(rng: np.random.Generator) -> list[Case]:
    """Return rows that the windows fill, and rows with a rest."""
    full = [(2, 2), (4, 2), (8, 2), (9, 3), (6, 1)]
    full += [(int(k * rng.integers(2, 7)), int(k)) for k in rng.integers(2, 6, size=8)]
    rest = [(3, 2), (5, 2), (7, 3), (8, 5)]
    for k in rng.integers(2, 6, size=8):
        rest.append((int(k * rng.integers(1, 7) + rng.integers(1, k)), int(k)))
    given = [("full", pair) for pair in full] + [("rest", pair) for pair in rest]
    return [Case(group, {"n": n, "k": k}) for group, (n, k) in given]


def forgiven_oracle(n: int, k: int) -> float:
    """Move the pixel through all places and compare the outputs."""
    rows = F.max_pool1d(torch.eye(n)[:, None], k)[:, 0]
    return sum(rows[i].equal(rows[i + 1]) for i in range(n - 1)) / (n - 1)


EXERCISES = (
    Code(
        name="avg_pool_conv",
        id="E27",
        groups={"channels": 1, "window": 1, "padding": 1},
        cases=avg_cases,
        call="result = avg_pool_conv(X, (k_h, k_w), (s_h, s_w), (p_h, p_w))",
        oracle=avg_oracle,
        hints={
            "channels": "Each channel has a kernel of its own: `groups`, and a weight of shape "
            "`(c, 1, k_h, k_w)`.",
            "window": "Each weight is `1 / (k_h * k_w)`, rows before columns; pass the stride on.",
            "padding": "Zeros around the picture count: the divisor stays `k_h * k_w`.",
        },
        avoid=("avg_pool2d", "AvgPool2d", "avg_pool1d", "adaptive_avg_pool2d"),
    ),
    Quiz(
        name="pooling-two-windows",
        id="E28",
        points=1,
        prompt="Which two windows refute *every* kernel with a bias that is offered as the maximum "
        "of two numbers, together with the window 0 0?",
        options={
            "a": "1 2 and 2 4",
            "b": "1 2 and 3 3",
            "c": "1 −1 and −1 1",
            "d": "none: with the right weights it works",
        },
        correct="c",
        why={
            "a": "The weights 0 and 1 with bias 0 give 2 and 4 here, and 0 for 0 0: all three are "
            "right.",
            "b": "The weights 0 and 1 with bias 0 give 2, 3 and 0: all three are right.",
            "c": "The two are each other's negative, so the answers of a kernel add up to twice "
            "the bias, and 0 0 says that the bias is 0. But the maxima are 1 and 1.",
            "d": "The answers to `x` and `−x` always add up to twice the bias. The maxima do not.",
        },
    ),
    Code(
        name="max_via_relu",
        id="E28",
        groups={"pairs": 1, "below zero": 1},
        cases=relu_cases,
        call="result = max_via_relu(a, b)",
        oracle=relu_oracle,
        hints={
            "pairs": "By how much is the larger of two numbers larger than `b`?",
            "below zero": "ReLU turns a negative number into 0, so apply it to a difference.",
        },
        avoid=("maximum", "max", "amax", "where", "fmax", "max_pool1d", "max_pool2d"),
    ),
    Code(
        name="pool_cost",
        id="E29",
        groups={"plain": 1, "stride": 1, "padding": 1, "refusal": 1},
        cases=cost_cases,
        call="result = pool_cost(c, (n_h, n_w), (k_h, k_w), (s_h, s_w), (p_h, p_w))",
        oracle=cost_oracle,
        hints={
            "plain": "The largest of q numbers takes q − 1 comparisons, in each window of each "
            "channel; channels are not mixed.",
            "stride": "The number of windows comes from the size formula: floor, then plus one.",
            "padding": "Padding counts on both sides, and the window is `k`, not `p`.",
            "refusal": "Raise ValueError when the window is larger than the padded picture.",
        },
    ),
    Code(
        name="pool_grad",
        id="E30",
        groups={"average": 1, "maximum": 1, "tie": 1, "edge": 1},
        cases=grad_cases,
        call="result = pool_grad(kind, X)",
        oracle=grad_oracle,
        hints={
            "average": "Each of the four pixels has the same share of the mean.",
            "maximum": "Only the largest of the four has any influence on the output.",
            "tie": "At a tie the first in reading order gets all: `argmax` of four numbers.",
            "edge": "With an odd size the last row or column lies in no window: its gradient is 0.",
        },
        avoid=("backward", "grad", "vjp", "jacobian"),
    ),
    Discussion(
        name="why_two_kinds",
        id="E30",
        rubric=(
            "says what each does to one strong response among weak ones: the maximum keeps it, "
            "the average dilutes it.",
            "says what each does to noise: the maximum picks the largest error, the average "
            "evens errors out.",
            "says what each does to learning: the whole gradient to the winner, or an equal part "
            "to every pixel.",
            "names the inputs for which both agree: every window holds equal values.",
        ),
        model="The maximum passes one strong response on as it is and forgets the rest; the "
        "average divides it by the size of the window, so that a single strong response can drown "
        "in weak ones. Of independent noise the average keeps less than each pixel had, while "
        "the maximum picks the largest error and so is biased upwards. In learning the maximum "
        "hands the whole gradient to one pixel and leaves the others as they are; the average "
        "gives every pixel an equal part.\n\nBoth give the same output exactly when all "
        "values of each window are equal, because a mean reaches the maximum only then.",
    ),
    Code(
        name="min_pool",
        id="E31",
        groups={"plain": 1, "stride": 1, "padding": 1},
        cases=min_cases,
        call="result = min_pool(X, (k_h, k_w), (s_h, s_w), (p_h, p_w))",
        oracle=min_oracle,
        hints={
            "plain": "Turn the signs around before the pooling, and again after it.",
            "stride": "Pass the stride on; without one it is the window.",
            "padding": "The padding must never win: around a minimum it has to be +∞.",
        },
        avoid=("amin", "min", "minimum"),
    ),
    Code(
        name="soft_pool",
        id="E32",
        groups={"limits": 1, "between": 1, "far from zero": 1},
        cases=soft_cases,
        call="result = soft_pool(x, beta)",
        oracle=soft_oracle,
        rtol=1e-4,
        hints={
            "limits": "With beta = 0 all weights are equal; with a huge beta one of them is 1.",
            "between": "The weights must add up to 1 in each window; return the weighted sum of "
            "x, not the weights.",
            "far from zero": "exp(5000) is too large for any float: take the largest value off "
            "first, or let `softmax` do so.",
        },
    ),
    Code(
        name="halvings",
        id="X7",
        groups={"down": 1, "up": 1},
        cases=halving_cases,
        call="result = halvings(n, ceil_mode)",
        oracle=halving_oracle,
        hints={
            "down": "An odd size leaves its last pixel unread: n // 2, until 1 is left.",
            "up": "With `ceil_mode` the last, incomplete window counts: (n + 1) // 2.",
        },
    ),
    Quiz(
        name="pooling-counted-zeros",
        id="X7",
        points=1,
        prompt="A 4×4 picture of ones goes through average pooling with window 2, stride 2 and "
        "padding 1. With `count_include_pad=False` all outputs are 1. Which are they with `True`?",
        options={
            "a": "1 everywhere as well",
            "b": "1/4 in the corners, 1/2 along the sides, 1 in the middle",
            "c": "1/2 in the corners and along the sides, 1 in the middle",
            "d": "3/4 in the corners, 1/2 along the sides, 1 in the middle",
        },
        correct="b",
        why={
            "a": "This is so only where a window holds no padding: in the middle.",
            "b": "A corner window holds 1 real pixel and 3 zeros, a window at a side 2 and 2. The "
            "divisor is 4 each time.",
            "c": "In a corner two sides meet: 3 of the 4 places are padding, not 2.",
            "d": "3/4 is what is missing in the corner. One real pixel of 4 gives 1/4.",
        },
    ),
    Code(
        name="forgiven",
        id="X8",
        groups={"full": 1, "rest": 1},
        cases=forgiven_cases,
        call="result = forgiven(n, k)",
        oracle=forgiven_oracle,
        hints={
            "full": "Of n − 1 moves, those across a border between two windows change the output.",
            "rest": "Behind the last whole window nobody looks: the move into the rest changes the "
            "output, moves within the rest do not.",
        },
    ),
)
