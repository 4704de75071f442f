"""Make the assignments from the chapters: what an instructor keeps and what students get.

    python tools/release.py                  # every chapter with exercises; runs nbgrader
    python tools/release.py pooling          # this one
    python tools/release.py --check          # without nbgrader: exits 1 when one is stale

Tasks, empty functions and solutions stand once, in ``chapters/NAME.md``. From them this writes
``assignments/source/NAME/NAME.ipynb``, with the solutions, and lets nbgrader make
``assignments/release/NAME/NAME.ipynb`` of it. Both are the same bytes while a chapter stays.
"""

import argparse
import os
import sys
from pathlib import Path

import nbformat

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.assignment import FOLDER, Assignment, alike, read_assignment, released, source_notebook
from tools.chapters import ROOT, Book, ChapterError, read_book, read_labels
from tools.export_notebooks import dumps

CONFIG = "nbgrader_config.py"


def stale(given: Assignment) -> str | None:
    """Say how the committed notebook differs from its chapter, None when it does not."""
    name = f"{FOLDER}/release/{given.name}/{given.name}.ipynb"
    if not given.file("release").exists():
        return f"{name} is missing: run `make release`"
    kept = alike(nbformat.read(given.file("release"), as_version=4))
    made = alike(released(source_notebook(given)))
    for i, (ours, theirs) in enumerate(zip(made, kept, strict=False)):
        if ours != theirs:
            return f"{name}: cell {i} is not what {given.path.name} says: run `make release`"
    if len(made) != len(kept):
        return (
            f"{name} has {len(kept)} cells, {given.path.name} gives {len(made)}: run `make release`"
        )
    return None


# ---------------------------------------------------------------- nbgrader


def generate(course: Path, names: list[str]) -> None:
    """Let nbgrader make the students' notebooks of a course folder.

    Raises:
        ValueError: nbgrader is missing, or it refuses; the message holds what it says.
    """
    try:
        from nbgrader.converters import GenerateAssignment
        from nbgrader.coursedir import CourseDirectory
        from nbgrader.utils import capture_log
    except ModuleNotFoundError as missing:
        raise ValueError(f"{missing}: `make env` installs nbgrader") from None
    from traitlets.config import PyFileConfigLoader

    # nbgrader starts alembic by name
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    config = PyFileConfigLoader(CONFIG, path=str(course)).load_config()
    config.CourseDirectory.root = str(course)
    for name in names:
        folder = CourseDirectory(config=config)
        folder.assignment_id = name
        app = GenerateAssignment(coursedir=folder, config=config)
        app.force = app.create_assignment = True
        done = capture_log(app)
        if not done["success"]:
            raise ValueError(f"nbgrader: {done.get('error') or done['log']}")


def write(given: Assignment) -> bool:
    """Write an assignment's source; return whether it changed or has no release yet."""
    text, file = dumps(source_notebook(given)), given.file("source")
    if file.exists() and file.read_text(encoding="utf-8") == text and not stale(given):
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8", newline="\n")
    return True


def assignments(book: Book, names: list[str] | None = None) -> list[Assignment]:
    """Return the assignments of the book, all or those named."""
    labels = read_labels(book)
    found = [read_assignment(book, labels, path) for path in book.chapters(names)]
    return [one for one in found if one]


def main(arguments: list[str] | None = None) -> int:
    """Run from a command line."""
    parser = argparse.ArgumentParser(description="Make the assignments from the chapters.")
    parser.add_argument("names", nargs="*", help="chapters, all if none is named")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when stale")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        every = assignments(read_book(options.root.resolve()), options.names)
        if options.check:
            found = [problem for one in every if (problem := stale(one))]
            print("\n".join(found) or f"assignments: {len(every)} as their chapters say")
            return int(bool(found))
        changed = [one.name for one in every if write(one)]
        generate(options.root.resolve() / FOLDER, changed)
    except (ChapterError, ValueError, FileNotFoundError) as error:
        print(error, file=sys.stderr)
        return 1
    for one in every:
        done = "written" if one.name in changed else "unchanged"
        print(f"{FOLDER}/release/{one.name}/{one.name}.ipynb: {done}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
