"""Every known mistake stands on its page: as a claim, why it tempts, a cell, what holds."""

import ast
import re
from dataclasses import dataclass, field

import pytest

from d2lmini.exercises.mistakes import QUIZZES
from tools.chapters import HEADING, ROOT, TARGET, read_cells

PAGE = ROOT / "chapters" / "mistakes.md"
TABLE = "At a glance"
# Mistakes of the course's list by number, and those found beside it by name.
NUMBERED = [f"mistake-m{i}" for i in range(1, 40)] + [f"mistake-a{i}" for i in range(1, 14)]
NAMED = [
    # found while the others were checked: the first network, one letter for three things, one
    # memory for two layers, a rate that is not safe for the next task, one word for two things
    "mistake-first", "mistake-pq", "mistake-shared", "mistake-rate", "mistake-terms",
    # wrong answers to the exercises: E1 (two), E9, E21 (two), E22, E22 and E24, E23, E27 and E28,
    # E35 (two)
    "mistake-delta-zero", "mistake-per-channel", "mistake-shape-error", "mistake-stacked",
    "mistake-converse", "mistake-backward", "mistake-padding-off", "mistake-double-padding",
    "mistake-pool-conv", "mistake-other-data", "mistake-improved",
]  # fmt: skip
WHY, RIGHT = "**Why it tempts.** ", "**What holds.** "
LINK = re.compile(r"\[(?P<text>(?:`[^`]*`|[^\]`])+)\]\((?P<to>[^)\s]+)\)")


@dataclass
class Claim:
    """One heading of the third level and what follows it, in order."""

    title: str
    labels: list[str]
    parts: list[str] = field(default_factory=list)  # "why", "cell", "right", "text"
    cells: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)


@dataclass
class Row:
    """A line of the table: the label of the claim and the file of the chapter."""

    text: str
    label: str
    chapter: str


def read(path):
    """Return the claims of a page and the lines of its table."""
    claims, rows, section, labels = [], [], "", []
    inside = None
    for cell in read_cells(path):
        if cell.kind == "code":
            if inside:
                inside.parts.append("cell")
                inside.cells.append(cell.source)
            continue
        for line in cell.source.split("\n"):
            if target := TARGET.match(line):
                labels.append(target["label"])
            elif heading := HEADING.match(line):
                section = heading[2] if len(heading[1]) <= 2 else section
                inside = Claim(heading[2], labels) if len(heading[1]) == 3 else None
                claims += [inside] if inside else []
                labels = []
            elif section == TABLE and line.startswith("|"):
                rows += table_row(line)
            elif inside and line.strip():
                part = {WHY: "why", RIGHT: "right"}.get(line[: line.find("** ") + 3], "text")
                inside.parts.append(part)
                inside.texts[part] = inside.texts.get(part, "") + line
    return claims, rows


def table_row(line):
    links = [(link["text"], link["to"]) for link in LINK.finditer(line)]
    return [Row(links[0][0], links[0][1], links[1][1])] if len(links) == 2 else []


def asserts(source):
    """Return the asserts of a cell that compare something computed, not constants."""
    return [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assert)
        and any(isinstance(part, ast.Name | ast.Call) for part in ast.walk(node.test))
    ]


def unchecked(source):
    """Return names that a cell sets where it catches an error, and that no assert looks at."""
    tree = ast.parse(source)
    checked = {
        part.id for node in asserts(source) for part in ast.walk(node) if isinstance(part, ast.Name)
    }
    caught = []
    for handler in (node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)):
        names = {
            part.id
            for part in ast.walk(handler)
            if isinstance(part, ast.Name) and part.id != handler.name
        }
        caught += [] if names & checked else [ast.unparse(handler.type or ast.Name("error"))]
    return caught


