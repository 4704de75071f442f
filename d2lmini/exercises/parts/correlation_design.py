"""Exercises of chapter *Cross-correlation* that ask for a kernel: edges, derivatives, sums."""

from collections.abc import Callable, Mapping
from math import factorial

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from d2lmini.exercises.parts.sizes import oblong
from d2lmini.exercises.spec import Array, Case, Code


def misshapen(got: Mapping[str, Array], fits: Callable[[tuple[int, ...]], bool]) -> str | None:
    """Say what keeps an answer from being a kernel, or None."""
    kernel = got.get("")
    if kernel is None:
        return "expected one kernel, got several results"
    if kernel.dtype.kind not in "iu" and kernel.dtype not in (np.float32, np.float64):
        return f"expected float32, float64 or whole numbers, got {kernel.dtype}"
    if kernel.size == 0 or not fits(kernel.shape):
        return f"a kernel of the shape {kernel.shape} is not what was asked for"
    if not np.isfinite(kernel).all():
        return "not every weight is finite"
    return None if kernel.any() else "all its weights are 0"


def answers(picture: Array, kernel: Array) -> Array:
    """Return the cross-correlation in float64."""
    windows = np.lib.stride_tricks.sliding_window_view(picture.astype(float), kernel.shape)
    axes = tuple(range(kernel.ndim, 2 * kernel.ndim))
    total: Array = (windows * kernel.astype(float)).sum(axis=axes)
    return total


# ---------------------------------------------------------------- E7


def answers_cases(rng: np.random.Generator) -> list[Case]:
    """Return pictures: the identity, the step below the diagonal, any."""
    sizes = [2, 3, 6, 9]
    cases = [Case("identity", {"X": np.eye(n, dtype=np.float32)}) for n in sizes]
    cases += [Case("step", {"X": np.tri(n, dtype=np.float32)}) for n in sizes]
    shapes = [(2, 2), (2, 3), (3, 2), *(oblong(rng, 2, 9) for _ in range(8))]
    cases += [Case("any picture", {"X": rng.standard_normal(s, dtype=np.float32)}) for s in shapes]
    return cases


