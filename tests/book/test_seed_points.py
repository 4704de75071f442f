"""Every seed point has a place; and whatever could be forgotten is found."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.book.sample_book import make_book
from tools.chapters import ROOT
from tools.check_seeds import (
    EXERCISES,
    MISTAKES,
    NAMES,
    RULES,
    SEEDS,
    Map,
    anchors_exist,
    check,
    entries_are_complete,
    every_line_has_a_place,
    exercises_have_one_place,
    labels_of,
    main,
    mistakes_have_a_place,
    ranges_lie_in_their_files,
)

# ---------- the course


@pytest.mark.parametrize(
    "rule",
    [entries_are_complete, anchors_exist, exercises_have_one_place, mistakes_have_a_place],
    ids=lambda rule: rule.__name__,
)
def test_every_point_has_a_place(rule):
    book = Map(ROOT, SEEDS)
    assert book.points
    assert list(rule(book)) == []


def test_nothing_of_the_seeds_is_left_out():
    if not SEEDS.is_dir():
        pytest.skip("the seed texts are no part of the repository, and not beside it")
    book = Map(ROOT, SEEDS)
    assert tuple(book.texts) == NAMES
    assert list(ranges_lie_in_their_files(book)) == []
    assert list(every_line_has_a_place(book)) == []


def test_the_lists_are_those_of_the_design():
    assert len(EXERCISES) == 36 and {"E1", "E36"} <= EXERCISES
    assert len(MISTAKES) == 39 + 13 and {"M1", "M39", "A1", "A13"} <= MISTAKES


# ---------- a small book in which everything has a place

PAGE = """\
# One

(one-part)=
## Part

(one-claim)=
**A claim** before which a label stands.

$$
a = b
$$ (one-equation)

```{figure} x.svg
:name: one-figure
:alt: nothing
```