def problems_of(claim):
    """Say in sentences what a claim lacks."""
    name = claim.labels[0] if claim.labels else claim.title
    if not claim.labels:
        yield f"{name}: a claim needs a label"
    if not re.fullmatch(r'".+[.?]"|"`.+`"', claim.title):
        yield f"{name}: the heading is a claim in quotation marks"
    plain = [part for part in claim.parts if part != "text"]
    once = [part for i, part in enumerate(plain) if plain[i - 1 : i] != [part]]
    if once != ["why", "cell", "right"]:
        yield f"{name}: why it tempts, a cell, what holds, in this order; here is {once}"
    for part in ("why", "right"):
        if len(claim.texts.get(part, "").partition("** ")[2].split()) < 4:
            yield f"{name}: {part} needs a sentence"
    if not any(map(asserts, claim.cells)):
        yield f"{name}: no cell asserts anything"
    for source in claim.cells:
        for error in unchecked(source):
            yield f"{name}: {error} is caught, but nothing checks that it was"


def problems(path):
    """Say in sentences what a page of mistakes lacks."""
    claims, rows = read(path)
    found = [problem for claim in claims for problem in problems_of(claim)]
    labels = [label for claim in claims for label in claim.labels]
    found += [f"{label} has no place" for label in [*NUMBERED, *NAMED] if label not in labels]
    found += [f"{label} stands twice" for label in set(labels) if labels.count(label) > 1]
    linked = [row.label for row in rows]
    for claim in claims:
        lines = [label for label in linked if label in claim.labels]
        if len(lines) != 1:
            found.append(f"{(claim.labels or [claim.title])[0]}: {len(lines)} lines in the table")
    found += [f"the table links to {label}, no claim" for label in linked if label not in labels]
    places = [i for label in linked for i, claim in enumerate(claims) if label in claim.labels]
    if places != sorted(places):
        found.append("the table has not the order of the page")
    for row in rows:
        if not re.fullmatch(r"[a-z-]+\.md", row.chapter):
            found.append(f"{row.label}: the table names no chapter")
    return found


# ---------------------------------------------------------------- the page


def test_every_mistake_has_its_claim_reason_cell_and_right_statement():
    assert problems(PAGE) == []


def test_the_list_is_the_whole_list():
    claims, rows = read(PAGE)
    assert len(NUMBERED) == 39 + 13
    assert len(claims) == len(rows) > 60
    assert {row.chapter for row in rows} == {
        "invariance.md", "correlation.md", "padding-and-stride.md", "channels.md", "pooling.md",
        "lenet.md",
    }  # fmt: skip


