"""Attacks on the sandbox: each must fail, say why, and leave the machine as it was."""

import os
import re
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil
import pytest

from d2lmini.grading.hall import hall
from d2lmini.grading.limits import GIB, MIB
from d2lmini.grading.sandbox import Limits, Sandbox, Stopped
from d2lmini.grading.users import unused_user

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("walls")]

HOSTILE = Path(__file__).parent / "hostile"
SMALL = Limits(memory=GIB, address=4 * GIB, entries=2000)
X = np.array([1.0, 2.0, 3.0])
STOPPED, NOTHING, ANSWERED = "stopped", "no answer", "answered"


class Outcome(NamedTuple):
    """How an attack ended: the kind, the sentence, the arrays that came back."""

    kind: str
    words: str
    value: object = None


def attack(name: str, warm: bool, wall: float = 3) -> Outcome:
    """Run a hostile notebook and ask its function."""
    try:
        with Sandbox(wall=wall, limits=SMALL, warm=warm) as box:
            said = box.run((HOSTILE / f"{name}.py").read_text())
            got = box.call("_r = {'y': answer(_a['x'])}", x=X)
            return Outcome(ANSWERED, said, got["y"])
    except Stopped as problem:
        return Outcome(STOPPED, str(problem))
    except ValueError as problem:
        return Outcome(NOTHING, str(problem))


def strays() -> list[object]:
    """Return what an attack could leave: inputs, processes of the sandbox's user, its files."""
    user = unused_user() if os.geteuid() == 0 else None
    left: list[object] = [*hall(user).base.iterdir()]
    if user is not None:
        for process in psutil.process_iter(["uids", "status", "name"]):
            uids, ended = process.info["uids"], process.info["status"] == psutil.STATUS_ZOMBIE
            if uids and uids.real == user and not ended:
                left.append((process.pid, process.info["name"]))
        for folder in (Path("/dev/shm"), Path(tempfile.gettempdir())):
            left += [path for path in folder.iterdir() if _owner(path) == user]
    return sorted(left, key=str)


def _owner(path: Path) -> int | None:
    try:
        return path.lstat().st_uid
    except OSError:
        return None


def settled(expected: list[object] | None = None) -> list[object]:
    """Return the strays once nothing changes: bubblewrap's own processes end a moment later."""
    end, last = time.monotonic() + 10, strays()
    while time.monotonic() < end:
        time.sleep(0.1)
        last, before = strays(), last
        if last == (before if expected is None else expected):
            break
    return last


@pytest.fixture(scope="module")
def resting() -> list[object]:
    """Return what is there while no sandbox runs: the waiting process."""
    with Sandbox(warm=True) as box:
        box.run("1")
    time.sleep(1)
    return settled()


