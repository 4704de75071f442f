"""Answers to the exercises that tests try: right ones, and wrong ones with the points they lose.

Each chapter has a module ``answers_CHAPTER.py`` here. An answer is self-contained, for its text is
also executed where the grader executes a student's.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
STEP = re.compile(r"\A(?:\s*@[^\n]*\n)+")


@dataclass(frozen=True)
class Answer:
    """A function or class that somebody could hand in for an exercise."""

    exercise: str
    body: Any
    loses: str = ""  # the group it must lose; "" for a right answer

    @property
    def label(self) -> str:
        """What tests call it."""
        return f"{self.exercise}-{self.body.__name__}"

    def source(self) -> str:
        """Return its text as a student would hand it in, with the imports of its module."""
        module = Path(inspect.getfile(self.body)).read_text(encoding="utf-8").splitlines()
        imports = [
            line
            for line in module
            if re.match(r"import |from (?!tests\b|__future__)\S+ import", line)
        ]
        text = STEP.sub("", inspect.getsource(self.body))
        return "\n".join([*imports, "", text, f"{self.exercise} = {self.body.__name__}"])


ANSWERS: list[Answer] = []


def solution(exercise: str) -> Callable[[Any], Any]:
    """Register a right answer that differs from the chapter's."""

    def keep(body: Any) -> Any:
        ANSWERS.append(Answer(exercise, body))
        return body

    return keep


def mutant(exercise: str, group: str) -> Callable[[Any], Any]:
    """Register a wrong answer, named after its mistake, that must lose a group of cases."""

    def keep(body: Any) -> Any:
        ANSWERS.append(Answer(exercise, body, group))
        return body

    return keep


def every_answer() -> list[Answer]:
    """Return the answers of all chapters."""
    for path in sorted(HERE.glob("answers_*.py")):
        import_module(f"tests.exercises.{path.stem}")
    return ANSWERS
