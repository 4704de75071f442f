"""Execute the chapters again when anything behind their numbers has changed.

jupyter-cache compares the text of cells only. Here the cache folder carries a digest of what the
cells import and read, so a change of the package, of the records, of the pinned environment or
of the data set found gives an empty cache, and undoing the change gives the old one back.

`python _ext/bookcache.py` prints the digest (the key of the cache in continuous integration).
"""

import hashlib
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PREFIX = ".jupyter_cache-"
KEEP_DAYS = 14
STAMP = "last-used"


def inputs(root: Path) -> Iterator[Path]:
    """Yield the files of the book that decide what a cell computes."""
    yield from sorted((root / "d2lmini").rglob("*.py"))
    for folder in ("stored", "static"):  # run records, and the limits of the explorers
        yield from sorted((root / "d2lmini" / folder).glob("*.json"))
    if (root / "requirements.txt").exists():
        yield root / "requirements.txt"


def data_set() -> str:
    """Return what the chapters will find: the "full" Fashion-MNIST or a "subset", and no answers.

    A book without solutions (``D2LMINI_SOLUTIONS``) shows its questions without answers.
    """
    from d2lmini import sources  # without torch, so that a build starts at once

    without = os.environ.get("D2LMINI_SOLUTIONS") == "none"
    return sources.source() + (" without solutions" if without else "")


def digest(root: Path, found: str) -> str:
    """Return twelve hexadecimal digits for the files of `root` and the data set `found`."""
    h = hashlib.sha256(f"python {sys.version_info[:2]}, data {found}".encode())
    for path in inputs(root):
        content = path.read_bytes()
        h.update(f"\0{path.relative_to(root).as_posix()}\0{len(content)}\0".encode() + content)
    return h.hexdigest()[:12]


def remove_old(build: Path, keep: Path, now: float | None = None) -> list[Path]:
    """Remove cache folders not used for KEEP_DAYS; return them. `keep` always stays."""
    now = time.time() if now is None else now
    old = []
    for folder in build.glob(PREFIX + "*"):
        stamp = folder / STAMP
        used = (stamp if stamp.exists() else folder).stat().st_mtime
        if folder != keep and now - used > KEEP_DAYS * 86_400:
            shutil.rmtree(folder)
            old.append(folder)
    return old


def inited(app, config) -> None:
    """Choose the cache folder of this build and note that it was used."""
    root = Path(app.srcdir)
    folder = root / "_build" / (PREFIX + digest(root, data_set()))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / STAMP).touch()
    remove_old(root / "_build", keep=folder)
    config.nb_execution_cache_path = str(folder)


def setup(app) -> dict:
    """Choose the cache before myst-nb reads its settings."""
    app.connect("config-inited", inited, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    print(digest(Path(__file__).resolve().parent.parent, data_set()))
