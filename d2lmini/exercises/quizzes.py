"""Show a question: live on the page, live in a notebook, and readable without any script."""

from __future__ import annotations

import difflib
import html
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import traitlets as T

from d2lmini.exercises.spec import Quiz
from d2lmini.widgets import Explorer

NOT_CHAPTERS = {"__init__", "spec", "quizzes"}


def every_quiz() -> dict[str, Quiz]:
    """Return all questions of all chapters by name.

    Raises:
        ValueError: two questions share a name.
    """
    modules = sorted({p.stem for p in Path(__file__).parent.glob("*.py")} - NOT_CHAPTERS)
    found: dict[str, Quiz] = {}
    for module in modules:
        for question in import_module(f"d2lmini.exercises.{module}").QUIZZES:
            if question.name in found:
                raise ValueError(f"two questions are called {question.name!r}")
            found[question.name] = question
    return found


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


def quiz(name: str) -> QuizBox:
    """Return the question of this name, ready to be answered.

    Raises:
        ValueError: no question has this name.
    """
    return QuizBox(find(name))


class QuizBox(Explorer):
    """A question with buttons for its options; a choice is answered at once, with the reason."""

    kind = T.Unicode("quiz").tag(sync=True)
    label = T.Unicode("Question").tag(sync=True)
    question = T.Dict().tag(sync=True)
    choice = T.Unicode("").tag(sync=True)
    fields = ("question", "choice")

    def __init__(self, question: Quiz) -> None:
        self.spec = question
        shown = {
            "prompt": as_html(question.prompt),
            "options": {key: as_html(text) for key, text in question.options.items()},
            "why": {key: as_html(text) for key, text in question.why.items()},
            "correct": question.correct,
        }
        super().__init__(f"quiz-{question.name}", question=shown)

    def still(self) -> str:
        """Return question, options and the folded explanations as HTML."""
        shown: dict[str, Any] = self.question
        options = "".join(f"<li>{text}</li>" for text in shown["options"].values())
        why = "".join(
            f"<p><strong>({key})</strong> {text}</p>" for key, text in shown["why"].items()
        )
        return (
            f'<p>{shown["prompt"]}</p><ol type="a">{options}</ol>'
            f"<details><summary>Answer</summary><p>({shown['correct']}) is right.</p>"
            f"{why}</details>"
        )

    def __repr__(self) -> str:
        return f"quiz({self.spec.name!r})"


def as_html(text: str) -> str:
    """Return a text of a question as HTML: code, emphasis, everything else as it stands.

    >>> as_html("a < `b` and *c*")
    'a &lt; <code>b</code> and <em>c</em>'
    """
    text = html.escape(text, quote=False)
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", text)
    return re.sub(r"\*([^*]+)\*", r"<em>\1</em>", text)
