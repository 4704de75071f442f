"""Copy the book without its solutions: `python tools/unsolved.py` writes `_build/unsolved`.

`make site SOLUTIONS=none` builds that copy. Solutions are cut from the sources, so that no page,
download, index or notebook can hold them: cells tagged ``solution`` and dropdowns of that class.
Graded questions come without their answers, because ``D2LMINI_SOLUTIONS=none`` says so to the
kernels. The copy's notebooks keep the stored outputs of everything else.
"""

import argparse
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from nbformat import NotebookNode

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.chapters import (
    ROOT,
    Block,
    Book,
    Cell,
    ChapterError,
    Label,
    read_book,
    read_cells,
    read_labels,
    split_blocks,
)
from tools.export_notebooks import assemble, code_cells, dumps, execute, read_stored
from tools.quiz_cells import quiz_names
from tools.tasks import ASKS, SOLVES, setup_cell, solves

TARGET = Path("_build/unsolved")
# What a build reads. `tools` because an extension takes a function from there.
NEEDED = (
    "_config.yml", "_toc.yml", "_ext", "_templates", "assets/site", "assets/figures", "chapters",
    "d2lmini", "index.md", "references.bib", "requirements.txt", "tools",
)  # fmt: skip
NOT_COPIED = shutil.ignore_patterns("__pycache__", ".*", "*.ipynb")


def is_solution(block: Block) -> bool:
    """Say whether a block of a chapter is a cell or a dropdown with a solution."""
    if block.kind != "directive":
        return False
    if block.name == "code-cell":
        words = block.options.get("tags", "").translate(str.maketrans("[],'\"", "     "))
        return SOLVES in words.split()
    return solves(block)


def cuts(lines: list[str], line: int = 1) -> Iterator[tuple[int, int]]:
    """Yield the first and the last line (from 1) of every solution."""
    for block in split_blocks(lines, line):
        if is_solution(block):
            yield block.opened, block.line + len(block.lines)
        elif block.kind == "directive" and block.name != "code-cell":
            yield from cuts(block.lines, block.line)


def without_solutions(text: str) -> str:
    """Return a chapter without its solutions; what stays is not changed.

    >>> without_solutions("a\\n\\n:::{hint} So\\n:class: solution\\nb\\n:::\\n\\nc\\n")
    'a\\n\\nc\\n'
    """
    lines = text.split("\n")
    for first, last in sorted(cuts(lines), reverse=True):
        after = last + 1 if last < len(lines) and not lines[last].strip() else last
        del lines[first - 1 : after]
    return "\n".join(lines)


# ---------------------------------------------------------------- notebooks


def notebook(book: Book, labels: dict[str, Label], path: Path, stored: NotebookNode) -> str:
    """Return the notebook of a chapter of the copy, with the outputs that are no solutions.

    Raises:
        ChapterError: the stored notebook does not fit its chapter, or a question fails.
    """
    cells = read_cells(path)
    code = code_cells(book, cells)
    kept = iter(cell for cell in stored.cells if cell.cell_type == "code")
    for fresh in code:
        old = next((cell for cell in kept if cell.source == fresh.source), None)
        if old is None:
            raise ChapterError(path, 1, "its stored notebook is older: run `make notebooks`")
        fresh["outputs"] = old.outputs
    answer_anew(path, cells, code)
    for count, fresh in enumerate(code, start=1):
        fresh["execution_count"] = count
        for output in fresh.outputs:
            if "execution_count" in output:
                output["execution_count"] = count
    return dumps(assemble(book, labels, path, cells, code))


def answer_anew(path: Path, cells: list[Cell], code: list[NotebookNode]) -> None:
    """Run the cells with graded questions again: their stored outputs hold the answers."""
    pairs = list(zip([c for c in cells if c.kind == "code"], code[1:], strict=True))
    asked = [(cell, node) for cell, node in pairs if ASKS in cell.tags and quiz_names(cell)]
    setup = setup_cell(cells)
    if not asked or setup is None:
        return
    first = next(node for cell, node in pairs if cell is setup)
    before = first.outputs
    execute(path, [first, *(node for _, node in asked)], [c.line for c in (setup, *_cells(asked))])
    first["outputs"] = before


def _cells(pairs: list[tuple[Cell, NotebookNode]]) -> list[Cell]:
    return [cell for cell, _ in pairs]


# ---------------------------------------------------------------- the copy


def copy(root: Path, target: Path) -> None:
    """Copy what a build reads; what was built in the copy before stays."""
    for name in NEEDED:
        there = target / name
        if there.is_dir():
            shutil.rmtree(there)
        if (root / name).is_dir():
            shutil.copytree(root / name, there, ignore=NOT_COPIED)
        elif (root / name).exists():
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, there)


def take_buttons(target: Path) -> None:
    """Take the repository's address from the copy: its buttons lead to pages with solutions."""
    config = target / "_config.yml"
    text = config.read_text(encoding="utf-8")
    config.write_text(
        re.sub(r"^(repository:\n  url:).*$", r'\1 ""', text, count=1, flags=re.M), encoding="utf-8"
    )


def cut(target: Path) -> int:
    """Cut the solutions from the chapters of the copy; return how many chapters had some."""
    changed = 0
    for path in sorted((target / "chapters").glob("*.md")):
        before = path.read_text(encoding="utf-8")
        after = without_solutions(before)
        if after != before:
            stamp = path.stat()
            path.write_text(after, encoding="utf-8")
            os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
            changed += 1
    return changed


def write_notebooks(root: Path, target: Path) -> None:
    """Write the notebooks that the pages of the copy offer."""
    os.environ["D2LMINI_SOLUTIONS"] = "none"
    book = replace(read_book(root), root=target)  # with its address, for the bootstrap cell
    labels = read_labels(book)
    for path in book.chapters():
        if f"chapters/{path.stem}" not in book.pages:
            continue
        stored = read_stored(root / "chapters" / path.name)
        if stored is None:
            raise ChapterError(path, 1, "its notebook is missing: run `make notebooks`")
        path.with_suffix(".ipynb").write_text(
            notebook(book, labels, path, stored), encoding="utf-8", newline="\n"
        )


def main(arguments: list[str] | None = None) -> int:
    """Run from a command line."""
    parser = argparse.ArgumentParser(description="Copy the book without its solutions.")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    root = parser.parse_args(arguments).root.resolve()
    target = root / TARGET
    try:
        copy(root, target)
        take_buttons(target)
        chapters = cut(target)
        write_notebooks(root, target)
    except (ChapterError, ValueError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{TARGET}: solutions cut from {chapters} chapters")
    return 0


if __name__ == "__main__":
    sys.exit(main())