"""
SEED = "A heading\n\n```python\nx = 1\n```\n----\n$$\nthe last line"
FULL = (
    '[[point]]\nseed = "000"\nlines = [[1, 4], [8, 8]]\nsays = "all of it"\nanchor = "one-part"\n'
)
LEFT = '[[left_out]]\nseed = "001"\nlines = [[1, 8]]\nreason = "an advertisement"\n'


def exercise(number: int) -> str:
    return (
        f'[[point]]\nseed = "000"\nlines = [[1, 1]]\nsays = "exercise {number}"\n'
        f'anchor = "one-e{number}"\nexercise = "E{number}"\n'
    )


@pytest.fixture
def small(tmp_path: Path) -> tuple[Path, Path]:
    """Return the folders of a book and of two seeds in which everything has a place."""
    exercises = "".join(
        f"```{{exercise}} Some\n:label: one-e{i}\n\n:::{{dropdown}} Hint\nNo.\n:::\n```\n\n"
        for i in range(1, 37)
    )
    claims = "".join(
        f"(mistake-{name.lower()})=\n**{name}.**\n\n" for name in sorted(MISTAKES - {"M1", "A13"})
    )
    make_book(tmp_path / "book", one=PAGE + exercises + claims)
    maps = tmp_path / "book" / "chapters" / "seed-points"
    maps.mkdir()
    treated = '[[point]]\nsays = "a claim"\nanchor = "one-claim"\nmistakes = ["A13"]\n'
    named = FULL.replace('"one-part"', '"one-claim"\nmistakes = ["M1"]')
    points = [FULL, named, treated, *map(exercise, range(1, 37))]
    (maps / "one.toml").write_text("\n".join(points))
    (maps / "left-out.toml").write_text(LEFT)
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    (seeds / "000_a.txt").write_text(SEED)
    (seeds / "001_b.txt").write_text(SEED + "\n")
    return tmp_path / "book", seeds


def replace(old: str, new: str, name: str = "seed-points/one.toml") -> Callable[[Path], None]:
    """Return a change of one place in a file of ``chapters/``."""

    def change(book: Path) -> None:
        path = book / "chapters" / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}: the test would prove nothing"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def test_nothing_is_found_where_everything_has_a_place(small):
    assert check(*small) == []


def test_without_the_seeds_the_rest_is_still_checked(small):
    book, seeds = small
    replace("[[1, 4], [8, 8]]", "[[1, 4], [80, 90]]")(book)
    assert check(book, seeds.parent / "nowhere") == []
    replace('anchor = "one-part"', 'anchor = "one-gone"')(book)
    assert len(check(book, seeds.parent / "nowhere")) == 1


ONE = "chapters/seed-points/one.toml: point 1 (all of it)"
LAST = "chapters/seed-points/one.toml: point 4 (exercise 1)"
OUT = "chapters/seed-points/left-out.toml: left_out 1 (an advertisement)"
OUT_NAME = "seed-points/left-out.toml"
# rule, change, what is found
BROKEN = [
    (
        anchors_exist,
        replace("(one-part)=\n", "", "one.md"),
        f"{ONE}: chapters/one.md has no label 'one-part'",
    ),
    (
        anchors_exist,
        replace("one-e1\n", "one-e99\n", "one.md"),
        f"{LAST}: chapters/one.md has no label 'one-e1'",
    ),
    (
        anchors_exist,
        replace('anchor = "one-part"\n', ""),
        f"{ONE}: chapters/one.md has no label None",
    ),
    (
        exercises_have_one_place,
        replace('exercise = "E1"\n', ""),
        "E1 has 0 places, one is right: none",
    ),
    (
        exercises_have_one_place,
        replace('"E2"', '"E1"'),
        "E1 has 2 places, one is right: one#one-e1, one#one-e2",
    ),
    (exercises_have_one_place, replace('"E1"', '"E37"'), f"{LAST}: there is no exercise 'E37'"),
    (
        exercises_have_one_place,
        replace('"one-e1"', '"one-part"'),
        f"{LAST}: 'one-part' is no exercise",
    ),
    (
        mistakes_have_a_place,
        replace("(mistake-m7)=\n", "", "one.md"),
        "M7 has no place: neither a point nor a label mistake-m7",
    ),
    (
        mistakes_have_a_place,
        replace('["A13"]', '["A12"]'),
        "A13 has no place: neither a point nor a label mistake-a13",
    ),
    (
        mistakes_have_a_place,
        replace('["M1"]', '["M1", "M40"]'),
        "point 2 (all of it): there is no mistake 'M40'",
    ),
    (
        ranges_lie_in_their_files,
        replace("[8, 8]", "[8, 9]"),
        f"{ONE}: lines 8 to 9, the seed has 1 to 8",
    ),
    (
        ranges_lie_in_their_files,
        replace("[1, 4]", "[0, 4]"),
        f"{ONE}: lines 0 to 4, the seed has 1 to 8",
    ),
    (
        every_line_has_a_place,
        replace("[1, 8]", "[1, 7]", OUT_NAME),
        "seed 001 line 8 has no place: the last line",
    ),
    (
        every_line_has_a_place,
        replace("[1, 8]", "[2, 8]", OUT_NAME),
        "seed 001 line 1 has no place: A heading",
    ),
    (
        entries_are_complete,
        replace('says = "all of it"', 'says = "it"'),
        "point 1 (it): say in words what stands there",
    ),
    (
        entries_are_complete,
        replace('reason = "an advertisement"\n', "", OUT_NAME),
        "left_out 1 (nothing said): say in words",
    ),
    (
        entries_are_complete,
        replace('"000"', '"005"'),
        f"{ONE}: seed must be one of 000, 001, 002, 003, 004",
    ),
    (entries_are_complete, replace('seed = "000"\n', ""), f"{ONE}: seed must be one of"),
    (
        entries_are_complete,
        replace("[8, 8]", "[8, 7]"),
        f"{ONE}: lines must be pairs [first, last], first not above last",
    ),
    (entries_are_complete, replace("[[1, 4], [8, 8]]", "12"), f"{ONE}: lines must be pairs"),
    (
        entries_are_complete,
        replace("lines = [[1, 4], [8, 8]]\n", ""),
        f"{ONE}: lines must be pairs",
    ),
    (entries_are_complete, replace("anchor =", "anker ="), f"{ONE}: unknown key 'anker'"),
    (entries_are_complete, replace('["A13"]', '["M13"]'), "point 3 (a claim): seed must be one of"),
    (
        entries_are_complete,
        replace("[[left_out]]", "[[point]]", OUT_NAME),
        "a [[point]] has no place in this file",
    ),
    (
        entries_are_complete,
        replace("[[point]]", "[[left_out]]"),
        "a [[left_out]] has no place in this file",
    ),
    (
        entries_are_complete,
        replace("[[point]]", "title = 1\n[[point]]"),
        "a [[title]] has no place in this file",
    ),
    (
        entries_are_complete,
        replace("[1, 8]", "[1, 13]", OUT_NAME),
        f"{OUT}: leaves out more than 12 lines at once",
    ),
]


@pytest.mark.parametrize(("rule", "change", "named"), BROKEN)
def test_what_is_forgotten_is_named(small, rule, change, named):
    book, seeds = small
    change(book)
    found = list(rule(Map(book, seeds)))
    assert any(named in line for line in found), found
    assert set(found) <= set(check(book, seeds))


def test_every_rule_is_broken_by_a_test():
    assert {rule for rule, _, _ in BROKEN} == set(RULES)


def test_an_exercise_that_two_seeds_ask_has_one_place(small):
    book, seeds = small
    path = book / "chapters" / "seed-points" / "one.toml"
    path.write_text(path.read_text() + exercise(5).replace('"000"', '"003"'))
    assert check(book, seeds) == []


def test_a_map_without_its_page_is_found(small):
    book, seeds = small
    (book / "chapters" / "seed-points" / "two.toml").write_text(FULL)
    (finding,) = check(book, seeds)
    assert finding.endswith("two.toml: point 1 (all of it): _toc.yml has no page chapters/two")


def test_a_map_that_is_not_toml_is_named(small):
    book, seeds = small
    (book / "chapters" / "seed-points" / "one.toml").write_text("[[point]\n")
    (finding,) = check(book, seeds)
    assert finding.startswith("chapters/seed-points/one.toml: ") and "line 1" in finding


def test_a_book_without_maps_is_no_success(small):
    book, seeds = small
    for path in (book / "chapters" / "seed-points").iterdir():
        path.unlink()
    assert check(book, seeds) == ["chapters/seed-points has no map"]


def test_labels_of_all_kinds_are_read(small):
    labels = labels_of(small[0] / "chapters" / "one.md")
    kinds = {name: labels[name] for name in labels if "-e" not in name or name == "one-e7"}
    assert {name: kind for name, kind in kinds.items() if not name.startswith("mistake")} == {
        "one-part": "place",
        "one-claim": "place",
        "one-figure": "figure",
        "one-e7": "exercise",
    }
    assert labels["one-equation"] == "equation"


def test_the_command_says_what_has_no_place(small, monkeypatch, capsys):
    book, seeds = small
    monkeypatch.setattr("tools.check_seeds.ROOT", book)
    assert main([f"--seeds={seeds}"]) == 0
    assert capsys.readouterr().out == (
        "seed points: 6 lines of 2 seeds, 0 without a place or wrong\n"
    )
    replace("[1, 8]", "[1, 7]", "seed-points/left-out.toml")(book)
    assert main([f"--seeds={seeds}"]) == 1
    assert "seed 001 line 8 has no place: the last line\n" in capsys.readouterr().out
    assert main([f"--seeds={seeds}-missing"]) == 0
    assert "the seeds are not here" in capsys.readouterr().out
