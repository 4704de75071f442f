"""Read a built website: what each page holds, asks for and links to. Used by the audit."""

import gzip
import re
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"}
VOID |= {"source", "track", "wbr"}
# Attributes that make a browser fetch something, by tag.
FETCHED = {
    "script": ("src",),
    "img": ("src", "srcset"),
    "iframe": ("src",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "source": ("src", "srcset"),
    "track": ("src",),
    "embed": ("src",),
    "object": ("data",),
    "image": ("href", "xlink:href"),
    "use": ("href", "xlink:href"),
    "input": ("src",),
}
FETCHED_LINKS = {"stylesheet", "icon", "apple-touch-icon", "manifest", "preload", "prefetch"}
FETCHED_LINKS |= {"modulepreload", "preconnect", "dns-prefetch"}
CSS_URL = re.compile(r"""url\(\s*(['"]?)(.*?)\1\s*\)|@import\s+(['"])(.*?)\3""")


@dataclass
class Element:
    """One start tag: name, attributes, and the text inside, filled while reading."""

    tag: str
    attrs: dict[str, str]
    text: list[str] = field(default_factory=list)

    @property
    def classes(self) -> set[str]:
        """The element's classes."""
        return set(self.attrs.get("class", "").split())

    @property
    def words(self) -> str:
        """The element's text with single blanks."""
        return " ".join("".join(self.text).split())


@dataclass
class Explorer:
    """A box of an explorer: id, kind, and how many pictures or tables its still state has."""

    id: str
    kind: str
    stills: int = 0


class Reader(HTMLParser):
    """Collect from one page what the rules of the audit look at."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.open: list[Element] = []
        self.article: list[str] = []
        self.prose: list[str] = []
        self.outputs: list[str] = []
        self.css: list[str] = []
        self.explorers: list[Explorer] = []

    def inside(self, name: str) -> bool:
        """Return whether an open element has this tag or this class."""
        return any(e.tag == name or name in e.classes for e in self.open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element; open it unless it has no end tag."""
        element = Element(tag, {k: v or "" for k, v in attrs})
        self.elements.append(element)
        # a picture or a table; the still state of a question is its folded answer
        if tag in ("img", "table", "svg", "canvas", "details") and self.inside("d2lx-still"):
            self.explorers[-1].stills += 1
        if "data-d2lx" in element.attrs:
            kind = element.attrs["data-d2lx"]
            self.explorers.append(Explorer(element.attrs.get("id", ""), kind))
        if "style" in element.attrs:
            self.css.append(element.attrs["style"])
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Treat `<tag/>` as a tag that ends at once."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the last element of this name and all that was left open in it."""
        for i in range(len(self.open) - 1, -1, -1):
            if self.open[i].tag == tag:
                del self.open[i:]
                return

    def handle_data(self, data: str) -> None:
        """Give text to the elements around it and to the collections it belongs to."""
        if not self.open:
            return
        if self.open[-1].tag in ("script", "style"):
            if self.open[-1].tag == "style":
                self.css.append(data)
            return
        for element in self.open:
            element.text.append(data)
        if self.inside("article"):
            self.article.append(data)
            if self.inside("cell_output"):
                self.outputs.append(data)
            if not any(self.inside(x) for x in ("pre", "code", "annotation")):
                self.prose.append(data)


@dataclass
class Page:
    """One HTML page of the site at `root`; `name` is its path from there."""

    root: Path
    name: str

    @cached_property
    def html(self) -> str:
        """The page's source."""
        return (self.root / self.name).read_text(encoding="utf-8")

    @cached_property
    def read(self) -> Reader:
        """What the page holds."""
        reader = Reader()
        reader.feed(self.html)
        reader.close()
        return reader

    @cached_property
    def ids(self) -> list[str]:
        """All ids of the page, in order."""
        found = [e.attrs["id"] for e in self.read.elements if "id" in e.attrs]
        return found + [
            e.attrs["name"] for e in self.read.elements if e.tag == "a" and "name" in e.attrs
        ]

    def all(self, *tags: str) -> list[Element]:
        """Return the elements with one of these tags, in order."""
        return [e for e in self.read.elements if e.tag in tags]

    @cached_property
    def fetched(self) -> list[str]:
        """Addresses that a browser fetches when it shows the page."""
        found = []
        for e in self.read.elements:
            for name in FETCHED.get(e.tag, ()):
                value = e.attrs.get(name, "")
                parts = value.split(",") if name == "srcset" else [value]
                found += [p.split()[0] for p in parts if p.strip()]
            if e.tag == "link" and FETCHED_LINKS & set(e.attrs.get("rel", "").lower().split()):
                found.append(e.attrs.get("href", ""))
            if e.tag == "meta" and e.attrs.get("http-equiv", "").lower() == "refresh":
                found.append(e.attrs.get("content", "").partition("url=")[2])
        return [a for a in found + css_urls("\n".join(self.read.css)) if a]

    @cached_property
    def linked(self) -> list[str]:
        """Addresses that a reader can follow, and those that connect pages."""
        return [e.attrs["href"] for e in self.all("a", "area", "link") if e.attrs.get("href")]

    def resolve(self, address: str) -> tuple[str, str] | None:
        """Return (path from the root, anchor) of a local address; None for any other."""
        return resolve(self.root, self.name, address)


def is_foreign(address: str) -> bool:
    """Return whether an address names another host."""
    parts = urlsplit(address.strip())
    return bool(parts.netloc) or parts.scheme in ("http", "https", "ftp", "ws", "wss")


def resolve(root: Path, source: str, address: str) -> tuple[str, str] | None:
    """Return (path from `root`, anchor) of a local address that stands in the file `source`."""
    parts = urlsplit(address.strip())
    if is_foreign(address) or parts.scheme:
        return None
    if not parts.path:
        return source, unquote(parts.fragment)
    start = root if parts.path.startswith("/") else (root / source).parent
    target = (start / unquote(parts.path).lstrip("/")).resolve()
    if target.is_dir():
        target /= "index.html"
    if not target.is_relative_to(root.resolve()):
        return f"../{target.name}", unquote(parts.fragment)  # outside of the site: never there
    return target.relative_to(root.resolve()).as_posix(), unquote(parts.fragment)


def css_urls(css: str) -> list[str]:
    """Return the addresses in a style sheet."""
    return [m[2] or m[4] for m in CSS_URL.finditer(css) if (m[2] or m[4])]


def pages(root: Path) -> list[Page]:
    """Return all pages of a site."""
    names = sorted(p.relative_to(root).as_posix() for p in root.rglob("*.html"))
    return [Page(root, n) for n in names if not n.startswith(("_static/", "_sources/"))]


def packed(name: str, content: bytes) -> int:
    """Return the bytes that a server sends for a file: text compressed, pictures as they are."""
    if name.endswith((".woff2", ".woff", ".png", ".jpg", ".jpeg", ".webp", ".gif")):
        return len(content)
    return len(gzip.compress(content, 6, mtime=0))
