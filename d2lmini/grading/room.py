"""A sandbox seen from outside: its first process, its kernel, its folders, and how it ends."""

import json
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from d2lmini.grading import wall
from d2lmini.grading.calls import filter_file
from d2lmini.grading.limits import Limits


class Stopped(Exception):
    """A sandbox ended, went over a limit or could not start; the text says which, in a sentence."""


class Room:
    """The process namespace of one sandbox.

    Whoever kills its first process kills all of it: no signal handler, no fork and no daemon
    survives, because the kernel of the machine ends the whole namespace.

    Args:
        files: descriptors of its processes: the first one, and the kernel if that is another one.
    """

    def __init__(self, files: Sequence[int]) -> None:
        self.files = list(files)
        self.init, self.kernel = _number(files[0]), _number(files[-1])
        self.folders: list[int] = []

    def enter(self, seconds: float) -> None:
        """Wait until the walls stand, then open the folders that can be written to.

        Raises:
            Stopped: there is no room after some seconds.
        """
        root, end = f"/proc/{self.init}/root", time.monotonic() + seconds
        while not os.path.isdir(root + wall.BOX):  # noqa: PTH112 (Path hides some errors)
            if self.ended() or time.monotonic() > end:
                raise Stopped("the sandbox did not start")
            time.sleep(0.002)
        try:
            for folder in wall.WRITABLE:
                self.folders.append(os.open(root + folder, os.O_RDONLY | os.O_DIRECTORY))
        except OSError as problem:
            raise Stopped(f"the sandbox did not start: {problem.strerror}") from None

    @property
    def box(self) -> int:
        """Descriptor of the folder for results."""
        return self.folders[wall.WRITABLE.index(wall.BOX)]

    def ended(self) -> bool:
        """Return whether one of its processes that must live has ended."""
        return bool(_readable(self.files, 0))

    def kill(self) -> None:
        """End every process in it and wait until none is left; then forget its folders."""
        if self.files:
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.files[0], signal.SIGKILL)
            _readable(self.files[:1], 30)
        for number in [*self.files, *self.folders]:
            os.close(number)
        self.files, self.folders = [], []


def _readable(files: Sequence[int], seconds: float) -> list[int]:
    poll = select.poll()
    for number in files:
        poll.register(number, select.POLLIN)
    return [number for number, _ in poll.poll(seconds * 1000)]


def _number(file: int) -> int:
    """Return the number that a process has here, where it may have others elsewhere."""
    for line in Path(f"/proc/self/fdinfo/{file}").read_text().splitlines():
        if line.startswith("Pid:"):
            return int(line.split()[1])
    return -1


class Command:
    """A bubblewrap that runs until :meth:`end`, started by a thread that lives as long.

    ``--die-with-parent`` follows the *thread* that started it: one of a pool that goes would take
    the sandbox along.
    """

    def __init__(self, words: Sequence[str], files: Sequence[int] = ()) -> None:
        self.words, self.files = list(words), tuple(files)
        self.process: subprocess.Popen[bytes] | None = None
        self.problem: OSError | None = None
        started = threading.Event()
        self.thread = threading.Thread(target=self._keep, args=(started,), daemon=True)
        self.thread.start()
        started.wait()
        if self.problem is not None:
            raise Stopped(f"the sandbox did not start: {self.problem}")

    def _keep(self, started: threading.Event) -> None:
        try:
            self.process = subprocess.Popen(
                self.words,
                stdin=subprocess.PIPE,  # closes when this process ends
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=self.files,
                env=wall.bare_environment(),
                start_new_session=True,  # no terminal: what is typed there is nobody's business
            )
        except OSError as problem:
            self.problem = problem
        started.set()
        if self.process is not None:
            self.process.wait()

    def said(self) -> str:
        """Return the last line of what a command that failed wrote, once it has ended."""
        self.end()
        assert self.process is not None and self.process.stderr is not None
        lines = self.process.stderr.read(4096).decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"it ended with {self.process.returncode}"

    def end(self, patience: float = 10.0) -> None:
        """Wait for its end, and kill it where that takes long."""
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
            self.thread.join(patience)  # whoever ends by itself also collects its children
            self.process.kill()
            self.thread.join()

    def close(self) -> None:
        """Wait for its end, and forget what it said."""
        self.end()
        if self.process is not None and self.process.stderr is not None:
            self.process.stderr.close()


def filtered(words: Sequence[str]) -> tuple[list[str], list[int]]:
    """Return a bubblewrap command with its filter of system calls, and the files it needs."""
    file = filter_file()
    if file is None:
        return list(words), []
    return [words[0], "--seccomp", str(file), *words[1:]], [file]


def cold(inputs: Path, user: int | None, limits: Limits) -> tuple[Room, Command]:
    """Start a sandbox with an interpreter of its own.

    Raises:
        Stopped: bubblewrap could not build it.
    """
    read, write = os.pipe()
    words, files = filtered(wall.room(inputs, limits))
    words[1:1] = ["--info-fd", str(write)]
    words += [
        "sh",
        "-c",
        'exec "$@" </dev/null >/dev/null 2>&1',
        "sh",
    ]  # bwrap's own words stay readable
    words += [*wall.rlimits(limits), wall.python(), "-m", "ipykernel_launcher", *wall.KERNEL]
    try:
        command = Command(wall.command(words, user, inputs), [write, *files])
    finally:
        for number in (write, *files):
            os.close(number)
    try:
        return Room([os.pidfd_open(_first(read, command, limits.start))]), command
    except (OSError, Stopped):
        raise Stopped(f"the sandbox did not start: {command.said()}") from None
    finally:
        os.close(read)


def _first(file: int, command: Command, seconds: float) -> int:
    """Return the first process of the room that a bubblewrap builds."""
    told, end = b"", time.monotonic() + seconds
    while time.monotonic() < end and command.process and command.process.poll() is None:
        if _readable([file], 0.1):
            told += os.read(file, 4096)
            with suppress(ValueError):  # not all of it yet
                return int(json.loads(told)["child-pid"])
    raise Stopped("bubblewrap ended")
