"""The terms of chapters/glossary.md, and the words that must not stand in their place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.chapters import ROOT, read_cells, split_blocks

PAGE = ROOT / "chapters" / "glossary.md"
NOT = re.compile(r"^\s*Not: (.*)$", re.M)
CHINESE = re.compile("[\u4e00-\u9fff]")
CHINESE_NAME = re.compile(r'<span lang="zh">([^<*]+)</span>')


@dataclass(frozen=True)
class Entry:
    """One entry: its names, its Chinese name, the wrong words, the chapter that introduces it."""

    names: tuple[str, ...]
    chinese: str
    definition: str
    wrong: tuple[str, ...]
    chapter: str
    line: int


def entries(page: Path = PAGE) -> list[Entry]:
    """Return the entries in their order."""
    found: list[Entry] = []
    chapter = ""
    for cell in read_cells(page):
        for block in split_blocks(cell.source.split("\n"), cell.line):
            if block.name == "glossary":
                found += _entries(block.lines, block.line, chapter)
            elif source := re.search(r"^Introduced in \{doc\}`([\w-]+)`", block.body, re.M):
                chapter = source[1]
    return found


def _entries(lines: list[str], line: int, chapter: str) -> Iterator[Entry]:
    names: list[str] = []
    body: list[str] = []
    first = line
    for at, text in enumerate([*lines, "end"], start=line):
        if not text.strip() or text[0].isspace():
            body.append(text.strip())
            continue
        if any(body):
            yield _entry(names, "\n".join(body).strip(), chapter, first)
            names, body = [], []
        first = first if names else at
        names.append(text.strip())


def _entry(names: list[str], body: str, chapter: str, line: int) -> Entry:
    wrong = [word for listed in NOT.findall(body) for word in re.findall(r"\*([^*]+)\*", listed)]
    chinese = CHINESE_NAME.search(body)
    definition = " ".join(
        re.sub(r"<[^>]+>", "", CHINESE_NAME.sub("", NOT.sub("", body), 1)).split()
    )
    name = chinese[1] if chinese else ""
    return Entry(tuple(names), name, definition, tuple(wrong), chapter, line)


def forbidden(page: Path = PAGE) -> dict[str, str]:
    """Return a pattern for each wrong word, and the term to write instead."""
    return {
        pattern(word, entry): entry.chinese if CHINESE.search(word) else entry.names[0]
        for entry in entries(page)
        for word in entry.wrong
    }


def pattern(word: str, entry: Entry) -> str:
    """Return the pattern that finds a wrong word: its plural too, but not inside the right one."""
    if not CHINESE.search(word):
        return r"\b" + r"[\s-]+".join(map(re.escape, re.split(r"\s", word))) + r"s?\b"
    right = entry.chinese
    inside = [i for i in range(1, len(right)) if word.startswith(right[i:])]
    return "".join(f"(?<!{right[:i]})" for i in inside) + word
