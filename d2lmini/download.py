"""Fetch one published file: quick to give up, checked before it is kept, never half-written.

Nothing reaches the disk before its content was checked, and what reaches it goes to a temporary
file beside its place first. So a killed download leaves nothing that a later run could mistake
for data. Only the standard library is used.
"""

import contextlib
import hashlib
import http.client
import os
import queue
import tempfile
import threading
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

CHUNK = 1 << 16
PART = ".part-"  # how the name of a half-written file begins


class DataError(Exception):
    """Why one file is of no use, in words that can follow the file's name."""


class File(NamedTuple):
    """One published file: its name, and the length and SHA-256 of its unpacked content."""

    name: str
    size: int
    sha256: str


class Fetched(NamedTuple):
    """What an address served, as it came, and its unpacked and checked content."""

    raw: bytes
    content: bytes


class Limits(NamedTuple):
    """How long a download may take, in seconds.

    ``connect`` bounds everything up to the answer's headers, for each address; ``total`` bounds all
    files together. A file is given up when nothing came for ``grace`` seconds, or when after as
    many seconds it came slower than ``rate`` bytes per second.
    """

    connect: float = 3.0
    grace: float = 10.0
    rate: float = 10_000.0
    total: float = 300.0


def unpack(raw: bytes, file: File) -> bytes:
    """Return the content of ``raw``, gzipped or not, once its length and digest were found right.

    Raises:
        DataError: it is a web page, was cut off, is damaged, or is something else.
    """
    if raw[:2] == b"\x1f\x8b":
        raw = _gunzip(raw, file.size)
    elif raw[:200].lstrip()[:1] == b"<":
        raise DataError("is a web page, not data")
    if len(raw) != file.size:
        raise DataError(f"holds {len(raw):,} bytes instead of {file.size:,}")
    found = hashlib.sha256(raw).hexdigest()
    if found != file.sha256:
        raise DataError(f"has the SHA-256 digest {found} instead of {file.sha256}")
    return raw


def _gunzip(raw: bytes, size: int) -> bytes:
    """Unpack gzip content, but never more than one byte beyond the expected size."""
    stream = zlib.decompressobj(wbits=31)
    try:
        content = stream.decompress(raw, size + 1)
    except zlib.error as error:
        raise DataError(f"is damaged ({error})") from None
    if len(content) > size:
        raise DataError(f"unpacks to more than the expected {size:,} bytes")
    if not stream.eof:
        raise DataError(f"was cut off: it unpacks to {len(content):,} of {size:,} bytes")
    return content


def fetch(url: str, file: File, limits: Limits, deadline: float) -> Fetched:
    """Return what ``url`` serves, after its content was checked.

    Args:
        url: http or https address.
        file: what the content must be.
        limits: see :class:`Limits`.
        deadline: the moment of ``time.monotonic()`` at which to give up.

    Raises:
        DataError: no answer, another answer than 200, too slow, or another content.
    """
    try:
        with _open(url, limits, deadline) as answer:
            if answer.status != 200:
                raise DataError(f"was answered with status {answer.status}")
            raw = _read(answer, file, limits, deadline)
    except urllib.error.HTTPError as error:
        error.close()
        raise DataError(f"was answered with status {error.code}") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        raise DataError(f"could not be fetched ({reason})") from None
    return Fetched(raw, unpack(raw, file))


def _open(url: str, limits: Limits, deadline: float) -> http.client.HTTPResponse:
    """Open the address, or give up when the time for that is over, name look-up included."""
    limit = min(limits.connect, deadline - time.monotonic())
    if limit <= 0:
        raise TimeoutError("the time for all files is over")
    box: queue.SimpleQueue[http.client.HTTPResponse | Exception] = queue.SimpleQueue()

    def work() -> None:
        request = urllib.request.Request(url, headers={"User-Agent": "d2lmini"})
        try:
            box.put(urllib.request.urlopen(request, timeout=limits.grace))
        except Exception as error:  # handed to the waiting thread, which raises it
            box.put(error)

    threading.Thread(target=work, daemon=True).start()
    try:
        got = box.get(timeout=limit)
    except queue.Empty:
        raise TimeoutError(f"no answer within {limit:.3g} s") from None
    if isinstance(got, Exception):
        raise got
    return got


def _read(answer: http.client.HTTPResponse, file: File, limits: Limits, deadline: float) -> bytes:
    """Read an answer piece by piece, with an eye on the clock and on its length."""
    start, raw = time.monotonic(), bytearray()
    while piece := answer.read1(CHUNK):
        raw += piece
        now = time.monotonic()
        if now > deadline:
            raise TimeoutError("the time for all files is over")
        if now - start > limits.grace and len(raw) < limits.rate * (now - start):
            raise TimeoutError(f"only {len(raw):,} bytes came in {now - start:.3g} s")
        if len(raw) > file.size + CHUNK:
            raise DataError("is longer than the file it should be")
    return bytes(raw)


def store(raw: bytes, target: Path) -> None:
    """Write ``raw`` to ``target``: whole and flushed to the disk, or not at all.

    Raises:
        OSError: the folder cannot be written, the disk is full, or ``target`` is a folder.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=PART, dir=target.parent)
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(raw)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(target)
    except BaseException:  # Ctrl-C as well: nothing half-written stays
        part.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def locked(folder: Path, limit: float) -> Iterator[None]:
    """Hold the folder's lock, so that a second process waits for the first one's files.

    The system drops the lock of a process that dies. Where it has no such locks both processes
    download; each still writes whole files only. What dead processes left half-written is removed.

    Raises:
        OSError: the folder cannot be written, or the lock was not free within ``limit`` seconds.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("ab") as stream:
        _wait(stream, limit)
        for part in folder.glob(f"{PART}*"):
            with contextlib.suppress(OSError):
                part.unlink()
        yield


def _wait(stream: IO[bytes], limit: float) -> None:
    """Take the lock, asking ten times a second."""
    try:
        import fcntl
    except ImportError:  # Windows
        return
    take: Callable[[int, int], object] = fcntl.flock
    deadline = time.monotonic() + limit
    while True:
        try:
            take(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise TimeoutError("another process holds the lock") from None
            time.sleep(0.1)
