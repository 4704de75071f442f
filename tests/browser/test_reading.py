"""The comparison of explorers with Python can fail: every kind of slip gives a sentence."""

import copy

import pytest

from d2lmini import explorers
from d2lmini.explorers.base import Grid, Picture, Pixels, fields_of
from tools import small_page, states

from . import reading

PICTURE = Picture(
    words="Two by two.",
    grids=(
        Grid("output", "output", "Y", [[("1", "q2"), ("−1", "qn2 pad")]], inner=(0, 0, 1, 2)),
        Grid("map", "plain", "M", pixels=Pixels([[0, 3], [-3, 1.5]], most=3)),
    ),
    lines=("One line.",),
    sum="Y[0, 0] = 1·1 = 1",
    formula=("m = 1",),
    code="Y = torch.ones(1)",
)


def test_a_picture_equals_its_own_reading():
    assert reading.differences(reading.expected(PICTURE), reading.expected(PICTURE)) == []


SLIPS = {
    "words": lambda seen: seen.update(words="Three."),
    "lines": lambda seen: seen["lines"].append("More."),
    "formula": lambda seen: seen.update(formula=[]),
    "sum": lambda seen: seen.update(sum="Y[0, 0] = 1·1 = 2"),
    "code": lambda seen: seen.update(code=""),
    "grids[0].cells[0][1][0]": lambda seen: seen["grids"][0]["cells"][0].__setitem__(1, ["1", ""]),
    "grids[0].cells[0][0][1]": lambda seen: seen["grids"][0]["cells"][0][0].__setitem__(1, "q3"),
    "grids[0].inner[1]": lambda seen: seen["grids"][0].update(inner=[0, 1, 1, 2]),
    "grids[1].caption": lambda seen: seen["grids"][1].update(caption="N"),
    "grids[1].dots[0][0][0]": lambda seen: seen["grids"][1]["dots"][0][0].__setitem__(0, 9),
    "grids": lambda seen: seen["grids"].pop(),
}


@pytest.mark.parametrize("place", SLIPS)
def test_a_slip_is_named_with_its_place(place):
    seen = copy.deepcopy(reading.expected(PICTURE))
    SLIPS[place](seen)
    assert reading.differences(seen, reading.expected(PICTURE))[0].startswith(f"{place}: ")


def test_pixels_have_the_colours_of_the_style_sheet():
    dots = reading.expected(PICTURE)["grids"][1]["dots"]
    colors = {name: reading.rgb(color) for name, color in reading.hexes().items()}
    assert dots == [[colors["q0"], colors["q20"]], [colors["qn20"], colors["q10"]]]
    grey = Pixels([[0, 255], [51, 102]], most=255, scale="grey")
    assert reading.dots(grey) == [[[0] * 3, [255] * 3], [[51] * 3, [102] * 3]]
    assert reading.dots(Pixels([[0, 1, 9]], most=9, scale="count"))[0] == [
        colors["c0"], colors["c2"], colors["c10"],
    ]  # fmt: skip


GOOD = (
    "Y[0, 0] = 1·2 + (−1)·3 = −1",
    "Y[0, 0] = (1·2) + (0·3) = 2",
    "Y[0, 0] = max(−3, 2, −∞) = 2",
    "Y[0, 0] = (1 + 2 + 4) / 3 ≈ 2.3333",
    "m = ⌊(7 − 2) / 2⌋ + 1 = ⌊5 / 2⌋ + 1 = 3",
    "w = 1 − 0.5·4 = 1 − 2 = −1",
)
WRONG = (
    "Y[0, 0] = 1·2 + (−1)·3 = 1",
    "Y[0, 0] = 1 + 2 + 4 = 3 + 4 = 8",
    "Y[0, 0] = 9 − 1 = 3 + 4 = 7",
    "Y[0, 0] = (1 + 2 + 4) / 3 = 2.3333",
    "Y[0, 0] = (1 + 2 + 4) / 3 ≈ 2.3334",
    "Y[0, 0] = max(−3, 2) = −3",
    "Y[0, 0] = 3",
    "2 = 1 + 1 = 2",
)


@pytest.mark.parametrize("sentence", GOOD)
def test_a_right_sum_is_right(sentence):
    assert reading.wrong_sum(sentence) == ""


@pytest.mark.parametrize("sentence", WRONG)
def test_a_wrong_sum_is_found(sentence):
    assert reading.wrong_sum(sentence)


def test_only_arithmetic_is_evaluated():
    with pytest.raises(ValueError, match="no arithmetic"):
        reading.value("a + 1")
    with pytest.raises((ValueError, KeyError)):
        reading.value("open(1)")


def test_copied_code_is_executed_and_its_output_taken():
    assert reading.executed("import torch\nprint(1)\nY = torch.ones(2)").tolist() == [1, 1]


# ---------------------------------------------------------------- states


def test_every_registered_class_is_an_explorer_with_a_table():
    assert small_page.CLASSES and all(fields_of(small_page.kind_of(c)) for c in small_page.CLASSES)
    assert len(small_page.CLASSES) == len(explorers.__all__)


@pytest.mark.parametrize("cls", small_page.CLASSES, ids=small_page.kind_of)
def test_sampled_states_are_many_different_and_mostly_valid(cls):
    cases = small_page.sampled(cls)
    assert len({repr(case.state) for case in cases}) == len(cases) == small_page.STATES
    assert sum(case.bad is None for case in cases) >= 0.8 * len(cases)
    fields, start = fields_of(small_page.kind_of(cls)), small_page.start_of(cls)
    for name, field in fields.items():
        if field["kind"] in ("bool", "choice"):
            values = {case.state[name] for case in cases if not case.bad}
            assert values == {True, False} or values == set(field["of"]), f"{name}: {values}"
    assert states.query("a", fields, start, start) == ""


def test_a_kind_of_field_that_nobody_can_draw_stops_the_tests():
    with pytest.raises(KeyError, match="colour"):
        states.any_state({"c": {"kind": "colour"}}, {"c": 0}, None)
