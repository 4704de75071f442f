"""Check that everything the seed texts teach and ask has its place in a chapter.

    python tools/check_seeds.py             # exits 1 and says what has no place

`chapters/seed-points/STEM.toml` lists, for the page `chapters/STEM.md`, each point of the seeds
that it carries: the seed, its lines, what they say, and a label of the page where it stands.
`left-out.toml` lists the lines that no page carries, each with a reason. The seeds themselves are
no part of the repository: where `../shared/seeds` is missing, their lines are not looked at.
"""

import argparse
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.chapters import EQUATION_END, ROOT, TARGET, read_book, read_cells, split_blocks

SEEDS = ROOT.parent / "shared" / "seeds"
NAMES = ("000", "001", "002", "003", "004")
EXERCISES = {f"E{i}" for i in range(1, 37)}
MISTAKES = {f"M{i}" for i in range(1, 40)} | {f"A{i}" for i in range(1, 14)}
LEFT_OUT = "left-out"
KEYS = {
    "point": {"seed", "lines", "says", "anchor", "exercise", "mistakes"},
    "left_out": {"seed", "lines", "reason"},
}
MOST_LEFT_OUT = 12  # lines of one entry: a larger one would hide what was forgotten
MISTAKE_LABEL = re.compile(r"^mistake-([ma]\d+)$")


@dataclass(frozen=True)
class Entry:
    """One ``[[point]]`` or ``[[left_out]]`` of a map."""

    page: str
    kind: str
    number: int
    given: dict[str, Any]

    def __str__(self) -> str:
        said = self.given.get("says") or self.given.get("reason") or "nothing said"
        return f"chapters/seed-points/{self.page}.toml: {self.kind} {self.number} ({said})"

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """The ranges of lines that are well formed."""
        lines = self.given.get("lines")
        listed = lines if isinstance(lines, list) else []
        pairs = [pair for pair in listed if isinstance(pair, list) and len(pair) == 2]
        return [(a, b) for a, b in pairs if isinstance(a, int) and isinstance(b, int) and a <= b]


@dataclass
class Map:
    """All maps of a book, its pages and the seeds."""

    root: Path
    seeds: Path

    @cached_property
    def entries(self) -> list[Entry]:
        """Every entry of every file, in order.

        Raises:
            ValueError: a file is not TOML.
        """
        found = []
        for path in sorted((self.root / "chapters" / "seed-points").glob("*.toml")):
            try:
                tables = tomllib.loads(path.read_text(encoding="utf-8"))
            except tomllib.TOMLDecodeError as error:
                raise ValueError(f"chapters/seed-points/{path.name}: {error}") from None
            for kind, listed in tables.items():
                each = listed if isinstance(listed, list) else [{}]
                found += [Entry(path.stem, kind, i, given) for i, given in enumerate(each, 1)]
        return found

    @cached_property
    def labels(self) -> dict[str, dict[str, str]]:
        """For each page of the contents, its labels and what they name."""
        pages = [page for page in read_book(self.root).pages if page.startswith("chapters/")]
        return {Path(page).name: labels_of(self.root / f"{page}.md") for page in pages}

    @cached_property
    def texts(self) -> dict[str, list[str]]:
        """The lines of each seed, "" before the first, so that line 1 is number 1."""
        found = {path.name[:3]: path for path in sorted(self.seeds.glob("*.txt"))}
        return {
            name: ["", *path.read_text(encoding="utf-8").split("\n")]
            for name, path in found.items()
        }

    @property
    def points(self) -> list[Entry]:
        """The entries that have a place."""
        return [entry for entry in self.entries if entry.kind == "point"]


def labels_of(path: Path) -> dict[str, str]:
    """Return every label of a page with the kind of what it names."""
    found: dict[str, str] = {}

    def walk(lines: list[str], line: int) -> None:
        for block in split_blocks(lines, line):
            if block.kind == "text":
                found.update({m["label"]: "place" for m in map(TARGET.match, block.lines) if m})
                ends = map(EQUATION_END.match, block.lines)
                found.update({m["label"]: "equation" for m in ends if m})
            elif block.kind == "directive":
                if name := block.options.get("label") or block.options.get("name"):
                    found[name] = block.name
                walk(block.lines, block.line)

    for cell in read_cells(path):
        if cell.kind == "markdown":
            walk(cell.source.split("\n"), cell.line)
    return found


# ---------------------------------------------------------------- the rules


def entries_are_complete(book: Map) -> Iterator[str]:
    """Every entry has the keys that it needs, no others, and ranges in order."""
    for entry in book.entries:
        allowed = KEYS["left_out" if entry.page == LEFT_OUT else "point"]
        if entry.kind not in KEYS or KEYS[entry.kind] != allowed:
            yield f"{entry}: a [[{entry.kind}]] has no place in this file"
            continue
        if odd := sorted(set(entry.given) - allowed):
            yield f"{entry}: unknown key {odd[0]!r}"
        words = str(entry.given.get("says" if entry.kind == "point" else "reason", ""))
        if len(words.split()) < 2:
            yield f"{entry}: say in words what stands there, or why it is left out"
        if not of_the_book_only(entry):
            if entry.given.get("seed") not in NAMES:
                yield f"{entry}: seed must be one of {', '.join(NAMES)}"
            if not entry.ranges or len(entry.ranges) != len(entry.given["lines"]):
                yield f"{entry}: lines must be pairs [first, last], first not above last"
        if entry.kind == "left_out" and sum(b - a + 1 for a, b in entry.ranges) > MOST_LEFT_OUT:
            yield f"{entry}: leaves out more than {MOST_LEFT_OUT} lines at once"


