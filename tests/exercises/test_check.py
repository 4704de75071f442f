"""``check`` says in words what an answer earns, and never shows a traceback of its own."""

import contextlib
import signal
import threading
import time

import numpy as np
import pytest
import torch
from torch import nn

from d2lmini.exercises import Case, Code, Discussion, check, discussion
from d2lmini.exercises.calling import REFUSED, as_arrays
from d2lmini.exercises.checking import check_code, check_discussion
from d2lmini.exercises.comparing import shown, text_of, unequal


def cases(rng):
    small = np.arange(3, dtype=np.float32)
    large = rng.standard_normal(8).astype(np.float32)
    both = [Case("values", {"x": x, "by": 2}) for x in (large, small)]
    return [*both, Case("refusal", {"x": small, "by": 0})]


def doubled(x, by):
    if by == 0:
        raise ValueError("nothing to multiply by")
    return x * by


SPEC = Code(
    name="times",
    id="X0",
    groups={"values": 2, "refusal": 1},
    cases=cases,
    call="result = times(x, by)",
    oracle=doubled,
    hints={"values": "Multiply *each* number.", "refusal": "Raise ValueError for `by = 0`."},
    wall=0.5,
)


def said(answer, seed=1):
    return check_code(SPEC, answer, seed)


def test_a_right_answer_earns_all_points_and_says_so():
    verdict = said(doubled)
    assert verdict.passed and verdict.points == 3 == verdict.of
    assert repr(verdict) == "times: passed, 3 of 3 points."
    assert verdict.groups == {"values": True, "refusal": True}


def test_the_smallest_failing_case_is_shown_with_hint_and_seed():
    verdict = said(lambda x, by: x + by)
    assert verdict.points == 0 and not verdict.passed
    assert verdict.text.split("\n") == [
        "times: not yet, 0 of 3 points.",
        "  values: x=[0, 1, 2], by=2: expected [0, 2, 4], got [2, 3, 4].",
        "    Hint: Multiply each number.",
        "  refusal: x=[0, 1, 2], by=0: a ValueError was expected, and none was raised.",
        "    Hint: Raise ValueError for `by = 0`.",
        "  The same cases again: check('times', times, seed=1)",
    ]


def test_a_group_that_passes_keeps_its_points():
    verdict = said(lambda x, by: x * by)
    assert verdict.points == 2 and verdict.groups == {"values": True, "refusal": False}


def in_place(x, by):
    x *= by
    return x.clone()


def leaves(x, by):
    raise SystemExit(0)


def loops(x, by):
    while True:
        time.sleep(0.01)


def swallows(x, by):
    while True:
        with contextlib.suppress(Exception):
            time.sleep(0.01)


WRONG = {
    "shape": (lambda x, by: x[None] * by, "expected the shape (3,), got (1, 3)"),
    "dtype": (lambda x, by: x.double() * by, "expected the dtype float32, got float64"),
    "kind": (lambda x, by: (x * by).int(), "expected floats (float32), got int32: [0, 2, 4]"),
    "NaN": (lambda x, by: x * float("nan"), "not every number is finite: [nan, nan, nan]"),
    "infinite": (lambda x, by: x / 0, "not every number is finite"),
    "in place": (in_place, "it changed its input x; work on a copy"),
    "raises": (lambda x, by: x.nothing, "it raised AttributeError: "),
    "refuses": (lambda x, by: doubled(x, 0), "it raised ValueError: nothing to multiply by"),
    "exits": (leaves, "it raised SystemExit: 0"),
    "a text": (lambda x, by: "six", "it returned something of type str"),
    "a list": (lambda x, by: [0, 2, 4], "it returned something of type list"),
    "too many": (lambda x, by: (x * by, x), "expected one result, got 2 results (0, 1)"),
    "complex": (lambda x, by: x * 1j, "it returned numbers of the kind complex64"),
    "elsewhere": (lambda x, by: x.to("meta"), "it returned a tensor on meta; move it with .cpu()"),
    "arguments": (lambda x: x, "it raised TypeError: "),
    "loops": (loops, "no answer within 0.5 seconds"),
    "swallows": (swallows, "no answer within 0.5 seconds"),
}


