"""Questions: records that are complete, each shown once, readable without a script."""

import dataclasses
import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
import traitlets

from d2lmini.exercises import Quiz, QuizBox, catalogue, find, quiz
from d2lmini.exercises.catalogue import every_quiz
from d2lmini.exercises.quizzes import as_html
from tools.chapters import read_cells
from tools.quiz_cells import quiz_names

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = {path.stem: path for path in sorted((ROOT / "chapters").glob("*.md"))}
GOOD = {
    "name": "sample-one",
    "prompt": "Is `1 < 2`?",
    "options": {"a": "Yes", "b": "*No*"},
    "correct": "a",
    "why": {"a": "It is <less>.", "b": "Count & see."},
}
VIEW = "application/vnd.jupyter.widget-view+json"


def record(**changes) -> Quiz:
    """Return a small question with some of its parts changed."""
    return Quiz(**GOOD | changes)


def bundle(box: QuizBox) -> dict:
    """Return what a cell would display."""
    return box._repr_mimebundle_()[0]


class Text(HTMLParser):
    """Collect the words of an HTML piece, and its tags; only code and em stand inside words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: Counter[str] = Counter()
        self.feed(html)

    @property
    def words(self) -> list[str]:
        return self.text.split()

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.text += "" if tag in ("code", "em") else " "

    def handle_data(self, data):
        self.text += data


def plain(text: str) -> list[str]:
    """Return the words of a record's text without its marks."""
    return re.sub(r"`([^`]+)`|\*(?=\S)([^*]+)(?<=\S)\*", r"\1\2", text).split()


# ---------------------------------------------------------------- records


