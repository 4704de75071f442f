"""nbgrader's gradebook holds our verdicts, runs nothing, and gives back a teacher's points."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from d2lmini.grading.__main__ import main
from d2lmini.grading.books import fill
from tests.grading.classroom import (
    NAME,
    SPECS,
    TRIANGLE,
    cell,
    hand_in,
    notebook,
    release,
    right,
)

nbgrader = pytest.importorskip("nbgrader")
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("walls")]


def graded(root: Path) -> int:
    arguments = [str(root / "subs"), str(root / "out"), "--specs", SPECS, "--seed", "3"]
    return main([*arguments, "--course", str(root / "course")])


def rows(root: Path) -> dict[str, dict[str, str]]:
    with (root / "out" / "grades.csv").open() as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def test_the_gradebook_says_what_the_table_says(tmp_path: Path) -> None:
    from nbgrader.api import Gradebook

    release(tmp_path / "course")
    essay = {"demo_essay": "Because <img src=x onerror=alert(1)> it does."}
    gone = notebook({"triangle": TRIANGLE})
    gone["cells"] = [c for c in gone["cells"] if "check" not in str(c["metadata"])]
    harm = cell("<script>alert(1)</script> [x](javascript:alert(1))", "markdown")
    book = notebook(right() | essay)
    book["cells"].append(harm)
    hand_in(tmp_path / "subs", "s01", book)
    hand_in(tmp_path / "subs", "s02", notebook())
    hand_in(tmp_path / "subs", "s03", gone)
    hand_in(tmp_path / "subs", "s 04 [x]", "{")
    assert graded(tmp_path) == 0

    folder = tmp_path / "out" / "books"
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", "d2lmini") as gradebook:
        scores = {one.student_id: one.score for one in gradebook.assignment_submissions(NAME)}
        assert scores == {"s01": 8, "s02": 0, "s03": 3, "s%2004%20%5Bx%5D": 0} or scores == {
            "s01": 8, "s02": 0, "s03": 3, "s 04 %5Bx%5D": 0,
        }  # fmt: skip
        grade = gradebook.find_grade("demo_essay", NAME, NAME, "s01")
        assert grade.needs_manual_grade and grade.auto_score is None
    table = rows(tmp_path)
    assert (table["s01"]["demo_essay"], table["s02"]["demo_essay"]) == ("", "0")
    assert table["s03"]["total"] == "3"
    shown = (folder / "autograded" / "s01" / NAME / f"{NAME}.ipynb").read_text(encoding="utf-8")
    assert "<script" not in shown and "<img" not in shown and "javascript:" not in shown

    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", "d2lmini") as gradebook:
        grade = gradebook.find_grade("demo_essay", NAME, NAME, "s01")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        gradebook.db.commit()
    assert graded(tmp_path) == 0
    assert (rows(tmp_path)["s01"]["demo_essay"], rows(tmp_path)["s01"]["total"]) == ("1.5", "9.5")
    assert "1.5 of 2" in (tmp_path / "out" / "feedback" / "s01.html").read_text()


def test_new_verdicts_reach_the_books(tmp_path: Path) -> None:
    release(tmp_path / "course")
    hand_in(tmp_path / "subs", "s01", notebook())
    assert graded(tmp_path) == 0 and rows(tmp_path)["s01"]["total"] == "0"
    hand_in(tmp_path / "subs", "s01", notebook({"triangle": TRIANGLE}))
    assert graded(tmp_path) == 0
    book = tmp_path / "out" / "books" / "autograded" / "s01" / NAME / f"{NAME}.ipynb"
    outputs = {
        c["metadata"]["nbgrader"]["grade_id"]: c["outputs"]
        for c in json.loads(book.read_text())["cells"] if c["cell_type"] == "code"
    }  # fmt: skip
    assert "".join(outputs["check-triangle"][0]["data"]["text/plain"]) == "3"
    assert outputs["check-scale"][0]["evalue"] == "not solved yet"


def test_a_cell_without_a_verdict_earns_nothing() -> None:
    from nbformat.v4 import new_code_cell
    from nbgrader.utils import determine_grade

    metadata = {"nbgrader": {"grade": True, "solution": False, "grade_id": "check-x", "points": 3}}
    question = {"points": 2, "max": 3, "groups": {}, "reason": "why", "detail": {}}
    for verdicts, earned in (({}, 0), ({"x": question}, 2), ({"x": question | {"points": 9}}, 3),
                             ({"x": question | {"points": None}}, 0)):  # fmt: skip
        one = new_code_cell("check('x', x)", metadata=metadata)
        fill(one, verdicts)
        assert determine_grade(one) == (earned, 3)


def test_without_a_release_there_are_grades_and_a_word(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hand_in(tmp_path / "subs", "s01", notebook())
    assert graded(tmp_path) == 0
    assert "make release" in capsys.readouterr().err
    assert rows(tmp_path)["s01"]["total"] == "0"


def test_the_books_refuse_to_run_what_students_wrote(tmp_path: Path) -> None:
    release(tmp_path / "course")
    ran = tmp_path / "ran"
    book = notebook(right())
    book["cells"].insert(0, cell(f"open({str(ran)!r}, 'w').close()"))
    hand_in(tmp_path / "subs", "s01", book)
    assert graded(tmp_path) == 0
    folder = tmp_path / "out" / "books"

    def content() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    before = content()
    command = [sys.executable, "-m", "nbgrader", "autograde", NAME, "--force"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode and "give the same `make grade` again" in done.stderr + done.stdout
    assert not ran.exists() and content() == before