@pytest.mark.parametrize("how", WRONG)
def test_a_wrong_answer_is_told_what_is_wrong(how):
    answer, problem = WRONG[how]
    verdict = said(answer)
    assert not verdict.groups["values"] and problem in verdict.text, verdict.text


def test_after_an_answer_that_never_ends_nothing_else_is_tried():
    assert "refusal: not tried after that." in said(loops).text


def test_the_alarm_is_gone_and_an_older_one_goes_on():
    fired = []
    before = signal.signal(signal.SIGALRM, lambda *_: fired.append(1))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        said(doubled)
        time.sleep(0.6)
        assert fired == [1], "the alarm of the notebook was lost or fired twice"
        said(loops)
        assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_in_another_thread_there_is_no_alarm_and_still_a_verdict():
    found = []
    thread = threading.Thread(target=lambda: found.append(said(doubled)))
    thread.start()
    thread.join(30)
    assert found[0].passed


def empty(x, by):
    """Return x times by."""


def dots(x, by): ...


def later(x, by):
    product = None
    return product


class EmptyLayer(nn.Module):
    def forward(self, x): ...


@pytest.mark.parametrize("answer", [None, ..., empty, dots, later, EmptyLayer])
def test_what_is_not_written_yet_is_not_wrong(answer):
    verdict = said(answer)
    assert verdict.text == "times: not solved yet." and verdict.points == 0


@pytest.mark.parametrize("answer", [3, "times", torch.zeros(2)])
def test_what_is_no_function_is_told_so(answer):
    assert said(answer).text.startswith("times: a function was expected, got something of type ")


def test_a_class_is_called_like_a_function():
    class Times(nn.Module):
        def __init__(self, by):
            super().__init__()
            self.by = by

        def forward(self, x):
            return doubled(x, self.by)

    spec = Code(**{**vars(SPEC), "call": "result = times(by)(x)"})
    assert check_code(spec, Times, 1).passed
    assert "not solved yet" in check_code(spec, EmptyLayer, 1).text


def test_an_unknown_name_is_told_its_neighbours():
    with pytest.raises(ValueError, match="no exercise is called 'my_outsize'; the nearest: my_out"):
        check("my_outsize", print)


def test_a_fresh_seed_each_time_and_the_named_one_repeats(monkeypatch):
    def text():
        return check("my_out_size", lambda n, k, p=0, s=1, d=1: n - k).text

    assert len({text().rsplit("seed=")[1] for _ in range(5)}) == 5
    one = check("my_out_size", lambda n, k, p=0, s=1, d=1: n - k, seed=7).text
    assert one == check("my_out_size", lambda n, k, p=0, s=1, d=1: n - k, seed=7).text


def test_an_exercise_that_takes_long_says_so_first(capsys):
    spec = Code(**{**vars(SPEC), "takes": "about a minute"})
    check_code(spec, doubled, 1)
    assert capsys.readouterr().out == "times: this takes about a minute.\n"
    check_code(spec, None, 1)
    assert capsys.readouterr().out == ""


def test_a_judge_that_meets_an_odd_form_says_so():
    def judge(case, got):
        return None if got["0"][1] == 2 else "the second number must be 2"

    spec = Code(
        **{
            **vars(SPEC),
            "oracle": None,
            "judge": judge,
            "groups": {"values": 1},
            "hints": {"values": "Two."},
        }
    )
    assert check_code(spec, lambda x, by: (torch.tensor([1, 2]), 0), 1).passed
    assert "the second number must be 2." in check_code(spec, lambda x, by: (x, 0), 1).text.replace(
        "x=", ""
    )
    for odd in (lambda x, by: 1, lambda x, by: (1, 1)):
        assert "does not have the form that the task asks for." in check_code(spec, odd, 1).text


# ---------------------------------------------------------------- questions


def test_a_question_explains_the_right_and_the_wrong_option():
    right, wrong = check("padding_last_layer", "b"), check("padding-last-layer", "c")
    assert right.passed and right.text.startswith("padding_last_layer: right. Rows: ")
    assert not wrong.passed and wrong.text.startswith("padding-last-layer: not quite. Rounded up.")