def test_claims_are_short_and_so_are_their_cells():
    claims, _ = read(PAGE)
    lengths = sorted(len(source.split("\n")) for claim in claims for source in claim.cells)
    assert lengths[len(lengths) // 2] <= 6
    assert lengths[-1] <= 12
    assert all(len(claim.title) < 90 for claim in claims)


def test_claims_are_nobodys():
    text = PAGE.read_text(encoding="utf-8").lower()
    for phrase in ("the notes", "notes say", "seed text", "d2l.ai", "dive into"):
        assert phrase not in text


def test_every_question_is_asked_and_some_claims_are_true():
    asked = re.findall(r'^quiz\("([^"]+)"\)$', PAGE.read_text(encoding="utf-8"), re.M)
    assert asked == [question.name for question in QUIZZES]
    judged = [question for question in QUIZZES if question.name.startswith("mistakes-judge-")]
    true = [q for q in judged if q.options[q.correct].startswith("True")]
    assert 0 < len(true) < len(judged) / 2


# ---------------------------------------------------------------- what the check finds


def broken(tmp_path, old, new, count=1):
    text = PAGE.read_text(encoding="utf-8")
    assert text.count(old) == count, (text.count(old), old)
    path = tmp_path / "mistakes.md"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return problems(path)


def block(label):
    """Return the text of one claim, from its first label to the next claim or section."""
    text = PAGE.read_text(encoding="utf-8")
    start = text.rindex("\n\n", 0, text.index(f"({label})=")) + 2
    while text[start] != "(":
        start = text.index("(", start)
    heading = text.index("\n### ", start)
    end = re.search(r"^\((?:mistakes?-[\w-]+)\)=$", text[heading:], re.M)
    assert end
    return text[start : heading + end.start()]


SOME = ["mistake-m1", "mistake-m35", "mistake-m38", "mistake-a13", "mistake-pool-conv"]


def first(label):
    """Return the first label of the claim that has this one."""
    return next(claim.labels[0] for claim in read(PAGE)[0] if label in claim.labels)


def without_assert(text):
    return re.sub(r"^assert .*(?:\n    .*)*$", "pass", text, flags=re.M)


@pytest.mark.parametrize("label", SOME)
def test_a_label_that_goes_is_missed(tmp_path, label):
    assert f"{label} has no place" in broken(tmp_path, f"({label})=\n", "")


@pytest.mark.parametrize("label", SOME)
def test_a_claim_that_goes_is_missed(tmp_path, label):
    assert f"{label} has no place" in broken(tmp_path, block(label), "")


@pytest.mark.parametrize("label", SOME)
def test_a_claim_without_its_assert_is_named(tmp_path, label):
    text = block(label)
    assert f"{first(label)}: no cell asserts anything" in broken(
        tmp_path, text, without_assert(text)
    )


def test_every_label_is_missed_and_every_assert(tmp_path):
    path, text = tmp_path / "mistakes.md", PAGE.read_text(encoding="utf-8")
    path.write_text(re.sub(r"^\(mistake-.*\)=\n", "", text, flags=re.M), encoding="utf-8")
    assert {f"{label} has no place" for label in [*NUMBERED, *NAMED]} <= set(problems(path))
    path.write_text(without_assert(text), encoding="utf-8")
    assert {f"{claim.labels[0]}: no cell asserts anything" for claim in read(PAGE)[0]} <= set(
        problems(path)
    )


def claim_m1(part):
    return {
        "title": '### "Pad by k + 1 in all to keep the size."',
        "why": f"{WHY}The window is $k$ wide",
        "right": f"{RIGHT}$P = k - 1$.",
        "cell": "P=3 - 1)\nassert (claimed, right) == (10, 8)",
        "row": "| [Pad by k + 1 in all to keep the size](mistake-m1) "
        "| [Padding and stride](padding-and-stride.md) |\n",
    }[part]


BREAKS = {
    "no claim": ("title", "### Padding", "mistake-m1: the heading is a claim in quotation marks"),
    "no reason": ("why", "The window is $k$ wide", "here is ['cell', 'right']"),
    "no right statement": ("right", "$P = k - 1$.", "here is ['why', 'cell']"),
    "assert of constants": (
        "cell",
        "P=3 - 1)\nassert 1 + 1 == 2",
        "mistake-m1: no cell asserts anything",
    ),
    "no line": ("row", "", "mistake-m1: 0 lines in the table"),
    "no chapter": (
        "row",
        "| [Pad](mistake-m1) | [Here](https://example.org) |\n",
        "mistake-m1: the table names no chapter",
    ),
    "wrong link": (
        "row",
        "| [Pad](mistake-m0) | [Padding](padding-and-stride.md) |\n",
        "the table links to mistake-m0, no claim",
    ),
}


@pytest.mark.parametrize("case", BREAKS)
def test_what_is_broken_is_named(tmp_path, case):
    part, new, problem = BREAKS[case]
    assert any(problem in line for line in broken(tmp_path, claim_m1(part), new))


def test_an_empty_sentence_is_no_reason(tmp_path):
    text = block("mistake-m1")
    why = next(line for line in text.split("\n") if line.startswith(WHY))
    assert "mistake-m1: why needs a sentence" in broken(tmp_path, why, f"{WHY}It is so.")


def test_a_line_at_the_wrong_place_is_named(tmp_path):
    row = claim_m1("row")
    text = PAGE.read_text(encoding="utf-8")
    path = tmp_path / "mistakes.md"
    path.write_text(
        text.replace(row, "").replace("| **History** | |\n", f"| **History** | |\n{row}"),
        encoding="utf-8",
    )
    assert problems(path) == ["the table has not the order of the page"]


def test_a_caught_error_must_be_looked_at(tmp_path):
    found = broken(tmp_path, "assert caught\nnn.Conv2d(1, 1, kernel", "nn.Conv2d(1, 1, kernel")
    assert "mistake-m5: no cell asserts anything" in found
    assert "mistake-m5: TypeError is caught, but nothing checks that it was" in found
