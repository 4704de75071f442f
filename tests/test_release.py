"""Assignments: what students get holds no solution, runs as it is, and comes from the chapters."""

import ast
import io
import json
import shutil
from contextlib import redirect_stdout
from functools import cache

import nbformat
import pytest

from d2lmini.exercises import Code, Discussion, Quiz, exercises_of
from tests.hidden import CHAPTERS, hidden, leaks
from tools import release
from tools.assignment import (
    ANSWER,
    Assignment,
    as_markdown,
    question,
    released,
    setup_imports,
    source_notebook,
)
from tools.chapters import ROOT, Block, Cell, read_book, read_labels
from tools.export_notebooks import bootstrap, dumps
from tools.tasks import parts, variable

BOOK = read_book()
EVERY = pytest.mark.parametrize("chapter", CHAPTERS)
KEPT = ("_config.yml", "_toc.yml", "index.md", "references.bib")


@cache
def assignment(chapter: str) -> Assignment:
    """Return a chapter's assignment."""
    (found,) = release.assignments(BOOK, [chapter])
    return found


@cache
def student(chapter: str):
    """Return what students of a chapter get, without nbgrader's checksums."""
    return released(source_notebook(assignment(chapter)))


def run(notebook) -> dict[str, str]:
    """Run a notebook's cells and return what its last lines show, by grade_id."""
    space: dict[str, object] = {"__name__": "__main__"}
    shown = {}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        with redirect_stdout(io.StringIO()):
            exec(compile(tree, "<cell>", "exec"), space)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), space)
                shown[cell.metadata["nbgrader"]["grade_id"]] = repr(value)
    return shown


def checks(chapter: str) -> list[str]:
    """Return the names that an assignment checks, in its order."""
    records = exercises_of(chapter)
    return [variable(one.name) for one in records if not isinstance(one, Discussion)]


# ---------------------------------------------------------------- what students get


def test_some_chapters_have_assignments():
    assert CHAPTERS and len(checks("padding-and-stride")) > 1


@EVERY
def test_no_line_of_a_solution_and_no_secret_of_a_record_is_released(chapter, tmp_path):
    (tmp_path / "student").mkdir()
    (tmp_path / "teacher").mkdir()
    source = source_notebook(assignment(chapter))
    (tmp_path / "student" / "a.ipynb").write_text(dumps(student(chapter)), encoding="utf-8")
    (tmp_path / "teacher" / "a.ipynb").write_text(dumps(source), encoding="utf-8")
    assert leaks(tmp_path / "student", hidden(chapter)) == []
    assert leaks(tmp_path / "teacher", hidden(chapter)), "the search finds no solution at all"
    assert not [cell for cell in student(chapter).cells if "stub" in cell.metadata]


@EVERY
def test_an_unfilled_notebook_runs_and_says_what_is_missing(chapter):
    shown = run(student(chapter))
    wanted = {f"check-{name}": f"{name}: not solved yet" for name in checks(chapter)}
    short = {name: text[: len(wanted.get(name, ""))] for name, text in shown.items()}
    assert short == wanted


@EVERY
def test_points_are_those_of_the_records(chapter):
    graded = [c.metadata["nbgrader"] for c in student(chapter).cells]
    points = {one["grade_id"]: one["points"] for one in graded if one["grade"]}
    records = exercises_of(chapter)
    assert points == {
        variable(one.name) if isinstance(one, Discussion) else f"check-{variable(one.name)}": (
            one.points
        )
        for one in records
    }
    total = sum(one.points for one in records)
    assert f"**{total} points.**" in student(chapter).cells[1].source


@EVERY
def test_the_cells_stand_in_the_order_that_the_grader_expects(chapter):
    notebook = student(chapter)
    assert notebook.cells[0].source == bootstrap(BOOK)
    names = [cell.metadata["nbgrader"]["grade_id"] for cell in notebook.cells]
    assert len(set(names)) == len(names) and len({c.id for c in notebook.cells}) == len(names)
    at = [names.index(variable(record.name)) for record in exercises_of(chapter)]
    assert at == sorted(at)
    for record in exercises_of(chapter):
        name = variable(record.name)
        cell = notebook.cells[names.index(name)]
        own = cell.metadata["nbgrader"]
        assert own["solution"] and not own["locked"]
        if isinstance(record, Discussion):
            assert (cell.cell_type, cell.source, own["grade"]) == ("markdown", ANSWER, True)
            continue
        check = notebook.cells[names.index(name) + 1]
        assert check.source == f'check("{name}", {name})'
        assert check.metadata["nbgrader"]["grade_id"] == f"check-{name}"
        assert check.metadata["nbgrader"]["locked"] and not own["grade"]


@EVERY
@pytest.mark.slow
def test_the_reference_answers_pass_every_check(chapter):
    shown = run(source_notebook(assignment(chapter)))
    right = {
        f"check-{variable(one.name)}": f"{one.name}: passed"
        if isinstance(one, Code)
        else f"{variable(one.name)}: right"
        for one in exercises_of(chapter)
        if not isinstance(one, Discussion)
    }
    assert {name: text[: len(right[name])] for name, text in shown.items()} == right


# ---------------------------------------------------------------- parts


