"""Find the questions and exercises of the course: by name, and by chapter in the order it has."""

import difflib
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from d2lmini.exercises.spec import Code, Discussion, Quiz

Exercise = Code | Quiz | Discussion
TOOLS = {"__init__", "spec", "calling", "catalogue", "checking", "comparing", "quizzes", "talking"}
TASKS = "_tasks"  # a module of its own for the exercises of a chapter that has many

MARKED = re.compile(r"`([^`]+)`|\*(?=\S)([^*]+)(?<=\S)\*")


def chapters() -> list[str]:
    """Return the stems of all chapters with records, as their files are called."""
    stems = {path.stem for path in Path(__file__).parent.glob("*.py")} - TOOLS
    return sorted({stem.removesuffix(TASKS).replace("_", "-") for stem in stems})


def exercises_of(chapter: str) -> tuple[Exercise, ...]:
    """Return what a chapter asks in its section of exercises, in its order."""
    return tuple(_records(chapter, "EXERCISES"))


def questions_of(chapter: str) -> tuple[Exercise, ...]:
    """Return the questions of a chapter that are not graded."""
    return tuple(_records(chapter, "QUIZZES"))


def _records(chapter: str, name: str) -> Iterator[Exercise]:
    stem = chapter.replace("-", "_")
    for module in (stem, stem + TASKS):
        if (Path(__file__).parent / f"{module}.py").exists():
            yield from getattr(import_module(f"d2lmini.exercises.{module}"), name, ())


def every_exercise() -> dict[str, Exercise]:
    """Return all questions and exercises of all chapters by name; hyphens become underscores.

    Raises:
        ValueError: two of them share a name.
    """
    found: dict[str, Exercise] = {}
    for chapter in chapters():
        for record in (*questions_of(chapter), *exercises_of(chapter)):
            if found.setdefault(record.name.replace("-", "_"), record) is not record:
                raise ValueError(f"two questions or exercises are called {record.name!r}")
    return found


def find_exercise(name: str) -> Exercise:
    """Return the exercise or question of this name.

    Raises:
        ValueError: there is none; the message names the nearest.
    """
    exercises, key = every_exercise(), str(name).replace("-", "_")
    if key not in exercises:
        near = difflib.get_close_matches(key, exercises, n=3, cutoff=0)
        raise ValueError(f"no exercise is called {name!r}; the nearest: {', '.join(near)}")
    return exercises[key]


def every_quiz() -> dict[str, Quiz]:
    """Return all questions with options, graded or not, by name."""
    return {found.name: found for found in every_exercise().values() if isinstance(found, Quiz)}


def find(name: str) -> Quiz:
    """Return the question of this name.

    Raises:
        ValueError: there is none; the message names the nearest.
    """
    questions = every_quiz()
    if name not in questions:
        near = difflib.get_close_matches(name, questions, n=3, cutoff=0)
        raise ValueError(f"no question is called {name!r}; the nearest: {', '.join(near)}")
    return questions[name]


def plain(text: str) -> str:
    """Return a text of a record without its marks for emphasis.

    >>> plain("a `b*c` and *d*")
    'a `b*c` and d'
    """
    return MARKED.sub(lambda found: found[0] if found[1] else found[2], text)
