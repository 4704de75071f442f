"""``check``: what a reader's answer earns, at once and in words; never a traceback of ours."""

from __future__ import annotations

import dis
import inspect
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import numpy as np

from d2lmini.exercises.calling import call_all
from d2lmini.exercises.catalogue import find_exercise, plain
from d2lmini.exercises.comparing import NOTHING, shown, wrong
from d2lmini.exercises.spec import Case, Code, Discussion, Quiz

ENOUGH = 40  # characters of an answer in words before the model answer is shown
EMPTY = {"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"}  # what an empty body runs
LATE, NOT_TRIED = "no answer within", "not tried after that"
FULL_STOP = (".", "!", "?", "…")


@dataclass(frozen=True, repr=False)
class Verdict:
    """What an answer earned: ``groups`` of cases and whether each passed, and the words for it."""

    name: str
    points: int | None  # None: a teacher gives them
    of: int
    text: str
    groups: dict[str, bool] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether the answer earned all points that a program can give."""
        return self.points == self.of

    def __repr__(self) -> str:
        return self.text


class TooSlow(BaseException):
    """The time of a call is over; no ``except Exception`` of a student's code catches it."""


def check(name: str, answer: object, seed: int | None = None) -> Verdict:
    """Return whether an answer to the exercise ``name`` is right, and if not, what to look at.

    Args:
        name: the exercise; for a question its name with underscores serves too.
        answer: a function or class, the key of an option, or a text.
        seed: of the random cases; a failure names its seed, so that it can be seen again.

    Raises:
        ValueError: no exercise has this name; the message names the nearest.
    """
    spec = find_exercise(name)
    if isinstance(spec, Quiz):
        return check_quiz(spec, name, answer)
    if isinstance(spec, Discussion):
        return check_discussion(spec, answer)
    return check_code(spec, answer, seed)


def check_quiz(spec: Quiz, name: str, answer: object) -> Verdict:
    """Judge the key of an option."""
    if answer is None or (isinstance(answer, str) and not answer):
        return _unsolved(name, spec.points, f"choose one of {', '.join(spec.options)}")
    if not isinstance(answer, str) or answer not in spec.options:
        said = f"{name}: {answer!r} is no option; the options are {', '.join(spec.options)}."
        return Verdict(name, 0, spec.points, said)
    right = answer == spec.correct
    start = f"{name}: right. " if right else f"{name}: not quite. "
    return Verdict(name, spec.points if right else 0, spec.points, start + plain(spec.why[answer]))


def check_discussion(spec: Discussion, answer: object) -> Verdict:
    """Show the model answer once there is an answer to compare it with."""
    if not isinstance(answer, str) or not answer.strip():
        return _unsolved(spec.name, spec.points, "write your answer between the quotes", True)
    missing = ENOUGH - len(answer.strip())
    if missing > 0:
        said = f"{spec.name}: a little more, please: at least {missing} characters."
        return Verdict(spec.name, None, spec.points, said)
    lines = [f"{spec.name}: compare your answer with this one.", "", plain(spec.model), ""]
    lines += ["A good answer", *[f"- {plain(line)}" for line in spec.rubric]]
    return Verdict(spec.name, None, spec.points, "\n".join(lines))


def check_code(spec: Code, answer: object, seed: int | None = None) -> Verdict:
    """Judge a function or a class by fresh cases."""
    if answer is None or answer is ... or is_stub(answer):
        return _unsolved(spec.name, spec.points, "")
    if not callable(answer):
        said = (
            f"{spec.name}: a function was expected, got something of type {type(answer).__name__}."
        )
        return Verdict(spec.name, 0, spec.points, said)
    seed = int(np.random.default_rng().integers(10**6)) if seed is None else seed
    if spec.takes:
        print(f"{spec.name}: this takes {spec.takes}.", flush=True)
    groups: dict[str, bool] = {}
    problems: list[str] = []
    silent = True
    late = False
    for group, cases in by_group(spec, seed).items():
        problem = NOT_TRIED if late else failing(spec, cases, {spec.name: answer})
        late = late or (problem or "").startswith(LATE)
        groups[group] = problem is None
        silent = silent and problem is not None and problem.endswith(NOTHING)
        if problem is not None:
            problems.append(
                f"  {group}: {_sentence(problem)}\n    Hint: {plain(spec.hints[group])}"
            )
    if silent:
        return _unsolved(spec.name, spec.points, "")
    points = sum(spec.groups[group] for group, passed in groups.items() if passed)
    if not problems:
        text = f"{spec.name}: passed, {_points(points, spec.points)}."
    else:
        head = f"{spec.name}: not yet, {_points(points, spec.points)}."
        again = f"  The same cases again: check({spec.name!r}, {spec.name}, seed={seed})"
        text = "\n".join([head, *problems, again])
    return Verdict(spec.name, points, spec.points, text, groups)