def test_a_text_of_a_record_becomes_markdown_that_looks_the_same():
    assert as_markdown("2*3 * 4 < `a_b` and *so*") == r"2\*3 \* 4 &lt; `a_b` and *so*"
    two = {"a": "yes", "b": "x_1 or `x`"}
    asked = Quiz("a-b", "Is it $1?", two, "a", two, points=2)
    assert question(asked).split("\n") == [
        r"**Question** (2 points). Is it \$1?",
        "",
        "- **a** yes",
        r"- **b** x\_1 or `x`",
    ]


def test_imports_are_those_that_answers_need():
    setup = Cell(
        "code",
        "import math\nimport torch\nfrom torch import nn\nfrom d2lmini import draw, scenes\n"
        "from d2lmini.exercises import check, quiz\nimport matplotlib.pyplot as plt\n"
        "torch.manual_seed(0)",
        1,
    )
    lines = setup_imports(setup, {"scenes"}).split("\n")
    assert lines == [
        "import math", "import torch", "from torch import nn", "from d2lmini import scenes", "",
        "from d2lmini.exercises import check",
    ]  # fmt: skip


def test_a_link_of_a_task_leads_to_a_published_page_or_nowhere():
    from tools.notebook_text import Converter

    labels, path = read_labels(BOOK), ROOT / "chapters" / "pooling.md"
    block = Block("directive", ["See [it](lenet.md) and [this](pooling.md)."], 1, "div")
    near = Converter(BOOK, labels, path, {}).block(block)
    away = Converter(BOOK, labels, path, {}, away=True).block(block)
    assert "(lenet.ipynb)" in near and "(#" in near
    assert away == "See it and this."
    BOOK.baseurl, before = "https://book.example", BOOK.baseurl
    try:
        published = Converter(BOOK, labels, path, {}, away=True).block(block)
    finally:
        BOOK.baseurl = before
    assert published.count("https://book.example/chapters/") == 2


# ---------------------------------------------------------------- fresh or stale


@pytest.fixture
def course(tmp_path):
    """Return a copy of the book that has one assignment, written but not released."""
    for name in KEPT:
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "chapters", tmp_path / "chapters")
    shutil.copytree(ROOT / "assets" / "figures", tmp_path / "assets" / "figures")
    (tmp_path / "assignments").mkdir()
    shutil.copy(ROOT / "assignments" / release.CONFIG, tmp_path / "assignments")
    return tmp_path


def released_by_hand(root, chapter="padding-and-stride"):
    """Write the notebook of students without nbgrader; return its file."""
    (given,) = release.assignments(read_book(root), [chapter])
    file = given.file("release")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dumps(released(source_notebook(given))), encoding="utf-8")
    return file


def check(root) -> tuple[int, str]:
    """Return the exit code and the words of the check."""
    said = io.StringIO()
    with redirect_stdout(said):
        code = release.main(["padding-and-stride", "--check", "--root", str(root)])
    return code, said.getvalue()


@pytest.mark.slow
def test_a_missing_a_changed_and_a_longer_notebook_are_named(course):
    assert check(course)[0] == 1 and "is missing: run `make release`" in check(course)[1]
    file = released_by_hand(course)
    assert check(course) == (0, "assignments: 1 as their chapters say\n")
    notebook = json.loads(file.read_text(encoding="utf-8"))
    more = dict(notebook, cells=[*notebook["cells"], notebook["cells"][-1] | {"id": "more"}])
    file.write_text(json.dumps(more), encoding="utf-8")
    assert "cells, padding-and-stride.md gives" in check(course)[1]
    released_by_hand(course)
    chapter = course / "chapters" / "padding-and-stride.md"
    text = chapter.read_text(encoding="utf-8")
    chapter.write_text(text.replace("compare it with the layer", "say why"), encoding="utf-8")
    code, said = check(course)
    assert code == 1 and "is not what padding-and-stride.md says" in said


def test_a_chapter_that_does_not_fit_its_records_is_not_released(course, capsys):
    chapter = course / "chapters" / "padding-and-stride.md"
    text = chapter.read_text(encoding="utf-8")
    chapter.write_text(text.replace('check("my_out_size"', 'check("my_size"'), encoding="utf-8")
    assert release.main(["padding-and-stride", "--root", str(course)]) == 1
    assert "no exercise of this chapter is called 'my_size'" in capsys.readouterr().err
    assert not (course / "assignments" / "source").exists()


@pytest.mark.slow
def test_nbgrader_makes_the_same_notebook_twice_and_keeps_the_points(course, capsys):
    pytest.importorskip("nbgrader")
    one = ["padding-and-stride", "--root", str(course)]
    assert release.main(one) == 0, capsys.readouterr().err
    file = course / "assignments" / "release" / "padding-and-stride" / "padding-and-stride.ipynb"
    first = file.read_bytes()
    assert check(course)[0] == 0
    file.unlink()
    assert release.main(one) == 0, capsys.readouterr().err
    assert file.read_bytes() == first
    made = nbformat.reads(first.decode(), as_version=4)
    assert all("checksum" in cell.metadata["nbgrader"] for cell in made.cells)
    assert leaks(file.parent, hidden("padding-and-stride")) == []
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'assignments' / 'gradebook.db'}") as book:
        points = book.find_assignment("padding-and-stride").max_score
    assert points == sum(record.points for record in exercises_of("padding-and-stride"))


def test_every_part_of_an_assignment_has_a_record():
    for chapter in CHAPTERS:
        names = [part.name for part in parts(assignment(chapter).tasks)]
        assert names == [record.name for record in exercises_of(chapter)]
