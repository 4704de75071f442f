"""Let nbgrader keep the books: its gradebook, filled with our verdicts; nothing is executed.

``OUT/books`` is an nbgrader course. A teacher opens it with formgrader and gives points by hand;
after the next ``make grade`` these stand in the table too.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import warnings
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from d2lmini.grading.escaping import presentable
from d2lmini.grading.folders import Submission
from d2lmini.grading.grade import Question, Result
from d2lmini.grading.run import Run, progress
from d2lmini.grading.store import file_name, write

CONFIG = """\
# nbgrader's settings for these books; started in this folder, formgrader shows the grades
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException

c = get_config()
c.CourseDirectory.course_id = "d2lmini"
WHY = "nothing is run here: give the same `make grade` again"


def refuse(step):
    step.log.error(WHY)
    raise NbGraderException(WHY)


# nbgrader's own step would run students' code on this machine, without a sandbox
Autograde.start = refuse
"""
ByHand = dict[tuple[str, str, str], float]
Pairs = dict[tuple[str, str], tuple[Submission, Result]]  # by folder's name and assignment


def keep(out: Path, course: Path, run: Run) -> ByHand:
    """Fill ``OUT/books``, and return the points that a teacher gave there.

    Args:
        out: the run's folder.
        course: holds ``release/ASSIGNMENT/ASSIGNMENT.ipynb``, as ``make release`` writes it.
        run: what was graded.

    Returns:
        student, assignment and question to points; an untouched answer in words has 0.

    Raises:
        ValueError: nbgrader refused; the message holds what it said.
    """
    try:
        import nbgrader.api  # noqa: F401
    except ImportError:
        print("no gradebook: nbgrader is missing (pip install nbgrader)", file=sys.stderr)
        return {}
    handed_in = {(one.student, one.assignment): one for one in run.found if not one.doubt}
    by_assignment: dict[str, Pairs] = defaultdict(dict)
    for result in run.results:
        one = handed_in[result["student"], result["assignment"]]
        by_assignment[one.assignment][file_name(one.student), one.assignment] = (one, result)
    folder, points = out.resolve() / "books", ByHand()
    # nbgrader starts alembic by name
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for assignment, pairs in by_assignment.items():
        release = course / "release" / assignment / f"{assignment}.ipynb"
        if not release.is_file():
            print(
                f"no gradebook for {assignment}: `make release` writes {release}", file=sys.stderr
            )
            continue
        write(folder / "nbgrader_config.py", CONFIG)
        open_assignment(folder, assignment, release.read_bytes())
        cells = json.loads(release.read_text(encoding="utf-8"))["cells"]
        changed = [
            name for name, _ in pairs if _hand_in(folder, cells, name, *pairs[name, assignment])
        ]
        if changed:
            with progress(len(changed), f"books of {assignment}") as bar:
                _autograde(folder, assignment, pairs, bar.update)
        points |= _points(
            folder, assignment, pairs, [one.name for one in run.assignments[assignment]]
        )
    return points


def _config(folder: Path) -> Any:
    from traitlets.config import Config

    config = Config()
    config.CourseDirectory.root = str(folder)
    config.CourseDirectory.course_id = "d2lmini"
    config.OverwriteCells.add_missing_cells = True
    return config


def _start(folder: Path, kind: Any, config: Any, assignment: str, **options: Any) -> None:
    """Run a step of nbgrader in this process."""
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.utils import capture_log

    course = CourseDirectory(config=config)
    course.assignment_id = assignment
    step = kind(coursedir=course, config=config)
    for name, value in options.items():
        setattr(step, name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of SQLAlchemy about nbgrader's own code
        done = capture_log(step)
    if not done["success"]:
        raise ValueError(f"nbgrader: {done.get('error') or ''}\n{done['log']}")


def open_assignment(folder: Path, assignment: str, release: bytes) -> None:
    """Tell the gradebook which cells an assignment has, once."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.preprocessors import SaveCells

    source = folder / "source" / assignment / f"{assignment}.ipynb"
    if source.is_file() and source.read_bytes() == release:
        return
    config = _config(folder)
    write(source, release)
    try:
        _start(
            folder, GenerateAssignment, config, assignment,
            preprocessors=[SaveCells], force=True, create_assignment=True,
        )  # fmt: skip
    except ValueError:
        source.unlink()
        raise


