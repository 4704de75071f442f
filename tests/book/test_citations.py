"""Citations: every key exists, every source is used, page and notebook say the same."""

import re

import pytest
from pybtex.database import parse_file

from tests.book.conftest import Book
from tests.book.sample_book import HEADER, make_book
from tools.chapters import ROOT, ChapterError, read_book, read_cells, read_labels, split_blocks
from tools.citations import address, citations, cited
from tools.notebook_text import Converter

BACKGROUND = re.compile(r"^- \{cite:t\}`([\w-]+)`: (.+)$")
SOURCES = """\
@article{one, author = {Ada One}, title = {First}, journal = {J}, year = {1998}, doi = {10.1/a_b}}
@misc{two, author = {Ada One and Bo Two}, title = {Second}, year = {2016}, url = {https://s.example}}
@misc{three, author = {Ada One and Bo Two and Cy Three}, title = {Third}, year = {2017}}
@misc{four, author = {Di van Four and Ada One and Bo Two and Cy Three}, title = {IV}, year = {2019}}
"""
ASKED = {
    "{cite:t}`one`": "One (1998)",
    "{cite:p}`one`": "(One, 1998)",
    "{cite}`one`": "(One, 1998)",
    "{cite:t}`two`": "One and Two (2016)",
    "{cite:p}`two`": "(One and Two, 2016)",
    "{cite:t}`three`": "One et al. (2017)",
    "{cite:p}`three`": "(One et al., 2017)",
    "{cite:p}`one,four`": "(One, 1998; van Four et al., 2019)",
    "{cite:t}`one,two`": "One (1998) and One and Two (2016)",
    "{cite:t}`one,three,four`": "One (1998), One et al. (2017) and van Four et al. (2019)",
    "{cite:t}`one{section II}`": "One (1998, section II)",
    "{cite:p}`{see}one{section II}`": "(see One, 1998, section II)",
    "{cite:year}`one`": "1998",
    "{cite:author}`three`": "One et al.",
}


def sources() -> dict:
    """Return the entries of the real bibliography."""
    return dict(parse_file(str(ROOT / "references.bib")).entries)


def page(name: str):
    """Return the cells of a page of ``chapters/``."""
    return read_cells(ROOT / "chapters" / f"{name}.md")


def in_chapters() -> dict[str, list[str]]:
    """Return the places where each key is cited, outside of the bibliography's own page."""
    found: dict[str, list[str]] = {}
    for path in sorted([ROOT / "index.md", *(ROOT / "chapters").glob("*.md")]):
        if path.stem != "bibliography":
            for citation in cited(read_cells(path)):
                found.setdefault(citation.key, []).append(f"{path.name}:{citation.line}")
    return found


def background(cells) -> dict[str, str]:
    """Return the keys that the bibliography lists as background, each with its reason."""
    rows = (row for cell in cells for row in cell.source.split("\n"))
    return {found[1]: found[2] for row in rows if (found := BACKGROUND.match(row))}


# ---------- the sources of the course


def test_every_key_that_is_cited_exists():
    known = sources()
    lost = {key: where for key, where in in_chapters().items() if key not in known}
    lost |= {c.key: c.line for c in cited(page("bibliography")) if c.key not in known}
    assert known and not lost, f"references.bib has no such key: {lost}"


def test_every_source_is_cited_or_is_background_with_a_reason():
    used, behind = set(in_chapters()), background(page("bibliography"))
    idle = set(sources()) - used - set(behind)
    assert not idle, f"no chapter cites {sorted(idle)}: cite, explain or remove them"
    twice = set(behind) & used
    assert not twice, f"a chapter cites {sorted(twice)}: they are no mere background"
    assert all(len(reason.split()) >= 8 for reason in behind.values()), behind


def test_background_is_a_list_of_keys_with_reasons(tmp_path):
    path = tmp_path / "bibliography.md"
    path.write_text("# B\n\n- {cite:t}`a-1`: where it began.\n- {cite:t}`b`\n\n{cite:p}`c`: no.\n")
    assert background(read_cells(path)) == {"a-1": "where it began."}


def test_every_source_can_be_found():
    for key, entry in sources().items():
        assert entry.persons.get("author") and entry.fields.get("title"), key
        assert re.fullmatch(r"\d{4}", entry.fields["year"]), key
        where = address(entry.fields)
        if where:
            assert where.startswith("https://") and " " not in where, key
        else:  # without an address, where a library keeps it
            assert {"booktitle", "journal"} & set(entry.fields), key


def test_no_two_sources_are_cited_by_the_same_words():
    cite = citations(read_book())
    words = [re.sub(r"\]\(.*", "", cite("cite:t", key)) for key in sources()]
    assert len(set(words)) == len(words), "give one of them a year with a letter"