WRONG = {
    "no name": ({"name": ""}, "the name must hold"),
    "space in name": ({"name": "a b"}, "the name must hold"),
    "letter outside ASCII": ({"name": "größe"}, "the name must hold"),
    "capital": ({"name": "Sample-one"}, "lower-case"),
    "dot": ({"name": "a.b"}, "the name must hold"),
    "one option": (
        {"options": {"a": "Yes"}, "why": {"a": "So."}},
        r"2 to 6 of them\), got \['a'\]",
    ),
    "seven options": ({"options": dict.fromkeys("abcdefg", "x")}, "2 to 6"),
    "a gap in the letters": ({"options": {"a": "x", "c": "y"}}, r"got \['a', 'c'\]"),
    "letters out of order": ({"options": {"b": "x", "a": "y"}}, r"got \['b', 'a'\]"),
    "right answer missing": ({"correct": "c"}, r"correct is 'c', the options are \['a', 'b'\]"),
    "unexplained": ({"why": {"a": "So."}}, r"explain the options \['a', 'b'\] in order"),
    "explained too much": ({"why": dict.fromkeys("abc", "x")}, "explain the options"),
    "blank prompt": ({"prompt": " "}, "a text is empty"),
    "blank option": ({"options": {"a": "x", "b": ""}}, "a text is empty"),
    "blank reason": ({"why": {"a": "x", "b": "\n"}}, "a text is empty"),
    "points": ({"points": -1}, "points must be at least 0, got -1"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_record_that_does_not_fit_is_refused_by_name(case):
    changes, problem = WRONG[case]
    with pytest.raises(ValueError, match=problem) as error:
        record(**changes)
    assert str(error.value).startswith(f"quiz {(GOOD | changes)['name']!r}: ")


def test_two_and_six_options_are_fine_and_a_record_stays_as_it_is():
    assert record().points == 0 and record().id == ""
    six = dict.fromkeys("abcdef", "x")
    assert record(options=six, why=six, correct="f", points=2).correct == "f"
    with pytest.raises(dataclasses.FrozenInstanceError):
        record().correct = "b"


def test_a_question_is_found_by_name_and_an_unknown_name_is_told_its_neighbours():
    assert find("padding-same-size").name == "padding-same-size"
    with pytest.raises(ValueError, match=r"no question is called 'padding-same-sise'; the nearest"):
        find("padding-same-sise")
    with pytest.raises(ValueError, match=r"nearest: padding-same-size,"):
        quiz("padding-same-sise")


def test_two_questions_of_one_name_are_an_error(monkeypatch):
    class Twice:
        QUIZZES = (record(), record())

    monkeypatch.setattr(catalogue, "import_module", lambda name: Twice)
    with pytest.raises(ValueError, match="two questions or exercises are called 'sample-one'"):
        every_quiz()


# ---------------------------------------------------------------- records and chapters


def shown() -> dict[str, list[str]]:
    """Return the chapters and cells that show each question: name to ``stem:line``."""
    places: dict[str, list[str]] = {}
    for stem, path in CHAPTERS.items():
        for cell in read_cells(path):
            for name in quiz_names(cell):
                places.setdefault(name, []).append(f"{stem}:{cell.line}")
    return places


def modules() -> dict[str, str]:
    """Return the chapter in whose module each question stands: name to stem."""
    found = {}
    for stem in catalogue.chapters():
        records = [*catalogue.questions_of(stem), *catalogue.exercises_of(stem)]
        found |= {record.name: stem for record in records if isinstance(record, Quiz)}
    return found


def test_every_question_is_shown_by_exactly_one_cell_of_its_own_chapter():
    places, homes = shown(), modules()
    assert set(every_quiz()) == set(homes) and len(homes) >= 18
    assert set(places) == set(homes), "questions that no cell shows, or that do not exist"
    wrong = {n: at for n, at in places.items() if [p.split(":")[0] for p in at] != [homes[n]]}
    assert not wrong, f"not shown exactly once, in its own chapter: {wrong}"


@pytest.mark.parametrize("stem", CHAPTERS)
def test_names_of_questions_start_with_the_chapter(stem):
    starts = tuple(f"{word}-" for word in (stem, stem.split("-")[0]))
    names = [name for name, home in modules().items() if home == stem]
    assert all(name.startswith(starts) for name in names), names


@pytest.mark.parametrize("stem", CHAPTERS)
def test_a_cell_with_a_question_holds_nothing_else(stem):
    """The page hides the code of such a cell, and a second question would hide behind the first."""
    cells = [cell for cell in read_cells(CHAPTERS[stem]) if quiz_names(cell)]
    odd = [c.line for c in cells if not re.fullmatch(r'quiz\("[a-z0-9-]+"\)', c.source.strip())]
    assert not odd, f"{stem}.md: cells in lines {odd} hold more than one call of quiz"


# ---------------------------------------------------------------- texts


TEXTS = {
    "a < b & c > d": "a &lt; b &amp; c &gt; d",
    "`a < b`": "<code>a &lt; b</code>",
    "*so* it is": "<em>so</em> it is",
    "2 * 3 * 4": "2 * 3 * 4",
    "`x * y` and `u * v`": "<code>x * y</code> and <code>u * v</code>",
    "`*args`, *then* `**more`": "<code>*args</code>, <em>then</em> <code>**more</code>",
    "<script>alert(1)</script>": "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\"quoted\" and 'so'": "\"quoted\" and 'so'",
    "one ` alone": "one ` alone",
}


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_becomes_html_and_nothing_in_it_becomes_markup(text):
    assert as_html(text) == TEXTS[text]


@pytest.mark.parametrize("name", every_quiz())
def test_no_text_of_a_question_holds_tex_or_an_open_mark(name):
    question = find(name)
    for text in [question.prompt, *question.options.values(), *question.why.values()]:
        assert "$" not in text and "\\" not in text, f"{name}: write formulas in Unicode: {text}"
        assert not re.search(r"`|\]\(|\{\w+\}`", re.sub(r"`[^`]+`", "", text)), (name, text)


# ---------------------------------------------------------------- what a cell displays


@pytest.mark.parametrize("name", every_quiz())
def test_the_still_state_says_everything_once(name):
    question, still = find(name), quiz(name).still()
    read = Text(still)
    wrong = [key for key in question.options if key != question.correct]
    said = [*plain(question.prompt)]
    for text in question.options.values():
        said += plain(text)
    said += ["Answer"]
    for key in (question.correct, *wrong):
        said += [f"({key})", *plain(question.why[key])]
    assert read.words == said
    assert read.tags["li"] == len(question.options) and read.tags["details"] == 1
    assert "</ol><details><summary>" in still, "the answer is folded, behind the options"
    assert set(read.tags) <= {"div", "p", "ol", "li", "details", "summary", "strong", "code", "em"}


def test_a_cell_holds_a_view_for_a_kernel_html_and_text():
    box = QuizBox(record())
    data = bundle(box)
    assert set(data) == {VIEW, "text/html", "text/plain"}
    assert data["text/plain"] == "Is `1 < 2`?\n(a) Yes\n(b) *No*"
    assert data["text/html"].startswith(
        '<div id="quiz-sample-one" data-d2lx="quiz" data-label="Question">'
    )
    state = re.search(r'<script type="application/json">(.*?)</script>', data["text/html"])[1]
    assert json.loads(state) == {
        "question": {
            "prompt": "Is <code>1 &lt; 2</code>?",
            "options": {"a": "Yes", "b": "<em>No</em>"},
            "why": {"a": "It is &lt;less&gt;.", "b": "Count &amp; see."},
            "correct": "a",
        },
        "choice": "",
    }
    assert repr(box) == "quiz('sample-one')"


def test_the_books_pdf_gets_text_with_the_answer_and_no_picture(monkeypatch):
    monkeypatch.setenv("D2LMINI_SITE", "1")
    data = bundle(QuizBox(record()))
    assert "image/png" not in data
    assert data["text/plain"] == (
        "Is `1 < 2`?\n(a) Yes\n(b) *No*\nAnswer: (a)\n(a) It is <less>.\n(b) Count & see."
    )


def test_the_same_cell_displays_the_same_each_time():
    def first():
        return {k: v for k, v in bundle(quiz("padding-cost")).items() if k != VIEW}

    assert first() == first()


def test_an_answer_from_the_page_is_kept_and_one_that_does_not_exist_is_refused():
    box = QuizBox(record())
    box.choice = "b"
    assert box.state()["choice"] == "b" and box.start["choice"] == ""
    with pytest.raises(traitlets.TraitError, match=r"one of \['a', 'b'\] or \"\", got 'c'"):
        box.choice = "c"
    assert box.choice == "b"
    box.choice = ""
    assert box.choice == ""
