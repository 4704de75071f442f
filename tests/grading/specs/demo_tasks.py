"""Private exercises for the tests of the grader: a function, a loop, a question, an essay."""

import numpy as np
import torch

from d2lmini.exercises.spec import Case, Code, Discussion, Quiz


def pictures(rng: np.random.Generator) -> list[Case]:
    """Return pictures of several shapes and a factor; the last group asks for a refusal."""
    shapes = [(1, 1), (1, 3), (4, 2), (3, 5)]
    cases = [
        Case(group, {"x": rng.normal(size=shape).astype(np.float32), "k": factor})
        for group, factor in (("twice", 2), ("more", int(rng.integers(3, 9))))
        for shape in shapes
    ]
    return [*cases, Case("refusal", {"x": np.ones((2, 2), dtype=np.float32), "k": -1})]


def scaled(x: torch.Tensor, k: int) -> torch.Tensor:
    """Return k times the picture."""
    if k < 0:
        raise ValueError("negative")
    return x + (k - 1) * x


def numbers(rng: np.random.Generator) -> list[Case]:
    """Return whole numbers."""
    return [Case("sum", {"n": int(n)}) for n in (0, 1, *rng.integers(2, 50, size=6))]


EXERCISES = (
    Code(
        name="scale",
        id="T1",
        groups={"twice": 1, "more": 2, "refusal": 1},
        cases=pictures,
        call="result = scale(x, k)",
        oracle=scaled,
        hints={"twice": "Add it to itself.", "more": "Multiply.", "refusal": "Refuse k < 0."},
        wall=2,
        avoid=("mul",),
    ),
    Code(
        name="triangle",
        id="T2",
        groups={"sum": 3},
        cases=numbers,
        call="result = triangle(n)",
        oracle=lambda n: n * (n + 1) // 2,
        hints={"sum": "Add 1, 2, …, n."},
        wall=2,
    ),
    Quiz(
        name="demo-quiz",
        prompt="1 + 1?",
        options={"a": "2", "b": "11"},
        correct="a",
        why={"a": "A sum.", "b": "That joins the digits."},
        points=1,
    ),
    Discussion(name="demo_essay", rubric=("It says why.", "It says when."), model="Because."),
)
