"""What an exercise is, written down once: plain records, no behaviour.

An exercise that a program can judge is a :class:`Code`, a question with options a :class:`Quiz`,
an open question a :class:`Discussion`. The task's text, the empty function that a student starts
from and the reference solution stand in the chapter, not here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Values = Mapping[str, Any]  # name to number, text, array or tensor


class Case(NamedTuple):
    """One trial of a student's function: what it is given, and what only the judge knows.

    ``inputs`` hold numbers, texts, NumPy arrays or tensors; an array reaches the function as a
    tensor of the same dtype. ``secret`` never reaches the place where the student's code runs.
    """

    group: str
    inputs: Values
    secret: Values = MappingProxyType({})


@dataclass(frozen=True)
class Code:
    """An exercise whose answer is a function or a class, judged by what it returns.

    Args:
        name: the function that the student writes; a Python name, unique in the course.
        id: number of the exercise in the course's list (``"E17"``).
        groups: group of cases to its points; a group counts when all its cases pass.
        cases: from a random generator to the cases of a run: the edges first, then random ones,
            the smallest first within each group.
        call: Python statements that use the inputs by name (``torch`` and ``np`` are there too)
            and set ``result`` to a tensor, a number, a tuple of them or a dict of them. The only
            text that touches the student's function.
        oracle: from the inputs of a case, as they reach the student's function, to the expected
            ``result``; a ValueError means that the right answer is to raise ValueError. An
            independent source: never the function of the chapter.
        judge: instead of an oracle, where many answers are right: from a case and the arrays that
            came back to None or to a sentence that says what is wrong.
        hints: group to the sentence that helps whoever lost it.
        rtol, atol: how far floats may be from the expected ones; integers must be equal.
        wall: seconds that all cases of a group may take together.
        takes: what to tell before the first case when it takes long ("about two minutes").
        avoid: names that the task forbids to call ("conv2d"); found ones are a note for the
            teacher and cost no points.

    Raises:
        ValueError: the record does not hold together.
    """

    name: str
    id: str
    groups: Mapping[str, int]
    cases: Callable[[np.random.Generator], list[Case]]
    call: str
    oracle: Callable[..., Any] | None = None
    judge: Callable[[Case, Mapping[str, Array]], str | None] | None = None
    hints: Mapping[str, str] = field(default_factory=dict)
    rtol: float = 1e-5
    atol: float = 1e-6
    wall: float = 5.0
    takes: str = ""
    avoid: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if problem := self._problem():
            raise ValueError(f"exercise {self.name!r}: {problem}")

    def _problem(self) -> str | None:
        if not self.name.isidentifier():
            return "the name must be a Python name"
        if (self.oracle is None) == (self.judge is None):
            return "it needs either an oracle or a judge"
        if not self.groups or min(self.groups.values()) < 1:
            return f"each group needs at least one point, got {dict(self.groups)}"
        if sorted(self.hints) != sorted(self.groups):
            return f"the hints must be for {sorted(self.groups)}, got {sorted(self.hints)}"
        return None

    @property
    def points(self) -> int:
        """Points of all groups together."""
        return sum(self.groups.values())


@dataclass(frozen=True)
class Discussion:
    """An open question, with an answer to compare with and points given by a teacher.

    Args:
        name: key of the question, a Python name.
        rubric: what a good answer contains: one sentence that can be checked for each point.
        model: an answer that gets all points, in the marks of :class:`Quiz`.
        id: number of the exercise in the course's list, or "".

    Raises:
        ValueError: the name is none, a line is missing or empty.
    """

    name: str
    rubric: tuple[str, ...]
    model: str
    id: str = ""

    def __post_init__(self) -> None:
        texts = [*self.rubric, self.model]
        if not self.name.isidentifier() or not self.rubric or not all(t.strip() for t in texts):
            raise ValueError(f"discussion {self.name!r}: it needs a name, a rubric and an answer")

    @property
    def points(self) -> int:
        """One point for each line of the rubric."""
        return len(self.rubric)


@dataclass(frozen=True)
class Quiz:
    """A question with one right option, and a sentence for every option.

    Args:
        name: key of the quiz, ``chapter-topic`` in lower case: letters, digits, hyphens.
        prompt: the question. In all texts `` `code` `` and ``*emphasis*`` are allowed, and
            formulas are written in Unicode (``m = ⌊(n + P − k)/s⌋ + 1``), never in LaTeX.
        options: key (``"a"``, ``"b"``, …) to text, in the order shown; two to six.
        correct: key of the right option.
        why: for every option why it is right or wrong; never only "wrong".
        points: 0 for a question of a chapter; more when it is graded.
        id: number of the exercise in the course's list (``"E25"``), or "".

    Raises:
        ValueError: a name, an option or an explanation is missing or does not fit.

    >>> Quiz("demo", "1 + 1?", {"a": "2", "b": "11"}, "a", {"a": "A sum.", "b": "Joined."}).points
    0
    """

    name: str
    prompt: str
    options: dict[str, str]
    correct: str
    why: dict[str, str]
    points: int = 0
    id: str = ""

    def __post_init__(self) -> None:
        if problem := self._problem():
            raise ValueError(f"quiz {self.name!r}: {problem}")

    def _problem(self) -> str | None:
        keys = list(self.options)
        plain = self.name.isascii() and self.name.replace("-", "").isalnum()
        if not plain or self.name != self.name.lower():
            return "the name must hold lower-case letters, digits and hyphens only"
        if keys != list("abcdef"[: len(keys)]) or len(keys) < 2:
            return f"the options must be a, b, … (2 to 6 of them), got {keys}"
        if self.correct not in self.options:
            return f"correct is {self.correct!r}, the options are {keys}"
        if list(self.why) != keys:
            return f"why must explain the options {keys} in order, got {list(self.why)}"
        texts = [self.prompt, *self.options.values(), *self.why.values()]
        if not all(text.strip() for text in texts):
            return "a text is empty"
        return None if self.points >= 0 else f"points must be at least 0, got {self.points}"
