"""Exercises of chapter *Cross-correlation* about learning a kernel, and how fast."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from d2lmini.exercises.parts.sizes import oblong
from d2lmini.exercises.spec import Case, Code

EDGES = np.tile(np.array([1, 1, 0, 0, 0, 0, 1, 1], dtype=np.float32), (6, 1))

# ---------------------------------------------------------------- E16


def start_cases(rng: np.random.Generator) -> list[Case]:
    """Return rates at which 100 updates are enough, and starts: all 0.5; any."""
    half = np.full((2, 2), 0.5, dtype=np.float32)
    rates = [0.01, *rng.uniform(0.008, 0.018, 4).tolist()]
    cases = [Case("from 0.5", {"lr": lr, "w0": half}) for lr in rates[:2]]
    for lr in rates[2:]:
        w0 = rng.uniform(0.5, 1.5, (2, 2)) * [[1], [-1]]  # rows that differ
        cases.append(Case("any start", {"lr": lr, "w0": w0.astype(np.float32)}))
    return cases


def start_oracle(lr: float, w0: Tensor) -> Tensor:
    """Return where gradient descent ends: both rows move alike until the columns add up."""
    return w0 + (torch.tensor([1.0, -1.0]) - w0.sum(0)) / 2


LEARN_2X2 = Code(
    name="learn2x2",
    id="E16",
    groups={"from 0.5": 1, "any start": 2},
    cases=start_cases,
    call="result = learn2x2(lr, w0)",
    oracle=start_oracle,
    hints={
        "from 0.5": "The target is 5×7. The loss is the sum of squares, not their mean, and 100 "
        "updates are enough for both columns to add up to 1 and −1.",
        "any start": "Begin with a copy of `w0`, move both rows by their own gradients, and return "
        "what comes out. What happens to the difference of the two rows?",
    },
    rtol=0,
    atol=1e-3,
)

# ---------------------------------------------------------------- X1


def rate_cases(rng: np.random.Generator) -> list[Case]:
    """Return the edge picture; pictures and kernels without a bias; the same with one."""

    def case(group: str, picture: tuple[int, int], kernel: tuple[int, int]) -> Case:
        X = rng.standard_normal(picture, dtype=np.float32) + np.float32(0.5)
        given = {"X": X, "h": kernel[0], "w": kernel[1], "bias": group == "with a bias"}
        return Case(group, given)

    edges = [(1, 2, False), (2, 2, False), (1, 2, True)]
    cases = [
        Case("edge picture", {"X": EDGES, "h": h, "w": w, "bias": bias}) for h, w, bias in edges
    ]
    for group in ("without a bias", "with a bias"):
        cases += [case(group, (2, 3), (1, 1)), case(group, (3, 2), (3, 2))]
        for _ in range(8):
            kernel = oblong(rng, 1, 4)
            cases.append(case(group, (kernel[0] + 3, kernel[1] + 4), kernel))
    return cases


def rate_oracle(X: Tensor, h: int, w: int, bias: bool) -> float:
    """Return 2 divided by the largest eigenvalue of the Hessian that autograd computes."""

    def gradient(at: Tensor) -> Tensor:
        at = at.clone().requires_grad_()
        kernel, u = at[: h * w].reshape(1, 1, h, w), at[h * w :].sum()
        loss = ((F.conv2d(X.double()[None, None], kernel) + u) ** 2).sum()
        return torch.autograd.grad(loss, at)[0]

    units = torch.eye(h * w + bias, dtype=torch.float64)  # a gradient here is a column of H
    hessian = torch.stack([gradient(unit) for unit in units])
    return 2 / float(torch.linalg.eigvalsh(hessian)[-1])


LARGEST_SAFE_RATE = Code(
    name="largest_safe_rate",
    id="X1",
    groups={"edge picture": 1, "without a bias": 1, "with a bias": 1},
    cases=rate_cases,
    call="result = largest_safe_rate(X, (h, w), bias)",
    oracle=rate_oracle,
    hints={
        "edge picture": "The chapter knows three of these limits: 2/60 for the kernel 1×2, 0.02 "
        "for 2×2, 0.01609 for 1×2 with a bias.",
        "without a bias": "2 divided by the *largest* eigenvalue of H = 2·Aᵀ·A; A has one window "
        "in each row.",
        "with a bias": "A bias is one more column of A, all ones.",
    },
    rtol=1e-4,
)


def partner_cases(rng: np.random.Generator) -> list[Case]:
    """Return first weights of a start."""
    firsts = [1.0, 0.5, 3.0, -2.0, *rng.uniform(-5, 5, 8).tolist()]
    return [Case("partner", {"a": a}) for a in firsts]


def partner_oracle(a: float) -> float:
    """Return b for which the error (a − 1, b + 1) has no part along (1, 1)."""
    return -(a - 1) - 1


LUCKY_PARTNER = Code(
    name="lucky_partner",
    id="X1",
    groups={"partner": 1},
    cases=partner_cases,
    call="result = lucky_partner(a)",
    oracle=partner_oracle,
    hints={
        "partner": "The error of the start is (a − 1, b + 1). It must lie along the flat direction "
        "(1, −1), with no part along the steep one.",
    },
)
