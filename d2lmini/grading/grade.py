"""From a submitted notebook to points: a pure function of notebook, exercises and seed.

Only arrays that arrived and are right earn points. Nothing printed, no status and no message does;
they make the sentences that student and teacher read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypedDict

from d2lmini.exercises.catalogue import Exercise
from d2lmini.exercises.checking import by_group, in_words, size_of
from d2lmini.exercises.comparing import wrong
from d2lmini.exercises.spec import Array, Case, Code, Discussion, Quiz
from d2lmini.grading import specs
from d2lmini.grading.reading import Cell, Names, Unreadable, names_of, read_cells
from d2lmini.grading.sandbox import Stopped
from d2lmini.grading.session import Session, TimeIsOver

UNSOLVED, MISSING = "not solved yet", "missing in the notebook"
NOTHING_CAME = "nothing that can be read came back"
BY_HAND = "to be graded by hand"


class Job(TypedDict):
    """What a worker needs for one submission; plain enough for JSON."""

    student: str
    assignment: str
    notebook: str
    names: list[str]
    seed: int
    specs: str  # folder of private specs, or ""


class Question(TypedDict):
    """What one exercise earned. ``detail`` is for the teacher alone: it tells inputs."""

    points: int | None  # None: by hand
    max: int
    groups: dict[str, bool]
    reason: str
    detail: dict[str, str]


class Result(TypedDict):
    """What one submission earned; equal for equal notebook, exercises and seed."""

    student: str
    assignment: str
    questions: dict[str, Question]
    notes: list[str]
    limits: list[str]


def grade_one(job: Job) -> Result:
    """Return what a submission earned.

    Args:
        job: the notebook's text, the names of its exercises in their order, and the seed.

    Raises:
        ValueError: the exercises are not those of the assignment.
        OSError, RuntimeError: no sandbox could be started; that is no fault of the student.
    """
    found = {one.name: one for one in specs.load(job["assignment"], job["specs"])}
    if unknown := [name for name in job["names"] if name not in found]:
        raise ValueError(f"{job['assignment']} has no exercise {unknown[0]!r}")
    exercises = [found[name] for name in job["names"]]
    try:
        cells = read_cells(job["notebook"])
    except Unreadable as problem:
        return refused(job["student"], job["assignment"], exercises, str(problem))
    return _Grading(job, exercises, cells).result()


def refused(student: str, assignment: str, exercises: list[Exercise], sentence: str) -> Result:
    """Return the result of a submission that nobody can run: no points, one reason."""
    return Result(
        student=student,
        assignment=assignment,
        questions={one.name: lost(one, sentence) for one in exercises},
        notes=[sentence],
        limits=[],
    )


def variable(exercise: Exercise) -> str:
    """Return the name that an answer has in a notebook, also in the metadata of its cells."""
    return exercise.name.replace("-", "_")


def lost(exercise: Exercise, reason: str) -> Question:
    """Return a question without points."""
    groups = dict.fromkeys(exercise.groups, False) if isinstance(exercise, Code) else {}
    return Question(points=0, max=exercise.points, groups=groups, reason=reason, detail={})


@dataclass
class _Grading:
    job: Job
    exercises: list[Exercise]
    cells: list[Cell]
    notes: list[str] = field(default_factory=list)
    limits: list[str] = field(default_factory=list)

    def result(self) -> Result:
        """Run the cells, ask for each exercise in turn, and put everything together."""
        places = [
            place
            for place, cell in enumerate(self.cells)
            if cell.kind == "code" and not cell.is_check
        ]
        sources = [self.cells[place].source for place in places]
        self.names = names_of(sources)
        extra = sum(one.wall for one in self.exercises if isinstance(one, Code))
        self.session = Session(sources, extra)
        try:
            questions = {one.name: self.question(one) for one in self.exercises}
        finally:
            self.session.close()
        for place, why in sorted(self.session.left_out.items()):
            self.limits.insert(0, f"cell {places[place] + 1}: {why}")
        self.notes += check_cells(self.cells, self.exercises)
        return Result(
            student=self.job["student"],
            assignment=self.job["assignment"],
            questions=questions,
            notes=self.notes,
            limits=self.limits,
        )

    def question(self, exercise: Exercise) -> Question:
        """Return what one exercise earned."""
        if isinstance(exercise, Discussion):
            return self.discussion(exercise)
        name = variable(exercise)
        if self.names.are_empty(name) and self.mentions(name) == 1:
            return lost(exercise, UNSOLVED)  # nothing can have filled it
        try:
            if isinstance(exercise, Quiz):
                return self.quiz(exercise, name)
            self.notes += forbidden(exercise, self.names)
            return self.code(exercise)
        except (Stopped, TimeIsOver) as problem:  # before any answer of this exercise
            self.limits.append(f"{exercise.name}: {problem}")
            return lost(exercise, str(problem))
        except ValueError:
            return lost(exercise, NOTHING_CAME)

    def mentions(self, name: str) -> int:
        """Return in how many cells that run a name occurs, in whatever role."""
        return sum(name in source for source in self.session.cells)

    def discussion(self, spec: Discussion) -> Question:
        """Leave an answer in words to the teacher, where there is one."""
        found = [cell for cell in self.cells if cell.grade_id == spec.name]
        if not found:
            return lost(spec, "the cell for the answer is " + MISSING)
        if not any(cell.source.strip() for cell in found):
            return lost(spec, "no answer")
        return Question(points=None, max=spec.points, groups={}, reason=BY_HAND, detail={})

    def quiz(self, spec: Quiz, name: str) -> Question:
        """Compare the option that a variable names."""
        said = self.session.text(name).strip().lower()
        if said == spec.correct:
            return Question(points=spec.points, max=spec.points, groups={}, reason="", detail={})
        if not said:
            return lost(spec, UNSOLVED if name in self.names.found else MISSING)
        reason = "not the right option" if said in spec.options else "no option was chosen"
        question = lost(spec, reason)
        question["detail"] = {"answer": printable(said)}
        return question

    def code(self, spec: Code) -> Question:
        """Call a function with the cases of each group, and compare what comes back."""
        groups: dict[str, bool] = {}
        reasons: dict[str, list[str]] = {}  # what went wrong to the groups that it cost
        detail: dict[str, str] = {}
        stopped = False
        for group, cases in by_group(spec, self.job["seed"]).items():
            problem, stopped = (
                (Problem("not tried after that"), True) if stopped else self.group(spec, cases)
            )
            groups[group] = problem is None
            if problem is not None:
                reasons.setdefault(problem.reason, []).append(group)
                detail[group] = problem.detail or problem.reason
        if not any(groups.values()) and (reason := self.absent(spec.name)):
            reasons = {reason: []}
        points = sum(spec.groups[group] for group, passed in groups.items() if passed)
        return Question(
            points=points,
            max=spec.points,
            groups=groups,
            reason="; ".join(f"{_in(where)}{why}" for why, where in reasons.items()),
            detail=detail,
        )

    def group(self, spec: Code, cases: list[Case]) -> tuple[Problem | None, bool]:
        """Return what is wrong with the answers to a group of cases, and whether it was stopped."""
        try:
            answers = self.session.answers(spec, cases)
        except (Stopped, TimeIsOver) as why:
            self.limits.append(f"{spec.name}: {why}")
            return Problem(str(why)), True
        except ValueError as why:  # a message of the sandbox that may quote the student
            return Problem(NOTHING_CAME, printable(str(why))), False
        return judged(spec, cases, answers), False

    def absent(self, name: str) -> str:
        """Return why there is no function to call, or "" where there is one."""
        if self.names.are_empty(name):
            return UNSOLVED
        if places := self.names.found.get(name):
            stops = [self.session.left_out.get(place.cell, "") for place in places]
            return f"its cell was stopped: {stops[0]}" if all(stops) else ""
        for place, line in self.names.broken.items():
            if name in self.session.cells[place]:
                return f"its cell has a syntax error in line {line}"
        return MISSING


@dataclass(frozen=True)
class Problem:
    """Why a group of cases was lost: for everyone, and for the teacher with inputs."""

    reason: str
    detail: str = ""


def judged(spec: Code, cases: list[Case], answers: list[dict[str, Array]]) -> Problem | None:
    """Return what is wrong in the smallest case that fails, or None."""
    found = []
    for case, got in zip(cases, answers, strict=True):
        try:
            problem = wrong(spec, case, got) if got else NOTHING_CAME
        except Exception as error:  # a judge that met a forged answer
            problem = f"the answer cannot be read ({type(error).__name__})"
        if problem:
            found.append((case, problem))
    if not found:
        return None
    case, problem = min(found, key=lambda one: size_of(one[0]))
    return Problem(_sort(problem), printable(in_words(case) + problem))


# what a sentence of `wrong` starts with, and what a student may know of it: no value, no message
SORTS = {
    "it raised": "an error was raised",
    "it returned": "the result is of the wrong type",
    "it changed": "an input was changed in place",
    NOTHING_CAME: NOTHING_CAME,
    "a ValueError was expected": "a ValueError was expected",
    "expected the shape": "a result has the wrong shape",
    "expected the dtype": "a result has the wrong dtype",
}


def _sort(problem: str) -> str:
    for start, reason in SORTS.items():
        if problem.startswith(start):
            return reason
    return "a wrong result"


def _in(groups: list[str]) -> str:
    return f"{', '.join(groups)}: " if groups else ""


def printable(text: str) -> str:
    """Return a text that may come from a student on one line, without control characters."""
    line = "".join(c if c.isprintable() else " " for c in text[:2000])
    return " ".join(line.split())


def forbidden(spec: Code, names: Names) -> list[str]:
    """Return a note for each call that the task asks to do without; it costs no points."""
    called = {name for place in names.found.get(spec.name, []) for name in place.calls}
    return [
        f"{spec.name} calls {name}, which the task asks to avoid"
        for name in spec.avoid
        if name in called
    ]


def check_cells(cells: list[Cell], exercises: list[Exercise]) -> list[str]:
    """Return notes about released cells that are gone, doubled or changed; none of them counts."""
    if not any(cell.grade_id for cell in cells):
        return []  # not made from a released notebook
    notes = []
    for exercise in exercises:
        if isinstance(exercise, Discussion):
            continue
        found = [cell for cell in cells if cell.grade_id == f"check-{variable(exercise)}"]
        if len(found) != 1:
            how = "deleted" if not found else f"there {len(found)} times"
            notes.append(f"the check cell of {exercise.name} was {how}; it does not count")
        elif not found[0].source.lstrip().startswith("check("):
            notes.append(f"the check cell of {exercise.name} was edited; it does not count")
    return notes
