"""Notebooks, submissions and runs for the tests of the grader."""

import json
from pathlib import Path
from typing import Any

from d2lmini.grading.grade import Job, Result, grade_one

HERE = Path(__file__).parent
SPECS = str(HERE / "specs")
NAME = "demo-tasks"
NAMES = ["scale", "triangle", "demo-quiz", "demo_essay"]
SCALE = "def scale(x, k):\n    if k < 0:\n        raise ValueError(k)\n    return k * x"
TRIANGLE = "def triangle(n):\n    return sum(range(n + 1))"
QUIZ = 'demo_quiz = "a"'
STUBS = {
    "imports": "import numpy as np\nimport torch\nfrom d2lmini.exercises import check",
    "scale": 'def scale(x, k):\n    """Return k times x."""\n    ...  # your code here',
    "check-scale": 'check("scale", scale)',
    "triangle": "def triangle(n):\n    ...  # your code here",
    "check-triangle": 'check("triangle", triangle)',
    "demo_quiz": 'demo_quiz = None  # "a" or "b"',
    "check-demo_quiz": 'check("demo_quiz", demo_quiz)',
    "demo_essay": "*Your answer, in a few sentences.*",
}
POINTS = {"check-scale": 4, "check-triangle": 3, "check-demo_quiz": 1, "demo_essay": 2}


def about(name: str) -> dict[str, Any]:
    """Return nbgrader's metadata of a released cell."""
    solution, grade = name in ("scale", "triangle", "demo_quiz", "demo_essay"), name in POINTS
    own = {"schema_version": 3, "grade_id": name, "grade": grade, "solution": solution}
    own |= {"locked": not solution, "task": False} | ({"points": POINTS[name]} if grade else {})
    return {"nbgrader": own}


def cell(source: str, kind: str = "code", metadata: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a cell of a notebook."""
    outputs = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "source": source, "metadata": metadata or {}} | outputs


def notebook(answers: dict[str, str] | None = None, *more: str, first: str = "") -> dict[str, Any]:
    """Return the released notebook with answers filled in, and with cells of the student's own."""
    texts = STUBS | (answers or {})
    cells = [
        cell(text, "markdown" if name == "demo_essay" else "code", about(name))
        for name, text in texts.items()
    ]
    cells = [*([cell(first)] if first else []), *cells, *map(cell, more)]
    return {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}


def right() -> dict[str, str]:
    """Return answers that earn everything that a program can give."""
    return {"scale": SCALE, "triangle": TRIANGLE, "demo_quiz": QUIZ}


def graded(book: dict[str, Any] | str, seed: int = 1) -> Result:
    """Return the result of one notebook."""
    text = book if isinstance(book, str) else json.dumps(book)
    return grade_one(
        Job(student="s1", assignment=NAME, notebook=text, names=NAMES, seed=seed, specs=SPECS)
    )


def points(result: Result) -> list[int | None]:
    """Return the points of the questions in their order."""
    return [question["points"] for question in result["questions"].values()]


def hand_in(root: Path, student: str, book: dict[str, Any] | str) -> None:
    """Put a submission into a folder as nbgrader does."""
    path = root / student / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(book if isinstance(book, str) else json.dumps(book), encoding="utf-8")


def release(course: Path) -> None:
    """Write what `make release` would write for the demo assignment, checksums included."""
    from nbformat import from_dict
    from nbgrader.utils import compute_checksum

    book = notebook()
    for number, one in enumerate(book["cells"]):
        one["id"] = f"released-{number}"
        one["metadata"]["nbgrader"]["cell_type"] = one["cell_type"]
        one["metadata"]["nbgrader"]["checksum"] = compute_checksum(from_dict(one))
    path = course / "release" / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(book | {"nbformat_minor": 5}), encoding="utf-8")
