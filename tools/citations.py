"""Citations in notebooks: the labels and the list that sphinxcontrib-bibtex puts on the page."""

from collections.abc import Callable

from tools.chapters import Book


def citations(book: Book) -> Callable[[str], str] | None:
    """Return a function from ``role:keys`` to text, None where the book has no bibliography.

    Called with "" it gives the whole list.

    Raises:
        ValueError: when called with a key that no bibliography has.
    """
    if not book.bibliographies:
        return None
    from pybtex.backends.markdown import Backend
    from pybtex.database import parse_file
    from pybtex.plugin import find_plugin

    entries = {
        key: entry
        for path in book.bibliographies
        for key, entry in parse_file(str(path)).entries.items()
    }
    style = find_plugin("pybtex.style.formatting", "alpha")()
    formatted = {entry.key: entry for entry in style.format_entries(list(entries.values()))}
    backend = Backend(encoding="utf-8")

    def cite(asked: str) -> str:
        if not asked:
            return "\n".join(f"* [{e.label}] {e.text.render(backend)}" for e in formatted.values())
        keys = [key.strip() for key in asked.split(":")[-1].split(",")]
        if unknown := [key for key in keys if key not in formatted]:
            raise ValueError(f"no bibliography has the key {unknown[0]!r}")
        return "[" + ", ".join(formatted[key].label for key in keys) + "]"

    return cite
