"""Citations in notebooks: the words of the page, each linked to the work itself."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tools.chapters import Book, Cell

CITE = re.compile(r"\{cite(?::(?P<kind>\w+))?\}(?P<ticks>`+)(?P<body>[^`]+)(?P=ticks)")


@dataclass(frozen=True)
class Citation:
    """One key that a page cites, and the line where it does."""

    key: str
    line: int


def cited(cells: list[Cell]) -> Iterator[Citation]:
    """Yield every citation in the text of a page."""
    from sphinxcontrib.bibtex.citation_target import parse_citation_targets

    for cell in cells:
        for role in CITE.finditer(cell.source) if cell.kind == "markdown" else ():
            line = cell.line + cell.source.count("\n", 0, role.start())
            yield from (Citation(each.key, line) for each in parse_citation_targets(role["body"]))


def citations(book: Book) -> Callable[[str, str], str] | None:
    """Return a function from a role and its keys to Markdown, None without a bibliography.

    ``cite("cite:t", "lecun1998")`` gives ``[LeCun et al. (1998)](https://doi.org/...)``. The words
    come from the style by which sphinxcontrib-bibtex writes the page.

    Raises:
        ValueError: when called with a key that no bibliography has, or a role it does not know.
    """
    if not book.bibliographies:
        return None
    from pybtex.database import parse_file
    from sphinxcontrib.bibtex.citation_target import parse_citation_targets
    from sphinxcontrib.bibtex.style.template import SphinxReferenceInfo

    from _ext.authoryear import RoundAuthorYear

    style = RoundAuthorYear()
    entries = {
        key: entry
        for path in book.bibliographies
        for key, entry in parse_file(str(path)).entries.items()
    }

    def cite(role: str, body: str) -> str:
        name = role.partition(":")[2] or "p"
        if name not in style.role_names() or "label" in name:
            raise ValueError(f"a notebook cannot show the role {{{role}}}")
        parts = []
        for target in parse_citation_targets(body):
            if target.key not in entries:
                raise ValueError(f"no bibliography has the key {target.key!r}")
            entry = entries[target.key]
            info = SphinxReferenceInfo(None, "", "", "", None, target.pre, target.post)
            data = {"entry": entry, "style": style, "reference_info": info}
            words = str(style.inner(name).format_data(data))
            where = address(entry.fields) or book.url("chapters/bibliography")
            parts.append(f"[{words}]({where})" if where else words)
        return str(style.outer(name, parts).format())

    return cite


def address(fields: dict[str, str]) -> str:
    """Return where a work can be read: its DOI, else its URL, else ""."""
    return f"https://doi.org/{fields['doi']}" if "doi" in fields else fields.get("url", "")