def cases_of(spec: Code, seed: int) -> list[Case]:
    """Return the cases of a run: the same for everyone who has the seed."""
    return spec.cases(np.random.default_rng([seed, crc32(spec.name.encode())]))


def by_group(spec: Code, seed: int) -> dict[str, list[Case]]:
    """Return the cases of a run by group, in the order of the spec's groups."""
    cases = cases_of(spec, seed)
    return {group: [case for case in cases if case.group == group] for group in spec.groups}


def failing(spec: Code, cases: list[Case], names: dict[str, Any]) -> str | None:
    """Return what is wrong in the smallest case that fails, or None."""
    given = [dict(case.inputs) for case in cases]
    try:
        with time_limit(spec.wall):
            answers = call_all(spec.call, given, names)
    except TooSlow:
        return f"{LATE} {spec.wall:g} seconds"
    found = [
        (size_of(case), f"{in_words(case)}{problem}")
        for case, got in zip(cases, answers, strict=True)
        if (problem := wrong(spec, case, got))
    ]
    return min(found, key=lambda one: one[0])[1] if found else None


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TooSlow inside the block when its time is over (POSIX, main thread; else no limit)."""
    if not hasattr(signal, "setitimer") or (
        threading.current_thread() is not threading.main_thread()
    ):
        yield
        return

    def over(*_: object) -> None:
        raise TooSlow

    start = time.monotonic()
    before: Any = signal.signal(signal.SIGALRM, over)
    # again and again, for code that swallows the first one
    left, _ = signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:  # somebody else's alarm goes on
            signal.setitimer(signal.ITIMER_REAL, max(left - (time.monotonic() - start), 1e-3))


def is_stub(answer: object) -> bool:
    """Say whether a function or class has no body yet but a docstring, ``...`` or ``pass``.

    >>> def f(x):
    ...     '''Return x.'''
    >>> is_stub(f), is_stub(lambda x: x)
    (True, False)
    """
    if not isinstance(answer, type):
        return _does_nothing(answer)
    own = [value for value in vars(answer).values() if inspect.isfunction(value)]
    return all(map(_does_nothing, own))


def _does_nothing(answer: object) -> bool:
    code = getattr(answer, "__code__", None)
    if code is None:
        return False
    steps = list(dis.get_instructions(code))
    loads = [step.argval for step in steps if "CONST" in step.opname]
    return {step.opname for step in steps} <= EMPTY and all(value is None for value in loads)


def _unsolved(name: str, of: int, remedy: str, by_hand: bool = False) -> Verdict:
    said = f"{name}: not solved yet" + (f"; {remedy}." if remedy else ".")
    return Verdict(name, None if by_hand else 0, of, said)


def _points(points: int, of: int) -> str:
    return f"{points} of {of} {'point' if of == 1 else 'points'}"


def _sentence(problem: str) -> str:
    return problem if problem.endswith(FULL_STOP) else problem + "."


def size_of(case: Case) -> int:
    """Return how many numbers a case gives; readers see the smallest that fails."""
    return sum(int(np.size(value)) for value in case.inputs.values())


def in_words(case: Case) -> str:
    """Return the inputs of a case as ``n=8, k=3: ``, or "" when it has none."""
    given = ", ".join(f"{name}={_value(value)}" for name, value in case.inputs.items())
    return f"{given}: " if given else ""


def _value(value: object) -> str:
    return repr(value) if isinstance(value, str) else shown(np.asarray(value))
