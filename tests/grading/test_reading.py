"""Notebooks and folders that strangers made; nothing is executed here."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from d2lmini.grading.escaping import as_shown, presentable
from d2lmini.grading.folders import as_text, submissions
from d2lmini.grading.reading import MAX_CELLS, Unreadable, names_of, read_cells
from tests.grading.classroom import NAME, NAMES, SCALE, cell, graded, hand_in, notebook, points

KNOWN = {NAME: NAMES, "other": ["else_what"]}


def book(*cells: Any) -> str:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})


BROKEN = {
    "": "broken JSON in line 1",
    "{\n": "broken JSON in line 2",
    "[" * 100_000: "broken JSON",
    "[]": "no list of cells",
    '{"cells": 3}': "no list of cells",
    "1" * 5000: "broken JSON",
    book("x"): "cell 1 of the notebook is no cell",
    book(cell("1"), {"cell_type": "code", "source": 3}): "cell 2 of the notebook has no text",
    book({"cell_type": "code", "source": ["a", 1]}): "cell 1 of the notebook has no text",
    book(*[cell("")] * (MAX_CELLS + 1)): f"{MAX_CELLS + 1} cells",
    book(*[{}] * 100_000): "100000 cells",
    book(cell("x" * 100_001)): "cell 1 has 100001 characters",
    book(cell("\ud800")): "not Unicode",
}


@pytest.mark.parametrize("text", BROKEN, ids=list(BROKEN.values()))
def test_a_broken_notebook_gets_one_sentence_and_no_points(text: str) -> None:
    with pytest.raises(Unreadable, match=BROKEN[text]):
        read_cells(text)
    result = graded(text)
    assert points(result) == [0, 0, 0, 0]
    assert len(result["notes"]) == 1 and "\n" not in result["notes"][0]


def test_metadata_of_any_shape_is_survived() -> None:
    odd = [None, 3, [], {"nbgrader": 3}, {"nbgrader": {"grade_id": [], "grade": "yes"}}]
    cells = read_cells(book(*[{"cell_type": "code", "source": "1", "metadata": m} for m in odd]))
    assert all(not one.grade_id and not one.is_check for one in cells)


@pytest.mark.parametrize(
    "source", ["(" * 90_000, "-" * 90_000 + "1", "x = 1\n!ls\n%pip\n", "é = 1", "\0", "if 1:\n"]
)
def test_looking_for_names_survives_any_text(source: str) -> None:
    names = names_of([source, "def f(): ...\n", "f = 3"])
    assert not names.are_empty("f") and len(names.found["f"]) == 2


def test_an_untouched_release_gets_nothing_without_any_sandbox() -> None:
    result = graded(notebook())
    assert points(result)[:3] == [0, 0, 0]
    assert {result["questions"][n]["reason"] for n in NAMES[:3]} == {"not solved yet"}


def test_both_layouts_are_found(tmp_path: Path) -> None:
    hand_in(tmp_path, "s01", notebook())
    (tmp_path / "s01" / NAME / "timestamp.txt").write_text("2030-01-01 10:00:00 UTC\n")
    (tmp_path / f"s02_{NAME}.ipynb").write_text(json.dumps(notebook()))
    (tmp_path / "s03.ipynb").write_text(json.dumps(notebook()))  # its cells tell which one it is
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    found = submissions(tmp_path, KNOWN)
    assert [(one.student, one.assignment, one.doubt) for one in found] == [
        (student, NAME, "") for student in ("s01", "s02", "s03")
    ]
    assert found[0].stamp == "2030-01-01 10:00:00 UTC"


def test_two_submissions_of_one_student_are_refused_by_name(tmp_path: Path) -> None:
    hand_in(tmp_path, "Zoë", notebook())
    (tmp_path / f"ZOE\u0308-{NAME}.ipynb").write_text(json.dumps(notebook()))
    hand_in(tmp_path, "s02", notebook())
    found = submissions(tmp_path, KNOWN)
    assert [bool(one.doubt) for one in found] == [True, True, False]
    assert "Zoë" in found[0].doubt + found[1].doubt and NAME in found[0].path


def test_names_that_are_no_text_are_handled(tmp_path: Path) -> None:
    for name in (b"s\xff\xfe", b"a\nb", b"=1+1", b"x" * 200, b"-rf", b"100%"):
        folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)) / NAME
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_text(json.dumps(notebook()))
    found = submissions(tmp_path, KNOWN)
    assert len(found) == 6 and not any(one.doubt or one.problem for one in found)
    assert all(one.student.isprintable() and one.student.encode() for one in found)
    assert as_text(os.fsdecode(b"s\xff\n")) == "s\\xff\\n"


def test_links_pipes_and_giants_are_not_opened(tmp_path: Path) -> None:
    for student in ("link", "pipe", "folder", "bytes"):
        (tmp_path / student / NAME).mkdir(parents=True)
    (tmp_path / "link" / NAME / f"{NAME}.ipynb").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe" / NAME / f"{NAME}.ipynb")
    (tmp_path / "folder" / NAME / f"{NAME}.ipynb").mkdir()
    (tmp_path / "bytes" / NAME / f"{NAME}.ipynb").write_bytes(b"\xff\xfe{}")
    (tmp_path / "all").symlink_to(tmp_path / "bytes")
    with (tmp_path / f"giant_{NAME}.ipynb").open("wb") as file:
        file.truncate(1 << 30)
    said = {one.student: one.problem or one.doubt for one in submissions(tmp_path, KNOWN)}
    assert "link" in said["link"] and "plain file" in said["pipe"]
    assert "MiB" in said["giant"] and "UTF-8" in said["bytes"]
    assert said["folder"] and said["all"]


def test_what_belongs_to_nothing_is_named(tmp_path: Path) -> None:
    (tmp_path / "s01" / "elsewhere").mkdir(parents=True)
    (tmp_path / "s02.ipynb").write_text(book(cell("1")))
    (tmp_path / f"{NAME}.ipynb").write_text(book(cell("1")))
    said = [one.doubt for one in submissions(tmp_path, KNOWN)]
    assert len(said) == 3 and all(said)
    assert "ASSIGNMENT" in " ".join(said)
    assert not submissions(tmp_path, KNOWN, "other")[-1].doubt
    with pytest.raises(ValueError, match="no folder"):
        submissions(tmp_path / "none", KNOWN)
    with pytest.raises(ValueError, match="no assignment"):
        submissions(tmp_path, KNOWN, "nothing")


HARM = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt :alert(1))",
    "[x](java&#115;cript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    r"$\href{javascript:alert(1)}{x}$",
    "<svg onload=alert(1)>",
    "&lt;b&gt;",
]


@pytest.mark.parametrize("markdown", HARM)
def test_markdown_becomes_text(markdown: str) -> None:
    shown = as_shown(markdown)
    assert "<" not in shown and "&#115;" not in shown.replace("&amp;#115;", "")
    assert "script:" not in shown.lower() and "data:" not in shown and "\\href" not in shown


def test_a_shown_notebook_has_only_texts_of_the_student() -> None:
    mine = notebook({"scale": SCALE})
    mine["metadata"] = {"widgets": {"x": "<script>"}, "title": "<b>"}
    mine["cells"][1]["outputs"] = [{"output_type": "display_data", "data": {"text/html": "<b>"}}]
    evil = {"x": {"text/html": "<b>", "image/png": "iVBO", "image/jpeg": '"><b>'}}
    mine["cells"].append(cell("<b>", "raw", {"raw_mimetype": "text/html"}) | {"attachments": evil})
    mine["cells"].append(dict(mine["cells"][1]))  # a copy of a graded cell is a cell of their own
    shown = presentable(json.dumps(mine), notebook()["cells"], "so <i>it</i> is")
    assert "<" not in shown.replace("k < 0", "")
    made = json.loads(shown)
    assert made["cells"][-3]["attachments"] == {"x": {"image/png": "iVBO"}}
    assert made["cells"][1]["metadata"] and not made["cells"][-2]["metadata"]
    assert {one["cell_type"] for one in made["cells"]} == {"code", "markdown"}
    assert all(not one["outputs"] for one in made["cells"] if one["cell_type"] == "code")
    assert len(json.loads(presentable("{", notebook()["cells"]))["cells"]) == 8