def of_the_book_only(entry: Entry) -> bool:
    """Say whether an entry only names mistakes of the book behind the seeds: it has no lines."""
    mistakes = entry.given.get("mistakes", [])
    no_lines = "seed" not in entry.given and "lines" not in entry.given
    return no_lines and bool(mistakes) and all(name.startswith("A") for name in mistakes)


def anchors_exist(book: Map) -> Iterator[str]:
    """Every anchor is a label of its page, and the page is in the contents."""
    for entry in book.points:
        if entry.page not in book.labels:
            yield f"{entry}: _toc.yml has no page chapters/{entry.page}"
        elif entry.given.get("anchor") not in book.labels[entry.page]:
            anchor = entry.given.get("anchor")
            yield f"{entry}: chapters/{entry.page}.md has no label {anchor!r}"


def exercises_have_one_place(book: Map) -> Iterator[str]:
    """Each exercise of the seeds has exactly one place, and that is an exercise."""
    places: dict[str, set[tuple[str, str]]] = {name: set() for name in EXERCISES}
    for entry in book.points:
        name, anchor = entry.given.get("exercise"), str(entry.given.get("anchor"))
        if name is None:
            continue
        if name not in EXERCISES:
            yield f"{entry}: there is no exercise {name!r}"
            continue
        places[name].add((entry.page, anchor))
        if book.labels.get(entry.page, {}).get(anchor, "exercise") != "exercise":
            yield f"{entry}: {anchor!r} is no exercise"
    for name in sorted(places, key=lambda name: int(name[1:])):
        found = sorted(f"{page}#{anchor}" for page, anchor in places[name])
        if len(found) != 1:
            yield f"{name} has {len(found)} places, one is right: {', '.join(found) or 'none'}"


def mistakes_have_a_place(book: Map) -> Iterator[str]:
    """Each mistake has a place: a point, or a label ``mistake-m1`` of a page."""
    placed: set[str] = set()
    for labels in book.labels.values():
        placed |= {m[1].upper() for m in map(MISTAKE_LABEL.match, labels) if m}
    for entry in book.points:
        named = entry.given.get("mistakes", [])
        if odd := [name for name in named if name not in MISTAKES]:
            yield f"{entry}: there is no mistake {odd[0]!r}"
        placed |= set(named)
    for name in sorted(MISTAKES - placed, key=lambda name: (name[0] == "A", int(name[1:]))):
        yield f"{name} has no place: neither a point nor a label mistake-{name.lower()}"


def ranges_lie_in_their_files(book: Map) -> Iterator[str]:
    """No range goes beyond the end of its seed."""
    for entry in book.entries:
        text = book.texts.get(str(entry.given.get("seed")))
        for first, last in entry.ranges if text else ():
            if first < 1 or last >= len(text):
                yield f"{entry}: lines {first} to {last}, the seed has 1 to {len(text) - 1}"


def every_line_has_a_place(book: Map) -> Iterator[str]:
    """Every line of the seeds that says something lies in a range."""
    covered: dict[str, set[int]] = {name: set() for name in book.texts}
    for entry in book.entries:
        for first, last in entry.ranges:
            covered.get(str(entry.given.get("seed")), set()).update(range(first, last + 1))
    for name, text in book.texts.items():
        for number, line in enumerate(text):
            if says_something(line) and number not in covered[name]:
                yield f"seed {name} line {number} has no place: {line.strip()[:70]}"


def says_something(line: str) -> bool:
    """Say whether a line has a letter or a digit and does more than open or close a fence."""
    return bool(re.search(r"[^\W_]", line)) and not line.lstrip().startswith("```")


RULES = (
    entries_are_complete,
    anchors_exist,
    exercises_have_one_place,
    mistakes_have_a_place,
    ranges_lie_in_their_files,
    every_line_has_a_place,
)


def check(root: Path = ROOT, seeds: Path = SEEDS) -> list[str]:
    """Return all findings, one sentence each."""
    book = Map(root, seeds)
    try:
        entries = book.entries
    except ValueError as error:
        return [str(error)]
    if not entries:
        return ["chapters/seed-points has no map"]
    return [finding for rule in RULES for finding in rule(book)]


def main(arguments: list[str] | None = None) -> int:
    """Print the findings; 1 when there are any."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=Path, default=SEEDS, help="the folder of the seed texts")
    options = parser.parse_args(arguments)
    findings = check(ROOT, options.seeds)
    print("\n".join(findings), end="\n" if findings else "")
    texts = Map(ROOT, options.seeds).texts.values()
    lines = sum(says_something(line) for text in texts for line in text)
    seen = f"{lines} lines of {len(texts)} seeds" if texts else "the seeds are not here"
    print(f"seed points: {seen}, {len(findings)} without a place or wrong")
    return int(bool(findings))


if __name__ == "__main__":
    sys.exit(main())
