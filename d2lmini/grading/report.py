"""What people read after grading: a table, a page with histograms, a page for each student."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from html import escape
from pathlib import Path

from d2lmini.exercises.catalogue import Exercise, plain
from d2lmini.exercises.spec import Code, Quiz
from d2lmini.grading.grade import Question, Result
from d2lmini.grading.run import Run
from d2lmini.grading.store import file_name, write

Points = float | None
ByHand = Mapping[tuple[str, str, str], float]  # student, assignment, question to a teacher's points
FORMULA = ("=", "+", "-", "@")  # a spreadsheet would compute what starts so

STYLE = """
:root { color-scheme: light dark; --line: #8886; --bar: #2a6fb0; }
@media (prefers-color-scheme: dark) { :root { --bar: #7db7ea; } }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border: 1px solid var(--line); padding: .25rem .6rem; text-align: left; }
th, td { vertical-align: top; overflow-wrap: anywhere; }
th { overflow-wrap: normal; }
td.n { white-space: nowrap; text-align: right; font-variant-numeric: tabular-nums; }
td.bar { width: 16rem; } .bar span { display: block; height: 1rem; background: var(--bar); }
.wide { overflow-x: auto; }
"""
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{body}
</main>
</body>
</html>
"""


def write_reports(out: Path, run: Run, by_hand: ByHand) -> None:
    """Write ``grades.csv``, ``report.html`` and ``feedback/STUDENT.html`` into a folder."""
    write(out / "grades.csv", grades(run, by_hand))
    write(out / "report.html", summary(run, by_hand))
    of_student = defaultdict(list)
    for result in run.results:
        of_student[result["student"]].append(result)
    for student, results in of_student.items():
        page = feedback(student, results, run.assignments, by_hand)
        write(out / "feedback" / f"{file_name(student)}.html", page)


def points_of(result: Result, name: str, by_hand: ByHand) -> Points:
    """Return the points of a question; a teacher's take the place of a program's."""
    key = (result["student"], result["assignment"], name)
    return by_hand.get(key, result["questions"][name]["points"])


def columns(run: Run) -> list[tuple[str, Exercise]]:
    """Return the questions of the assignments that somebody handed in, in their order."""
    handed_in = {one.assignment for one in run.found}
    return [
        (assignment, exercise)
        for assignment, exercises in run.assignments.items()
        if assignment in handed_in
        for exercise in exercises
    ]


def grades(run: Run, by_hand: ByHand) -> str:
    """Return the table as CSV: a row for each student, a column for each question.

    A cell is empty where nothing was handed in or points by hand are missing; ``remark`` says so.
    """
    questions = columns(run)
    of_student: dict[str, dict[str, Result]] = {one.student: {} for one in run.found}
    for result in run.results:
        of_student[result["student"]][result["assignment"]] = result
    remarks = _remarks(run, by_hand)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["student", *[one.name for _, one in questions], "total", "of", "remark"])
    for student, results in sorted(of_student.items()):
        points = [
            points_of(results[assignment], one.name, by_hand) if assignment in results else None
            for assignment, one in questions
        ]
        graded = [number(p) for p in points]
        total = number(sum(p for p in points if p is not None)) if results else ""
        most = sum(one.points for _, one in questions)
        safe = f"'{student}" if student.startswith(FORMULA) else student
        table.writerow([safe, *graded, total, most, "; ".join(remarks[student])])
    return text.getvalue()


def number(points: Points) -> str:
    """Return points as text, without a needless fraction; "" for None.

    >>> number(2.0), number(1.5), number(None)
    ('2', '1.5', '')
    """
    return "" if points is None else f"{points:g}"


def _remarks(run: Run, by_hand: ByHand) -> dict[str, list[str]]:
    """Return what a student's row does not tell: why there is no grade, what is still open."""
    remarks: dict[str, list[str]] = defaultdict(list)
    for one in run.doubtful:
        remarks[one.student].append(f"not graded: {one.path}: {one.doubt}")
    for student, assignment in sorted(run.failed):
        remarks[student].append(f"not graded: infrastructure ({assignment})")
    known = {(one["student"], one["assignment"]) for one in run.results} | set(run.failed)
    for found in run.found:
        if not found.doubt and (found.student, found.assignment) not in known:
            remarks[found.student].append(f"not graded yet: {found.assignment}")
    for result in run.results:
        names = result["questions"]
        remarks[result["student"]] += unreadable(result)
        missing = [name for name in names if points_of(result, name, by_hand) is None]
        if missing:
            remarks[result["student"]].append(f"by hand: {', '.join(missing)}")
    return remarks


def unreadable(result: Result) -> list[str]:
    """Return why a whole notebook earned nothing, in a list of one sentence or none."""
    reasons = {question["reason"] for question in result["questions"].values()}
    return [note for note in result["notes"] if reasons == {note}]


def summary(run: Run, by_hand: ByHand) -> str:
    """Return the teacher's page: histograms of all questions, groups passed, notes, no grades."""
    parts = [f"<p>{len(run.results)} notebooks graded.</p>"]
    if lines := [*_ungraded(run)]:
        parts += ["<h2>Without a grade</h2>", _list(lines)]
    for assignment, exercise in columns(run):
        results = [one for one in run.results if one["assignment"] == assignment]
        parts += [f"<h2>{_foldable(exercise.name)} <small>({escape(assignment)})</small></h2>"]
        parts += [_histogram(exercise, results, by_hand), _groups(exercise, results)]
    notes = [
        f"{one['student']}, {one['assignment']}: {line}"
        for one in run.results
        for line in [*one["notes"], *one["limits"]]
    ]
    parts += ["<h2>Notes and limits</h2>", _list(notes) if notes else "<p>None.</p>"]
    return PAGE.format(title="Grading report", style=STYLE, body="\n".join(parts))


def _ungraded(run: Run) -> list[str]:
    lines = [f"{one.student} ({one.path}): {one.doubt}" for one in run.doubtful]
    return lines + [
        f"{s}, {a}: infrastructure: {why}" for (s, a), why in sorted(run.failed.items())
    ]


def _list(lines: list[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def _histogram(exercise: Exercise, results: list[Result], by_hand: ByHand) -> str:
    points = [points_of(result, exercise.name, by_hand) for result in results]
    counts = Counter(int(p) for p in points if p is not None)
    most = max([*counts.values(), 1])
    rows = [
        f'<tr><td class="n">{value}</td><td class="n">{counts[value]}</td>'
        f'<td class="bar"><span style="width:{100 * counts[value] / most:.0f}%"></span></td></tr>'
        for value in range(exercise.points + 1)
    ]
    if missing := points.count(None):
        rows.append(f'<tr><td>by hand</td><td class="n">{missing}</td><td></td></tr>')
    head = "<th>points</th><th>students</th><th>share of the most frequent</th>"
    return _table(f"Points for {exercise.name}", head, rows)


def _groups(exercise: Exercise, results: list[Result]) -> str:
    if not isinstance(exercise, Code):
        return ""
    questions = [result["questions"][exercise.name] for result in results]
    rows = [
        f'<tr><td>{escape(group)}</td><td class="n">{points}</td><td class="n">'
        f"{sum(question['groups'].get(group, False) for question in questions)}</td></tr>"
        for group, points in exercise.groups.items()
    ]
    head = "<th>group of cases</th><th>points</th><th>students who passed</th>"
    return _table(f"Groups of {exercise.name}", head, rows)


def _table(caption: str, head: str, rows: list[str]) -> str:
    head = head.replace("<th>", '<th scope="col">')
    return (
        f'<div class="wide"><table><caption>{escape(caption)}</caption><thead><tr>{head}</tr>'
        f"</thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def feedback(
    student: str,
    results: list[Result],
    assignments: Mapping[str, tuple[Exercise, ...]],
    by_hand: ByHand,
) -> str:
    """Return a student's page: points, groups and hints; no inputs, no expected values."""
    parts = []
    for result in results:
        exercises = {one.name: one for one in assignments[result["assignment"]]}
        rows, total, most = [], 0.0, 0
        for name, question in result["questions"].items():
            points = points_of(result, name, by_hand)
            total, most = total + (points or 0), most + question["max"]
            shown = "open" if points is None else number(points)
            advice = _advice(exercises.get(name), question, points)
            words = "<br>".join(escape(line) for line in advice)
            rows.append(
                f'<tr><th scope="row">{_foldable(name)}</th>'
                f'<td class="n">{shown} of {question["max"]}</td><td>{words}</td></tr>'
            )
        parts.append(f"<h2>{escape(result['assignment'])}: {number(total)} of {most}</h2>")
        head = "<th>question</th><th>points</th><th>what to look at</th>"
        parts.append(_table("Points and hints", head, rows))
        parts += [_list(lines) for lines in (result["notes"], result["limits"]) if lines]
    title = f"Feedback for {escape(student)}"
    return PAGE.format(title=title, style=STYLE, body="\n".join(parts))


def _foldable(name: str) -> str:
    """Return a name that may go on in the next line after each of its words."""
    return re.sub("([-_])", r"\1<wbr>", escape(name))


def _advice(exercise: Exercise | None, question: Question, points: Points) -> list[str]:
    """Return what helps a student, in sentences."""
    if points == question["max"]:
        return ["All right."]
    if question["points"] is None and points is not None:
        return ["Read by your teacher." if points else "No answer, or nothing of what was asked."]
    lines = [question["reason"]] if question["reason"] else []
    if isinstance(exercise, Code):
        passed = [group for group, right in question["groups"].items() if right]
        lost = [group for group, right in question["groups"].items() if not right]
        lines += [f"Passed: {', '.join(passed)}."] if passed else []
        lines += [f"{group}: {plain(exercise.hints[group])}" for group in lost]
    if isinstance(exercise, Quiz) and (said := question["detail"].get("answer")) in exercise.why:
        lines.append(f"{said}: {plain(exercise.why[said])}")
    return lines
