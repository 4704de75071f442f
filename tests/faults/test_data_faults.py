"""Whatever befalls a data file ends in time, in one message that names it, and poisons nothing."""

import contextlib
import errno
import gzip
import hashlib
import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from d2lmini import data, download, sources
from d2lmini.download import File, Limits

PATIENT = Limits(connect=20.0, grace=20.0, rate=0, total=40.0)  # a busy machine is no fault
QUICK = Limits(connect=1.0, grace=1.0, rate=2_000, total=6.0)
HTML = b"<!DOCTYPE html><html><body>Please log in.</body></html>"
FIRST = "train-images-idx3-ubyte"

# Small files under the real names; the bytes do not compress, so that a share of the packed file
# is a share of the content.
CONTENT = {
    file.name: b"".join(hashlib.sha256(f"{file.name} {i}".encode()).digest() for i in range(3000))
    for file in sources.FILES
}
FILES = tuple(File(n, len(c), hashlib.sha256(c).hexdigest()) for n, c in CONTENT.items())
PACKED = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in CONTENT.items()}

Handler = http.server.BaseHTTPRequestHandler
Answer = Callable[[Handler, bytes], None]


def full_answer(handler: Handler, body: bytes, status: int = 200) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


class Server:
    """A mirror on this machine; `answer` decides how it behaves, `asked` lists the requests."""

    def __init__(self) -> None:
        self.answer: Answer = full_answer
        self.asked: list[str] = []
        self.over = threading.Event()
        outer = self

        class Ours(Handler):
            def do_GET(self) -> None:
                name = self.path.rsplit("/", 1)[-1]
                outer.asked.append(name)
                with contextlib.suppress(OSError):  # the client has gone
                    outer.answer(self, PACKED[name])

            def log_message(self, *_: object) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ours)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}/"
        threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self.over.set()
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    mirror = Server()
    yield mirror
    mirror.stop()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "fashion-mnist"


