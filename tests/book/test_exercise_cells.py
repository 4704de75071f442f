"""The cells of an exercise fit its directive, its record and the set-up of the chapter."""

import pytest

from d2lmini.exercises import Code, Discussion, Quiz
from tests.book.sample_book import HEADER
from tools.chapters import read_cells
from tools.tasks import last_call, loaded, problems, read_tasks, signatures, without_call

GOOD = '''\
# Title

```{code-cell} ipython3
import math
from d2lmini.exercises import check, discussion, quiz
```

## Exercises

```{exercise} Half
:label: one-half

Write `half(n)`.

:::{dropdown} Hint
Divide.
:::
```

```{code-cell} ipython3
:tags: [exercise]

def half(n):
    """Return half of it."""
    ...  # your code here


check("half", half)
```

```{code-cell} ipython3
:tags: [solution, hide-cell]

def half(n):
    return math.floor(n) / 2


check("half", half)
```

:::{dropdown} Solution in words
:class-container: solution
It is divided.
:::

```{code-cell} ipython3
:tags: [exercise]

quiz("one-quiz")
```

```{exercise} Why
:label: one-why

Say why.
```

```{code-cell} ipython3
:tags: [exercise]

why = ""  # your answer, in a few sentences
check("why", why)
```

```{code-cell} ipython3
:tags: [solution, hide-cell]

discussion("why")
```

## Further reading
'''
TWO = {"a": "x", "b": "y"}
RECORDS = (
    Code(
        "half", "E1", {"all": 1}, lambda rng: [], "result = half(n)", oracle=lambda n: n / 2,
        hints={"all": "Divide."},
    ),
    Quiz("one-quiz", "Is it?", TWO, "a", TWO, points=1),
    Discussion("why", ("says why",), "Because."),
)  # fmt: skip


def found(tmp_path, text, records=RECORDS):
    path = tmp_path / "sample.md"
    path.write_text(HEADER + text, encoding="utf-8")
    return list(problems(read_cells(path), records))


def test_a_good_section_passes_and_its_parts_are_read(tmp_path):
    assert found(tmp_path, GOOD) == []
    tasks = read_tasks(read_cells(tmp_path / "sample.md"))
    assert [[part.name for part in task.parts] for task in tasks] == [["half", "one-quiz"], ["why"]]
    half = tasks[0].parts[0]
    assert without_call(half.stub.source).endswith("...  # your code here")
    assert "math.floor" in half.solutions[0].source and len(half.solutions) == 1


BROKEN = {
    "no directive": ("```{exercise} Why\n:label: one-why\n\nSay why.\n```", "Why?", "no exercise"),
    "text in between": (
        ":::{dropdown} Solution in",
        "Now a question.\n\n:::{dropdown} Solution in",
        "no exercise",
    ),
    "a box in between": ("```{exercise} Why", "```{note}\nWait.\n```\n\n```{exercise} Why", ""),
    "an unknown name": ('check("why", why)', 'check("whi", why)', "is called 'whi'"),
    "another variable": ('check("why", why)', 'check("why", half)', 'check("why", why)'),
    "no call at the end": (
        'why = ""  # your answer, in a few sentences\ncheck("why", why)',
        "why",
        "its last line must be",
    ),
    "a question checked": ('quiz("one-quiz")', 'check("one-quiz", "a")', "must call quiz"),
    "an answer given away": ('why = ""', 'why = "so"', "an empty answer"),
    "no place for the answer": ("    ...  # your code here\n", "    pass\n", "an empty function"),
    "other arguments": (
        "def half(n):\n    return",
        "def half(n, m=1):\n    return",
        "other arguments",
    ),
    "an import that is missing": ("import math\n", "", "not imported in the set-up cell: math"),
    "a function of the chapter": ("math.floor(n) / 2", "third(n)", "set-up cell: third"),
    "an open solution": ("[solution, hide-cell]\n\ndef", "[solution]\n\ndef", "is folded"),
    "both tags": ("[solution, hide-cell]\n\ndef", "[solution, exercise]\n\ndef", "not both"),
    "no solution": ('discussion("why")', '"so"', "why has 0 solution cells that end in discussion"),
    "a dropdown without its class": (
        ":class-container: solution\n",
        "",
        "needs :class-container: solution",
    ),
    "a folded cell that would not be cut": (
        "[solution, hide-cell]\n\ndiscussion",
        "[hide-cell]\n\ndiscussion",
        "needs the tag solution",
    ),
    "a solution too early": (
        ":tags: [exercise]\n\nwhy",
        ":tags: [solution, hide-cell]\n\nwhy",
        "before the cell",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_rule_is_named(tmp_path, case):
    old, new, problem = BROKEN[case]
    assert GOOD.count(old) == 1, GOOD.count(old)
    said = found(tmp_path, GOOD.replace(old, new))
    if problem:
        assert any(problem in text for _, text in said), said
    else:
        assert said == []
    lines = (HEADER + GOOD.replace(old, new)).split("\n")
    assert all(0 < line <= len(lines) for line, _ in said)


def test_a_solution_that_only_draws_may_use_what_the_chapter_has(tmp_path):
    more = "```{code-cell} ipython3\n:tags: [solution, hide-cell]\n\nplot(half)\n```\n\n## Further"
    assert found(tmp_path, GOOD.replace("## Further", more)) == []


def test_a_record_without_a_cell_and_another_order_are_named(tmp_path):
    assert "without a cell tagged exercise: why" in found(
        tmp_path, GOOD[: GOOD.index("```{exercise} Why")]
    )[0][1]  # fmt: skip
    said = found(tmp_path, GOOD, RECORDS[::-1])
    assert [text for _, text in said] == [
        "cells and EXERCISES differ in order or number, first at 'half'"
    ]
    assert "first at" in found(tmp_path, GOOD + GOOD[GOOD.index("```{exercise} Why") :])[-1][1]


def test_names_and_calls_of_a_cell():
    assert last_call("x = 1\ncheck('a', x)")[:2] == ("check", "a")
    assert last_call("check(name)") is None and last_call("x = check('a')") is None
    assert last_call("!pip install a") is None and last_call("def") is None
    assert loaded("import a\ndef f(x):\n    y = x + z\n    return [q for q in a.b(y)]") == {"z"}
    made = signatures("class A(B):\n    def f(self, n=2): ...\ndef g(*, k): ...")
    assert made == {"A": "B", "A.f": "self, n=2", "g": "*, k"}
