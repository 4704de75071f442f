"""Grade a folder of submissions: find, grade what is not graded yet, keep the books, report."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from tqdm.auto import tqdm

from d2lmini.exercises.catalogue import Exercise
from d2lmini.grading import specs
from d2lmini.grading.folders import Submission, submissions
from d2lmini.grading.grade import Job, Result, refused
from d2lmini.grading.sandbox import preflight
from d2lmini.grading.store import Results, key_of, seed_of
from d2lmini.grading.workers import Done, locally, over_dask


class NoSandbox(RuntimeError):
    """This machine cannot hold a stranger's code; the message says why and what to do."""


@dataclass(frozen=True)
class Options:
    """What is to be graded and how; see ``python -m d2lmini.grading --help``."""

    submissions: Path
    out: Path
    dask: str = ""
    seed: int | None = None
    only: str = ""
    explain: bool = False
    specs: str = ""
    assignment: str = ""
    jobs: int = 0  # 0: one for each processor
    books: Path | None = Path("assignments")


@dataclass
class Run:
    """What a run found and did."""

    assignments: dict[str, tuple[Exercise, ...]]
    found: list[Submission]
    results: list[Result] = field(default_factory=list)
    failed: dict[tuple[str, str], str] = field(default_factory=dict)  # no grade, no fault of theirs
    graded: int = 0

    @property
    def doubtful(self) -> list[Submission]:
        """Submissions that nobody can grade: whose, or of what?"""
        return [one for one in self.found if one.doubt]


def grade(options: Options) -> Run:
    """Grade all submissions whose results are not on disk yet; each result is safe at once.

    Raises:
        ValueError: an option does not fit, or there is no notebook.
        NoSandbox: no sandbox, no grade.
        NoWorker: the same for a cluster.
    """
    assignments = specs.assignments(options.specs)
    names = {stem: [one.name for one in found] for stem, found in assignments.items()}
    run = Run(assignments, submissions(options.submissions, names, options.assignment))
    if not run.found:
        raise ValueError(
            f"no notebook in {options.submissions}: "
            "expected is STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb, or STUDENT.ipynb"
        )
    if options.only and options.only not in {one.student for one in run.found}:
        raise ValueError(f"ONLY: no submission of {options.only!r} in {options.submissions}")
    if not options.dask and (problem := preflight()):
        raise NoSandbox(problem)
    options.out.mkdir(parents=True, exist_ok=True)
    seed, hashed = seed_of(options.out, options.seed), specs.fingerprint(options.specs)
    results, jobs = Results(options.out), []
    for one in run.found:
        if one.doubt:
            continue
        if one.problem:
            exercises = list(assignments[one.assignment])
            run.results.append(refused(one.student, one.assignment, exercises, one.problem))
            continue
        job = Job(
            student=one.student,
            assignment=one.assignment,
            notebook=one.text,
            names=names[one.assignment],
            seed=seed,
            specs=str(Path(options.specs).resolve()) if options.specs else "",
        )
        mine = not options.only or one.student == options.only
        stored = results.load(job, key_of(job, hashed))
        if mine and (stored is None or options.explain):
            jobs.append(job)
        elif stored is not None:
            run.results.append(stored)
    for done in _progress(jobs, options, hashed):
        job = jobs[done.place]
        if done.result is None:
            run.failed[job["student"], job["assignment"]] = done.failure
        else:
            results.save(done.result, key_of(job, hashed), done.seconds)
            run.results.append(done.result)
            run.graded += 1
    run.results.sort(key=lambda result: (result["student"], result["assignment"]))
    return run


def _progress(jobs: list[Job], options: Options, hashed: str) -> Iterator[Done]:
    if not jobs:
        return
    if options.dask:
        found = over_dask(jobs, options.dask, hashed, jobs[0]["specs"])
    else:
        found = locally(jobs, min(len(jobs), options.jobs or os.cpu_count() or 1))
    with progress(len(jobs), "grading") as bar:
        for done in found:
            yield done  # on disk before it is counted
            bar.update()


def progress(total: int, what: str) -> tqdm[NoReturn]:
    """Return a bar that counts notebooks; the environment's D2LMINI_QUIET hides it."""
    quiet = bool(os.environ.get("D2LMINI_QUIET"))
    return tqdm(total=total, desc=what, unit="notebook", disable=quiet)


def explain(run: Run, student: str) -> str:
    """Return for a teacher what each question of a student earned and which input showed it."""
    lines = []
    for result in run.results:
        if student and result["student"] != student:
            continue
        lines.append(f"{result['student']}, {result['assignment']}")
        for name, question in result["questions"].items():
            points = "by hand" if question["points"] is None else f"{question['points']}"
            lines.append(f"  {name}: {points} of {question['max']}. {question['reason']}".rstrip())
            lines += [f"    {group}: {said}" for group, said in question["detail"].items()]
        lines += [f"  {line}" for line in [*result["notes"], *result["limits"]]]
    return "\n".join(lines)


def complaints(run: Run) -> list[str]:
    """Return a line for each submission that has no grade."""
    lines = [f"not graded: {one.student} ({one.path}): {one.doubt}" for one in run.doubtful]
    for (student, assignment), problem in sorted(run.failed.items()):
        lines.append(f"infrastructure: {student}, {assignment}: {problem}")
    return lines