@pytest.mark.parametrize("answer", [None, ""])
def test_a_question_without_an_answer_is_not_wrong(answer):
    verdict = check("padding_last_layer", answer)
    assert verdict.text == "padding_last_layer: not solved yet; choose one of a, b, c, d."


@pytest.mark.parametrize("answer", ["e", 2, "B", ["a"], np.zeros(2)])
def test_what_is_no_option_is_told_the_options(answer):
    assert "is no option; the options are a, b, c, d." in check("padding_last_layer", answer).text


TALK = Discussion("talk", ("names a case.", "names *another*."), "Here is `one`.\n\nAnd two.")


def test_an_open_question_shows_its_answer_after_an_answer():
    assert check_discussion(TALK, "").text == (
        "talk: not solved yet; write your answer between the quotes."
    )
    short = check_discussion(TALK, "because")
    assert short.text == "talk: a little more, please: at least 33 characters." and not short.points
    full = check_discussion(TALK, "because " * 6)
    assert full.points is None and not full.passed
    for text in ("Here is `one`.", "- names another.", "compare your answer"):
        assert text in full.text and text not in short.text


def test_the_model_answer_is_text_and_html():
    box = checking_box()
    assert repr(box).startswith("Here is `one`.") and "- names another." in repr(box)
    assert "<p>Here is <code>one</code>.</p><p>And two.</p>" in box._repr_html_()
    with pytest.raises(ValueError, match="'padding_last_layer' is no open question but a Quiz"):
        discussion("padding_last_layer")


def checking_box():
    from d2lmini.exercises.talking import DiscussionBox

    return DiscussionBox(TALK)


# ---------------------------------------------------------------- records and arrays


BAD = {
    "a Python name": {"name": "two words"},
    "either an oracle or a judge": {"oracle": None},
    "at least one point": {"groups": {"values": 0, "refusal": 1}},
    "the hints must be for": {"hints": {"values": "x"}},
}


@pytest.mark.parametrize("problem", BAD)
def test_a_record_that_does_not_hold_together_is_refused(problem):
    with pytest.raises(ValueError, match=problem):
        Code(**{**vars(SPEC), **BAD[problem]})


@pytest.mark.parametrize("given", [("", ("a",), "b"), ("x", (), "b"), ("x", (" ",), "b")])
def test_an_open_question_without_name_rubric_or_answer_is_refused(given):
    with pytest.raises(ValueError, match="it needs a name, a rubric and an answer"):
        Discussion(*given)


def test_arrays_are_shown_on_one_line_and_long_ones_shortened():
    assert shown(np.array([[1, 2], [3, 4]])) == "[[1, 2], [3, 4]]"
    assert shown(np.zeros((9, 9), np.float32)) == (
        "float32 of the shape (9, 9), first [0, 0, 0, 0, 0, 0]"
    )


@pytest.mark.parametrize("dtype", [np.int64, np.int32, np.uint8])
def test_whole_numbers_of_any_width_are_the_same_kind(dtype):
    assert unequal(np.array([1, 2]), np.array([1, 2], dtype), 0, 0) is None
    assert unequal(np.array(True), np.array(1), 0, 0) is not None


def test_floats_may_differ_by_the_tolerance_and_no_more():
    right = np.array([1.0, 1000.0], np.float32)
    assert unequal(right, right + np.float32(1e-6), 1e-5, 1e-6) is None
    assert unequal(right, right * np.float32(1.001), 1e-5, 1e-6) is not None
    assert unequal(np.array([np.inf]), np.array([np.inf]), 1e-5, 1e-6) is None


@pytest.mark.parametrize(
    "message", [np.zeros((3, 3), bool), np.array([1e300]), np.arange(256, dtype=np.uint8)]
)
def test_a_forged_message_is_read_without_harm(message):
    text = text_of(message)
    assert isinstance(text, str) and "\n" not in text and text.isprintable()


def test_a_result_under_names():
    assert set(as_arrays({"y": 1, "z": True})) == {"y", "z"}
    assert set(as_arrays((1, 2.0))) == {"0", "1"}
    assert as_arrays(torch.ones(2, requires_grad=True))[""].tolist() == [1, 1]
    assert REFUSED not in as_arrays(3)