def answers_oracle(X: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return what PyTorch's convolution gives: K on X, K on the transposed X, K.T on X."""
    K = torch.tensor([[[[1.0, -1.0]]]])
    four = X[None, None]
    return (
        F.conv2d(four, K)[0, 0],
        F.conv2d(four.mT, K)[0, 0],
        F.conv2d(four, K.mT)[0, 0],
    )


EDGE_ANSWERS = Code(
    name="edge_answers",
    id="E7",
    groups={"identity": 1, "step": 1, "any picture": 1},
    cases=answers_cases,
    call="result = edge_answers(X)",
    oracle=answers_oracle,
    hints={
        "identity": "Each element minus its right neighbour: a 1 of the diagonal is met twice, "
        "once as the left pixel and once as the right one.",
        "step": "This picture is not equal to its transpose, so its answers differ: +1 where a row "
        "falls from 1 to 0, −1 where it rises.",
        "any picture": "Mind the shapes: for h rows and w columns they are (h, w − 1), (w, h − 1) "
        "and (h − 1, w).",
    },
)

# ---------------------------------------------------------------- E8

ROWS, COLUMNS = np.indices((21, 26))
AXIS = {  # grows across an edge, stays along it
    "vertical": COLUMNS,
    "horizontal": ROWS,
    "diagonal": ROWS - COLUMNS + 10,
    "other diagonal": ROWS + COLUMNS - 13,
}
ACROSS = {"vertical": "horizontal", "horizontal": "vertical", "diagonal": "other diagonal"}


def direction_cases(rng: np.random.Generator) -> list[Case]:
    """Return directions; the brightness on both sides and the edge's place stay secret."""
    cases = []
    for direction in ACROSS:
        sides = [(1.0, 0.0), (0.0, 1.0), *rng.uniform(-2, 2, (6, 2)).tolist()]
        for low, high in sides:
            secret = {"low": low, "high": high, "place": int(rng.integers(9, 12))}
            cases.append(Case(direction, {"direction": direction}, secret))
    return cases


def direction_judge(case: Case, got: Mapping[str, Array]) -> str | None:
    """Say what the kernel does on a flat area, on its edge, on the edge at right angles."""
    if problem := misshapen(got, lambda shape: len(shape) == 2 and max(shape) <= 9):
        return f"{problem}; two axes, at most 9 places each" if "shape" in problem else problem
    kernel, secret = got[""], case.secret
    low, high, direction = float(secret["low"]), float(secret["high"]), case.inputs["direction"]
    step = abs(high - low) * np.abs(kernel).max()
    most = 1e-5 * np.abs(kernel).astype(float).sum() * max(abs(low), abs(high), 1)

    def loudest(kind: str) -> float:
        picture = np.where(AXIS[kind] < secret["place"], low, high)
        return float(np.abs(answers(picture, kernel)).max())

    if abs(kernel.astype(float).sum()) > most:
        return f"its weights add up to {kernel.sum():.6g}, so it answers on flat areas"
    if loudest(direction) < 1e-3 * step:
        return f"it answers 0 on a {direction} edge"
    if loudest(ACROSS[direction]) > most:
        return f"it also answers on an edge at right angles, a {ACROSS[direction]} one"
    return None


EDGE_KERNEL = Code(
    name="edge_kernel",
    id="E8",
    groups={"vertical": 1, "horizontal": 1, "diagonal": 1},
    cases=direction_cases,
    call="result = edge_kernel(direction)",
    judge=direction_judge,
    hints={
        "vertical": "A vertical edge has different pixels on its left and on its right.",
        "horizontal": "A horizontal edge has different pixels above and below: the vertical "
        "kernel, transposed.",
        "diagonal": "The edge runs from top left to bottom right, so compare top right with "
        "bottom left.",
    },
)

# ---------------------------------------------------------------- E13


def parabola_cases(rng: np.random.Generator) -> list[Case]:
    """Return no inputs; the coefficients of a + b·x + c·x² stay secret."""
    secrets = [("lines", 1.0, 0.0, 0.0), ("lines", 0.0, 1.0, 0.0), ("squares", 0.0, 0.0, 1.0)]
    for _ in range(8):
        a, b, c = rng.uniform(1, 3, 3) * rng.choice([-1, 1], 3)
        secrets += [("lines", a, b, 0.0), ("squares", a, b, c)]
    return [Case(group, {}, {"a": a, "b": b, "c": c}) for group, a, b, c in secrets]


def parabola_judge(case: Case, got: Mapping[str, Array]) -> str | None:
    """Say where the kernel's answer is not 2c."""
    if problem := misshapen(got, lambda shape: shape == (1, 3)):
        return f"{problem}; it needs the shape (1, 3)" if "shape" in problem else problem
    a, b, c = (case.secret[name] for name in "abc")
    x = np.arange(-3.0, 5)
    found = answers((a + b * x + c * x**2)[None], got[""])
    if np.allclose(found, 2 * c, rtol=1e-4, atol=1e-4):
        return None
    return f"on {a:.3g} + ({b:.3g})x + ({c:.3g})x² it answers {found[0, 0]:.4g}, not {2 * c:.4g}"


SECOND_DERIVATIVE = Code(
    name="second_derivative_kernel",
    id="E13",
    groups={"lines": 1, "squares": 1},
    cases=parabola_cases,
    call="result = second_derivative_kernel()",
    judge=parabola_judge,
    hints={
        "lines": "On a line all first differences are equal. Take the difference of two of them.",
        "squares": "0, 1, 4: the first differences are 1 and 3, the second difference is 2. Mind "
        "the sign.",
    },
)


def bowl_cases(rng: np.random.Generator) -> list[Case]:
    """Return no inputs; the coefficients of a + b·i + c·j + q·i² + r·j² stay secret."""
    secrets = [("planes", tuple(row)) for row in np.eye(5)[:3].tolist()]
    secrets += [("bowls", tuple(row)) for row in np.eye(5)[3:].tolist()]
    for _ in range(8):
        a, b, c, q, r = (rng.uniform(1, 3, 5) * rng.choice([-1.0, 1.0], 5)).tolist()
        secrets += [("planes", (a, b, c, 0.0, 0.0)), ("bowls", (a, b, c, q, r))]
    return [Case(group, {}, dict(zip("abcqr", numbers, strict=True))) for group, numbers in secrets]


def bowl_judge(case: Case, got: Mapping[str, Array]) -> str | None:
    """Say where the kernel's answer is not 2q + 2r."""
    if problem := misshapen(got, lambda shape: shape == (3, 3)):
        return f"{problem}; it needs the shape (3, 3)" if "shape" in problem else problem
    a, b, c, q, r = (case.secret[name] for name in "abcqr")
    i, j = np.mgrid[-3.0:3, -3.0:4]
    found = answers(a + b * i + c * j + q * i**2 + r * j**2, got[""])
    if np.allclose(found, 2 * (q + r), rtol=1e-4, atol=1e-4):
        return None
    picture = f"{a:.3g} + ({b:.3g})i + ({c:.3g})j + ({q:.3g})i² + ({r:.3g})j²"
    return f"on {picture} it answers {found[0, 0]:.4g}, not {2 * (q + r):.4g}"


LAPLACE = Code(
    name="laplace_kernel",
    id="E13",
    groups={"planes": 1, "bowls": 1},
    cases=bowl_cases,
    call="result = laplace_kernel()",
    judge=bowl_judge,
    hints={
        "planes": "On a plane every second difference is 0, along the rows and along the columns.",
        "bowls": "Lay one second difference along the middle row, one along the middle column, and "
        "add the two.",
    },
)

# ---------------------------------------------------------------- E14


def sum_cases(rng: np.random.Generator) -> list[Case]:
    """Return signals: of one and two places; longer ones."""
    sizes = [1, 2, 1, 2, 3, 4, *(int(n) for n in rng.integers(5, 20, 8))]
    signals = (rng.standard_normal(n, dtype=np.float32) for n in sizes)
    return [Case("short" if len(x) < 3 else "long", {"x": x}) for x in signals]


def sum_oracle(x: Tensor) -> Tensor:
    """Return the running sum."""
    return torch.cumsum(x, 0)


RUNNING_SUM = Code(
    name="running_sum",
    id="E14",
    groups={"short": 1, "long": 2},
    cases=sum_cases,
    call="result = running_sum(x)",
    oracle=sum_oracle,
    hints={
        "short": "The first output is the first number, the second output the sum of two.",
        "long": "The last output needs all n numbers, so the kernel has n ones; the first needs "
        "one number, so n − 1 zeros stand in front, and none behind.",
    },
    atol=1e-5,
    avoid=("cumsum",),
)

# ---------------------------------------------------------------- E15


def order_cases(rng: np.random.Generator) -> list[Case]:
    """Return orders d; where the whole numbers start stays secret."""
    return [
        Case("first" if d < 3 else "higher", {"d": d}, {"start": int(rng.integers(-3, 1)) - d // 2})
        for d in (0, 1, 2, 1, 2, 3, 4, 5, 6, 7)
    ]


def order_judge(case: Case, got: Mapping[str, Array]) -> str | None:
    """Say on which power of x the kernel does not answer as a derivative of order d."""
    d = case.inputs["d"]
    if problem := misshapen(got, lambda shape: shape == (d + 1,)):
        said = f"{problem}; {d + 1} weights on one axis are enough, and fewer are not"
        return said if "shape" in problem else problem
    kernel = got[""].astype(float)
    x = np.arange(d + 4.0) + case.secret["start"]
    for power in range(d + 1):
        found, right = answers(x**power, kernel), factorial(d) * (power == d)
        allowed = 1e-6 * np.abs(kernel).sum() * np.abs(x**power).max() + 1e-4
        if np.abs(found - right).max() > allowed:
            return f"on x to the power {power} it answers {found[0]:.6g}, not {right}"
    return None


DERIVATIVE_KERNEL = Code(
    name="derivative_kernel",
    id="E15",
    groups={"first": 1, "higher": 2},
    cases=order_cases,
    call="result = derivative_kernel(d)",
    judge=order_judge,
    hints={
        "first": "Order 0 is a single 1. Order 1 is the right neighbour minus the pixel, −1 1, so "
        "that x gives +1.",
        "higher": "A difference of differences: lay −1 and 1 times the kernel of order d − 1 on "
        "top of each other, shifted by one place.",
    },
)
