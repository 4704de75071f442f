"""The gate: a failing chapter never becomes a published page, and the cache is honest."""

import re
import time
from pathlib import Path

import pytest

from tests.book.conftest import Book

pytestmark = pytest.mark.slow


def test_a_failing_cell_fails_the_build_every_time(book: Book) -> None:
    book.chapter("1 / 0")
    for attempt in ("first", "second"):
        done = book.build()
        assert done.returncode != 0, f"the {attempt} build let a failing cell through"
        assert "ZeroDivisionError" in done.stdout, attempt


def test_a_warning_printed_by_a_cell_fails_the_build(book: Book) -> None:
    book.chapter("import sys; print('lost', file=sys.stderr)")
    done = book.build()
    assert done.returncode != 0
    assert "stderr" in done.stdout


def test_a_page_without_the_full_data_is_built_and_says_so(
    book: Book, monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv("D2LMINI_OFFLINE", "1")
    monkeypatch.setenv("D2LMINI_CACHE", str(tmp_path / "empty"))
    monkeypatch.delenv("D2LMINI_DATA", raising=False)
    book.chapter(
        "import pathlib\nfrom d2lmini import data, sources\n"
        "sources.SYSTEM = pathlib.Path('missing')\nprint(data.fashion_mnist().note)"
    )
    done = book.build()
    assert done.returncode == 0, done.stdout
    page = (book.folder / "_build/html/chapters/one.html").read_text("utf-8")
    assert "the embedded subset stands in" in page and "These data are the embedded subset" in page


def test_broken_tex_fails_the_build_and_names_the_page(book: Book) -> None:
    book.settings(lambda s: s["execute"].update(execute_notebooks="off"))
    book.chapter("1 + 1", text=r"A formula: $\undefinedmacro{x}$.")
    done = book.build()
    assert done.returncode != 0
    assert re.search(r"chapters/one, line \d+: .*undefinedmacro", done.stdout), done.stdout


def test_a_missing_chapter_fails_the_build(book: Book) -> None:
    (book.folder / "chapters/one.md").unlink()
    assert book.build().returncode != 0


def test_a_broken_reference_fails_the_build(book: Book) -> None:
    book.settings(lambda s: s["execute"].update(execute_notebooks="off"))
    book.chapter("1 + 1", text="See [this](#no-such-place).")
    assert book.build().returncode != 0


def test_cells_run_again_only_when_what_they_import_changed(book: Book, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    package = book.folder / "d2lmini/ops.py"
    package.parent.mkdir()
    package.write_text("step = 1", encoding="utf-8")
    book.chapter(f"with open({str(runs)!r}, 'a') as file:\n    file.write('x')")

    def build() -> str:
        done = book.build()
        assert done.returncode == 0, done.stdout
        return runs.read_text("utf-8")

    assert build() == "x"
    start = time.monotonic()
    assert build() == "x", "an untouched book must execute nothing"
    assert time.monotonic() - start < 60
    package.write_text("step = 2", encoding="utf-8")
    assert build() == "xx", "a changed package must be executed"
    package.write_text("step = 1", encoding="utf-8")
    assert build() == "xx", "undoing a change must find the old results"
