"""The cells of an assignment: what a chapter's exercises become in a notebook for students."""

import ast
import hashlib
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode, v4

from tools.chapters import Book, Cell, ChapterError, Label, read_cells
from tools.export_notebooks import bootstrap, read_stored
from tools.notebook_text import Converter
from tools.outputs import glued
from tools.tasks import (
    Part,
    Task,
    imported,
    loaded,
    parts,
    problems,
    read_tasks,
    setup_cell,
    variable,
    without_call,
)

FOLDER = "assignments"
CHECKS = "from d2lmini.exercises import check"
ANSWER = "*Your answer, in a few sentences.*"
INTRODUCTION = """\
# {title}: exercises

The chapter{link} has what you need. Write where a cell says `# your code here`, or choose an
answer. The cell after each task checks it at once: run both, as often as you like. It tries fresh
inputs each time, and so does grading: a result that is written down instead of computed does not
last.

**{points} points.** Leave the cells with `check` as they are; grading restores them. Before you
hand in, restart the kernel and run all cells: each task should still say what it says now.
"""
OWN = ("torch", "numpy")  # what every answer may use, beside the standard library


# ---------------------------------------------------------------- cells


def graded(kind: str, name: str, points: int | None = None) -> dict[str, Any]:
    """Return nbgrader's metadata.

    ``kind`` is "given" for a cell that stays as it is, "question", "answer", "check" or "essay".
    """
    prefix = "" if kind in ("answer", "essay") else f"{kind}-"
    made: dict[str, Any] = {
        "schema_version": 3,
        "grade_id": prefix + name,
        "grade": points is not None,
        "solution": kind in ("answer", "essay"),
        "locked": kind not in ("answer", "essay"),
        "task": False,
    }
    return {"nbgrader": made | ({} if points is None else {"points": points})}


def points_of(*records: Any) -> str:
    """Return the points of some records in words."""
    total = sum(record.points for record in records)
    return f"{total} point{'' if total == 1 else 's'}"


def as_markdown(text: str) -> str:
    """Return a record's text as Markdown: code and emphasis, everything else as it stands.

    >>> as_markdown("a_b < `c*d` and *e*")
    'a\\\\_b &lt; `c*d` and *e*'
    """
    from d2lmini.exercises.catalogue import MARKED

    done, at = [], 0
    for span in MARKED.finditer(text):
        done += [_escaped(text[at : span.start()]), span[0]]
        at = span.end()
    return "".join([*done, _escaped(text[at:])])


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_$\[\]#|])", r"\\\1", text).replace("<", "&lt;")


def question(record: Any) -> str:
    """Return a graded question with its options as Markdown."""
    options = [f"- **{key}** {as_markdown(text)}" for key, text in record.options.items()]
    return "\n".join(
        [f"**Question** ({points_of(record)}). {as_markdown(record.prompt)}", "", *options]
    )


def choices(record: Any) -> str:
    """Return the empty answer to a question.

    >>> from types import SimpleNamespace
    >>> choices(SimpleNamespace(name="two-words", options={"a": "x", "b": "y", "c": "z"}))
    'two_words = None  # "a", "b" or "c"'
    """
    *first, last = [f'"{key}"' for key in record.options]
    return f"{variable(record.name)} = None  # {', '.join(first)} or {last}"


def code_part(part: Part, record: Any) -> list[NotebookNode]:
    """Return the cells of a task in code: the function to write, and its check."""
    _, solved = part.released
    metadata = graded("answer", part.name) | {"stub": without_call(part.stub.source)}
    check = f'check("{part.name}", {part.name})'
    return [
        v4.new_code_cell(without_call(solved.source), metadata=metadata),
        v4.new_code_cell(check, metadata=graded("check", part.name, record.points)),
    ]


def quiz_part(part: Part, record: Any) -> list[NotebookNode]:
    """Return the cells of a question: its text, the answer, and its check."""
    name = variable(part.name)
    metadata = graded("answer", name) | {"stub": choices(record)}
    return [
        v4.new_markdown_cell(question(record), metadata=graded("question", name)),
        v4.new_code_cell(f'{name} = "{record.correct}"', metadata=metadata),
        v4.new_code_cell(f'check("{name}", {name})', metadata=graded("check", name, record.points)),
    ]


def discussion_part(part: Part, record: Any) -> list[NotebookNode]:
    """Return the cell of an open question, which a teacher grades."""
    metadata = graded("essay", part.name, record.points) | {"stub": ANSWER}
    return [v4.new_markdown_cell(as_markdown(record.model), metadata=metadata)]


MAKERS = {"Code": code_part, "Quiz": quiz_part, "Discussion": discussion_part}


