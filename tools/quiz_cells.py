"""The records that the cells of a chapter show: ``quiz("NAME")`` and ``discussion("NAME")``."""

import re

from tools.chapters import Cell

MODEL = re.compile(r"(?<![\w.])discussion\(\s*[\"']([^\"']*)[\"']\s*\)")
CALL = re.compile(r"(?<![\w.])quiz\(\s*[\"']([^\"']*)[\"']\s*\)")


def quiz_names(cell: Cell) -> list[str]:
    """Return the names of the questions that a cell shows."""
    code = "" if cell.kind != "code" else re.sub(r"^\s*#.*$", "", cell.source, flags=re.M)
    return CALL.findall(code)


def quiz_texts(cell: Cell) -> list[str]:
    """Return what a reader of a cell reads in records: questions with reasons, model answers.

    Raises:
        ValueError: no question has this name.
    """
    texts: list[str] = []
    for name in quiz_names(cell):
        from d2lmini.exercises import find  # only where a question stands: it loads torch

        question = find(name)
        texts += [question.prompt, *question.options.values(), *question.why.values()]
    for name in MODEL.findall(cell.source if cell.kind == "code" else ""):
        from d2lmini.exercises import Discussion, find_exercise

        spec = find_exercise(name)
        texts += [spec.model, *spec.rubric] if isinstance(spec, Discussion) else []
    return texts
