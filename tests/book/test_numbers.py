"""Every number in prose is glued, asserted in its section, or listed with a reason."""

import re

import pytest

from tests.book.sample_book import HEADER, make_book
from tools.chapters import ROOT, ChapterError
from tools.check_numbers import Numeral, asserted, check, numerals, visible


def texts(source):
    return [n.text.strip() for n in numerals(source, "chapters/a", "", 1)]


def book(folder, text, listed=""):
    make_book(folder, a=text)
    (folder / "chapters" / "numbers.toml").write_text(listed)
    return check(folder)


def test_nothing_in_the_book_is_uncovered():
    report = check()
    assert not report.uncovered and not report.complaints, str(report)
    assert report.found == report.glued + report.asserted + report.listed > 100
    assert report.asserted > report.listed, "most numbers are asserted, not listed"


def test_a_wrong_number_in_a_real_chapter_is_found(tmp_path):
    for name in ("_config.yml", "_toc.yml", "index.md"):
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"))
    (tmp_path / "chapters").mkdir()
    for path in [*(ROOT / "chapters").glob("*.md"), ROOT / "chapters" / "numbers.toml"]:
        (tmp_path / "chapters" / path.name).write_text(path.read_text(encoding="utf-8"))
    chapter = tmp_path / "chapters" / "padding-and-stride.md"
    text = chapter.read_text(encoding="utf-8")
    assert "30.6 %" in text
    chapter.write_text(text.replace("30.6 %", "30.7 %", 1), encoding="utf-8")
    new = [n for n in check(tmp_path).uncovered if n.text.startswith("30.7")]
    assert [n.page for n in new] == ["chapters/padding-and-stride"]


COUNTED = {
    "61,706 weights": ["61,706"],
    "8×8 and (5, 3)": ["8", "8", "5", "3"],
    "30.6 % or 30.6%": ["30.6 %", "30.6%"],
    "about 4.7·10⁻⁴ of 10⁶": ["4.7·10⁻⁴", "10⁶"],
    "−3 or -3": ["3", "3"],
    "a formula $61{,}706$ and $3 \\times 5 = 15$": ["61,706", "3", "5", "15"],
    "| 156 | 2,416 |": ["156", "2,416"],
    "learning rate 5e-4, or .5": ["5e-4", ".5"],
    "[see 7](other9.md)": ["7"],
    "at 3. Then": ["3"],
}
NOT_COUNTED = [
    "`8` and `` x 8 ``",
    "# Part 2",
    "(label-2)=",
    "{ref}`a-1` {numref}`fig-2` {cite}`a1998`",
    "conv1d k_1 W2 2-D 3D",
    "the 3rd, two and 4th",
    "$k_1 + 3$ and $n = 8$",
    "$$\n3 + 4\n$$ (eq-5)",
    "1. first\n2. second\n**3. third**",
    "Question 1 and Exercise 7",
    "[^1]: and [^2]",
    "https://example.org/2024/",
    "<span style='width: 3px'>x</span>",
    "% 42",
    "<!-- 42 -->",
]


@pytest.mark.parametrize("source", COUNTED)
def test_what_a_reader_sees_as_a_number_counts(source):
    assert texts(source) == COUNTED[source]


@pytest.mark.parametrize("source", NOT_COUNTED)
def test_what_is_no_number_in_prose_does_not_count(source):
    assert texts(source) == []


def test_lines_are_those_of_the_file():
    assert [n.line for n in numerals("a\n`x\ny` $$\n1\n$$\n2\n\n3", "p", "", 10)] == [15, 17]
    assert visible("a\n# 1\n`b` 2").count("\n") == 2


ASSERTS = {
    "assert x == 61_706": {61706},
    "assert f(28, k=5) == (24, -3)": {28, 5, 24, 3},
    "assert y == 1 / 36": {1, 36, 1 / 36},
    "assert abs(x - 0.306) < 5e-4": {0.306, 5e-4},
    "n, k = 8, 3\nassert f(n, k) == 6": {8, 3, 6},
    "n = 8\nn = 9\nassert f(n) == 6": {6},
    "assert f'{x:.1%}' == '30.6%'": {0.306},
    "torch.testing.assert_close(x, torch.tensor([7.5]))": {7.5},
    "x = 5": set(),
    "assert True": set(),
    "%matplotlib inline\nassert x == 3": {3},
}


@pytest.mark.parametrize("code", ASSERTS)
def test_asserts_hold_the_numbers_that_stand_in_them(code):
    found = asserted(code)
    assert ASSERTS[code] <= found
    if code != "assert f'{x:.1%}' == '30.6%'":  # a format holds digits of its own
        assert found == ASSERTS[code]


