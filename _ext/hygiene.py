"""Take from every page what no reader needs: dead scripts, source maps, misleading labels."""

import re
from pathlib import Path

THEBE_CODE = "THEBE_JS_URL"
# What leaves each page, and why.
TIDY = (
    # icons come from a font of some kilobytes, not from a script of 1.5 MB
    (re.compile(r"\s*<script[^>]*scripts/fontawesome\.js[^>]*></script>"), ""),
    # settings of sphinx-thebe, whose scripts are gone
    (re.compile(r'\s*<script type="text/x-thebe-config">.*?</script>', re.S), ""),
    (re.compile(r"\s*<script>kernelName = '[^']*'</script>"), ""),
    # a label that hides the visible words from a screen reader
    (re.compile(r'<summary aria-label="Toggle hidden content">'), "<summary>"),
    # the same id in every exercise of a page
    (re.compile(r'<section id="(?:exercise|solution)-content">'), "<section>"),
    # a list without list items, and a role that is no longer one
    (re.compile(r'<div role="list" class="citation-list">'), '<div class="citation-list">'),
    (re.compile(r' role="doc-biblioentry"'), ""),
    # "auto" is no theme: without scripts a page would have no colours at all
    (re.compile(r'(<html[^>]*) data-theme="auto"'), r'\1 data-theme="light"'),
    (
        re.compile(r'(dataset\.theme = localStorage\.getItem\("theme"\) \|\|) "auto"'),
        r'\1 (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")',
    ),
)
# for a search in place, which the theme offers and this book leaves off: 31 kB a page, packed
SEARCH = re.compile(
    r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>'
)
THEBE_FILE = "sphinx-thebe"
SURPLUS = ("**/*.map", "scripts/fontawesome.js*", "**/fa-*.ttf", "sphinx-thebe.*", "locales")


def thebe(asset) -> bool:
    """Return whether a script or style belongs to sphinx-thebe, which this book never uses.

    It declares one constant twice: a script error on every page, even when it is switched off.
    """
    body = (getattr(asset, "attributes", None) or {}).get("body") or ""
    return THEBE_CODE in body or THEBE_FILE in str(getattr(asset, "filename", "") or "")


def page(app, pagename, templatename, context, doctree) -> None:
    """Drop the files of sphinx-thebe from the page."""
    for kind in ("script_files", "css_files"):
        files = context.get(kind) or []
        files[:] = [f for f in files if not thebe(f)]


def tidy(html: str) -> str:
    """Apply every rule of TIDY to a page."""
    for pattern, replacement in TIDY:
        html = pattern.sub(replacement, html)
    return html


def finished(app, error) -> None:
    """Tidy the written pages; running it twice changes nothing more."""
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for path in out.rglob("*.html"):
        before = path.read_text(encoding="utf-8")
        after = tidy(before)
        if path.name != "search.html":
            after = SEARCH.sub("", after)
        if after != before:
            path.write_text(after, encoding="utf-8")
    for pattern in SURPLUS:
        for junk in out.joinpath("_static").glob(pattern):
            remove(junk)


def remove(path: Path) -> None:
    """Remove a file, or a folder with what is in it."""
    if path.is_dir():
        for inner in path.iterdir():
            remove(inner)
        path.rmdir()
    else:
        path.unlink()


def setup(app) -> dict:
    """Run after all other extensions have added their files."""
    app.connect("html-page-context", page, priority=901)
    app.connect("build-finished", finished, priority=901)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
