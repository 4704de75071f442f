"""Grade a class that a program made, and let nbgrader's own autograde do the same.

    python -m benchmarks.grading                     # 200 students, 20 of them for nbgrader
    python -m benchmarks.grading --students 24 --sample 6

Both see the same notebooks on the same processors. nbgrader runs students' code without walls, one
notebook after the other. Of a large class it gets a sample with the same shares, and one notebook
with an endless loop; their times are scaled up.
`make release` must have written the assignments, with their solutions.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.bench import GRADING_HEAD, cpu_name, table
from d2lmini.grading import books, report, run
from d2lmini.grading.sandbox import Sandbox
from d2lmini.grading.session import READY

COURSE = Path(__file__).resolve().parent.parent / "assignments"
RESULTS = Path(__file__).with_name("grading.md")
ASSIGNMENT = "padding-and-stride"
SPENT_HEAD = ["handed in", "notebooks", "seconds each", "share"]
# one of twenty students each; all others have everything right
KINDS = {
    0: "untouched",
    3: "half",
    7: "half",
    10: "wrong",
    14: "wrong",
    16: "exits",
    18: "cheats",
    19: "loops",
}
ANSWERS = {
    "wrong": "{stub}\n    return 1",
    "exits": "import os\nos._exit(0)",
    "cheats": "import numpy as np\nnp.array_equal = np.isclose = lambda *a, **k: True\n{stub}",
    "loops": "{stub}\n    while True:\n        pass",
}
LOOPING = 2  # loops in a class, however large: each costs the full time limit, in both graders


class Measured(NamedTuple):
    """Seconds of the parts of a run, and what it found."""

    students: int
    sample: int
    grading: float
    books: float
    reports: float
    start: float
    nbgrader: float  # for the sample, which has no loop in it
    loop: float  # for one notebook with a loop
    wrong: list[str]
    given_up: int  # of the sample: notebooks for which nbgrader has no grade
    kinds: dict[str, list[float]]  # seconds of each of our notebooks, by what was handed in

    @property
    def ours(self) -> float:
        """Seconds for the whole class."""
        return self.grading + self.books + self.reports

    @property
    def theirs(self) -> float:
        """Seconds for the whole class, from the sample and from the loop."""
        loops = sum(kind_of(number) == "loops" for number in range(self.students))
        return self.nbgrader / self.sample * (self.students - loops) + self.loop * loops


def cells(folder: str) -> dict[str, Any]:
    """Return a notebook of the course."""
    path = COURSE / folder / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    if not path.exists():
        raise FileNotFoundError(f"{path.relative_to(COURSE.parent)} is missing: `make release`")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def kind_of(number: int) -> str:
    """Return what the student of this number hands in."""
    kind = KINDS.get(number % 20, "right")
    return "right" if kind == "loops" and number >= 20 * LOOPING else kind


def handed_in(number: int) -> dict[str, Any]:
    """Return the notebook of a student."""
    kind, book = kind_of(number), cells("release")
    if kind == "untouched":
        return book
    right = {about(cell).get("grade_id"): cell["source"] for cell in cells("source")["cells"]}
    answers = [cell for cell in book["cells"] if about(cell).get("solution")]
    for place, cell in enumerate(answers):
        stub, solution = "".join(cell["source"]), right[about(cell)["grade_id"]]
        function = stub.lstrip().startswith(("def ", "class ")) or "\ndef " in stub
        if kind == "right" or (kind == "half" and place % 2) or (kind == "loops" and not function):
            cell["source"] = solution
        elif kind in ANSWERS and function:
            cell["source"] = ANSWERS[kind].format(stub=stub)
    return book


def about(cell: dict[str, Any]) -> dict[str, Any]:
    """Return what nbgrader knows of a cell."""
    found: dict[str, Any] = cell["metadata"].get("nbgrader", {})
    return found


def hand_in(folder: Path, numbers: list[int]) -> None:
    """Write submissions as nbgrader wants them."""
    for number in numbers:
        path = folder / f"s{number:03}" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(handed_in(number)), encoding="utf-8")


@contextmanager
def clock() -> Iterator[list[float]]:
    """Yield a list that gets the seconds of the block."""
    seconds: list[float] = []
    start = time.perf_counter()
    yield seconds
    seconds.append(time.perf_counter() - start)


def surprises(done: run.Run) -> list[str]:
    """Return each student whose points are not those that the notebook was made for."""
    found = []
    for result in done.results:
        kind = kind_of(int(result["student"][1:]))
        points = [(one["points"], one["max"]) for one in result["questions"].values()]
        known = [pair for pair in points if pair[0] is not None]
        full = all(got == most for got, most in known)
        some = sum(got or 0 for got, _ in known)
        fits = (
            full
            if kind == "right"
            else not full and (some == 0 or kind in ("half", "wrong", "loops"))
        )
        found += [] if fits else [f"{result['student']} ({kind}): {points}"]
    return found


def by_kind(out: Path) -> dict[str, list[float]]:
    """Return the seconds that stand in the stored results, by what was handed in."""
    found: dict[str, list[float]] = {}
    for path in sorted((out / "results" / ASSIGNMENT).glob("*.json")):
        seconds = json.loads(path.read_text(encoding="utf-8"))["seconds"]
        found.setdefault(kind_of(int(path.stem[1:])), []).append(seconds)
    return found


def theirs(home: Path, numbers: list[int]) -> tuple[float, int]:
    """Return the seconds of `nbgrader autograde`, and how many notebooks it gave up on.

    Its gradebook knows the assignment already.
    """
    hand_in(home / "submitted", numbers)
    books.open_assignment(home, ASSIGNMENT, json.dumps(cells("release")).encode())
    command = [sys.executable, "-m", "nbgrader", "autograde", ASSIGNMENT, "--create"]
    with clock() as seconds:
        subprocess.run(command, cwd=home, check=False, capture_output=True)
    made = len(list((home / "autograded").rglob("*.ipynb")))
    return seconds[0], len(numbers) - made


def measure(students: int, sample: int) -> Measured:
    """Grade a class twice.

    Args:
        students: how many.
        sample: how many of them nbgrader gets.

    Raises:
        FileNotFoundError: the assignments were not made.
    """
    home = Path(tempfile.mkdtemp())
    everyone = list(range(students))
    try:
        hand_in(home / "ours", everyone)
        options = run.Options(home / "ours", home / "out", seed=1, books=COURSE)
        with clock() as grading:
            done = run.grade(options)
        with clock() as kept:
            by_hand = books.keep(home / "out", COURSE, done)
        with clock() as reports:
            report.write_reports(home / "out", done, by_hand)
        with clock() as start:
            box = Sandbox()
            box.run(READY)
        box.close()
        chosen = [number for number in everyone if kind_of(number) != "loops"][-sample:]
        seconds, given_up = theirs(home / "sample", chosen)
        kinds = by_kind(home / "out")
        loops = len(chosen) < students and any(kind_of(n) == "loops" for n in everyone)
        loop = theirs(home / "loop", [19])[0] if loops else 0.0
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return Measured(
        students=students,
        sample=len(chosen),
        grading=grading[0],
        books=kept[0],
        reports=reports[0],
        start=start[0],
        nbgrader=seconds,
        loop=loop,
        wrong=surprises(done),
        given_up=given_up,
        kinds=kinds,
    )


def rows(found: Measured) -> list[list[str]]:
    """Return a table: ours with its parts, and theirs."""

    def row(name: str, seconds: float, ratio: str = "") -> list[str]:
        return [name, f"{seconds:.1f}", f"{seconds / found.students:.2f}", ratio]

    scaled = "" if found.sample == found.students else f", scaled from {found.sample} students"
    return [
        row("make grade, all of it", found.ours, "1"),
        row("… sandboxes and comparing", found.grading),
        row("… nbgrader's books", found.books),
        row("… table and pages", found.reports),
        row(f"nbgrader autograde{scaled}", found.theirs, f"{found.theirs / found.ours:.2f}"),
    ]


def spent(found: Measured) -> list[list[str]]:
    """Return a table of where the time of the sandboxes goes, what took most first."""
    everything = sum(map(sum, found.kinds.values()))
    return [
        [kind, f"{len(times)}", f"{sum(times) / len(times):.1f}", f"{sum(times) / everything:.0%}"]
        for kind, times in sorted(found.kinds.items(), key=lambda pair: -sum(pair[1]))
    ]


def main() -> None:
    """Measure and print; a full class is kept in benchmarks/grading.md."""
    parser = argparse.ArgumentParser(description="Time the grader beside nbgrader's.")
    parser.add_argument("--students", type=int, default=200)
    parser.add_argument("--sample", type=int, default=20)
    given = parser.parse_args()
    found = measure(given.students, given.sample)
    lines = [
        f"# A class of {found.students}, graded",
        "",
        f"* {cpu_name()}, {os.cpu_count()} cores; load {os.getloadavg()[1]:.1f} at the end",
        f"* A sandbox is ready after {found.start:.2f} s.",
        f"* Grades that surprised: {', '.join(found.wrong) or 'none'}",
        "",
        *table(rows(found), GRADING_HEAD),
        "",
        "Where the time of the sandboxes goes, several at a time:",
        "",
        *table(spent(found), SPENT_HEAD),
        "",
        f"nbgrader gave up on {found.given_up} of its sample: it has no grade for a notebook that"
        " ends its kernel.",
        "An endless loop costs each of its tasks the full time limit; one whose kernel ends costs"
        " a new sandbox.",
    ]
    text = "\n".join(lines) + "\n"
    print(text)
    if found.students >= 200:
        RESULTS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
