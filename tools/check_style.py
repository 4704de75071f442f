"""Check words, headings, figures and cells of the chapters against the course's rules.

    python tools/check_style.py

Errors end with exit code 1; guides (length of a cell, cells in a section) are only said.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.chapters import HEADING, ROOT, Cell, read_book, read_cells, split_blocks
from tools.glossary import forbidden
from tools.quiz_cells import quiz_texts
from tools.tasks import problems as exercise_problems

# What the glossary does not say, and what it says instead: the patterns that its lists of words
# (tools/glossary.py) cannot hold. A word in quotes or emphasis is only mentioned: "a *filter* is
# the same thing" may stand.
WORDS = {
    r"\bdown-sampl\w+": "downsampling",
    r"\btranslation(?:al)? invarian\w+ (?:of|in) (?:a|the) convolution": "translation equivariance",
} | forbidden()
FULL_WIDTH = re.compile("[，。；：！？、（）【】．]")
FORMULA = re.compile(r"\$\$.*?\$\$|(?<![\\$])\$[^$]+\$", re.S)
CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)|\{[\w:.-]+\}`[^`]*`|\]\([^)\s]*\)|<[^>]+>", re.S)
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|TBD)\b|lorem ipsum", re.I)

CARD = {
    "its time": r"\*\*Time",
    "what the reader brings": r"\*\*You (bring|need)",
    "what the reader will be able to do": r"\*\*(You will be able to|Afterwards you can)",
    "the one formula": r"\*\*(The one|One) formula",
    "the names it defines": r"\*\*Names ",
}
# Pages of chapters/ that are no chapters: every rule holds there, but for the card, the opening
# question and the closing sections.
FREE_FORM = {"bibliography", "glossary", "mistakes", "teaching"}
OPENING = "A question first"
CLOSING = ("Common mistakes", "Key points", "Quiz", "Exercises", "Further reading")

CELL_LINES, CLASS_LINES, CELLS_A_SECTION = 12, 25, 12
FORBIDDEN_CODE = {
    r"^\s*from \S+ import \*": "no star imports",
    r"^\s*[!%](?:pip|conda)|^\s*!": "nothing is installed and no shell runs inside a chapter",
    r"\binteract(?:ive)?\(|\bwidgets\.Output\b|\bOutput\(\)": "use explore",
    r"#\s*(?:NBVAL|PYTEST_VALIDATE)_": "no cell opts out of the comparison by itself",
}
FORBIDDEN_TAGS = {"nbval-ignore-output", "nbval-skip"}


def text_lines(cells: list[Cell]) -> Iterator[tuple[str, int]]:
    """Yield every line of Markdown outside code fences with its line number."""

    def walk(lines: list[str], line: int) -> Iterator[tuple[str, int]]:
        for block in split_blocks(lines, line):
            if block.kind == "text":
                yield from ((row, block.line + i) for i, row in enumerate(block.lines))
            elif block.kind == "directive" and block.name not in ("math", "code-block"):
                yield block.argument if block.name not in ("figure", "image") else "", block.opened
                yield block.options.get("alt", ""), block.opened
                yield from walk(block.lines, block.line)

    for cell in cells:
        if cell.kind == "markdown":
            yield from walk(cell.source.split("\n"), cell.line)


def replaced(text: str) -> Iterator[str]:
    """Find words in a text that the glossary replaces."""
    plain = CODE.sub(" ", FORMULA.sub(" ", text))
    plain = re.sub(r'(\*+|_)[^*_]+\1|"[^"]*"|“[^”]*”', " ", plain)
    for wrong, right in WORDS.items():
        if found := re.search(wrong, plain, re.I):
            yield f"write {right}, not {found[0]!r}"
    if found := UNFINISHED.search(plain):
        yield f"unfinished: {found[0]!r}"


def words(cells: list[Cell]) -> Iterator[tuple[int, str]]:
    """Find words that the glossary replaces."""
    for row, line in text_lines(cells):
        yield from ((line, problem) for problem in replaced(row))


def questions(cells: list[Cell]) -> Iterator[tuple[int, str]]:
    """Find questions that do not exist, and such words in the others."""
    for cell in cells:
        try:
            texts = quiz_texts(cell)
        except ValueError as error:
            yield cell.line, str(error)
        else:
            yield from ((cell.line, problem) for text in texts for problem in replaced(text))


def formulas(cells: list[Cell]) -> Iterator[tuple[int, str]]:
    """Find full-width punctuation inside formulas."""
    for cell in cells:
        for formula in FORMULA.finditer(cell.source) if cell.kind == "markdown" else ():
            if found := FULL_WIDTH.search(formula[0]):
                line = cell.line + cell.source.count("\n", 0, formula.start() + found.start())
                yield line, f"full-width {found[0]!r} inside a formula"


def headings(cells: list[Cell]) -> list[tuple[int, str, int]]:
    """Return ``(level, title, line)`` of every heading."""
    found = []
    for row, line in text_lines(cells):
        if heading := HEADING.match(row):
            found.append((len(heading[1]), heading[2], line))
    return found


def heading_order(cells: list[Cell]) -> Iterator[tuple[int, str]]:
    """Find skipped levels, a second title and headings that repeat."""
    seen: set[str] = set()
    last = 0
    for level, title, line in headings(cells):
        if level > last + 1:
            yield line, f"heading {title!r} skips from level {last} to {level}"
        if level == 1 and last:
            yield line, f"{title!r} is a second title"
        if title in seen:
            yield line, f"heading {title!r} stands twice"
        seen.add(title)
        last = level
    if not seen:
        yield 1, "no heading at all"


def structure(cells: list[Cell]) -> Iterator[tuple[int, str]]:
    """Find what is missing or out of order: card, opening question, closing sections."""
    first = next((cell for cell in cells if cell.kind == "markdown"), None)
    blocks = list(split_blocks(first.source.split("\n"), first.line)) if first else []
    boxes = [block for block in blocks if block.kind == "directive"]
    if not boxes or boxes[0].name != "admonition":
        yield 1, "a chapter begins with its card, an {admonition}"
    else:
        for part, pattern in CARD.items():
            if not re.search(pattern, boxes[0].body):
                yield boxes[0].opened, f"the card does not say {part}"
    names = [title for level, title, _ in headings(cells) if level == 2]
    if not names or names[0] != OPENING:
        yield 1, f"the first section must be {OPENING!r}"
    missing = [name for name in CLOSING if name not in names]
    yield from ((1, f"no section {name!r}") for name in missing)
    if not missing and tuple(names[-len(CLOSING) :]) != CLOSING:
        yield 1, f"the last sections must be, in this order: {', '.join(CLOSING)}"


def figures(cells: list[Cell]) -> Iterator[tuple[int, str]]:
    """Find pictures without alt text, in the text and in what cells draw."""

    def walk(lines: list[str], line: int) -> Iterator[tuple[int, str]]:
        for block in split_blocks(lines, line):
            if block.kind == "directive":
                if block.name in ("figure", "image") and not block.options.get("alt"):
                    yield block.opened, f"{{{block.name}}} {block.argument} has no :alt:"
                yield from walk(block.lines, block.line)
            elif block.kind == "text":
                for i, row in enumerate(block.lines):
                    if re.search(r"!\[\s*\]\(", row) or re.search(
                        r"<img(?![^>]*\balt=\"[^\"]+\")", row
                    ):
                        yield block.line + i, "a picture has no alt text"

    for cell in cells:
        if cell.kind == "markdown":
            yield from walk(cell.source.split("\n"), cell.line)
        elif draws(cell) and not cell.metadata.get("mystnb", {}).get("image", {}).get("alt"):
            yield cell.line, "a cell draws a picture: give it mystnb.image.alt"


def draws(cell: Cell) -> bool:
    """Say whether a cell's last line shows a figure of ``draw``."""
    last = cell.source.rstrip().split("\n")[-1]
    named = re.match(r"(?:_ = )?draw\.(\w+)\(", last) or re.match(r"plt\.show\(", last)
    return bool(named) and not last.startswith("draw.unread(") and "remove-output" not in cell.tags


