"""Each exercise passes what is right and fails what is wrong, whatever its random cases are."""

import ast
import dataclasses
import re
import tomllib
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from d2lmini.exercises import Code, Discussion, Verdict, every_exercise, exercises_of
from d2lmini.exercises.calling import AFTER, FAILED, REFUSED, call_all
from d2lmini.exercises.catalogue import chapters
from d2lmini.exercises.checking import by_group, check_code, failing
from d2lmini.exercises.comparing import wrong
from tests.exercises.answers import Answer, every_answer
from tools import mutate
from tools.chapters import ROOT, read_cells

CODES = {name: spec for name, spec in every_exercise().items() if isinstance(spec, Code)}
QUICK = [name for name, spec in CODES.items() if not spec.takes]  # no training
ANSWERS = every_answer()
RIGHT = [answer for answer in ANSWERS if not answer.loses]
WRONG = [answer for answer in ANSWERS if answer.loses]
SEEDS = range(3)
MANY = range(25)  # many more were tried when the cases were written
SAME = tomllib.loads((Path(__file__).parent / "equivalent.toml").read_text(encoding="utf-8"))


def quick_and_slow(answers: list[Answer]) -> list[object]:
    """Return answers as parameters; those of exercises that train are slow."""
    marks = {True: [pytest.mark.slow], False: []}
    return [pytest.param(a, id=a.label, marks=marks[a.exercise not in QUICK]) for a in answers]


@cache
def chapter_solutions() -> dict[str, tuple[str, str]]:
    """Return the reference solution of each exercise in code: name to (set-up, solution)."""
    found = {}
    for chapter in chapters():
        setup = ""
        for cell in read_cells(ROOT / "chapters" / f"{chapter}.md"):
            if cell.kind != "code":
                continue
            if not setup and re.search(r"^(?:import|from) ", cell.source, re.M):
                setup = cell.source
            if "solution" in cell.tags and (
                called := re.search(r'^check\("(\w+)", (\w+)\)\s*\Z', cell.source, re.M)
            ):
                found[called[1]] = (setup, cell.source[: called.start()])
    return found


@cache
def reference(name: str) -> object:
    """Return the chapter's solution of an exercise in code."""
    setup, source = chapter_solutions()[name]
    space: dict[str, object] = {}
    exec(setup, space)
    exec(source, space)
    return space[name]


def judged(name: str, answer: object, seed: int) -> Verdict:
    """Return what `check` says of an answer, with patience for a busy machine."""
    spec = CODES[name]
    return check_code(dataclasses.replace(spec, wall=20 * spec.wall), answer, seed)


def arrays_of(name: str, answer: object, seed: int = 0):
    """Return the cases of an exercise and the arrays of an answer to them, by group."""
    spec = CODES[name]
    for group, cases in by_group(spec, seed).items():
        given = [dict(case.inputs) for case in cases]
        yield group, list(zip(cases, call_all(spec.call, given, {name: answer}), strict=True))


# ---------------------------------------------------------------- everything is there


def test_every_code_exercise_has_a_solution_in_its_chapter_and_no_other_is_there():
    assert set(chapter_solutions()) - {
        d for d, s in every_exercise().items() if isinstance(s, Discussion)
    } == set(CODES)


@pytest.mark.parametrize("name", CODES)
def test_every_code_exercise_has_another_solution_and_three_mutants(name):
    assert [a for a in RIGHT if a.exercise == name], "no second right answer"
    mutants = [a for a in WRONG if a.exercise == name]
    assert len(mutants) >= 3, [a.label for a in mutants]
    assert {a.loses for a in mutants} <= set(CODES[name].groups)


def test_answers_are_for_exercises_that_exist_and_their_names_differ():
    assert {a.exercise for a in ANSWERS} <= set(CODES)
    labels = [a.label for a in ANSWERS]
    assert len(labels) == len(set(labels))


def test_each_exercise_of_the_seeds_has_a_record():
    asked = {spec.id for chapter in chapters() for spec in exercises_of(chapter)}
    assert {f"E{i}" for i in range(1, 37)} <= asked
    assert {f"X{i}" for i in range(1, 12)} <= asked


@pytest.mark.parametrize("name", CODES)
def test_a_run_has_enough_cases_in_each_group_and_the_same_for_the_same_seed(name):
    spec = CODES[name]
    first, again = by_group(spec, 5), by_group(spec, 5)
    assert all(first.values()), {group: len(cases) for group, cases in first.items()}
    for group, cases in first.items():
        for one, two in zip(cases, again[group], strict=True):
            for key, value in one.inputs.items():
                assert np.array_equal(np.asarray(value), np.asarray(two.inputs[key])), (group, key)
    if name in QUICK:
        others, ours = (
            [
                np.asarray(value).tobytes()
                for cases in by_group(spec, seed).values()
                for case in cases
                for value in (*case.inputs.values(), *case.secret.values())
            ]
            for seed in (6, 5)
        )
        assert others != ours, "the cases do not depend on the seed"


# ---------------------------------------------------------------- right answers pass


@pytest.mark.parametrize(
    "name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in CODES]
)
def test_the_chapters_solution_passes(name):
    for seed in SEEDS if name in QUICK else range(1):
        verdict = judged(name, reference(name), seed)
        assert verdict.passed and verdict.points == CODES[name].points, verdict


@pytest.mark.parametrize("answer", quick_and_slow(RIGHT))
def test_another_right_answer_passes(answer):
    for seed in SEEDS if answer.exercise in QUICK else range(1):
        verdict = judged(answer.exercise, answer.body, seed)
        assert verdict.passed, verdict


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_right_answers_pass_whatever_the_seed(name):
    answers = [reference(name), *[a.body for a in RIGHT if a.exercise == name]]
    for seed in MANY:
        for answer in answers:
            verdict = judged(name, answer, seed)
            assert verdict.passed, verdict


