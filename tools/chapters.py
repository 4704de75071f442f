"""Read the chapters: cells with their lines, and the numbers that the site gives to labels.

The exporter, the prose-number check and the style lint all look at a chapter through this module.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from jupytext.myst import myst_to_notebook

ROOT = Path(__file__).resolve().parent.parent

FENCE = re.compile(r"^(?P<indent> *)(?P<marks>`{3,}|~{3,}|:{3,})\s*(?P<info>.*?)\s*$")
DIRECTIVE = re.compile(r"^\{(?P<name>[\w:.-]+)\}\s*(?P<argument>.*)$")
HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
TARGET = re.compile(r"^\((?P<label>[^()\s]+)\)=\s*$")
EQUATION_END = re.compile(r"^(?P<body>.*?)\$\$\s*\((?P<label>[^()\s]+)\)\s*$")


class ChapterError(Exception):
    """Something in a chapter that cannot be read or exported; names the file and the line."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f"{path.parent.name}/{path.name}:{line}: {problem}")


@dataclass
class Cell:
    """One cell of a chapter: ``line`` is where its text starts in the ``.md`` (from 1)."""

    kind: str
    source: str
    line: int
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def tags(self) -> list[str]:
        """The cell's tags."""
        return list(self.metadata.get("tags", []))


def read_cells(path: Path) -> list[Cell]:
    """Return the cells of a chapter as jupytext splits it."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    notebook = myst_to_notebook(text, add_source_map=True)
    cells = []
    for cell, start in zip(notebook.cells, notebook.metadata["source_map"], strict=True):
        first = cell.source.split("\n", 1)[0].strip()
        line = next((i for i in range(start, len(lines)) if lines[i].strip() == first), start)
        cells.append(Cell(cell.cell_type, cell.source, line + 1, dict(cell.metadata)))
    return cells


def has_cells(path: Path) -> bool:
    """Say whether a page has code cells, and so a notebook beside it."""
    return any(cell.kind == "code" for cell in read_cells(path))


@dataclass
class Block:
    """A piece of Markdown: a directive with its body, a plain code fence, or lines of text."""

    kind: str  # "directive", "code" or "text"
    lines: list[str]
    line: int
    name: str = ""
    argument: str = ""
    options: dict[str, str] = field(default_factory=dict)
    opened: int = 0  # the line of the opening fence
    indent: int = 0

    @property
    def body(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)


def split_blocks(lines: list[str], line: int) -> Iterator[Block]:
    """Split Markdown into fenced blocks and the text between them.

    Raises:
        ValueError: a fence that nothing closes; the message starts with its line.
    """
    text: list[str] = []
    i = 0
    while i < len(lines):
        opening = FENCE.match(lines[i])
        if not opening or (opening["marks"][0] == ":" and not DIRECTIVE.match(opening["info"])):
            text.append(lines[i])
            i += 1
            continue
        if text:
            yield Block("text", text, line + i - len(text))
            text = []
        end = _closing(lines, i, opening["marks"])
        if end is None:
            raise ValueError(f"{line + i}: nothing closes {opening['marks']}{opening['info']}")
        yield _fenced(opening, lines[i : end + 1], line + i)
        i = end + 1
    if text:
        yield Block("text", text, line + i - len(text))


def _closing(lines: list[str], start: int, marks: str) -> int | None:
    close = re.compile(rf"^ *{re.escape(marks[0])}{{{len(marks)},}}\s*$")
    return next((i for i in range(start + 1, len(lines)) if close.match(lines[i])), None)


def _fenced(opening: re.Match[str], lines: list[str], line: int) -> Block:
    directive = DIRECTIVE.match(opening["info"])
    if not directive:
        return Block("code", lines, line, name=opening["info"])
    indent = len(opening["indent"])
    body = [text[indent:] if text[:indent].isspace() else text for text in lines[1:-1]]
    options, used = _options(body)
    name, argument = directive["name"], directive["argument"]
    return Block("directive", body[used:], line + 1 + used, name, argument, options, line, indent)


def _options(body: list[str]) -> tuple[dict[str, str], int]:
    """Return a directive's options and how many lines they take."""
    if body and body[0].strip() == "---" and "---" in [text.strip() for text in body[1:]]:
        end = [text.strip() for text in body].index("---", 1)
        given = yaml.safe_load("\n".join(body[1:end])) or {}
        return {key: str(value) for key, value in given.items()}, end + 1
    options = {}
    for used, text in enumerate(body):
        option = re.match(r"^:([\w-]+):\s*(.*?)\s*$", text)
        if not option:
            return options, used
        options[option[1]] = option[2]
    return options, len(body)


# ---------------------------------------------------------------- the book


