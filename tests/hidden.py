"""What a student must not see: lines of solutions, and what records keep to themselves."""

import html
import json
import re
from functools import cache
from pathlib import Path

from d2lmini.exercises import Discussion, Quiz, exercises_of
from tools.chapters import ROOT, Cell, read_book, read_cells
from tools.tasks import SOLVES, pieces, solves

LONG = 20  # characters from which a line of a solution is looked for
CHAPTERS = [path.stem for path in read_book().chapters() if exercises_of(path.stem)]
MARKS = re.compile(r"[`*\\]")
TEXT = {".html", ".js", ".css", ".md", ".txt", ".ipynb", ".json", ".svg", ".xml"}


def plain(text: str) -> str:
    """Return a text without marks of emphasis, with one space where there are some."""
    return " ".join(MARKS.sub("", text).split())


@cache
def _lines(page: str) -> tuple[set[str], set[str]]:
    """Return the lines of a page that anyone may read, and those of its solutions."""
    shown: set[str] = set()
    hidden: set[str] = set()
    for piece in pieces(read_cells(ROOT / f"{page}.md")):
        if isinstance(piece, Cell):
            alt = piece.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            place = hidden if SOLVES in piece.tags else shown
            place |= {plain(row) for row in [*piece.source.split("\n"), alt]}
        else:
            place = hidden if solves(piece) else shown
            place |= {plain(row) for row in piece.lines}
    return shown, hidden


@cache
def hidden(chapter: str) -> frozenset[str]:
    """Return each line of a chapter's solutions, and the answers that its records know."""
    found = set(_lines(f"chapters/{chapter}")[1])
    for record in exercises_of(chapter):
        if isinstance(record, Discussion):
            found |= {plain(text) for text in [*record.model.split("\n\n"), *record.rubric]}
        elif isinstance(record, Quiz):
            found |= {plain(text) for text in record.why.values()}
    return frozenset(line for line in found if len(line) >= LONG and line not in _open_text())


@cache
def _open_text() -> str:
    """Return what the pages of the book show beside the solutions."""
    return "\n".join(line for page in read_book().pages for line in _lines(page)[0])


def words(path: Path) -> str:
    """Return all that a file says: its text, its text without tags, and a notebook's cells."""
    text = path.read_text(encoding="utf-8", errors="replace")
    texts = [text]
    if path.suffix == ".ipynb":
        texts += _strings(json.loads(text))
    joined = "\n".join(texts).replace("\\u003c", "<").replace('\\"', '"')
    return plain(f"{joined}\n{html.unescape(re.sub(r'<[^>]*>', '', joined))}")


def _strings(part: object) -> list[str]:
    if isinstance(part, str):
        return [part]
    if isinstance(part, list) and all(isinstance(one, str) for one in part):
        return ["".join(part)]
    inner = part.values() if isinstance(part, dict) else part if isinstance(part, list) else []
    return [text for one in inner for text in _strings(one)]


def leaks(folder: Path, lines: set[str]) -> list[str]:
    """Return which of some lines stand in which file of a folder."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in TEXT and path.is_file():
            text = words(path)
            found += [f"{path.relative_to(folder)}: {line}" for line in lines if line in text]
    return found