@pytest.fixture(autouse=True)
def alone(
    tmp_path: Path, cache: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Point every source into a temporary folder; afterwards look at the clock and at the home."""
    for variable in ("D2LMINI_DATA", "D2LMINI_OFFLINE", "XDG_CACHE_HOME", "http_proxy"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("D2LMINI_CACHE", str(cache.parent))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(sources, "FILES", FILES)
    monkeypatch.setattr(sources, "SYSTEM", tmp_path / "package")
    monkeypatch.setattr(sources, "MIRRORS", (server.url,))
    monkeypatch.setattr(sources, "LIMITS", PATIENT)
    monkeypatch.setattr(sources, "_told", set())
    monkeypatch.setattr(sources, "_gave_up", [])
    before, start = tree(tmp_path / "home"), time.monotonic()
    yield
    assert time.monotonic() - start < 60, "a fault must end in time"
    assert tree(tmp_path / "home") == before, "something was written outside the cache"


def tree(folder: Path) -> dict[str, bytes | str]:
    """Return all files below a folder with their contents, links as text."""
    return {
        str(path.relative_to(folder)): (
            str(path.readlink())
            if path.is_symlink()
            else path.read_bytes()
            if path.is_file()
            else ""
        )
        for path in sorted(folder.rglob("*"))
    }


def kept(cache: Path) -> list[str]:
    """List what the cache holds, its lock aside."""
    return sorted(path.name for path in cache.glob("*") if path.name != ".lock")


def fill(folder: Path, packed: bool = True) -> None:
    folder.mkdir(parents=True)
    for name, content in (PACKED if packed else CONTENT).items():
        (folder / name).write_bytes(content)


def the_line(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Return the single line of stderr that names the first word; it must hold the others."""
    lines = [line for line in capsys.readouterr().err.splitlines() if words[0] in line]
    assert len(lines) == 1, lines
    assert all(word in lines[0] for word in words), lines[0]
    return lines[0]


def flip(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)


# ---- downloads that fail


def closed_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


def test_without_network_and_cache_one_line_names_file_address_and_cache(
    cache, monkeypatch, capsys
):
    url = closed_port()
    monkeypatch.setattr(sources, "MIRRORS", (url,))
    assert sources.find_full() is None
    the_line(capsys, FIRST, f"{url}{FIRST}.gz", str(cache), "could not be fetched")
    assert kept(cache) == []


def test_a_failed_download_is_not_tried_again_in_the_same_process(server, capsys):
    server.answer = lambda handler, body: full_answer(handler, HTML, 503)
    assert sources.find_full() is None
    asked = list(server.asked)
    capsys.readouterr()
    assert sources.find_full() is None
    assert server.asked == asked == [f"{FIRST}.gz"]
    assert capsys.readouterr().err == ""


def test_a_name_that_takes_for_ever_to_look_up_is_given_up(monkeypatch, capsys):
    def look_up(*_: object, **__: object) -> None:
        time.sleep(15)
        raise OSError("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(sources, "LIMITS", QUICK)
    start = time.monotonic()
    assert sources.find_full() is None
    assert time.monotonic() - start < 10
    the_line(capsys, FIRST, "no answer within 1 s")


def test_a_server_that_never_answers_is_given_up(server, monkeypatch, capsys):
    monkeypatch.setattr(sources, "LIMITS", PATIENT._replace(connect=1.0))
    server.answer = lambda handler, body: server.over.wait(50)
    start = time.monotonic()
    assert sources.find_full() is None
    assert time.monotonic() - start < 10
    the_line(capsys, FIRST, "no answer within 1 s")


def test_offline_means_that_nobody_is_asked(server, monkeypatch):
    monkeypatch.setenv("D2LMINI_OFFLINE", "1")
    assert sources.find_full() is None
    assert server.asked == []


@pytest.mark.parametrize("status", [403, 404, 503])
def test_an_error_status_with_a_web_page_is_named_and_not_stored(status, server, cache, capsys):
    server.answer = lambda handler, body: full_answer(handler, HTML, status)
    assert sources.find_full() is None
    the_line(capsys, FIRST, f"status {status}", server.url, str(cache))
    assert kept(cache) == []


def test_a_web_page_with_status_200_is_not_stored(server, cache, capsys):
    server.answer = lambda handler, body: full_answer(handler, HTML)
    assert sources.find_full() is None
    the_line(capsys, FIRST, "is a web page, not data")
    assert kept(cache) == []


def drip(handler: Handler, body: bytes) -> None:
    handler.send_response(200)
    handler.end_headers()
    for byte in body:
        handler.wfile.write(bytes([byte]))
        time.sleep(0.05)


def test_a_byte_at_a_time_is_given_up(server, cache, monkeypatch, capsys):
    monkeypatch.setattr(sources, "LIMITS", QUICK)
    server.answer = drip
    start = time.monotonic()
    assert sources.find_full() is None
    assert time.monotonic() - start < 10
    the_line(capsys, FIRST, "bytes came in")
    assert kept(cache) == []


def test_all_files_together_have_a_time_limit(server, monkeypatch, capsys):
    server.answer = drip
    monkeypatch.setattr(sources, "LIMITS", PATIENT._replace(total=1.0))
    start = time.monotonic()
    assert sources.find_full() is None
    assert time.monotonic() - start < 10
    the_line(capsys, FIRST, "the time for all files is over")


def stall(handler: Handler, body: bytes, share: float) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: int(share * len(body))])
    handler.wfile.flush()


def test_silence_in_the_middle_is_given_up(server, cache, monkeypatch, capsys):
    monkeypatch.setattr(sources, "LIMITS", QUICK)

    def answer(handler: Handler, body: bytes) -> None:
        stall(handler, body, 0.5)
        server.over.wait(50)

    server.answer = answer
    start = time.monotonic()
    assert sources.find_full() is None
    assert time.monotonic() - start < 10
    the_line(capsys, FIRST, "timed out")
    assert kept(cache) == []


