"""A student's notebook in a real JupyterLab: empty, then filled with the reference answers."""

import shutil

import pytest

from d2lmini.exercises import Discussion, Quiz, exercises_of
from tools import chromium, lab
from tools.assignment import FOLDER, Assignment, source_notebook
from tools.chapters import read_book
from tools.release import assignments
from tools.tasks import variable

pytestmark = [pytest.mark.browser, pytest.mark.slow]

RUN_S = 900  # tasks that train take minutes
EVERY = {one.name: one for one in assignments(read_book())}
OPEN = """window.jupyterapp.shell.currentWidget.content.widgets.map(
  cell => [cell, cell.model.getMetadata("nbgrader")?.grade_id ?? ""])"""
FILL = f"""answers => {OPEN}.filter(([, id]) => id in answers)
  .map(([cell, id]) => {{ cell.model.sharedModel.setSource(answers[id]); return id; }})"""
SHOWN = f"""() => Object.fromEntries({OPEN}.filter(([, id]) => id.startsWith("check-"))
  .map(([cell, id]) => [id.slice(6), cell.node.querySelector(".jp-OutputArea").innerText]))"""
FREE = f"""() => {OPEN}.filter(([cell]) => cell.model.type === "code")
  .filter(([cell]) => !cell.editor.getOption("readOnly")).map(([, id]) => id)"""


def answers(given: Assignment) -> dict[str, str]:
    """Return the reference answers by the cells that ask for them."""
    return {
        cell.metadata["nbgrader"]["grade_id"]: cell.source
        for cell in source_notebook(given).cells
        if cell.metadata["nbgrader"]["solution"]
    }


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Start JupyterLab over a copy of the released notebooks and yield address and token."""
    work, private = tmp_path_factory.mktemp("work"), tmp_path_factory.mktemp("lab")
    for name, given in EVERY.items():
        file = given.file("release")
        assert file.is_file(), f"{FOLDER}/release has no {name}: run `make release`"
        shutil.copy(file, work / file.name)
    with lab.jupyterlab(work, private) as at:
        yield at


@pytest.fixture(scope="module", params=sorted(EVERY))
def notebook(request, browser, server):
    """Yield a student's notebook, opened, with its assignment and the record of its page."""
    record, context = chromium.Watch(), browser.new_context()
    chromium.watch(context, record)
    context.set_default_timeout(20_000)
    opened = lab.Notebook(context.new_page(), *server, f"{request.param}.ipynb")
    yield opened, EVERY[request.param], record
    context.close()


def checked(given: Assignment) -> list:
    """Return the records that a check cell judges."""
    return [one for one in exercises_of(given.name) if not isinstance(one, Discussion)]


def test_a_student_may_edit_the_answers_and_nothing_else(notebook):
    opened, given, _ = notebook
    assert set(opened.page.evaluate(FREE)) == {variable(one.name) for one in checked(given)}


def test_an_empty_notebook_says_kindly_what_is_missing(notebook):
    opened, given, _ = notebook
    opened.run_all(RUN_S)
    shown = opened.page.evaluate(SHOWN)
    assert list(shown) == [variable(one.name) for one in checked(given)]
    for name, text in shown.items():
        assert f"{name}: not solved yet" in text, text


def test_the_reference_answers_pass_every_check(notebook):
    opened, given, record = notebook
    filled = opened.page.evaluate(FILL, answers(given))
    assert sorted(filled) == sorted(variable(one.name) for one in exercises_of(given.name))
    opened.run_all(RUN_S)
    shown = opened.page.evaluate(SHOWN)
    for one in checked(given):
        name = variable(one.name)
        right = f"{name}: right." if isinstance(one, Quiz) else f"{name}: passed, "
        assert right in shown[name], shown[name]
    assert not record.verdict(), record.verdict()