@pytest.fixture
def unharmed(resting: list[object], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hold that the machine is as before, and that the next sandbox works."""
    monkeypatch.setenv("D2LMINI_TEST_SECRET", "to be found nowhere")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert settled(resting) == resting
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak) * 1024
    assert grown < 100 * MIB
    with Sandbox(warm=True) as box:
        box.run("def answer(x): return 2 * x")
        assert np.array_equal(box.call("_r = {'y': answer(_a['x'])}", x=X)["y"], 2 * X)


SECONDS = "it did not end within 3 seconds"
ENDED = "its kernel ended"
# how each attack must end, and the words that a teacher reads
ATTACKS = {
    "loop_forever": (STOPPED, SECONDS),
    "loop_in_answer": (STOPPED, SECONDS),
    "sleep_long": (STOPPED, SECONDS),
    "ignore_signals": (STOPPED, SECONDS),
    "stop_itself": (STOPPED, SECONDS),
    "fork_storm": (STOPPED, SECONDS),
    "print_forever": (STOPPED, "printed (more than 1 MiB|too much at once)"),
    "display_flood": (STOPPED, "printed (more than 1 MiB|too much at once)"),
    "huge_message": (STOPPED, "printed too much at once"),
    "memory_in_one": (NOTHING, "NameError"),
    "memory_in_children": (STOPPED, "more than 1 GiB of memory"),
    "memory_without_process": (STOPPED, "more than 1 GiB of memory"),
    "deleted_files": (NOTHING, "No space left"),
    "fill_folders": (NOTHING, "No space left"),
    "many_files": (STOPPED, "made more than 2000 files"),
    "exit_hard": (STOPPED, ENDED),
    "exit_soft": (NOTHING, "NameError"),
    "exit_in_answer": (STOPPED, ENDED),
    "segfault": (STOPPED, ENDED),
    "close_everything": (STOPPED, rf"{ENDED}|closed its channels"),
    "kill_everybody": (STOPPED, ENDED),
    "result_symlink": (NOTHING, "cannot be read: .*symbolic link"),
    "result_pipe": (NOTHING, "not a regular file"),
    "result_folder": (NOTHING, "cannot be read"),
    "result_pickle": (NOTHING, "not a plain array"),
    "result_bomb": (NOTHING, "more than .* bytes"),
    "result_bomb_hidden": (NOTHING, "cannot be read"),
    "result_lying_header": (NOTHING, "header does not fit"),
    "result_rubbish": (NOTHING, "cannot be read"),
    "result_always_equal": (NOTHING, "no answer"),
    "rubbish_messages": (STOPPED, "message that cannot be read"),
    "sockets_elsewhere": (STOPPED, rf"{ENDED}|closed its channels"),  # what is seen first
    "forged_idle": (STOPPED, SECONDS),
    "asks_back": (NOTHING, "NameError"),
}
# attacks after which an answer arrives, and what it must be
HARMLESS = {
    "daemon": 2 * X,
    "thread_goes_on": 2 * X,
    "deep_folders": 2 * X,
    "magics": 2 * X,
    "patched_numpy": np.zeros(3),
    "large_file": 0,
    "memory_shared": 0,
    "network": 0,
    "host_files": 0,
    "grader_files": 0,
    "environment": 0,
    "neighbours": 0,
    "powers": 0,
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_ends_with_a_sentence(name: str, unharmed: None) -> None:
    kind, words = ATTACKS[name]
    found = attack(name, warm=True, wall=3 if words == SECONDS else 30)
    assert (found.kind, bool(re.search(words, found.words))) == (kind, True), found


@pytest.mark.parametrize("name", HARMLESS)
def test_an_attack_finds_nothing(name: str, unharmed: None) -> None:
    found = attack(name, warm=True, wall=20)
    assert found.kind == ANSWERED, found
    assert np.array_equal(found.value, HARMLESS[name]), found


COLD = (
    "loop_forever",
    "stop_itself",
    "segfault",
    "print_forever",
    "many_files",
    "memory_without_process",
)


@pytest.mark.parametrize("name", COLD)
def test_an_attack_ends_without_the_warm_start(name: str, unharmed: None) -> None:
    kind, words = ATTACKS[name]
    found = attack(name, warm=False, wall=3 if words == SECONDS else 30)
    assert (found.kind, bool(re.search(words, found.words))) == (kind, True), found


@pytest.mark.parametrize("name", ("powers", "network", "host_files", "neighbours", "memory_shared"))
def test_an_attack_finds_nothing_without_the_warm_start(name: str, unharmed: None) -> None:
    found = attack(name, warm=False, wall=20)
    assert found.kind == ANSWERED, found
    assert np.array_equal(found.value, HARMLESS[name]), found


def test_every_hostile_notebook_is_tried() -> None:
    assert {p.stem for p in HOSTILE.glob("*.py")} == {*ATTACKS, *HARMLESS, "thread_storm"}


def test_threads_are_counted(unharmed: None) -> None:
    found = attack("thread_storm", warm=True, wall=20)
    assert found.kind == ANSWERED or "did not end" in found.words, found
    if found.kind == ANSWERED:
        assert 1 <= found.value < Limits().processes  # type: ignore[operator]