def test_the_bibliography_lists_everything_once():
    blocks = [
        block
        for cell in page("bibliography")
        for block in split_blocks(cell.source.split("\n"), cell.line)
        if block.name == "bibliography"
    ]
    assert len(blocks) == 1 and "all" in blocks[0].options


# ---------- how they are shown


def book_with_sources(folder, text: str):
    """Return a small book with a bibliography and a converter for its page."""
    make_book(folder, sample=text)
    (folder / "references.bib").write_text(SOURCES)
    with (folder / "_config.yml").open("a") as config:
        config.write("bibtex_bibfiles: [references.bib]\n")
    book = read_book(folder)
    path = folder / "chapters" / "sample.md"
    return path, Converter(book, read_labels(book), path, {}, citations(book))


def converted(folder, text: str) -> str:
    """Return what a notebook shows of a text."""
    path, convert = book_with_sources(folder, text)
    cell = read_cells(path)[0]
    return convert.cell(cell.source, cell.line)


def without_links(markdown: str) -> str:
    """Return Markdown without the addresses of its links."""
    return re.sub(r"\[([^\]]*)\]\([^)\s]*\)", r"\1", markdown)


def test_notebooks_cite_by_author_and_year(tmp_path):
    shown = converted(tmp_path, "\n\n".join(ASKED))
    assert without_links(shown).split("\n\n") == list(ASKED.values())


def test_a_citation_in_a_notebook_leads_to_the_work(tmp_path):
    shown = converted(tmp_path, "{cite:p}`one,two` {cite:t}`three`")
    assert shown == (
        "([One, 1998](https://doi.org/10.1/a_b); [One and Two, 2016](https://s.example)) "
        "One et al. (2017)"
    )


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("text\nas {cite:t}`nobody` says", 7, "no bibliography has the key 'nobody'"),
        ("text\n\n({cite:p}`one,nobody`)", 8, "no bibliography has the key 'nobody'"),
        ("{cite:odd}`one`", 6, "a notebook cannot show the role {cite:odd}"),
        ("{cite:label}`one`", 6, "a notebook cannot show the role {cite:label}"),
        ("{cite:t}`one two`", 6, "malformed citation target: one two"),
    ],
)
def test_what_cannot_be_cited_stops_the_export_with_file_and_line(tmp_path, text, line, problem):
    with pytest.raises(ChapterError, match=re.escape(f"chapters/sample.md:{line}: {problem}")):
        converted(tmp_path, text)


def test_without_a_bibliography_a_citation_stops_the_export(tmp_path):
    book = make_book(tmp_path, sample="{cite:t}`one`")
    assert citations(book) is None
    convert = Converter(book, read_labels(book), tmp_path / "chapters" / "sample.md", {})
    with pytest.raises(ChapterError, match=r"cannot show the role \{cite:t\}"):
        convert.cell("{cite:t}`one`", 1)


def test_citations_are_found_with_their_lines(tmp_path):
    path = tmp_path / "page.md"
    path.write_text(f"{HEADER}# T\n\n{{cite:p}}`a,b{{p. 3}}`\nand {{cite:t}}`c`\n")
    assert [(c.key, c.line) for c in cited(read_cells(path))] == [("a", 8), ("b", 8), ("c", 9)]


@pytest.mark.slow
def test_page_and_notebook_cite_with_the_same_words(book: Book):
    (book.folder / "references.bib").write_text(SOURCES)
    rows = "\n\n".join(f"S {asked} E" for asked in ASKED)
    path = book.folder / "chapters" / "one.md"
    path.write_text(f"{HEADER}# One\n\n{rows}\n")
    (book.folder / "chapters" / "one.ipynb").unlink()
    (book.folder / "chapters" / "bibliography.md").write_text("# Works\n\n```{bibliography}\n```\n")
    toc = book.folder / "_toc.yml"
    toc.write_text(toc.read_text() + "- file: chapters/bibliography\n")
    built = book.build()
    assert built.returncode == 0, built.stdout[-2000:]
    html = (book.html / "chapters" / "one.html").read_text(encoding="utf-8")
    found = re.findall(r"<p>S (.*?) E</p>", html, re.S)
    assert [re.sub(r"<[^>]+>", "", row) for row in found] == list(ASKED.values())
    assert 'href="bibliography.html#source-one"' in html
    works = (book.html / "chapters" / "bibliography.html").read_text(encoding="utf-8")
    label = r'id="source-four".*?</span>\s*(?:<a[^>]*>)?van Four et al\., 2019'
    assert re.search(label, works, re.S), "a label says what the chapters say"
