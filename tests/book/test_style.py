"""Words, headings, figures and cells follow the course's rules."""

import re

import pytest

from d2lmini.exercises import Quiz
from tests.book.sample_book import HEADER
from tools.chapters import ROOT, read_book
from tools.check_style import FREE_FORM, check, is_chapter

GOOD = """\
# Title

:::{admonition} Card
**Time**: an hour. **You bring**: Python. **You will be able to** count.
**The one formula**: none. **Names we define**: `f`.
:::

## A question first

A kernel (a *filter* is the same thing) and "filters" in quotes; `filter` in code.

```{figure} a.png
:alt: a line that rises
```

```{code-cell} ipython3
---
mystnb: {image: {alt: "a line"}}
---
draw.line()
```

## Common mistakes

### One

## Key points
## Quiz
## Exercises
## Further reading
"""


def errors(tmp_path, text, name="sample"):
    path = tmp_path / "chapters" / f"{name}.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(HEADER + text, encoding="utf-8")
    return check(path)[0]


@pytest.mark.parametrize("page", read_book().pages)
def test_the_page_follows_the_rules(page):
    assert check(ROOT / f"{page}.md")[0] == []


def test_a_good_chapter_passes(tmp_path):
    assert errors(tmp_path, GOOD) == []


BROKEN = {
    "filter": ("A kernel (", "A filter (", "15: write kernel, not 'filter'"),
    "filter in alt text": ("a line that rises", "a filter", "write kernel"),
    "convolutional layer": ("in quotes;", "in convolutional layers;", "write convolution layer"),
    "full-width punctuation": ("in quotes;", "in $a，b$;", "full-width '，' inside a formula"),
    "skipped level": ("### One", "#### One", "skips from level 2 to 4"),
    "second title": ("## Quiz", "# Quiz", "is a second title"),
    "repeated heading": ("### One", "### Quiz", "heading 'Quiz' stands twice"),
    "missing section": ("## Key points", "## Points", "no section 'Key points'"),
    "order of sections": (
        "## Key points\n## Quiz",
        "## Quiz\n## Key points",
        "the last sections must be, in this order",
    ),
    "no opening question": ("## A question first", "## Start", "the first section must be"),
    "no card": (":::{admonition} Card", ":::{dropdown} Card", "begins with its card"),
    "poor card": ("**The one formula**: none. ", "", "the card does not say the one formula"),
    "no alt": (":alt: a line that rises\n", "", "{figure} a.png has no :alt:"),
    "no alt of an output": ('---\nmystnb: {image: {alt: "a line"}}\n---\n', "", "mystnb.image.alt"),
    "star import": ("draw.line()", "from a import *\ndraw.line()", "no star imports"),
    "pip": ("draw.line()", "!pip install a\ndraw.line()", "nothing is installed"),
    "interact": ("draw.line()", "interact(f)\ndraw.line()", "use explore"),
    "opting out": ("draw.line()", "# NBVAL_SKIP\ndraw.line()", "opts out"),
    "opting out by tag": ('"a line"}}', '"a line"}}\ntags: [nbval-skip]', "opts out"),
    "a question that does not exist": (
        "draw.line()",
        'quiz("pading-one")',
        "no question is called 'pading-one'; the nearest: padding-",
    ),
    "unfinished": ("in quotes;", "TO" + "DO in quotes;", "unfinished"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_rule_is_named_with_its_line(tmp_path, case):
    old, new, problem = BROKEN[case]
    assert GOOD.count(old) == 1
    found = errors(tmp_path, GOOD.replace(old, new))
    assert any(problem in line for line in found), found
    assert all(line.startswith("chapters/sample.md:") for line in found)


def test_long_cells_are_only_mentioned(tmp_path):
    text = GOOD.replace("draw.line()", "x = 1\n" * 13 + "draw.line()")
    assert errors(tmp_path, text) == []
    assert check(tmp_path / "chapters" / "sample.md")[1] == [
        "chapters/sample.md:25: a cell of 14 lines; the guide is 12"
    ]


def test_words_of_a_question_follow_the_rules(tmp_path, monkeypatch):
    """A mention in emphasis or code may stand; a filter may not, in prompt, options or reasons."""
    monkeypatch.setattr("d2lmini.exercises.find", lambda name: question)
    base = {
        "name": "a",
        "prompt": "A *filter* or `filter`?",
        "options": {"a": "x", "b": "y"},
        "correct": "a",
        "why": {"a": "x", "b": "y"},
    }
    text = GOOD.replace("draw.line()", 'quiz("a")')
    question = Quiz(**base)
    assert errors(tmp_path, text) == []
    bad = {"a": "x", "b": "a filter"}
    for change in ({"prompt": "A filter?"}, {"options": bad}, {"why": bad}):
        question = Quiz(**base | change)
        assert errors(tmp_path, text) == ["chapters/sample.md:25: write kernel, not 'filter'"], (
            change
        )


# What only chapters are asked for: their card, the opening question, the closing sections.
FORM = {"missing section", "order of sections", "no opening question", "no card", "poor card"}


def test_the_form_of_a_chapter_is_asked_of_chapters_only(tmp_path):
    assert {"bibliography", "glossary", "mistakes", "teaching"} == FREE_FORM
    assert is_chapter(ROOT / "chapters" / "lenet.md")
    assert not is_chapter(ROOT / "index.md")
    for name in FREE_FORM:
        assert not is_chapter(ROOT / "chapters" / f"{name}.md")
        assert errors(tmp_path, "# Title\n\nNo card, no sections.\n", name) == []
    assert errors(tmp_path, "# Title\n\nNo card, no sections.\n") != []


@pytest.mark.parametrize("name", sorted(FREE_FORM))
@pytest.mark.parametrize("case", BROKEN)
def test_a_page_without_that_form_follows_all_other_rules(tmp_path, case, name):
    old, new, problem = BROKEN[case]
    found = errors(tmp_path, GOOD.replace(old, new), name)
    if case in FORM:
        assert found == []
    else:
        assert any(problem in line for line in found), found
        assert all(line.startswith(f"chapters/{name}.md:") for line in found)


def test_the_landing_page_says_the_minutes_of_each_card():
    """And so it names every chapter, in the order of the book."""
    rows = re.findall(
        r"^\| \[(.+?)\]\(chapters/([\w-]+)\.md\) \| .+ \| (\d+) \|$",
        (ROOT / "index.md").read_text(encoding="utf-8"),
        re.M,
    )
    cards = []
    for path in filter(is_chapter, (ROOT / f"{page}.md" for page in read_book().pages)):
        text = path.read_text(encoding="utf-8")
        minutes = re.search(r"\*\*Time:\*\* (\d+) minutes", text)[1]
        cards.append((path.stem, minutes))
    assert [(stem, minutes) for _, stem, minutes in rows] == cards