def setup_imports(setup: Cell, used: set[str]) -> str:
    """Return the imports of the set-up cell that answers may need, and ``check``."""
    lines = []
    for node in dict.fromkeys(imported(setup.source).values()):
        module = node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name
        package = module.split(".")[0]
        if module == "d2lmini.exercises":
            continue
        anyway = package in OWN or package in sys.stdlib_module_names
        kept = [a for a in node.names if anyway or (a.asname or a.name).split(".")[0] in used]
        if kept:
            node.names = kept
            lines.append(ast.unparse(node))
    return "\n".join([*lines, "", CHECKS]).strip()


# ---------------------------------------------------------------- one assignment


@dataclass
class Assignment:
    """The exercises of one chapter: their cells and their records."""

    book: Book
    labels: dict[str, Label]
    path: Path
    cells: list[Cell]
    tasks: list[Task]
    records: dict[str, Any]

    @property
    def name(self) -> str:
        """The chapter's stem."""
        return self.path.stem

    def file(self, folder: str) -> Path:
        """Return the notebook of this assignment in ``source`` or ``release``."""
        return self.book.root / FOLDER / folder / self.name / f"{self.name}.ipynb"


def read_assignment(
    book: Book, labels: dict[str, Label], path: Path, records: Any = None
) -> Assignment | None:
    """Return the assignment of a chapter, None when the chapter asks for nothing.

    Raises:
        ChapterError: its cells and its records do not fit.
    """
    from d2lmini.exercises import exercises_of

    cells = read_cells(path)
    records = exercises_of(path.stem) if records is None else records
    if wrong := next(problems(cells, records), None):
        raise ChapterError(path, *wrong)
    tasks = read_tasks(cells)
    found = {record.name: record for record in records}
    return Assignment(book, labels, path, cells, tasks, found) if tasks else None


def source_notebook(given: Assignment) -> NotebookNode:
    """Return the instructor's notebook, whose cells bring the stubs that replace them."""
    setup = setup_cell(given.cells)
    assert setup is not None
    answers = [cell for part in parts(given.tasks) for cell in part.released]
    imports = setup_imports(setup, set().union(*(loaded(cell.source) for cell in answers)))
    cells = [
        v4.new_code_cell(bootstrap(given.book), metadata=graded("given", "bootstrap")),
        v4.new_markdown_cell(introduction(given), metadata=graded("given", "introduction")),
        v4.new_code_cell(imports, metadata=graded("given", "imports")),
    ]
    for task, prompt in zip(given.tasks, prompts(given), strict=True):
        cells.append(prompt)
        for part in task.parts:
            record = given.records[part.name]
            cells += MAKERS[type(record).__name__](part, record)
    for cell in cells:
        key = f"{given.name}:{cell.metadata['nbgrader']['grade_id']}"
        cell["id"] = hashlib.sha256(key.encode()).hexdigest()[:12]
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "d2lmini": {"source": f"chapters/{given.path.name}"},
    }
    return v4.new_notebook(cells=cells, metadata=metadata)


def introduction(given: Assignment) -> str:
    """Return the text at the head of an assignment."""
    page = f"chapters/{given.name}"
    title, url = given.labels[f"/{page}"].title, given.book.url(page)
    link = f" [{title}]({url})" if url else f" *{title}*"
    points = sum(record.points for record in given.records.values())
    return INTRODUCTION.format(title=title, link=link, points=points).strip()


def prompts(given: Assignment) -> Iterator[NotebookNode]:
    """Yield the text of each exercise as plain Markdown, with its points."""
    from tools.citations import citations

    stored = read_stored(given.path)
    code = [cell for cell in stored.cells if cell.cell_type == "code"] if stored else []
    convert = Converter(
        given.book, given.labels, given.path, glued(code), citations(given.book), away=True
    )
    for task in given.tasks:
        first, _, rest = convert.block(task.block).partition("\n")
        points = points_of(*[given.records[part.name] for part in task.parts])
        text = f"{first.removeprefix('##')} · {points}\n{rest}"
        cell = v4.new_markdown_cell(text, metadata=graded("given", task.block.options["label"]))
        if convert.attachments:
            cell["attachments"] = convert.attachments
        yield cell


def released(source: NotebookNode) -> NotebookNode:
    """Return what nbgrader makes of a source notebook, but for its checksums."""
    made = nbformat.from_dict(source.copy())
    made["cells"] = [nbformat.from_dict(dict(cell)) for cell in source.cells]
    for cell in made.cells:
        metadata = dict(cell.metadata)
        cell["source"] = metadata.pop("stub", cell.source)
        cell["metadata"] = nbformat.from_dict(metadata)
    return made


def alike(notebook: NotebookNode) -> list[tuple[Any, ...]]:
    """Return what must be the same in a released notebook and in the one made afresh."""

    def of(cell: NotebookNode) -> tuple[Any, ...]:
        own = dict(cell.metadata.get("nbgrader", {}))
        for made_by_nbgrader in ("checksum", "cell_type"):
            own.pop(made_by_nbgrader, None)
        return cell.cell_type, cell.get("id"), cell.source, cell.get("attachments", {}), own

    return [of(cell) for cell in notebook.cells]
