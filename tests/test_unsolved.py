"""The site without solutions: nothing of a solution stands in any of its files."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from d2lmini.exercises import Quiz, every_exercise, quiz
from d2lmini.exercises.quizzes import QuizBox, Unanswered
from tests.hidden import CHAPTERS, hidden, leaks
from tools import unsolved
from tools.chapters import ROOT, read_book, read_cells
from tools.tasks import read_tasks

EVERY = pytest.mark.parametrize("chapter", CHAPTERS)
SOLVED = """\
Text.

```{code-cell} ipython3
:tags: [solution, hide-cell]

secret = 1
```

```{code-cell} ipython3
---
tags: [hide-cell, solution]
---
secret = 2
```

```{exercise} One
:label: one

Task.

:::{dropdown} Hint
A hint.
:::

:::{dropdown} So
:class-container: solution
secret = 3
:::
```

::::{dropdown} Why
:class: note solution
secret

:::{note}
secret
:::
::::

```{code-cell} ipython3
:tags: [exercise]

"a solution" ; solution = None
```

```{solution} one
secret
```
"""
OPEN = """\
Text.

```{exercise} One
:label: one

Task.

:::{dropdown} Hint
A hint.
:::

```

```{code-cell} ipython3
:tags: [exercise]

"a solution" ; solution = None
```
"""


def test_solutions_of_every_form_are_cut_and_nothing_else():
    assert unsolved.without_solutions(SOLVED) == OPEN
    assert unsolved.without_solutions(OPEN) == OPEN


@EVERY
def test_a_cut_chapter_asks_the_same_and_tells_nothing(chapter, tmp_path):
    path = ROOT / "chapters" / f"{chapter}.md"
    copy = tmp_path / path.name
    copy.write_text(unsolved.without_solutions(path.read_text("utf-8")), encoding="utf-8")
    before, after = read_tasks(read_cells(path)), read_tasks(read_cells(copy))
    asked = [
        [[part.stub.source for part in task.parts] for task in some] for some in (before, after)
    ]
    assert asked[0] == asked[1] and not [p for task in after for p in task.parts if p.solutions]
    assert leaks(tmp_path, hidden(chapter)) == []
    shutil.copy(path, copy)
    assert leaks(tmp_path, hidden(chapter)), "the search finds no solution in the chapter"


def test_only_questions_with_points_lose_their_answers(monkeypatch):
    graded = next(q for q in every_exercise().values() if isinstance(q, Quiz) and q.points)
    assert isinstance(quiz(graded.name), QuizBox)
    monkeypatch.setenv("D2LMINI_SOLUTIONS", "none")
    shown = quiz(graded.name)
    assert isinstance(shown, Unanswered) and isinstance(quiz("padding-same-size"), QuizBox)
    for text in (repr(shown), shown._repr_html_()):
        assert graded.prompt[:20] in text and "answer it in your assignment" in text
        assert not [why for why in graded.why.values() if why[:20] in text]


def test_the_copy_has_no_button_that_leads_to_solutions(tmp_path):
    text = (ROOT / "_config.yml").read_text(encoding="utf-8")
    given = text.replace('  url: ""', '  url: "https://code.example/a/b"  # set')
    (tmp_path / "_config.yml").write_text(given, encoding="utf-8")
    unsolved.take_buttons(tmp_path)
    assert (tmp_path / "_config.yml").read_text(encoding="utf-8") == text


# ---------------------------------------------------------------- the built copy


@pytest.fixture(scope="module")
def built() -> Path:
    """Build the copy as `make site SOLUTIONS=none` does (D2LMINI_UNSOLVED names a built one)."""
    if given := os.environ.get("D2LMINI_UNSOLVED"):
        return Path(given)
    env = os.environ | {"D2LMINI_SOLUTIONS": "none", "D2LMINI_OFFLINE": "1", "D2LMINI_QUIET": "1"}
    book = [str(Path(sys.executable).with_name("jupyter-book")), "build", str(unsolved.TARGET)]
    for command in ([sys.executable, "tools/unsolved.py"], [*book, "-W", "-n", "--keep-going"]):
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return ROOT / unsolved.TARGET / "_build" / "html"


@pytest.mark.slow
def test_every_page_was_built_with_its_notebook(built):
    pages = read_book().pages if "D2LMINI_UNSOLVED" not in os.environ else ["index"]
    assert [page for page in pages if not (built / f"{page}.html").is_file()] == []
    named = [f"chapters/{chapter}" for chapter in CHAPTERS if f"chapters/{chapter}" in pages]
    assert [page for page in named if not (built / f"{page}.ipynb").is_file()] == []


@pytest.mark.slow
def test_no_file_of_the_built_copy_holds_a_solution(built):
    lines = set().union(*(hidden(chapter) for chapter in CHAPTERS))
    assert lines and leaks(built, lines) == []


@pytest.mark.slow
@EVERY
def test_the_search_finds_the_solutions_in_the_notebook_that_has_them(chapter, tmp_path):
    shutil.copy(ROOT / "chapters" / f"{chapter}.ipynb", tmp_path)
    assert leaks(tmp_path, hidden(chapter))
