"""``python -m d2lmini.grading SUBMISSIONS OUT``: grade a folder of notebooks."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from d2lmini.grading.run import NoSandbox, Options
from d2lmini.grading.workers import NoWorker

CODES = """\
exit codes
  0  every submission is graded
  2  an option does not fit; nothing was graded
  3  this machine, or every worker, has no sandbox; nothing was graded
  4  a job was lost twice, or failed for a reason that is not the student's: it has no grade
  5  a submission has no grade because nobody can tell whose or which it is
  130  ended by Ctrl-C; what was graded is kept, the same command goes on
"""


def parser() -> argparse.ArgumentParser:
    """Return the options of the command line."""
    made = argparse.ArgumentParser(
        prog="python -m d2lmini.grading",
        description="Grade a folder of submitted notebooks. Students' code runs in a sandbox only.",
        epilog=CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = made.add_argument
    add("submissions", type=Path, help="STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb, or STUDENT.ipynb")
    add("out", type=Path, help="folder for grades, feedback, gradebook; a second run goes on")
    add("--seed", type=int, help="of the inputs; drawn, and kept in OUT, when not given")
    add("--only", default="", metavar="STUDENT", help="grade this student alone")
    add("--explain", action="store_true", help="grade again and tell the inputs that failed")
    add("--assignment", default="", help="which one the notebooks of a flat folder are")
    add("--specs", default="", metavar="DIR", help="folder of private exercises, STEM.py each")
    add("--jobs", type=int, default=0, help="processes; one for each processor when not given")
    add("--dask", default="", metavar="TCP", help="address of a Dask scheduler: grade there")
    add("--course", type=Path, default=Path("assignments"), help="what `make release` wrote")
    add("--no-books", action="store_true", help="leave nbgrader's gradebook alone")
    return made


def main(arguments: list[str] | None = None) -> int:
    """Grade, report, and return the exit code."""
    given = parser().parse_args(arguments)
    options = Options(
        submissions=given.submissions,
        out=given.out,
        dask=given.dask,
        seed=given.seed,
        only=given.only,
        explain=given.explain,
        specs=given.specs,
        assignment=given.assignment,
        jobs=given.jobs,
        books=None if given.no_books else given.course,
    )
    try:
        return finish(options)
    except ValueError as problem:
        print(problem, file=sys.stderr)
        return 2
    except (NoSandbox, NoWorker) as problem:
        print(problem, file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("\nended; what was graded is kept, the same command goes on", file=sys.stderr)
        return 130


def finish(options: Options) -> int:
    """Grade, keep the books, write the reports; return the exit code."""
    from d2lmini.grading import report, run

    done = run.grade(options)
    by_hand: dict[tuple[str, str, str], float] = {}
    if options.books is not None:
        from d2lmini.grading import books

        by_hand = books.keep(options.out, options.books, done)
    report.write_reports(options.out, done, by_hand)
    if options.explain:
        print(run.explain(done, options.only))
    kept = len(done.results) - done.graded
    print(f"{done.graded} graded, {kept} kept from before: {options.out / 'grades.csv'}")
    for line in run.complaints(done):
        print(line, file=sys.stderr)
    return 4 if done.failed else 5 if done.doubtful else 0


if __name__ == "__main__":
    sys.exit(main())