def _hand_in(
    folder: Path, released: list[dict[str, Any]], name: str, one: Submission, result: Result
) -> bool:
    """Put a submission where nbgrader looks for it; say whether it or its verdict is new."""
    place = folder / "submitted" / name / one.assignment
    remark = f"**Not graded:** {one.problem}." if one.problem else ""
    book = presentable(one.text, released, remark)
    new = {f"{one.assignment}.ipynb": book, "timestamp.txt": one.stamp}
    verdict = folder / "verdicts" / name / f"{one.assignment}.json"
    new_verdict = json.dumps(result, sort_keys=True)
    kept = {key: _text(place / key) for key in new} | {"": _text(verdict)}
    graded = folder / "autograded" / name / one.assignment
    if kept == new | {"": new_verdict} and graded.is_dir():
        return False
    shutil.rmtree(graded, ignore_errors=True)
    for key, text in new.items():
        if text:
            write(place / key, text)
        else:
            (place / key).unlink(missing_ok=True)
    write(verdict, new_verdict)
    return True


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _autograde(folder: Path, assignment: str, pairs: Pairs, tell: Callable[[], object]) -> None:
    """Let nbgrader write grades and notebooks of all submissions that are new; tell of each."""
    from nbconvert.preprocessors import ClearMetadataPreprocessor
    from nbgrader import preprocessors as steps
    from nbgrader.converters import Autograde

    results = {key: result for key, (_, result) in pairs.items()}

    class Verdicts(steps.NbGraderPreprocessor):  # type: ignore[misc]
        """Put the verdicts where nbgrader looks for outputs; nothing is executed."""

        def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
            about = resources["nbgrader"]
            result = results[about["student"], about["assignment"]]
            for cell in nb.cells:
                if cell.cell_type == "code":
                    cell.outputs = []
                    fill(cell, result["questions"])
            tell()
            return nb, resources

    # without CheckCellMetadata, which ran before these, and took a quarter of all the time
    kept = (steps.IgnorePattern, ClearMetadataPreprocessor, steps.LimitOutput, steps.SaveAutoGrades,
            steps.AssignLatePenalties)  # fmt: skip
    config = _config(folder)
    _start(folder, Autograde, config, assignment, autograde_preprocessors=[Verdicts, *kept])


def fill(cell: Any, questions: dict[str, Question]) -> None:
    """Give a graded cell the output that nbgrader turns into points.

    Its rule is: no error, full points. So the error stands first, and goes only for points.
    """
    from nbformat.v4 import new_output

    about = cell.metadata.get("nbgrader", {})
    if not about.get("grade") or about.get("solution"):
        return
    cell.outputs = [_error("no result")]
    by_variable = {name.replace("-", "_"): question for name, question in questions.items()}
    question = by_variable.get(about["grade_id"].removeprefix("check-"))
    if question is None:
        return
    points = min(question["points"] or 0, about["points"])
    if points <= 0:
        cell.outputs = [_error(question["reason"])]
        return
    said = f"{points:g} of {about['points']:g} points. {question['reason']}".strip()
    cell.execution_count = 1
    cell.outputs = [
        new_output("execute_result", data={"text/plain": f"{points:g}"}, execution_count=1),
        new_output("stream", name="stdout", text=said + "\n"),
    ]


def _error(reason: str) -> Any:
    from nbformat.v4 import new_output

    return new_output("error", ename="NoPoints", evalue=reason, traceback=[reason])


def _points(folder: Path, assignment: str, pairs: Pairs, names: list[str]) -> ByHand:
    """Return a teacher's points, and nbgrader's 0 for an untouched answer in words."""
    from nbgrader.api import Gradebook

    points = ByHand()
    by_cell = {
        cell: name
        for name in names
        for cell in (name.replace("-", "_"), f"check-{name.replace('-', '_')}")
    }
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", "d2lmini") as gradebook:
        for submission in gradebook.assignment_submissions(assignment):
            if (submission.student_id, assignment) not in pairs:
                continue
            one, result = pairs[submission.student_id, assignment]
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    name = by_cell.get(grade.name)
                    if name is None or name not in result["questions"]:
                        continue
                    words = result["questions"][name]["points"] is None
                    given = grade.manual_score
                    given = grade.auto_score if given is None and words else given
                    if given is not None:
                        points[one.student, assignment, name] = given
    return points
