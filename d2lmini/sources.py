"""Where Fashion-MNIST comes from: one table, and one search that trusts no file it has not checked.

Searched in this order:

1. the folder that ``D2LMINI_DATA`` names. It is only read, and a fault in it is an error;
2. the cache, ``D2LMINI_CACHE`` or else ``d2lmini`` in the user's cache folder;
3. the Debian and Ubuntu package ``dataset-fashion-mnist``;
4. a download into the cache, tried once per process, and never with ``D2LMINI_OFFLINE=1``;
5. the subset that is embedded in the package (``d2lmini.data`` reads it).

This module needs only the standard library, so asking :func:`source` is cheap.
"""

import contextlib
import os
import sys
import time
from pathlib import Path
from typing import NamedTuple

from d2lmini.download import CHUNK, DataError, File, Limits, fetch, locked, store, unpack

# Fashion-MNIST, MIT licence, copyright 2017 Zalando SE: https://github.com/zalandoresearch/fashion-mnist
# Digests are those of the unpacked content: the packed files of different sources differ.
FILES = (
    File(
        "train-images-idx3-ubyte",
        47_040_016,
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    ),
    File(
        "train-labels-idx1-ubyte",
        60_008,
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    ),
    File(
        "t10k-images-idx3-ubyte",
        7_840_016,
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    ),
    File(
        "t10k-labels-idx1-ubyte",
        10_008,
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
)
SYSTEM = Path("/usr/share/datasets/fashion-mnist")
MIRRORS = (  # the second one speaks no https; the digests make up for that
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)
LIMITS = Limits()
REMEDY = (
    "install the package dataset-fashion-mnist, or let D2LMINI_DATA name a folder with its files"
)

USER = "the folder named by D2LMINI_DATA"
CACHE = "the cache of an earlier download"
PACKAGE = "the system package dataset-fashion-mnist"

Contents = dict[str, bytes]
_told: set[str] = set()  # the lines that this process has printed
_gave_up: list[str] = []  # the file whose download failed: then this process tries no more


class Found(NamedTuple):
    """Verified contents by file name, and where they came from, in words for a reader."""

    contents: Contents
    where: str


def source() -> str:
    """Return ``"full"`` or ``"subset"``: what a load without download would give.

    Names and lengths are looked at, contents are not, so the answer takes no time.

    Raises:
        ValueError: the folder named by ``D2LMINI_DATA`` lacks a file.
    """
    return "full" if _place() else "subset"


def where() -> str:
    """Say in words, without a path, where a load without download would find its data.

    Raises:
        ValueError: the folder named by ``D2LMINI_DATA`` lacks a file.
    """
    place = _place()
    return f"full Fashion-MNIST from {place}" if place else "embedded subset of Fashion-MNIST"


def find_full() -> Found | None:
    """Return the full set from the first source that holds it, or None; say what went wrong.

    Raises:
        ValueError: the folder named by ``D2LMINI_DATA`` lacks a file, or holds a wrong one.
    """
    if folder := _named_folder("D2LMINI_DATA"):
        return Found({file.name: _user_file(folder, file) for file in FILES}, USER)
    cache = cache_folder()
    if cache and (contents := _whole(cache, clean=True)):
        return Found(contents, CACHE)
    if contents := _whole(SYSTEM, clean=False):
        return Found(contents, PACKAGE)
    if contents := _download(cache):
        return Found(contents, "its public mirrors")
    return None


def cache_folder() -> Path | None:
    """Return the folder that keeps downloads, whether it exists or not; None without a home."""
    if named := _named_folder("D2LMINI_CACHE"):
        return named / "fashion-mnist"
    xdg = Path(os.environ.get("XDG_CACHE_HOME", ""))
    try:  # a relative XDG folder counts as unset: so its specification says
        base = xdg if xdg.is_absolute() else Path.home() / ".cache"
    except RuntimeError:
        return None
    return base / "d2lmini" / "fashion-mnist"


def say(line: str) -> None:
    """Print a line on stderr, once per process; on a page being built, where stderr is a failure,
    among the outputs of the cell.
    """
    if line not in _told:
        _told.add(line)
        stream = sys.stdout if os.environ.get("D2LMINI_SITE") == "1" else sys.stderr
        print(f"d2lmini: {line}", file=stream, flush=True)


def _place() -> str | None:
    """Name the place whose files have the right names and lengths."""
    if folder := _named_folder("D2LMINI_DATA"):
        for file in FILES:
            if not any(_right_length(path, file) for path in _candidates(folder, file)):
                _user_file(folder, file)  # says what is wrong with it
        return USER
    for folder, words in ((cache_folder(), CACHE), (SYSTEM, PACKAGE)):
        if folder and all(any(_right_length(p, f) for p in _candidates(folder, f)) for f in FILES):
            return words
    return None


def _right_length(path: Path, file: File) -> bool:
    """Look at a file's length; gzip notes the unpacked one in the last four bytes."""
    try:
        if not path.is_file():  # opening a pipe would block
            return False
        with path.open("rb") as stream:
            if stream.read(2) != b"\x1f\x8b":
                return path.stat().st_size == file.size
            stream.seek(-4, os.SEEK_END)
            return int.from_bytes(stream.read(4), "little") == file.size
    except OSError:
        return False


def _candidates(folder: Path, file: File) -> list[Path]:
    """Return what lies in the folder under the file's packed or unpacked name, of any kind."""
    paths = (folder / f"{file.name}.gz", folder / file.name)
    return [path for path in paths if os.path.lexists(path)]


def _content(path: Path, file: File) -> bytes:
    """Read, unpack and check one file, or raise DataError."""
    try:
        if not path.is_file():  # a pipe would block, a folder has nothing to read
            raise DataError("is not a file")
        if path.stat().st_size > file.size + CHUNK:
            raise DataError(f"is longer than the {file.size:,} bytes that it should unpack to")
        return unpack(path.read_bytes(), file)
    except OSError as error:
        raise DataError(f"cannot be read ({error.strerror})") from None


def _named_folder(variable: str) -> Path | None:
    """Return the folder that an environment variable names; an empty one names none."""
    named = os.environ.get(variable)
    try:
        return Path(named).expanduser() if named else None
    except RuntimeError:  # "~" without a home
        return Path(named or ".")


def _user_file(folder: Path, file: File) -> bytes:
    """Read one file of the folder that the user named; nothing else may stand in for it."""
    problems = []
    for path in _candidates(folder, file):
        try:
            return _content(path, file)
        except DataError as problem:
            problems.append(f"{shown(path)} {problem}")
    found = "; ".join(problems) or f"{shown(folder)} holds no {file.name}, packed (.gz) or not"
    raise ValueError(f"D2LMINI_DATA: {found}. Put the right file there, or unset D2LMINI_DATA")


def _whole(folder: Path, clean: bool) -> Contents | None:
    """Return all files of a folder, or None; name wrong ones and, with ``clean``, remove them."""
    contents: Contents = {}
    for file in FILES:
        for path in _candidates(folder, file):
            try:
                contents[file.name] = _content(path, file)
                break
            except DataError as problem:
                gone = clean and _discard(path, file)
                say(f"{shown(path)} {problem}; it is {'removed' if gone else 'ignored'}")
    return contents if len(contents) == len(FILES) else None


def _discard(path: Path, file: File) -> bool:
    """Remove a wrong file, unless another process has just put the right one in its place."""
    try:
        with locked(path.parent, limit=1.0):
            try:
                _content(path, file)
            except DataError:
                path.unlink()  # of a link, the link itself; a folder stays and is named
                return True
    except OSError:
        pass
    return False


def _download(cache: Path | None) -> Contents | None:
    """Fetch what the cache lacks, keep it there if that is possible, return all contents."""
    if _gave_up or os.environ.get("D2LMINI_OFFLINE") == "1":
        return None
    say("looking for Fashion-MNIST on its public mirrors (31 MB)")
    contents: Contents = {}
    with contextlib.ExitStack() as stack:
        keep = _lock(cache, stack)
        deadline, mirrors = time.monotonic() + LIMITS.total, list(MIRRORS)
        for file in FILES:
            content = _kept(keep, file) or _fetched(keep, file, mirrors, deadline)
            if content is None:
                _gave_up.append(file.name)
                return None
            contents[file.name] = content
    return contents


def _lock(cache: Path | None, stack: contextlib.ExitStack) -> Path | None:
    """Lock the cache until the stack is left; return it, or None when it can keep nothing."""
    if cache is None:
        say("there is no home folder to keep a download in: let D2LMINI_CACHE name a folder")
        return None
    try:
        stack.enter_context(locked(cache, LIMITS.total))
    except OSError as error:
        say(f"{shown(cache)} cannot keep a download ({error.strerror or error})")
        return None
    return cache


def _kept(folder: Path | None, file: File) -> bytes | None:
    """Return a file that the cache holds already, perhaps since we waited for its lock."""
    for path in _candidates(folder, file) if folder else []:
        with contextlib.suppress(DataError):
            return _content(path, file)
    return None


def _fetched(keep: Path | None, file: File, mirrors: list[str], deadline: float) -> bytes | None:
    """Try the mirrors in turn; put the one that answered first for the next file."""
    problems = []
    for mirror in [*mirrors]:
        url = f"{mirror}{file.name}.gz"
        try:
            raw, content = fetch(url, file, LIMITS, deadline)
        except DataError as problem:
            problems.append(f"{url} {problem}")
            continue
        mirrors.remove(mirror)
        mirrors.insert(0, mirror)
        if keep:
            _store(raw, keep / f"{file.name}.gz")
        return content
    kept = f"the cache {shown(keep)}" if keep else "the disk"
    say(f"no download of {file.name}: {'; '.join(problems)}; {kept} is as it was")
    return None


def _store(raw: bytes, target: Path) -> None:
    """Keep a checked download, or say why that is impossible."""
    try:
        store(raw, target)
    except OSError as error:
        say(f"{shown(target)} could not be written ({error.strerror or error}); it is not kept")


def shown(path: Path) -> str:
    """Return a path as a message may show it, with ``~`` for the user's folder."""
    with contextlib.suppress(RuntimeError, ValueError):
        return f"~/{path.relative_to(Path.home())}"
    return str(path)