@pytest.mark.parametrize(
    ("printed", "number", "equal"),
    [
        ("30.6", 30.555, True),
        ("30.5", 30.555, False),
        ("30.6 %", 0.30555, True),
        ("30.7 %", 0.30555, False),
        ("3", 2.7, False),
        ("78 %", 0.7798, True),
        ("0.90", 0.904, True),
        ("0.90", 0.906, False),
        ("61,706", 61706, True),
        ("4.7·10⁻⁴", 4.72e-4, True),
        ("4.8·10⁻⁴", 4.72e-4, False),
        ("3", -3, True),
    ],
)
def test_numbers_are_compared_at_the_places_that_are_printed(printed, number, equal):
    (numeral,) = numerals(printed, "p", "", 1)
    assert isinstance(numeral, Numeral) and numeral.equals(number) is equal


CHAPTER = """\
# T

## One

A picture of 28×28 gives {glue:text}`m`.

```{code-cell} ipython3
assert f(28) == 24
```

## Two

Here stands 24.

## Key points

Again 24.
"""


def test_an_assert_holds_for_its_section_and_for_the_recaps(tmp_path):
    report = book(tmp_path, CHAPTER)
    assert [(n.text, n.section, n.line) for n in report.uncovered] == [("24", "Two", 18)]
    assert (report.found, report.glued, report.asserted, report.listed) == (5, 1, 3, 0)
    assert "chapters/a.md:18: nothing holds 24 (section 'Two')" in str(report)


def test_a_listed_number_needs_page_section_and_reason(tmp_path):
    entry = (
        '[[listed]]\npage = "a"\nsection = "Two"\nnumbers = ["24"]\nreason = "the text chose it"\n'
    )
    assert book(tmp_path, CHAPTER, entry).uncovered == []
    assert book(tmp_path, CHAPTER, entry.replace("Two", "Three")).uncovered
    assert book(tmp_path, CHAPTER, entry.replace('"a"', '"b"')).uncovered
    poor = book(tmp_path, CHAPTER, entry.replace("the text chose it", "x"))
    assert poor.uncovered and "a reason in words" in poor.complaints[0]


def test_a_listed_number_that_nothing_needs_is_an_error(tmp_path):
    entry = '[[listed]]\npage = "a"\nnumbers = ["1998"]\nreason = "year of the paper"\n'
    assert "no more: take it out" in book(tmp_path, CHAPTER, entry).complaints[0]


def test_alt_texts_and_captions_are_prose(tmp_path):
    text = (
        "# T\n\n```{figure} a.png\n:alt: a grid of 7 rows\n\nEight, or 9.\n```\n\n"
        '```{code-cell} ipython3\n---\nmystnb: {image: {alt: "11 bars"}}\n---\nx\n```\n'
    )
    assert [n.text for n in book(tmp_path, text).uncovered] == ["7", "9", "11"]


def test_the_header_of_a_chapter_is_no_prose(tmp_path):
    assert "3" in HEADER
    assert book(tmp_path, "# T\n").found == 0


# ---------------------------------------------------------------- questions

QUESTION = """\
# T

## One

```{code-cell} ipython3
assert f(28, 5) == 24 and (28, 26, 30) and [2, 4, 1]
```

```{code-cell} ipython3
# quiz("padding-cost") is only spoken of
quiz("padding-same-size")
```
"""


def test_the_texts_of_a_question_are_prose_of_its_section(tmp_path):
    assert book(tmp_path, QUESTION).uncovered == []
    found = book(tmp_path, QUESTION.replace("26, 30", "26")).uncovered
    assert [(n.text, n.section, n.line) for n in found] == [("30", "One", 15)] * 2
    elsewhere = QUESTION.replace(
        "```{code-cell} ipython3\n#", "## Two\n\n```{code-cell} ipython3\n#"
    )
    assert {n.section for n in book(tmp_path, elsewhere).uncovered} == {"Two"}


def test_prompt_options_and_reasons_are_all_read(tmp_path):
    for number, count in {"28": 4, "24": 2, "26": 2, "4": 1}.items():
        text = re.sub(rf"(?<!\d){number}(?!\d)", "7", QUESTION)
        found = [n.text for n in book(tmp_path, text).uncovered]
        assert found == [number] * count, number


def test_a_question_that_does_not_exist_is_told_with_its_line(tmp_path):
    with pytest.raises(
        ChapterError, match=r"chapters/a\.md:15: no question is called 'pading-one'"
    ):
        book(tmp_path, QUESTION.replace('quiz("padding-same-size")', 'quiz("pading-one")'))
