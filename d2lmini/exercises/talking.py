"""Show the model answer to an open question and what a good answer contains."""

from d2lmini.exercises.catalogue import find_exercise, plain
from d2lmini.exercises.quizzes import as_html
from d2lmini.exercises.spec import Discussion


def discussion(name: str) -> "DiscussionBox":
    """Return the model answer of the open question of this name, ready to be shown.

    Raises:
        ValueError: no open question has this name.
    """
    spec = find_exercise(name)
    if not isinstance(spec, Discussion):
        raise ValueError(f"{name!r} is no open question but a {type(spec).__name__}")
    return DiscussionBox(spec)


class DiscussionBox:
    """The model answer and the rubric, as text and as HTML."""

    def __init__(self, spec: Discussion) -> None:
        self.spec = spec

    def __repr__(self) -> str:
        lines = [f"- {plain(line)}" for line in self.spec.rubric]
        return "\n".join([plain(self.spec.model), "", "A good answer", *lines])

    def _repr_html_(self) -> str:
        paragraphs = self.spec.model.strip().split("\n\n")
        model = "".join(f"<p>{as_html(part)}</p>" for part in paragraphs)
        rubric = "".join(f"<li>{as_html(line)}</li>" for line in self.spec.rubric)
        return f'<div class="d2lx-model">{model}<p>A good answer</p><ul>{rubric}</ul></div>'
