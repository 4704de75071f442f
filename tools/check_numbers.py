"""Find the numbers in prose that nothing holds.

    python tools/check_numbers.py            # exits 1 and names them when there are any

Every numeral that a reader sees must be (a) written by ``{glue:text}``, or (b) equal, at its
printed precision, to a number in an ``assert`` of the same section, or (c) listed in
``chapters/numbers.toml`` with a reason. A section runs from one ``##`` heading to the next. What
stands before the first one, and the sections that repeat the chapter's results (``RECAPS``), may
lean on any assert of the chapter; the landing page on any assert of the book.

What counts as a numeral in prose:

* digits in text, captions, alt texts (of output pictures too), titles of boxes and tables, and in
  the questions that ``quiz("NAME")`` shows: prompt, options and reasons;
  ``61,706`` is one numeral, ``8×8`` and ``(5, 3)`` are two each; ``4.7·10⁻⁴`` and ``10⁶`` are one;
  a sign is not looked at; ``30.6 %`` also equals an asserted 0.306;
* a formula ``$…$`` made of numerals and operators only. Formulas with letters and displayed
  formulas are mathematics, not results, and do not count.

What does not: code, links' addresses, labels, headings, references (question 2 too), marks of
ordered lists, footnotes, comments, ordinals (3rd), digits of a name (conv1d, k_1, W2), dimensions
(2-D, 3D), and number words (two).

In asserts every number literal counts, constant arithmetic too (``1 / 36``), numerals inside
strings, and the literals behind a name that the same cell assigns once. ``assert_close`` and its
like count.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.chapters import (
    HEADING,
    ROOT,
    TARGET,
    Block,
    Cell,
    ChapterError,
    read_book,
    read_cells,
    split_blocks,
)
from tools.check_style import CLOSING, OPENING
from tools.quiz_cells import quiz_texts

RECAPS = {OPENING, *CLOSING}

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
NUMERAL = re.compile(
    r"(?<![\w.])"
    r"(?:(?P<mantissa>[0-9]+(?:\.[0-9]+)?)\s*(?:·|×|\\cdot|\\times)\s*)?(?P<power>10(?:[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+|\^\{?-?[0-9]+\}?))"
    r"|(?<![\w.])(?P<plain>[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:_[0-9]{3})*(?:\.[0-9]+)?(?:e-?[0-9]+)?|\.[0-9]+)"
    r"(?!(?:st|nd|rd|th)\b|-?[dD]\b)(?P<percent>\s?\\?%|\s+percent\b)?"
)
GLUE = re.compile(r"\{glue:(?:text)?\}`[^`]+`")
DROPPED = [
    re.compile(r"<!--.*?-->", re.S),
    re.compile(r"^%.*$", re.M),
    re.compile(r"\{(?!glue)[\w:.-]+\}`[^`]*`"),  # references, citations, terms
    re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.S),
    re.compile(r"\$\$.*?\$\$(\s*\([^()\s]+\))?", re.S),
    re.compile(r"(?<=\])\([^)\s]*\)"),
    re.compile(r"https?://\S+"),
    re.compile(r"\[\^[^\]]+\]:?"),
    re.compile(r"^\s*(?:[-*]\s+)?(?:\*\*)?[0-9]+[.)]\s", re.M),
    re.compile(r"\b(?:question|exercise|chapter|section|figure|table|step)\s+[0-9]+", re.I),
    re.compile(r"</?[a-zA-Z][^>]*>"),
]
FORMULA = re.compile(r"(?<![\\$])\$(?!\$)([^$]+?)(?<!\\)\$", re.S)
VISIBLE_OPTIONS = ("alt", "caption")
NO_TITLE = {"figure", "image", "code-block", "math", "solution", "include", "div"}


@dataclass(frozen=True)
class Numeral:
    """A numeral in prose: as printed, its value, its unit in the last printed place."""

    text: str
    value: float
    unit: float
    percent: bool
    page: str
    section: str
    line: int

    def equals(self, asserted: float) -> bool:
        """Say whether an asserted number is this one, to the places that are printed."""
        if self._near(self.value, self.unit, abs(asserted)):
            return True
        return self.percent and abs(self.value / 100 - abs(asserted)) <= self.unit / 200 * (
            1 + 1e-9
        )

    @staticmethod
    def _near(value: float, unit: float, other: float) -> bool:
        exact = unit >= 1  # an integer in prose is exact: 3 is not 2.7
        return value == other if exact else abs(value - other) <= unit / 2 * (1 + 1e-9)


@dataclass
class Section:
    """One section of a page: its numerals, its glued values and what its cells assert."""

    title: str
    numerals: list[Numeral] = field(default_factory=list)
    glued: int = 0
    asserted: set[float] = field(default_factory=set)


@dataclass
class Report:
    """What the check found."""

    found: int = 0
    glued: int = 0
    asserted: int = 0
    listed: int = 0
    uncovered: list[Numeral] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        counts = f"found {self.found}, glued {self.glued}, asserted {self.asserted}"
        lines = [
            f"{n.page}.md:{n.line}: nothing holds {n.text.strip()} "
            f"(section {n.section or 'before the first'!r}): "
            "glue it, assert it in this section, or list it in chapters/numbers.toml"
            for n in self.uncovered
        ]
        return "\n".join(
            [
                *lines,
                *self.complaints,
                f"numbers in prose: {counts}, listed {self.listed}, "
                f"uncovered {len(self.uncovered)}",
            ]
        )


# ---------------------------------------------------------------- prose


def prose(lines: list[str], line: int) -> Iterator[tuple[str, int]]:
    """Yield the texts of a Markdown cell that a reader sees as prose, each with its line."""
    for block in split_blocks(lines, line):
        if block.kind == "text":
            yield "\n".join(block.lines), block.line
        elif block.kind == "directive" and block.name not in ("math", "code-block"):
            yield from _directive_prose(block)


def _directive_prose(block: Block) -> Iterator[tuple[str, int]]:
    if block.name not in NO_TITLE:
        yield block.argument, block.opened
    for option in VISIBLE_OPTIONS:
        if option in block.options:
            yield block.options[option], block.opened
    yield from prose(block.lines, block.line)


def visible(text: str) -> str:
    """Return text with what is no prose blanked out; lines stay where they are."""
    rows = ["" if HEADING.match(row) or TARGET.match(row) else row for row in text.split("\n")]
    text = "\n".join(rows)
    for pattern in DROPPED:
        text = pattern.sub(_blank, text)
    return FORMULA.sub(_formula, text)


def _blank(match: re.Match[str]) -> str:
    return " " + "\n" * match[0].count("\n")


def _formula(match: re.Match[str]) -> str:
    tex = match[1].replace("{,}", ",").replace(r"\,", "")
    letters = re.sub(
        r"\\(?:times|cdot|frac|lfloor|rfloor|lceil|rceil|approx|le|ge|left|right|%)", " ", tex
    )
    return _blank(match) if re.search(r"[A-Za-z\\]", letters) else f" {tex} "


def numerals(text: str, page: str, section: str, line: int) -> Iterator[Numeral]:
    """Yield the numerals of a text."""
    text = visible(text)
    for match in NUMERAL.finditer(text):
        percent = bool(match["percent"])
        where = line + text.count("\n", 0, match.start())
        value, unit = _value(match)
        yield Numeral(match[0], value, unit, percent, page, section, where)


def _value(match: re.Match[str]) -> tuple[float, float]:
    if match["power"]:
        exponent = int(re.sub(r"[\^{}]", "", match["power"][2:]).translate(SUPERSCRIPTS))
        mantissa = match["mantissa"] or "1"
    else:
        mantissa, _, tail = match["plain"].replace(",", "").replace("_", "").partition("e")
        exponent = int(tail or 0)
    places = len(mantissa.partition(".")[2]) - exponent
    return float(f"{mantissa}e{exponent}"), 10.0**-places


# ---------------------------------------------------------------- asserts


def asserted(code: str) -> set[float]:
    """Return the numbers that the asserts of a cell hold, without their signs."""
    plain = "\n".join("" if re.match(r"\s*[%!]", row) else row for row in code.split("\n"))
    tree = ast.parse(plain)
    names = _names(tree)
    found: set[float] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            found |= _numbers(node.test, names)
        elif isinstance(node, ast.Call) and _called(node).startswith("assert"):
            found |= _numbers(node, names)
    return found


def _called(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _names(tree: ast.AST) -> dict[str, ast.expr]:
    """Return the names that a cell assigns exactly once, and to what."""
    values: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = list(zip(target.elts, node.value.elts, strict=False))
                for name, value in pairs:
                    if isinstance(name, ast.Name):
                        values.setdefault(name.id, []).append(value)
    return {name: given[0] for name, given in values.items() if len(given) == 1}


def _numbers(node: ast.AST, names: dict[str, ast.expr], depth: int = 0) -> set[float]:
    found: set[float] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Constant):
            found |= _constant(part.value)
        elif isinstance(part, ast.BinOp):
            found |= _arithmetic(part)
        elif isinstance(part, ast.Name) and part.id in names and depth < 3:
            found |= _numbers(
                names[part.id], {k: v for k, v in names.items() if k != part.id}, depth + 1
            )
    return found


def _constant(value: object) -> set[float]:
    if isinstance(value, str):
        return {
            _value(match)[0] / (100 if match["percent"] else 1) for match in NUMERAL.finditer(value)
        }
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {abs(float(value))}
    return set()


def _arithmetic(node: ast.BinOp) -> set[float]:
    """Return the value of arithmetic between number literals, nothing for other expressions."""
    allowed = (ast.BinOp, ast.UnaryOp, ast.Constant, ast.operator, ast.unaryop)
    if not all(isinstance(part, allowed) for part in ast.walk(node)):
        return set()
    if any(
        isinstance(part, ast.Constant) and not isinstance(part.value, int | float)
        for part in ast.walk(node)
    ):
        return set()
    try:
        return {
            abs(
                float(eval(compile(ast.Expression(node), "<assert>", "eval"), {"__builtins__": {}}))
            )
        }
    except (ArithmeticError, TypeError, ValueError):
        return set()


# ---------------------------------------------------------------- pages


def sections(page: str, cells: list[Cell]) -> list[Section]:
    """Return a page's sections with what stands in them.

    Raises:
        ChapterError: a cell shows a question that does not exist.
    """
    done = [Section("")]
    for cell in cells:
        if cell.kind == "code":
            done[-1].asserted |= asserted(cell.source)
            for text in _cell_prose(cell, page):
                done[-1].numerals += numerals(text, page, done[-1].title, cell.line)
            continue
        for text, line in prose(cell.source.split("\n"), cell.line):
            for piece, at in _by_section(text, line, done):
                done[-1].glued += len(GLUE.findall(piece))
                done[-1].numerals += numerals(GLUE.sub(_blank, piece), page, done[-1].title, at)
    return done


def _cell_prose(cell: Cell, page: str) -> list[str]:
    """Return the words that a code cell shows: the alt text of its picture, and its questions."""
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
    try:
        # one text, one line: what is found stands in the line of the cell
        return [alt, *(text.replace("\n", " ") for text in quiz_texts(cell))]
    except ValueError as error:
        raise ChapterError(Path(f"{page}.md"), cell.line, str(error)) from None


def _by_section(text: str, line: int, done: list[Section]) -> Iterator[tuple[str, int]]:
    """Cut text at ``##`` headings; each one opens a new section in ``done``."""
    start, rows = 0, text.split("\n")
    for i, row in enumerate(rows):
        heading = HEADING.match(row)
        if heading and len(heading[1]) == 2:
            yield "\n".join(rows[start:i]), line + start
            done.append(Section(heading[2]))
            start = i + 1
    yield "\n".join(rows[start:]), line + start


