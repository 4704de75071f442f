"""A committed notebook is what its chapter says, and its outputs are fresh."""

import nbformat
import pytest

from tests.book.sample_book import edit, make_book, write_notebook
from tools.chapters import ROOT, read_book, read_labels
from tools.export_notebooks import main, package_digest, problems

PAGES = sorted(path.stem for path in (ROOT / "chapters").glob("*.md"))
CHAPTERS = [path.stem for path in read_book().chapters()]  # those with code cells
TEXT = """\
# Sample

One line.

```{code-cell} ipython3
6 * 7
```

And another.
"""


def found(book):
    path = book.root / "chapters" / "sample.md"
    return problems(book, read_labels(book), path, package_digest(book.root))


@pytest.fixture
def book(tmp_path):
    """Return a small book whose notebook is as its source says."""
    book = make_book(tmp_path, sample=TEXT)
    write_notebook(book, "sample", {1: "42"})
    assert found(book) == []
    return book


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_notebook_is_what_the_chapter_says(name):
    book = read_book()
    path = ROOT / "chapters" / f"{name}.md"
    assert problems(book, read_labels(book), path, package_digest()) == []


def test_every_chapter_is_in_the_contents():
    listed = {page for page in read_book().pages if page.startswith("chapters/")}
    assert CHAPTERS and listed == {f"chapters/{name}" for name in PAGES}


def test_a_page_without_cells_has_no_notebook(tmp_path, capfd):
    words = "# Words\n\n````text\n```{code-cell} ipython3\n1\n```\n````\n"
    book = make_book(tmp_path, sample=TEXT, words=words)
    assert [path.stem for path in book.chapters()] == ["sample"]
    assert main([f"--root={book.root}", "words"]) == 1
    assert "no chapter named 'words' has code cells: there are ['sample']" in capfd.readouterr().err
    write_notebook(book, "sample", {1: "42"})
    assert main([f"--root={book.root}", "--check"]) == 0
    assert "words" not in capfd.readouterr().out


def test_a_word_edited_in_the_notebook_is_found(book):
    edit(book.root / "chapters" / "sample.ipynb", "And another.", "And a third.")
    assert found(book) == [
        "chapters/sample.ipynb: cell 3 is not what sample.md says: run `make notebooks`"
    ]


def test_a_word_edited_in_the_chapter_is_found(book):
    path = book.root / "chapters" / "sample.md"
    path.write_text(path.read_text().replace("One line.", "Two lines."))
    assert ["cell 1 is not" in problem for problem in found(book)] == [True]


def test_code_edited_in_the_chapter_makes_outputs_stale(book):
    path = book.root / "chapters" / "sample.md"
    path.write_text(path.read_text().replace("6 * 7", "6 * 8"))
    assert ["outputs are older" in problem for problem in found(book)] == [True, False]


def test_a_changed_package_makes_outputs_stale(book):
    (book.root / "d2lmini").mkdir()
    (book.root / "d2lmini" / "ops.py").write_text("x = 1\n")
    assert ["outputs are older" in problem for problem in found(book)] == [True]


def test_a_changed_record_makes_outputs_stale(book):
    (book.root / "d2lmini" / "stored").mkdir(parents=True)
    (book.root / "d2lmini" / "stored" / "lenet.json").write_text("{}")
    assert ["outputs are older" in problem for problem in found(book)] == [True]


def test_a_cell_added_to_the_notebook_is_found(book):
    file = book.root / "chapters" / "sample.ipynb"
    notebook = nbformat.read(file, as_version=4)
    notebook.cells.append(nbformat.v4.new_markdown_cell("more"))
    nbformat.write(notebook, file)
    assert found(book) == ["chapters/sample.ipynb: 5 cells or other metadata, sample.md gives 4"]


def test_a_missing_notebook_is_found(book, capfd):
    (book.root / "chapters" / "sample.ipynb").unlink()
    assert found(book) == ["chapters/sample.ipynb is missing: run `make notebooks`"]
    assert main([f"--root={book.root}", "--check"]) == 1
    assert "is missing" in capfd.readouterr().out


def test_prose_is_brought_over_without_running_anything(book, monkeypatch, capfd):
    path = book.root / "chapters" / "sample.md"
    path.write_text(path.read_text().replace("One line.", "Two lines."))
    monkeypatch.setattr("tools.export_notebooks.execute", lambda *_: pytest.fail("executed"))
    assert main([f"--root={book.root}"]) == 0
    assert "written (text only" in capfd.readouterr().out
    assert found(book) == []
    assert '"42"' in (book.root / "chapters" / "sample.ipynb").read_text()


def test_an_unknown_chapter_is_named_with_those_that_exist(book, capfd):
    assert main([f"--root={book.root}", "nosuch"]) == 1
    assert (
        "no chapter named 'nosuch' has code cells: there are ['sample']" in capfd.readouterr().err
    )
