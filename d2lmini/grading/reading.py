"""Read a submitted notebook as one opens a letter from a stranger; nothing of it is executed."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

MAX_BYTES = 20 << 20  # of a notebook with its pictures
MAX_CELLS = 1000
MAX_CELL = 100_000  # characters; Python's parser survives any text of this length
LINE_MAGIC = re.compile(r"^(\s*)[%!?].*$", re.MULTILINE)


class Unreadable(ValueError):
    """A file that cannot be graded; the message is one sentence for student and teacher."""


@dataclass(frozen=True)
class Cell:
    """What counts of a cell: its text, and what nbgrader was told about it."""

    kind: str  # "code", "markdown", …
    source: str
    grade_id: str = ""
    is_check: bool = False  # locked: a copy of the one that was released takes its place


def read_cells(text: str) -> list[Cell]:
    """Return the cells of a notebook.

    Args:
        text: what the ``.ipynb`` file holds.

    Raises:
        Unreadable: broken JSON, no notebook, or over a limit.
    """
    if len(text) > MAX_BYTES:
        raise Unreadable(f"the notebook is larger than {MAX_BYTES >> 20} MiB")
    try:
        book = json.loads(text)
    except (ValueError, RecursionError) as problem:
        where = f" in line {problem.lineno}" if isinstance(problem, json.JSONDecodeError) else ""
        raise Unreadable(f"the file is no notebook: broken JSON{where}") from None
    if not isinstance(book, dict) or not isinstance(book.get("cells"), list):
        raise Unreadable("the file is no notebook of format 4: it has no list of cells")
    if len(book["cells"]) > MAX_CELLS:
        raise Unreadable(f"the notebook has {len(book['cells'])} cells; {MAX_CELLS} are allowed")
    return [_cell(number, raw) for number, raw in enumerate(book["cells"], 1)]


def _cell(number: int, raw: Any) -> Cell:
    if not isinstance(raw, dict):
        raise Unreadable(f"cell {number} of the notebook is no cell")
    source = raw.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise Unreadable(f"cell {number} of the notebook has no text")
    if len(source) > MAX_CELL:
        raise Unreadable(f"cell {number} has {len(source)} characters; {MAX_CELL} are allowed")
    try:
        source.encode()
    except UnicodeEncodeError:
        raise Unreadable(f"cell {number} holds text that is not Unicode") from None
    about = _about(raw)
    name = about.get("grade_id")
    return Cell(
        kind=str(raw.get("cell_type")),
        source=source,
        grade_id=name if isinstance(name, str) else "",
        is_check=about.get("grade") is True and about.get("solution") is not True,
    )


def _about(raw: dict[str, Any]) -> dict[str, Any]:
    metadata = raw.get("metadata")
    about = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return about if isinstance(about, dict) else {}


@dataclass(frozen=True)
class Definition:
    """One place that binds a name."""

    cell: int
    is_empty: bool = False  # a function or class without a body, or None
    calls: frozenset[str] = frozenset()  # names called anywhere in it


@dataclass
class Names:
    """What the cells bind at their top level, and which cells are no Python."""

    found: dict[str, list[Definition]] = field(default_factory=dict)
    broken: dict[int, int] = field(default_factory=dict)  # cell to the line of its syntax error

    def are_empty(self, name: str) -> bool:
        """Say whether all that binds a name is empty (and something does)."""
        places = self.found.get(name, [])
        return bool(places) and all(place.is_empty for place in places)


def names_of(sources: list[str]) -> Names:
    """Return what cells bind. For the words of a verdict only: no grade rests on it."""
    names = Names()
    for number, source in enumerate(sources):
        try:
            tree = ast.parse(as_python(source))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
            names.broken[number] = getattr(problem, "lineno", None) or 1
            continue
        for statement in tree.body:
            for name, definition in _bound(statement, number):
                names.found.setdefault(name, []).append(definition)
    return names


def as_python(source: str) -> str:
    """Return a cell with ``pass`` for each magic or shell line.

    >>> as_python("!ls\\nx = 1")
    'pass\\nx = 1'
    """
    return LINE_MAGIC.sub(r"\1pass", source)


def _bound(statement: ast.stmt, cell: int) -> Iterator[tuple[str, Definition]]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        yield statement.name, Definition(cell, _does_nothing(statement), _called(statement))
        return
    value = getattr(statement, "value", None)
    empty = isinstance(value, ast.Constant) and value.value in (None, ..., "")
    for node in _walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, Definition(cell, empty, _called(statement))
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).split(".")[0], Definition(cell)


def _does_nothing(statement: ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef) -> bool:
    """Say whether a body holds texts, ``...`` and ``pass`` only, or methods of that kind."""
    return all(
        isinstance(part, ast.Pass)
        or (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))
        or (
            isinstance(statement, ast.ClassDef)
            and isinstance(part, ast.FunctionDef)
            and _does_nothing(part)
        )
        for part in statement.body
    )


def _called(statement: ast.stmt) -> frozenset[str]:
    """Return the last part of every name that a statement mentions as a call's function."""
    called = (node.func for node in _walk(statement) if isinstance(node, ast.Call))
    names = (getattr(one, "attr", getattr(one, "id", "")) for one in called)
    return frozenset(names) - {""}


def _walk(statement: ast.stmt) -> Iterator[ast.AST]:
    try:
        yield from ast.walk(statement)
    except RecursionError:  # a tree too deep to look at
        return