def check(root: Path = ROOT) -> Report:
    """Check the landing page and every chapter of ``_toc.yml``."""
    book = read_book(root)
    pages = {page: sections(page, read_cells(root / f"{page}.md")) for page in book.pages}
    everything = {number for parts in pages.values() for part in parts for number in part.asserted}
    listed, report = _read_list(root / "chapters" / "numbers.toml")
    used: set[int] = set()
    for page, parts in pages.items():
        whole = (
            {number for part in parts for number in part.asserted}
            if page.startswith("chapters/")
            else everything
        )
        for part in parts:
            held = whole if part.title in RECAPS | {""} or whole is everything else part.asserted
            _count(part, held, listed, used, report)
    for i, entry in enumerate(listed):
        if i not in used:
            report.complaints.append(
                f"chapters/numbers.toml: {entry.page!r} needs {entry.numbers} no more: take it out"
            )
    return report


def _count(
    part: Section, held: set[float], listed: list["Entry"], used: set[int], report: Report
) -> None:
    report.glued += part.glued
    report.found += part.glued + len(part.numerals)
    for numeral in part.numerals:
        entries = {i for i, entry in enumerate(listed) if entry.covers(numeral)}
        used |= entries
        if any(numeral.equals(number) for number in held):
            report.asserted += 1
        elif entries:
            report.listed += 1
        else:
            report.uncovered.append(numeral)


