"""Write every page again when what stands around its text has changed.

Sphinx writes a page when its source changed, and copies style sheets and scripts only when it
writes one. A changed style, bundle, notebook or extension alone would never reach the built site.
The setting `page_parts` belongs to the HTML builder, so another value makes all pages outdated;
no cell is executed for that.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

PARTS = ("_ext/*.*", "_templates/**/*", "assets/site/**/*", "d2lmini/static/*", "chapters/*.ipynb")


def parts(root: Path) -> Iterator[Path]:
    """Yield the files around the text of the pages."""
    for pattern in PARTS:
        yield from sorted(path for path in root.glob(pattern) if path.is_file())


def digest(root: Path) -> str:
    """Return twelve hexadecimal digits for names and contents of the parts."""
    h = hashlib.sha256()
    for path in parts(root):
        content = path.read_bytes()
        h.update(f"\0{path.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)
    return h.hexdigest()[:12]


def inited(app, config) -> None:
    """Note the digest where the builder compares it with that of the last build."""
    config.page_parts = digest(Path(app.srcdir))


def setup(app) -> dict:
    """Add the setting before the builder reads the settings."""
    app.add_config_value("page_parts", "", "html", types=frozenset({str}))
    app.connect("config-inited", inited, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