BOMB = gzip.compress(bytes(10_000_000), mtime=0)
WRONG = {
    "right size, wrong bytes": (
        lambda body: gzip.compress(b"x" * FILES[0].size),
        f"instead of {FILES[0].sha256}",
    ),
    "wrong magic number": (
        lambda body: gzip.compress(b"\1" + gzip.decompress(body)[1:]),
        f"instead of {FILES[0].sha256}",
    ),
    "wrong bytes, not packed": (
        lambda body: b"x" * FILES[0].size,
        hashlib.sha256(b"x" * FILES[0].size).hexdigest(),
    ),
    "cut-off gzip": (lambda body: body[: len(body) // 2], "was cut off"),
    "damaged gzip": (lambda body: body[:5000] + b"\0" * 500 + body[5500:], "is damaged"),
    "too short": (lambda body: gzip.compress(b"short"), "holds 5 bytes instead of 96,000"),
    "empty": (lambda body: b"", "holds 0 bytes instead of 96,000"),
    "a gzip bomb": (lambda body: BOMB, "unpacks to more than the expected 96,000 bytes"),
    "endless": (lambda body: body + bytes(400_000), "is longer than the file it should be"),
}


@pytest.mark.parametrize("fault", WRONG)
def test_wrong_content_is_named_and_not_stored(fault, server, cache, capsys):
    change, words = WRONG[fault]
    server.answer = lambda handler, body: full_answer(handler, change(body))
    assert sources.find_full() is None
    the_line(capsys, FIRST, words, str(cache))
    assert kept(cache) == []


def test_a_connection_that_breaks_is_named_and_not_stored(server, cache, capsys):
    server.answer = lambda handler, body: stall(handler, body, 0.4)  # then the handler hangs up
    assert sources.find_full() is None
    the_line(capsys, FIRST, "was cut off")
    assert kept(cache) == []


def test_the_second_mirror_stands_in_for_the_first(server, cache, monkeypatch, capsys):
    monkeypatch.setattr(sources, "MIRRORS", (closed_port(), server.url))
    found = sources.find_full()
    assert found is not None and found.contents == CONTENT
    assert found.where == "its public mirrors"
    assert kept(cache) == sorted(PACKED)
    assert sources.find_full() == (CONTENT, "the cache of an earlier download")
    assert len(server.asked) == 4


# ---- processes that die, or run at once

DRIVER = """
import json, signal, sys
from pathlib import Path
from d2lmini import sources
from d2lmini.download import File, Limits
signal.signal(signal.SIGINT, signal.default_int_handler)  # else ignored in the background
told = json.loads(sys.argv[1])
sources.FILES = tuple(File(*file) for file in told["files"])
sources.MIRRORS, sources.SYSTEM = (told["url"],), Path(told["package"])
sources.LIMITS = Limits(*told["limits"])
found = sources.find_full()
print(sorted(found.contents) if found else None)
"""


def start_driver(server: Server, tmp_path: Path) -> "subprocess.Popen[str]":
    """Look for the data in a process of its own, with the environment of the test."""
    told = {"files": FILES, "url": server.url, "limits": PATIENT}
    told["package"] = str(tmp_path / "package")
    return subprocess.Popen(
        [sys.executable, "-c", DRIVER, json.dumps(told)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stalled_at(server: Server, share: float) -> threading.Event:
    """Let the server stop after a share of the first file; the event says that it has."""
    reached = threading.Event()

    def answer(handler: Handler, body: bytes) -> None:
        stall(handler, body, share)
        reached.set()
        server.over.wait(50)

    server.answer = answer
    return reached


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_download_that_is_killed_leaves_nothing(share, how, server, cache, tmp_path):
    reached = stalled_at(server, share)
    process = start_driver(server, tmp_path)
    assert reached.wait(50)
    time.sleep(0.05)
    process.send_signal(how)
    process.communicate(timeout=50)
    assert process.returncode != 0
    assert kept(cache) == []
    server.answer = full_answer
    assert sources.find_full() == (CONTENT, "its public mirrors")


def test_a_half_written_file_of_a_dead_process_is_removed(server, cache):
    cache.mkdir(parents=True)
    (cache / f"{download.PART}dead").write_bytes(PACKED[f"{FIRST}.gz"][:1000])
    assert sources.find_full() == (CONTENT, "its public mirrors")
    assert kept(cache) == sorted(PACKED)


def test_two_processes_at_once_download_once(server, cache, tmp_path):
    def slowly(handler: Handler, body: bytes) -> None:
        time.sleep(0.3)
        full_answer(handler, body)

    server.answer = slowly
    both = [start_driver(server, tmp_path) for _ in range(2)]
    outputs = [process.communicate(timeout=50)[0].strip() for process in both]
    assert outputs == [str(sorted(CONTENT))] * 2
    assert sorted(server.asked) == sorted(PACKED)
    assert kept(cache) == sorted(PACKED)


def test_a_lock_that_is_held_for_too_long_ends_in_a_message(server, cache, monkeypatch, capsys):
    monkeypatch.setattr(sources, "LIMITS", PATIENT._replace(total=3.0))
    with download.locked(cache, 1):
        found = sources.find_full()
    assert found is not None and found.contents == CONTENT
    the_line(capsys, "cannot keep", "another process holds the lock", str(cache))


# ---- a cache that cannot be written


def test_a_full_disk_is_named_and_the_data_are_used(server, cache, monkeypatch, capsys):
    class Full:
        def __init__(self, handle: int, mode: str) -> None:
            self.handle = handle

        def __enter__(self) -> "Full":
            return self

        def __exit__(self, *_: object) -> None:
            os.close(self.handle)

        def write(self, raw: bytes) -> None:
            os.write(self.handle, raw[:100])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(download.os, "fdopen", Full)
    found = sources.find_full()
    assert found is not None and found.contents == CONTENT
    the_line(capsys, FIRST, "No space left on device", str(cache))
    assert kept(cache) == []


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_an_interrupt_while_writing_leaves_nothing(moment, server, cache, monkeypatch):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(*((os, "fsync") if moment == "fsync" else (Path, "replace")), interrupt)
    with pytest.raises(KeyboardInterrupt):
        sources.find_full()
    assert kept(cache) == []


def test_a_cache_that_cannot_be_written_is_named_and_the_data_are_used(server, tmp_path, capsys):
    (tmp_path / "cache").write_text("a file where the folder should be")
    found = sources.find_full()
    assert found is not None and found.contents == CONTENT
    the_line(capsys, "cannot keep", str(tmp_path / "cache"))
    assert (tmp_path / "cache").read_text() == "a file where the folder should be"


@contextlib.contextmanager
def an_ordinary_user() -> Iterator[None]:
    """Give up root's rights for a while: no folder is read-only for root."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


def test_a_read_only_cache_is_named_and_the_data_are_used(server, cache, capsys):
    cache.parent.mkdir()
    cache.parent.chmod(0o500)
    with an_ordinary_user():
        found = sources.find_full()
    cache.parent.chmod(0o700)
    assert found is not None and found.contents == CONTENT
    the_line(capsys, "cannot keep", "Permission denied", str(cache))
    assert kept(cache) == []


def test_without_a_home_nothing_is_kept_and_one_line_says_so(server, monkeypatch, capsys):
    def no_home() -> Path:
        raise RuntimeError("no home")

    monkeypatch.delenv("D2LMINI_CACHE")
    monkeypatch.setattr(Path, "home", no_home)
    assert sources.cache_folder() is None
    found = sources.find_full()
    assert found is not None and found.contents == CONTENT
    the_line(capsys, "no home folder", "D2LMINI_CACHE")


def test_paths_may_hold_spaces_and_any_letters(server, tmp_path, monkeypatch):
    folder = tmp_path / "mein Ordner – 数据 ü"
    monkeypatch.setenv("D2LMINI_CACHE", str(folder))
    assert sources.find_full() == (CONTENT, "its public mirrors")
    assert kept(folder / "fashion-mnist") == sorted(PACKED)
    monkeypatch.setenv("D2LMINI_DATA", str(folder / "fashion-mnist"))
    assert sources.find_full() == (CONTENT, "the folder named by D2LMINI_DATA")


# ---- files that went bad on the disk


def test_a_bit_flipped_after_a_good_load_is_named_and_the_file_fetched_again(server, cache, capsys):
    assert sources.find_full() == (CONTENT, "its public mirrors")
    flip(cache / f"{FIRST}.gz")
    capsys.readouterr()
    assert sources.find_full() == (CONTENT, "its public mirrors")
    the_line(capsys, FIRST, "it is removed")
    assert tree(cache) == PACKED | {".lock": b""}
    assert sorted(server.asked) == sorted([*PACKED, f"{FIRST}.gz"])


def test_a_wrong_file_in_the_cache_gives_way_to_the_system_package(server, cache, tmp_path, capsys):
    fill(cache)
    fill(tmp_path / "package")
    (cache / f"{FIRST}.gz").write_bytes(HTML)
    assert sources.find_full() == (CONTENT, "the system package dataset-fashion-mnist")
    the_line(capsys, FIRST, "is a web page", "it is removed", str(cache))
    assert f"{FIRST}.gz" not in kept(cache)
    assert tree(tmp_path / "package") == PACKED
    assert server.asked == []


def test_a_wrong_file_in_the_system_package_is_named_and_left(server, tmp_path, capsys):
    fill(tmp_path / "package")
    flip(tmp_path / "package" / f"{FIRST}.gz")
    before = tree(tmp_path / "package")
    assert sources.find_full() == (CONTENT, "its public mirrors")
    the_line(capsys, FIRST, "it is ignored")
    assert tree(tmp_path / "package") == before


def test_a_good_link_serves_and_a_wrong_one_is_removed_but_not_its_target(
    server, cache, tmp_path, capsys
):
    fill(cache)
    path, target = cache / f"{FIRST}.gz", tmp_path / "elsewhere"
    path.rename(target)
    path.symlink_to(target)
    assert sources.find_full() == (CONTENT, "the cache of an earlier download")
    target.write_bytes(HTML)
    assert sources.find_full() == (CONTENT, "its public mirrors")
    the_line(capsys, FIRST, "it is removed")
    assert target.read_bytes() == HTML
    assert not path.is_symlink() and path.read_bytes() == PACKED[path.name]


@pytest.mark.parametrize("kind", ["folder", "full folder", "pipe", "dangling link"])
def test_what_is_no_file_in_the_cache_is_named(kind, server, cache, tmp_path, capsys):
    fill(cache)
    path = cache / f"{FIRST}.gz"
    path.unlink()
    if "folder" in kind:
        path.mkdir()
    if kind == "full folder":
        (path / "precious").write_text("mine")
    if kind == "pipe":
        os.mkfifo(path)
    if kind == "dangling link":
        path.symlink_to(tmp_path / "nowhere")
    assert sources.source() == "subset"
    found = sources.find_full()
    assert found is not None and found.contents == CONTENT
    first, *_ = [line for line in capsys.readouterr().err.splitlines() if FIRST in line]
    assert f"{path} is not a file; it is {'ignored' if 'folder' in kind else 'removed'}" in first
    if kind == "full folder":
        assert (path / "precious").read_text() == "mine"


# ---- the folder that the user named


@pytest.mark.parametrize("packed", [True, False])
def test_the_folder_that_the_user_names_comes_first(packed, server, cache, tmp_path, monkeypatch):
    fill(tmp_path / "mine", packed)
    fill(cache)
    monkeypatch.setenv("D2LMINI_DATA", str(tmp_path / "mine"))
    assert sources.source() == "full"
    assert sources.where() == "full Fashion-MNIST from the folder named by D2LMINI_DATA"
    assert sources.find_full() == (CONTENT, "the folder named by D2LMINI_DATA")


def test_a_wrong_file_in_the_users_folder_is_an_error_and_stays(
    server, cache, tmp_path, monkeypatch
):
    fill(tmp_path / "mine", packed=False)
    fill(cache)
    flip(tmp_path / "mine" / FIRST)
    before = tree(tmp_path / "mine")
    monkeypatch.setenv("D2LMINI_DATA", str(tmp_path / "mine"))
    with pytest.raises(ValueError, match=f"^D2LMINI_DATA: .*{FIRST} has the SHA-256") as caught:
        sources.find_full()
    assert FILES[0].sha256 in str(caught.value) and "unset D2LMINI_DATA" in str(caught.value)
    assert tree(tmp_path / "mine") == before
    assert server.asked == []


@pytest.mark.parametrize("ask", [sources.find_full, sources.source, sources.where])
def test_a_missing_file_in_the_users_folder_is_an_error(ask, cache, tmp_path, monkeypatch):
    fill(cache)
    monkeypatch.setenv("D2LMINI_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match=f"nowhere holds no {FIRST}"):
        ask()


# ---- the embedded subset


@pytest.fixture(scope="module")
def stored() -> bytes:
    return data.SUBSET.read_bytes()


@pytest.mark.parametrize("fault", ["cut off", "flipped bit", "empty", "web page", "gone"])
def test_a_damaged_subset_is_an_error_that_names_it(fault, stored, tmp_path, monkeypatch):
    path = tmp_path / "fashion-mnist-subset.npz"
    monkeypatch.setattr(data, "SUBSET", path)
    wrong = {"cut off": stored[:2_000_000], "empty": b"", "web page": HTML}
    path.write_bytes(wrong.get(fault, stored))
    if fault == "flipped bit":
        flip(path)
    if fault == "gone":
        path.unlink()
    with pytest.raises(ValueError, match=r"^fashion-mnist-subset\.npz.* is damaged .*reinstall"):
        data.fashion_mnist("subset")


def test_the_subset_stands_in_and_says_so(monkeypatch, capsys):
    monkeypatch.setenv("D2LMINI_OFFLINE", "1")
    found = data.fashion_mnist()
    assert (found.source, len(found.train.y)) == ("subset", 8000)
    assert "12,000 of its 70,000 images" in found.note
    the_line(capsys, "embedded subset stands in", "dataset-fashion-mnist", "D2LMINI_DATA")


def test_asking_for_the_full_set_never_gives_the_subset(monkeypatch):
    monkeypatch.setenv("D2LMINI_OFFLINE", "1")
    with pytest.raises(ValueError, match="the full Fashion-MNIST was not found: install"):
        data.fashion_mnist("full")