@dataclass(frozen=True)
class Entry:
    """One line of ``numbers.toml``."""

    page: str
    section: str
    numbers: tuple[str, ...]

    def covers(self, numeral: Numeral) -> bool:
        """Say whether a numeral is meant."""
        text = re.sub(r"\s*\\?%$|\s+percent$", "", numeral.text.strip())
        return (
            numeral.page.removeprefix("chapters/") == self.page
            and self.section in ("", numeral.section)
            and text in self.numbers
        )


def _read_list(path: Path) -> tuple[list[Entry], Report]:
    report, entries = Report(), []
    if not path.exists():
        return [], report
    for given in tomllib.loads(path.read_text(encoding="utf-8")).get("listed", []):
        if (
            len(str(given.get("reason", "")).split()) < 2
            or not given.get("numbers")
            or not given.get("page")
        ):
            report.complaints.append(
                f"chapters/numbers.toml: {given} needs page, numbers and a reason in words"
            )
            continue
        entries.append(
            Entry(given["page"], given.get("section", ""), tuple(map(str, given["numbers"])))
        )
    return entries, report


def main() -> int:
    """Print the report; 1 when a number is uncovered."""
    try:
        report = check()
    except ChapterError as error:
        print(error)
        return 1
    print(report)
    return int(bool(report.uncovered or report.complaints))


if __name__ == "__main__":
    sys.exit(main())
