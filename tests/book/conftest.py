"""Fixtures for the tests of the book: a small site, a small book, and the real site."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
for folder in (ROOT, ROOT / "_ext"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from tools.audit_site import Site  # noqa: E402

WORDS = "A kernel slides over the picture and leaves one number at each stop. " * 12
PAGE = """<!DOCTYPE html>
<html lang="en">
<head><title>{title}</title><link rel="stylesheet" href="{up}_static/book.css?v=1">
<script src="{up}_static/book.js"></script></head>
<body><main><article><h1 id="top">{title}</h1><p>{words}</p>
{body}
</article></main></body>
</html>
"""
CHAPTER = """<a class="btn btn-download-notebook-button" href="one.ipynb" download>Notebook</a>
<h2 id="part">A part</h2>
<div class="cell"><div class="cell_input"><pre>corr2d(X, K)</pre></div>
<div class="cell_output"><pre>tensor([[19., 25.]])</pre>
<img src="../_images/plot.png" alt="Two lines">
</div></div>
<div id="shape" data-d2lx="conv_shape"><script type="application/json">{"n":6}</script>
<div class="d2lx-still"><table><tr><td>1</td></tr></table></div></div>
<a href="../index.html">Home</a>"""
NOTEBOOK = {
    "cells": [{"cell_type": "code", "execution_count": 1, "source": "corr2d(X, K)", "outputs": []}],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 5,
}


def write(path: Path, content: str | bytes) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)


@pytest.fixture
def small_site(tmp_path: Path) -> Site:
    """Return a site of two pages, written by hand, in which the audit finds nothing."""
    toc = tmp_path / "book/_toc.yml"
    root = tmp_path / "book/_build/html"
    write(toc, "format: jb-book\nroot: index\nchapters:\n- file: chapters/one\n")
    home = '<h2>Start</h2><a href="chapters/one.html#part">Read</a>'
    write(root / "index.html", PAGE.format(title="Home", up="", words=WORDS, body=home))
    one = PAGE.format(title="One", up="../", words=WORDS, body=CHAPTER)
    write(root / "chapters/one.html", one)
    write(root / "chapters/one.ipynb", json.dumps(NOTEBOOK))
    write(root / "_sources/chapters/one.md", "# One\n")
    write(root / "_static/book.css", '@font-face { src: url("fonts/math.woff2") }')
    write(root / "_static/fonts/math.woff2", b"font")
    write(root / "_static/book.js", "'use strict';")
    write(root / "_static/explorer-conv_shape.js", '(()=>{var s={needs:{n:"some-numbers"}}})();')
    write(root / "_static/some-numbers.js", 'd2lminiData("some-numbers",6)')
    write(root / "_images/plot.png", b"picture")
    return Site(root, toc)


HEADER = """---
jupytext: {text_representation: {extension: .md, format_name: myst}}
kernelspec: {display_name: Python 3, language: python, name: python3}
---

"""


class Book:
    """A small book under the project's own settings, extensions and templates."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.html = folder / "_build/html"
        for name in ("_ext", "_templates", "assets"):
            (folder / name).symlink_to(ROOT / name)
        for name in ("_config.yml", "references.bib"):
            shutil.copy(ROOT / name, folder)
        write(
            folder / "_toc.yml", "format: jb-book\nroot: index\nchapters:\n- file: chapters/one\n"
        )
        write(folder / "index.md", f"# Home\n\n{WORDS}\n\n[Read](chapters/one.md)\n")
        write(folder / "chapters/one.ipynb", json.dumps(NOTEBOOK))
        self.chapter("1 + 1")

    def chapter(self, cell: str, text: str = WORDS) -> None:
        """Write the only chapter: some text and one cell."""
        cells = f"```{{code-cell}} ipython3\n{cell}\n```\n"
        write(self.folder / "chapters/one.md", f"{HEADER}# One\n\n{text}\n\n{cells}")

    def settings(self, change: Callable[[dict], None]) -> None:
        """Change the settings of this book."""
        path = self.folder / "_config.yml"
        settings = yaml.safe_load(path.read_text("utf-8"))
        change(settings)
        path.write_text(yaml.safe_dump(settings), encoding="utf-8")

    def build(self) -> subprocess.CompletedProcess[str]:
        """Build the book as `make site` does; return status and log."""
        start = "from jupyter_book.cli.main import main; main()"
        # -P: the folder of the book must not hide the installed package
        command = [sys.executable, "-P", "-c", start, "build", ".", "-W", "-n", "--keep-going"]
        env = os.environ | {"D2LMINI_QUIET": "1", "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"}
        return subprocess.run(
            command,
            cwd=self.folder,
            env=env,
            text=True,
            encoding="utf-8",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
        )


@pytest.fixture
def book(tmp_path: Path) -> Book:
    """Return a small book, not built yet."""
    (tmp_path / "small").mkdir()
    return Book(tmp_path / "small")


@pytest.fixture(scope="session")
def real_site() -> Site:
    """Return the built website of this checkout."""
    site = Site(ROOT / "_build/html", ROOT / "_toc.yml")
    if not (site.root / "index.html").exists():
        pytest.fail("there is no _build/html: run `make site` first")
    return site
