"""The process that has imported everything and waits, so that a student's kernel starts at once.

It runs behind a wall of its own (``wall.hall``) and never runs a line of a student's code. For each
request it lets bubblewrap build a room, forks, and the child moves into the room for good: it joins
the room's namespaces, gives up every capability, takes the limits and becomes the kernel. What the
child leaves behind it cannot reach any more: other rooms, this process and its channel.

Standard library only, until the imports at the start of ``main``.
"""

import array
import ctypes
import gc
import json
import os
import resource
import select
import socket
import subprocess
import sys
from typing import Any, NoReturn

LIBC = ctypes.CDLL(None, use_errno=True)
# linux/sched.h: mount, cgroup, uts, ipc, user, pid and net namespaces
SPACES = 0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000
# linux/prctl.h
CAPBSET_DROP, SET_NO_NEW_PRIVS, CAP_AMBIENT, CAP_AMBIENT_CLEAR_ALL = 24, 38, 47, 4
CAPABILITY_VERSION = 0x20080522


def call(name: str, *args: Any) -> int:
    """Call a function of the C library; raise OSError where it fails."""
    result: int = getattr(LIBC, name)(*args)
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")
    return result


def warm() -> None:
    """Import what nearly every notebook imports, and start no thread."""
    import importlib

    names = ("ops", "scenes", "layers", "nets", "data", "train", "records", "draw", "exercises")
    heavy = ("numpy", "torch", "torch.nn.functional", "torch.utils.data", "matplotlib.pyplot")
    for name in (*heavy, "ipykernel.kernelapp", *(f"d2lmini.{name}" for name in names)):
        importlib.import_module(name)
    threads = len(os.listdir("/proc/self/task"))  # noqa: PTH208 (no more modules than needed)
    if threads != 1:
        raise RuntimeError(f"{threads} threads: a process that waits must have one")
    gc.collect()
    gc.freeze()  # the collector shall not touch, and so copy, the pages that all children share


class Room:
    """A room that bubblewrap has built, with a first process and nobody else in it."""

    def __init__(self, command: list[str]) -> None:
        read, write = os.pipe()
        holder = ["sh", "-c", "echo; exec sleep infinity >/dev/null"]
        self.process = subprocess.Popen(
            [*command[:1], "--info-fd", str(write), *command[1:], *holder],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            pass_fds=[write],
            env={"PATH": os.defpath},
        )
        os.close(write)
        with os.fdopen(read, "rb") as info:
            told = info.read()
        assert self.process.stdout and self.process.stderr
        if not self.process.stdout.readline():
            words = self.process.stderr.read().decode("utf-8", "replace").strip()
            raise RuntimeError(f"no room: {words or self.process.wait()}")
        self.process.stdout.close()
        self.process.stderr.close()
        self.init = os.pidfd_open(json.loads(told)["child-pid"])
        self.outside = os.pidfd_open(self.process.pid)

    def gone(self) -> bool:
        """Return whether the room is no more; then nothing of it is kept."""
        if self.process.poll() is None:
            return False
        os.close(self.outside)
        return True


def leave_behind(environment: dict[str, str]) -> None:
    """Close every file, and forget what the waiting process knew."""
    null = os.open("/dev/null", os.O_RDWR)
    for number in range(3):
        os.dup2(null, number)
    os.closerange(3, 1 << 16)
    os.setsid()
    os.chdir(environment["HOME"])
    os.environ.clear()
    os.environ.update(environment)


def give_up_power() -> None:
    """Drop every capability for good; raise RuntimeError where one is left."""
    for number in range(64):
        if LIBC.prctl(CAPBSET_DROP, number, 0, 0, 0) < 0:
            break  # the kernel knows no more of them
    call("prctl", CAP_AMBIENT, CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    call("prctl", SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    call("capset", header, (ctypes.c_uint32 * 6)())
    with open("/proc/self/status") as file:  # noqa: PTH123
        state = dict(line.split(":\t", 1) for line in file if ":\t" in line)
    left = [name for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
            if int(state[name], 16)]  # fmt: skip
    if left or state["NoNewPrivs"].strip() != "1":
        raise RuntimeError(f"capabilities are left: {left}")


def take_limits(limits: dict[str, int]) -> None:
    """Set the limits of this process; their names are those of ``prlimit``."""
    with open("/proc/self/oom_score_adj", "w") as file:  # noqa: PTH123
        file.write("1000")
    for name, value in limits.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name.upper()}"), (value, value))


def become_kernel(request: dict[str, Any]) -> NoReturn:
    """Turn this process, which is alone in its room, into a student's kernel."""
    status = 1
    try:
        leave_behind(request["environment"])
        give_up_power()
        take_limits(request["limits"])
        for name in [name for name in sys.modules if name.startswith("d2lmini.grading")]:
            del sys.modules[name]
        sys.modules["d2lmini"].__dict__.pop("grading", None)
        sys.argv = ["ipykernel_launcher", *request["kernel"]]
        from ipykernel.kernelapp import IPKernelApp

        IPKernelApp.launch_instance(argv=request["kernel"])
        status = 0
    finally:
        os._exit(status)


def move_in(room: Room, request: dict[str, Any], channel: socket.socket) -> NoReturn:
    """Join the room, leave a kernel in it, and tell who they are: the room's first, the kernel."""
    try:
        call("setns", room.init, SPACES)
        kernel = os.fork()  # a process namespace holds only who is born in it
        if not kernel:
            channel.detach()
            become_kernel(request)
        send(channel, "", room.init, os.pidfd_open(kernel))
    except BaseException as problem:
        send(channel, f"{type(problem).__name__}: {problem}")
    finally:
        os._exit(0)


def send(channel: socket.socket, problem: str, *files: int) -> None:
    """Answer a request: with a sentence, or with descriptors of processes."""
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", files))] if files else []
    channel.sendmsg([json.dumps(problem).encode()], rights)


def serve(channel: socket.socket, rooms: list[Room]) -> bool:
    """Answer one request; False where the grader has gone."""
    watched: list[Any] = [channel, *(room.outside for room in rooms)]
    ready = select.select(watched, [], [])[0]
    if channel not in ready:
        return True
    if not (asked := channel.recv(1 << 18)):
        return False
    request = json.loads(asked)
    try:
        room = Room(request["room"])
    except Exception as problem:
        send(channel, str(problem))
        return True
    rooms.append(room)
    if not (child := os.fork()):
        move_in(room, request, channel)
    os.waitpid(child, 0)
    os.close(room.init)
    return True


def main() -> None:
    """Import, say so, and answer requests until the grader goes."""
    channel = socket.socket(fileno=int(sys.argv[1]))
    os.set_inheritable(channel.fileno(), False)
    warm()
    send(channel, "", os.pidfd_open(os.getpid()))
    rooms: list[Room] = []
    while serve(channel, rooms):
        rooms = [room for room in rooms if not room.gone()]


if __name__ == "__main__":
    main()
