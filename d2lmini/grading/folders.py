"""Find the submissions in a folder that strangers filled: names, links and sizes are looked at."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from d2lmini.grading.reading import MAX_BYTES, Unreadable, read_cells

END = ".ipynb"
BETWEEN = "-_. "  # what may stand between a student's name and the assignment's in a file name


@dataclass(frozen=True)
class Submission:
    """One notebook that was handed in.

    Args:
        student: the student's name as text, whatever bytes the file system holds.
        assignment: stem of the chapter, "" where nobody can tell.
        path: where the notebook lies.
        text: what it holds, "" where it cannot be read.
        problem: why it cannot be read: then it gets no points; or "".
        doubt: why nobody can say whose or which it is: then it gets no grade at all; or "".
        stamp: nbgrader's time of submission, or "".
    """

    student: str
    assignment: str
    path: str
    text: str = ""
    problem: str = ""
    doubt: str = ""
    stamp: str = ""


def submissions(
    root: Path, names: Mapping[str, Collection[str]], assignment: str = ""
) -> list[Submission]:
    """Return what was handed in, sorted by student and assignment.

    Args:
        root: holds ``STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb``, or ``.ipynb`` files named after the
            students, or both.
        names: assignment to the names of its exercises.
        assignment: which one the files of a flat folder are; "" to find out.

    Raises:
        ValueError: the folder is none, or the assignment is unknown.
    """
    if not root.is_dir():
        raise ValueError(f"SUBMISSIONS: {root} is no folder")
    if assignment and assignment not in names:
        raise ValueError(f"no assignment is called {assignment!r}; there are {', '.join(names)}")
    found = []
    for entry in sorted(os.scandir(root), key=lambda entry: os.fsencode(entry.name)):
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            found += list(_of_student(Path(entry.path), names))
        elif entry.name.endswith(END) or entry.is_symlink():
            found.append(_flat(Path(entry.path), names, assignment))
    return sorted(_told_apart(found), key=lambda one: (one.student, one.assignment, one.path))


def as_text(name: str) -> str:
    r"""Return a file name as text that can be printed, stored and compared.

    >>> as_text("s\udcff\n")
    's\\xff\\n'
    """
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    shown = (c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return unicodedata.normalize("NFC", "".join(shown))


def _of_student(folder: Path, names: Mapping[str, Collection[str]]) -> Iterator[Submission]:
    student, known = as_text(folder.name), False
    for inner in sorted(folder.iterdir()):
        if inner.name not in names or inner.is_symlink() or not inner.is_dir():
            continue
        known = True
        stamp = _stamp(inner / "timestamp.txt")
        books = [inner / (inner.name + END)]
        if not os.path.lexists(books[0]):
            books = sorted(inner.glob("*" + END)) or books
        for book in books:
            yield replace(_read(book, student, inner.name), stamp=stamp)
    if not known:
        doubt = f"no folder of an assignment lies in it; known are {', '.join(names)}"
        yield Submission(student, "", as_text(folder.name), doubt=doubt)


def _flat(path: Path, names: Mapping[str, Collection[str]], assignment: str) -> Submission:
    stem = as_text(path.name.removesuffix(END))
    named = next((name for name in sorted(names, key=len, reverse=True) if name in stem), "")
    student = stem.replace(named, "").strip(BETWEEN) if named else stem
    read = _read(path, student or stem, assignment or named)
    if not student:
        return replace(read, doubt="the file's name holds no student")
    if not read.assignment:
        read = replace(read, assignment=_asked_in(read.text, names))
    if not read.assignment:
        return replace(read, doubt="nobody can tell which assignment it is: say ASSIGNMENT=…")
    return read


def _asked_in(text: str, names: Mapping[str, Collection[str]]) -> str:
    """Return the assignment whose exercises a notebook names most often, "" for none."""
    if len(names) == 1:
        return next(iter(names))
    try:
        ids = {cell.grade_id.removeprefix("check-") for cell in read_cells(text)}
    except Unreadable:
        return ""
    best = max(names, key=lambda name: len(ids & set(names[name])), default="")
    return best if best and ids & set(names[best]) else ""


def _read(path: Path, student: str, assignment: str) -> Submission:
    shown = as_text(str(path))
    try:
        data = read_plain(path, MAX_BYTES)
        return Submission(student, assignment, shown, data.decode("utf-8-sig"))
    except UnicodeDecodeError:
        problem = "the file is no notebook: it is not UTF-8 text"
    except ValueError as error:
        problem = str(error)
    except OSError as error:
        problem = f"the file cannot be read: {error.strerror}"
    return Submission(student, assignment, shown, problem=problem)


def read_plain(path: Path, limit: int) -> bytes:
    """Return what a file holds; no link, no pipe, no device, nothing large.

    Raises:
        ValueError: it is one of these.
        OSError: it cannot be read.
    """
    if path.is_symlink():
        raise ValueError("the file is a link")
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError("it is no plain file")
        data = file.read(limit + 1)
    if len(data) > limit:
        raise ValueError(f"the file is larger than {limit >> 20} MiB")
    return data


def _stamp(path: Path) -> str:
    try:
        return read_plain(path, 1 << 10).decode("ascii").strip()
    except (OSError, ValueError):
        return ""


def _told_apart(found: list[Submission]) -> list[Submission]:
    """Return the submissions; where two have one student and assignment, neither can be graded."""
    same = defaultdict(list)
    for one in found:
        same[unicodedata.normalize("NFKC", one.student).casefold(), one.assignment].append(one)
    apart = []
    for group in same.values():
        for one in group:
            others = ", ".join(other.path for other in group if other is not one)
            doubt = f"a second submission of the same student: {others}" if others else one.doubt
            apart.append(replace(one, doubt=doubt))
    return apart