@dataclass
class Book:
    """What ``_config.yml`` and ``_toc.yml`` say: address, branch, pages in order."""

    root: Path
    address: str
    branch: str
    baseurl: str
    pages: list[str]
    numbered: bool
    bibliographies: list[Path] = field(default_factory=list)

    def chapters(self, names: list[str] | None = None) -> list[Path]:
        """Return the pages with a notebook, all or those named (with or without ``.md``).

        A page of ``chapters/`` without code cells, such as the glossary, has none.

        Raises:
            ValueError: no such chapter.
        """
        pages = sorted((self.root / "chapters").glob("*.md"))
        found = {path.stem: path for path in pages if has_cells(path)}
        if not names:
            return list(found.values())
        stems = [Path(name).stem for name in names]
        if unknown := [name for name in stems if name not in found]:
            raise ValueError(
                f"no chapter named {unknown[0]!r} has code cells: there are {sorted(found)}"
            )
        return [found[name] for name in stems]

    def url(self, page: str) -> str:
        """Return the published address of a page (``chapters/lenet``), "" when there is none."""
        return f"{self.baseurl.rstrip('/')}/{page}.html" if self.baseurl else ""


def read_book(root: Path = ROOT) -> Book:
    """Read the book's settings; a file that is missing is an error."""
    config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8")) or {}
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    repository = config.get("repository") or {}
    return Book(
        root=root,
        address=str(repository.get("url") or "").rstrip("/"),
        branch=str(repository.get("branch") or "main"),
        baseurl=str((config.get("html") or {}).get("baseurl") or ""),
        pages=list(_files(toc)),
        numbered="numbered: true" in yaml.safe_dump(toc).lower(),
        bibliographies=[root / name for name in config.get("bibtex_bibfiles") or []],
    )


def _files(toc: Any) -> Iterator[str]:
    if isinstance(toc, list):
        for entry in toc:
            yield from _files(entry)
    elif isinstance(toc, dict):
        for key in ("root", "file"):
            if key in toc:
                yield str(toc[key]).removesuffix(".md")
        for key in ("parts", "chapters", "sections", "entries", "subtrees"):
            yield from _files(toc.get(key, []))


# ---------------------------------------------------------------- labels


@dataclass(frozen=True)
class Label:
    """Where a label leads: a page, heading, equation, figure, table, exercise or term."""

    kind: str
    page: str
    number: str = ""
    title: str = ""


TERM = "term:"  # before the name of a term, in lower case as Sphinx looks it up

ENUMERABLE = {"figure": "figure", "table": "table", "list-table": "table", "exercise": "exercise"}


def read_labels(book: Book) -> dict[str, Label]:
    """Number equations, figures, tables and exercises as Sphinx does, page after page."""
    labels: dict[str, Label] = {}
    counts: dict[str, int] = {}
    for position, page in enumerate(book.pages):
        path = book.root / f"{page}.md"
        if not path.exists():
            raise ValueError(f"_toc.yml names {page}, but there is no {page}.md")
        if book.numbered:
            counts = {}
        prefix = f"{position}." if book.numbered else ""
        for cell in read_cells(path):
            if cell.kind == "markdown":
                try:
                    _label_cell(cell.source.split("\n"), cell.line, page, prefix, counts, labels)
                except ValueError as error:
                    line, problem = str(error).split(": ", 1)
                    raise ChapterError(path, int(line), problem) from None
        labels.setdefault(f"/{page}", Label("page", page, title=page))
    return labels


def _label_cell(
    lines: list[str],
    line: int,
    page: str,
    prefix: str,
    counts: dict[str, int],
    labels: dict[str, Label],
) -> None:
    def number(kind: str) -> str:
        counts[kind] = counts.get(kind, 0) + 1
        return f"{prefix}{counts[kind]}"

    for block in split_blocks(lines, line):
        if block.kind == "text":
            _label_text(block.lines, page, number, labels)
        elif block.kind == "directive":
            name = block.options.get("name") or block.options.get("label") or ""
            kind = ENUMERABLE.get(block.name)
            if block.name == "glossary":
                labels |= {
                    TERM + term.lower(): Label("term", page, title=term) for term in terms(block)
                }
                continue
            if block.name == "math" and name:
                labels[name] = Label("equation", page, number("equation"))
            elif kind and (name or kind == "exercise" or _captioned(block)):
                label = name or f"{page}#{kind}{counts.get(kind, 0)}"
                labels[label] = Label(kind, page, number(kind), block.argument)
            _label_cell(block.lines, block.line, page, prefix, counts, labels)


def terms(block: Block) -> list[str]:
    """Return the terms of a {glossary}: its lines that are not indented."""
    return [text.strip() for text in block.lines if text.strip() and not text[0].isspace()]


def _captioned(block: Block) -> bool:
    return bool(block.body.strip() if block.name == "figure" else block.argument)


def _label_text(lines: list[str], page: str, number: Any, labels: dict[str, Label]) -> None:
    waiting: list[str] = []
    for text in lines:
        if target := TARGET.match(text):
            waiting.append(target["label"])
        elif heading := HEADING.match(text):
            if len(heading[1]) == 1:
                labels.setdefault(f"/{page}", Label("page", page, title=heading[2]))
            for label in waiting:
                labels[label] = Label("heading", page, title=heading[2])
            waiting = []
        elif equation := EQUATION_END.match(text):
            labels[equation["label"]] = Label("equation", page, number("equation"))
        elif text.strip():
            waiting = []