# ---------------------------------------------------------------- wrong answers fail


@pytest.mark.parametrize("answer", quick_and_slow(WRONG))
def test_a_mutant_loses_its_group(answer):
    for seed in SEEDS if answer.exercise in QUICK else range(1):
        verdict = judged(answer.exercise, answer.body, seed)
        assert not verdict.passed, "a wrong answer passed"
        assert verdict.groups and not verdict.groups[answer.loses], verdict.text


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_a_mutant_loses_its_group_whatever_the_seed(name):
    for answer in (a for a in WRONG if a.exercise == name):
        for seed in MANY:
            spec = dataclasses.replace(CODES[name], wall=1.0)
            cases = by_group(spec, seed)[answer.loses]
            assert failing(spec, cases, {name: answer.body}), f"{answer.label}, seed {seed}"


def zero(got):
    return {key: np.zeros_like(array) for key, array in got.items()}


def wrapped(got):
    return {key: array[None] for key, array in got.items()}


def other_dtype(got):
    return {
        key: array.astype(np.float16 if array.dtype.kind == "f" else np.float64)
        for key, array in got.items()
    }


def nan(got):
    return {
        key: np.full(
            array.shape, np.nan, dtype=array.dtype if array.dtype.kind == "f" else np.float64
        )
        for key, array in got.items()
    }


SPOILT = {f.__name__: f for f in (zero, wrapped, other_dtype, nan)}


@pytest.mark.parametrize("name", QUICK)
@pytest.mark.parametrize("how", SPOILT)
def test_a_spoilt_right_answer_fails(name, how):
    """Zeros, one axis too many, another dtype, numbers that are none."""
    lost, judged = [], []
    for group, answers in arrays_of(name, reference(name)):
        for case, got in answers:
            after = {key: a for key, a in got.items() if key.startswith(AFTER)}
            values = {key: a for key, a in got.items() if key not in after}
            if {REFUSED, FAILED} & set(values):
                continue
            judged.append(group)
            if wrong(CODES[name], case, {**SPOILT[how](values), **after}):
                lost.append(group)
    assert set(judged) == set(lost) and judged, f"not noticed in {set(judged) - set(lost)}"


@pytest.mark.parametrize("name", QUICK)
def test_an_input_that_was_changed_is_noticed(name):
    for _, answers in arrays_of(name, reference(name)):
        for case, got in answers:
            for key in [key for key in got if key.startswith(AFTER) and got[key].size]:
                spoilt = {**got, key: got[key] + 1}
                assert "changed its input" in str(wrong(CODES[name], case, spoilt))


@pytest.mark.parametrize("name", CODES)
def test_nothing_is_not_an_answer(name):
    spec = CODES[name]
    for cases in by_group(spec, 0).values():
        assert wrong(spec, cases[0], {}) is not None


@pytest.mark.parametrize("name", [name for name in QUICK if CODES[name].oracle])
def test_a_broken_oracle_fails_the_right_answer(name):
    spec = CODES[name]

    def shifted(**given):
        return broken(spec.oracle(**given))

    verdict = check_code(dataclasses.replace(spec, oracle=shifted), reference(name), seed=1)
    assert not verdict.passed


def broken(value):
    if isinstance(value, dict):
        return {key: broken(part) for key, part in value.items()}
    if isinstance(value, tuple):
        return tuple(map(broken, value))
    return not value if isinstance(value, bool) else value + 1


@pytest.mark.parametrize("name", [name for name in QUICK if CODES[name].oracle])
def test_the_oracle_is_not_the_chapters_solution(name):
    """It neither imports d2lmini's own functions nor stands in the chapter."""
    code = CODES[name].oracle.__code__
    assert code.co_name != "<lambda>" or code.co_names
    solution = ast.dump(ast.parse(chapter_solutions()[name][1]))
    import inspect

    body = ast.parse(inspect.getsource(CODES[name].oracle).strip().rstrip(","))
    assert ast.dump(body) != solution


# ---------------------------------------------------------------- every change of a solution


def survivors(name: str) -> list[str]:
    """Return the changes of the chapter's solution that no case notices."""
    setup, source = chapter_solutions()[name]
    spec, left = dataclasses.replace(CODES[name], wall=2.0), []
    for mutant in mutate.mutants(source):
        if mutant.change.endswith("text changed"):
            continue
        space: dict[str, object] = {}
        exec(setup, space)
        try:
            exec(mutant.code, space)
        except Exception:
            continue  # it does not even define the function
        verdicts = (check_code(spec, space[name], seed=seed) for seed in (0, 1))
        if all(verdict.passed for verdict in verdicts):
            left.append(mutant.change)
    return left


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_every_change_of_a_solution_fails_or_is_known_to_change_nothing(name):
    assert survivors(name) == SAME.get(name, []), "list in equivalent.toml what changes nothing"


# ---------------------------------------------------------------- texts


@pytest.mark.parametrize("name", every_exercise())
def test_texts_of_a_record_are_plain(name):
    spec = every_exercise()[name]
    texts = list(spec.hints.values()) if isinstance(spec, Code) else []
    texts += [*spec.rubric, spec.model] if isinstance(spec, Discussion) else []
    for text in texts:
        assert "$" not in text and "\\" not in text, f"{name}: formulas in Unicode: {text}"
        assert text.strip().endswith((".", "?", "!", "…")), f"{name}: {text}"
