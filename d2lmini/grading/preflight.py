"""Find out, before the first submission, whether this machine can hold a stranger's code.

Nothing is assumed: a sandbox is started and tries to break out in the ways that matter.
"""

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from d2lmini.grading import wall
from d2lmini.grading.hall import trust
from d2lmini.grading.kernel import Sandbox
from d2lmini.grading.letters import Arrays
from d2lmini.grading.limits import Limits
from d2lmini.grading.room import Stopped
from d2lmini.grading.users import unused_user

TOOLS = ("bwrap", "setpriv", "prlimit", "choom")
INSTALL = "Debian, Ubuntu: apt install bubblewrap; macOS, Windows: use a Linux machine or VM"

PROBE = """
import os as _os, socket as _socket, time as _time

def _works(action):
    try:
        action()
    except BaseException:
        return 0
    return 1

def _connect():
    _socket.create_connection(("192.0.2.1", 80), timeout=1)

def _bind():
    _os.mkdir("/usr/d2lmini-probe")

def _forks():
    children = []
    try:
        for _ in range(200):
            if not (child := _os.fork()):
                _time.sleep(20)
                _os._exit(0)
            children.append(child)
    except OSError:
        pass
    for child in children:
        _os.kill(child, 9)
        _os.waitpid(child, 0)
    return len(children)

def _large():
    with open("/student/large", "wb") as file:
        file.truncate(1 << 30)

def _routes():
    with open("/proc/net/dev") as file:
        return sum(":" in line and "lo:" not in line for line in file)

def _status(name):
    with open("/proc/self/status") as file:
        return next(int(line.split()[1], 16) for line in file if line.startswith(name))

_r = {
    "echo": _a["x"] * 2,
    "network": _works(_connect) + _routes(),
    "write": _works(_bind),
    "forks": _forks(),
    "memory": _works(lambda: bytearray(16 << 30)),
    "size": _works(_large),
    "terminal": _works(lambda: open("/dev/tty")),
    "capabilities": _status("CapEff") + _status("CapBnd") + (_status("NoNewPrivs") != 1),
    "host": sum(_os.path.exists(path) for path in _hosts),
    "processes": sum(name.isdecimal() for name in _os.listdir("/proc")) > 8,
}
"""

WORDS = {
    "network": "a sandbox reaches the network",
    "write": "a sandbox can write to the system",
    "memory": "the limit on memory does not bind",
    "size": "the limit on the size of a file does not bind",
    "terminal": "a sandbox reaches the terminal",
    "capabilities": "a sandbox keeps capabilities",
    "host": "a sandbox sees folders of the machine that it should not see",
    "processes": "a sandbox sees processes of the machine",
}


@functools.cache
def preflight() -> str | None:
    """Return why this machine cannot grade, as a sentence with the remedy, or None.

    The answer is kept for this process.
    """
    if problem := _missing() or _probe(warm=False):
        return f"cannot grade here: {problem}"
    if not cold_because():
        trust()
    return None


@functools.cache
def cold_because() -> str | None:
    """Return why each sandbox must start an interpreter of its own here, or None.

    That is as safe and slower: then the notes of a run should say so.
    """
    try:
        return _probe(warm=True) or _apart()
    except (Stopped, OSError) as problem:
        return str(problem)


def _apart() -> str | None:
    """Return what two sandboxes of the warm start share with each other or with what started them.

    Looked at from outside, where nobody can forge the answer.
    """
    with Sandbox(warm=True) as one, Sandbox(warm=True) as two:
        assert one.room and two.room and one.waiting and one.waiting.waiting
        rooms = [one.room.kernel, two.room.kernel, one.waiting.waiting.kernel, os.getpid()]
        for name in ("user", "mnt", "pid", "net", "ipc", "uts", "cgroup"):
            spaces = {Path(f"/proc/{number}/ns/{name}").readlink() for number in rooms}
            if len(spaces) != len(rooms):
                return f"two sandboxes share their {name} namespace"
        if held := [file for file in _open(rooms[0]) if "pidfd" in file]:
            return f"a sandbox holds {held[0]}"
        if shared := (_open(rooms[0]) & (_open(rooms[1]) | _open(rooms[2]))):
            return f"two sandboxes share open files: {sorted(shared)}"
        for number in rooms[:2]:
            if problem := _powers(number):
                return problem
    return None


def _open(number: int) -> set[str]:
    """Return the files that a process holds; what every process has for itself left out."""
    links = {str(path.readlink()) for path in Path(f"/proc/{number}/fd").iterdir()}
    own = ("/dev/", "anon_inode:[eventpoll]", "anon_inode:[eventfd]")
    return {link for link in links if not link.startswith(own)}


def _powers(number: int) -> str | None:
    lines = Path(f"/proc/{number}/status").read_text().splitlines()
    state = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    sets = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
    if any(int(state[name], 16) for name in sets) or state["NoNewPrivs"] != "1":
        return "a sandbox keeps capabilities"
    return None


def _missing() -> str | None:
    if sys.platform != "linux":
        return f"the sandbox needs Linux ({INSTALL})"
    if not shutil.which("bwrap", path=os.defpath):
        return f"bubblewrap is missing ({INSTALL})"
    for tool in TOOLS:
        if not shutil.which(tool, path=os.defpath):
            return f"{tool} is missing (it belongs to util-linux, 2.33 or newer)"
    listed = subprocess.run(["bwrap", "--help"], capture_output=True, text=True, check=False)
    if "--disable-userns" not in listed.stdout:
        return "bubblewrap is older than 0.8 (Debian 12, Ubuntu 24.04 and later have a newer one)"
    return None


def _probe(warm: bool) -> str | None:
    try:
        with Sandbox(wall=60, warm=warm) as box:
            box.run(f"_hosts = {_elsewhere()}")
            found = box.call(PROBE, x=np.arange(3))
    except (Stopped, ValueError, OSError) as problem:
        return _unreadable() or f"{problem} ({_advice()})"
    return _judge(found)


def _judge(found: Arrays) -> str | None:
    if not np.array_equal(found.pop("echo", np.zeros(0)), [0, 2, 4]):
        return "arrays do not come back from a sandbox as they were sent"
    if not 1 <= found.pop("forks", np.zeros(())) < Limits().processes:
        return "the limit on processes does not bind"
    broken = [words for name, words in WORDS.items() if name not in found or found[name].any()]
    return broken[0] if broken else None


def _elsewhere() -> list[str]:
    """Return folders of this machine that no sandbox may see, as far as they exist."""
    paths = {Path.home(), Path("/var"), Path("/sys"), Path("/home"), Path("/run"), Path.cwd()}
    shown = [*wall.environment(), Path("/usr")]
    return [str(p) for p in paths if p != Path("/") and not any(
        p in (s, *s.parents) or s in p.parents for s in shown)]  # fmt: skip


def _unreadable() -> str | None:
    """Return which folder the sandbox's user cannot read, where root started the grader."""
    if os.geteuid() != 0:
        return None
    user = unused_user()
    for folder in [*wall.environment(), wall.PACKAGE]:
        command = [*wall.stage(user, folder), "find", "-L", str(folder), "-maxdepth", "2"]
        command += ["!", "-readable", "-print", "-quit"]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        if found.stdout:
            path = found.stdout.splitlines()[0]
            return f"{path} is not readable for an ordinary user (chmod -R o+rX {folder})"
    return None


def _advice() -> str:
    return (
        "ordinary users need user namespaces: on Ubuntu 24.04 that takes bubblewrap's AppArmor"
        " profile, in a container the right to make namespaces"
    )
