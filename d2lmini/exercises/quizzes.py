"""Show a question: live on the page, live in a notebook, and readable without any script."""

from __future__ import annotations

import html
import re
from typing import Any

import traitlets as T

from d2lmini.exercises.catalogue import MARKED, find
from d2lmini.exercises.spec import Quiz
from d2lmini.widgets import Explorer, on_site, with_solutions


def quiz(name: str) -> QuizBox | Unanswered:
    """Return the question of this name, ready to be answered.

    In a book without solutions a question that carries points comes without its answer.

    Raises:
        ValueError: no question has this name.
    """
    question = find(name)
    return QuizBox(question) if with_solutions() or not question.points else Unanswered(question)


class Unanswered:
    """A graded question in a book without solutions: what is asked, and where to answer."""

    def __init__(self, question: Quiz) -> None:
        self.spec = question

    def _where(self) -> str:
        points = f"{self.spec.points} point{'' if self.spec.points == 1 else 's'}"
        return f"{points}: answer it in your assignment."

    def __repr__(self) -> str:
        return "\n".join([self.spec.prompt, *lettered(self.spec.options), self._where()])

    def _repr_html_(self) -> str:
        box = asked(self.spec, f"<p>{self._where()}</p>")
        return f'<div class="d2lx-still d2lx-unanswered">{box}</div>'


class QuizBox(Explorer):
    """A question: the reader chooses, checks, and reads why; the wrong answers can be tried too.

    ``choice`` is the key of the answer checked last, "" before the first one.
    """

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

    @T.validate("choice")
    def _known(self, proposal: dict[str, Any]) -> str:
        keys = list(self.spec.options)
        if proposal["value"] not in ["", *keys]:
            raise T.TraitError(f'choice must be one of {keys} or "", got {proposal["value"]!r}')
        return str(proposal["value"])

    def still(self) -> str:
        """Return question, options and the folded explanations as HTML."""
        why: dict[str, str] = self.question["why"]
        wrong = "".join(f"<p>({key}) {why[key]}</p>" for key in why if key != self.spec.correct)
        return asked(
            self.spec,
            f"<details><summary>Answer</summary><p><strong>({self.spec.correct})</strong> "
            f"{why[self.spec.correct]}</p>{wrong}</details>",
        )

    def without_html(self) -> dict[str, str]:
        """Return the question as plain text; on paper, where nobody can click, with the answer."""
        lines = [self.spec.prompt, *lettered(self.spec.options)]
        if on_site():
            lines += [f"Answer: ({self.spec.correct})", *lettered(self.spec.why)]
        return {"text/plain": "\n".join(lines)}

    def __repr__(self) -> str:
        return f"quiz({self.spec.name!r})"


def lettered(texts: dict[str, str]) -> list[str]:
    """Return texts with their keys in brackets."""
    return [f"({key}) {text}" for key, text in texts.items()]


def asked(question: Quiz, below: str) -> str:
    """Return a question and its options as HTML, with something below."""
    options = "".join(f"<li>{as_html(text)}</li>" for text in question.options.values())
    return (
        f'<div class="d2lx-ask"><p>{as_html(question.prompt)}</p>'
        f'<ol type="a">{options}</ol>{below}</div>'
    )


def as_html(text: str) -> str:
    """Return a text of a question as HTML: code, emphasis, everything else as it stands.

    >>> as_html("a < `b*c` and *d*, 2 * 3 * 4")
    'a &lt; <code>b*c</code> and <em>d</em>, 2 * 3 * 4'
    """

    def element(found: re.Match[str]) -> str:
        return f"<code>{found[1]}</code>" if found[1] else f"<em>{found[2]}</em>"

    return MARKED.sub(element, html.escape(text, quote=False))
