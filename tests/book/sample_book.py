"""A small book in a temporary folder, for tests of the tools that read chapters."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from nbformat import v4

from tools.chapters import ROOT, Book, read_book, read_cells, read_labels
from tools.export_notebooks import assemble, code_cells, digest_of, dumps, package_digest

HEADER = """\
---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

"""


def make_book(folder: Path, address: str = "", baseurl: str = "", **chapters: str) -> Book:
    """Write a book with these chapters (name to text without header) and return its settings."""
    (folder / "chapters").mkdir(parents=True, exist_ok=True)
    html = f"html: {{baseurl: '{baseurl}'}}\n" if baseurl else ""
    config = f"repository: {{url: '{address}', branch: main}}\n{html}"
    (folder / "_config.yml").write_text(config)
    files = "".join(f"- file: chapters/{name}\n" for name in chapters)
    (folder / "_toc.yml").write_text(f"format: jb-book\nroot: index\nchapters:\n{files}")
    (folder / "index.md").write_text("# Home\n")
    for name, text in chapters.items():
        (folder / "chapters" / f"{name}.md").write_text(HEADER + text, encoding="utf-8")
    shutil.copy(ROOT / "chapters" / "conftest.py", folder / "chapters")
    return read_book(folder)


def write_notebook(book: Book, name: str, texts: dict[int, str] | None = None) -> Path:
    """Write a chapter's notebook as the exporter would, with made-up outputs and no kernel."""
    path = book.root / "chapters" / f"{name}.md"
    cells = read_cells(path)
    code = code_cells(book, cells)
    for i, cell in enumerate(code):
        cell["execution_count"] = i + 1
        if i in (texts or {}):
            output = v4.new_output(
                "execute_result", {"text/plain": texts[i]}, execution_count=i + 1
            )
            cell["outputs"] = [output]
    notebook = assemble(book, read_labels(book), path, cells, code)
    digest = digest_of([cell.source for cell in code], package_digest(book.root))
    notebook.metadata["d2lmini"]["outputs"] = digest
    path.with_suffix(".ipynb").write_text(dumps(notebook), encoding="utf-8")
    return path.with_suffix(".ipynb")


def edit(notebook: Path, old: str, new: str) -> None:
    """Replace text in a notebook file, exactly once."""
    text = notebook.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
    notebook.write_text(text.replace(old, new), encoding="utf-8")
    json.loads(notebook.read_text(encoding="utf-8"))


def nbval(book: Book, *extra: str, **env: str) -> tuple[dict[str, int], str]:
    """Run nbval over a book's notebooks; return counts of outcomes and what it printed."""
    import os
    import re

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", "-p", "no:cacheprovider"]
        + ["--nbval-cell-timeout", "60", "--color=no", "-ra", f"--rootdir={book.root}", *extra]
        + [str(path) for path in sorted((book.root / "chapters").glob("*.ipynb"))],
        cwd=book.root,
        env={key: value for key, value in os.environ.items() if key != "CI"} | env,
        capture_output=True,
        text=True,
        timeout=300,
    )
    printed = done.stdout + done.stderr
    counts = {
        word: int(n) for n, word in re.findall(r"(\d+) (passed|failed|skipped|error)", printed)
    }
    return counts, printed