def code(cells: list[Cell]) -> Iterator[tuple[int, str]]:
    """Find code that has no place in a chapter."""
    for cell in cells:
        if cell.kind == "code":
            for wrong, rule in FORBIDDEN_CODE.items():
                if found := re.search(wrong, cell.source, re.M):
                    yield cell.line + cell.source.count("\n", 0, found.start()), rule
            for tag in FORBIDDEN_TAGS & set(cell.tags):
                yield cell.line, f"tag {tag}: no cell opts out of the comparison by itself"


def exercises(path: Path, cells: list[Cell]) -> Iterator[tuple[int, str]]:
    """Find exercises whose cells and records do not fit."""
    from d2lmini.exercises import exercises_of  # it loads torch

    yield from exercise_problems(cells, exercises_of(path.stem))


def guides(cells: list[Cell]) -> Iterator[tuple[int, str]]:
    """Find cells and sections that are longer than a reader likes."""
    count = 0
    for cell in cells:
        if cell.kind == "markdown":
            count = 0 if re.search(r"^## ", cell.source, re.M) else count
            continue
        count += 1
        lines = len(cell.source.split("\n"))
        limit = CLASS_LINES if "class " in cell.source else CELL_LINES
        if lines > limit:
            yield cell.line, f"a cell of {lines} lines; the guide is {limit}"
        if count == CELLS_A_SECTION + 1:
            yield cell.line, f"more than {CELLS_A_SECTION} cells in one section"


def is_chapter(path: Path) -> bool:
    """Say whether a page has the form of a chapter; the landing page and ``FREE_FORM`` have not."""
    return path.parent.name == "chapters" and path.stem not in FREE_FORM


def check(path: Path) -> tuple[list[str], list[str]]:
    """Return the errors and the guides of one page; only chapters are asked for their structure."""
    cells = read_cells(path)
    rules = [words, questions, formulas, heading_order, figures, code]
    rules += [structure] if is_chapter(path) else []
    name = f"chapters/{path.name}" if path.parent.name == "chapters" else path.name
    errors = sorted({*exercises(path, cells), *(found for rule in rules for found in rule(cells))})
    return (
        [f"{name}:{line}: {problem}" for line, problem in errors],
        [f"{name}:{line}: {problem}" for line, problem in guides(cells)],
    )


def main() -> int:
    """Check every page of ``_toc.yml``."""
    failed = False
    for page in read_book(ROOT).pages:
        errors, hints = check(ROOT / f"{page}.md")
        failed = failed or bool(errors)
        for line in [*errors, *(f"{hint} (a guide, no error)" for hint in hints)]:
            print(line)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
