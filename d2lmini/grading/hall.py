"""The hall: a waiting process that has imported everything, and the rooms that it fills.

A sandbox with an interpreter of its own imports PyTorch first, which takes longer than most
submissions. Here one process per grader imports it once, behind a wall, and each student's kernel
is a fork of it that has moved into a room of its own (:mod:`d2lmini.grading.zygote` says how).
"""

import atexit
import json
import os
import shutil
import socket
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

from d2lmini.grading import wall
from d2lmini.grading.limits import Limits
from d2lmini.grading.room import Command, Room, Stopped, filtered

PATIENCE = 120.0  # seconds for the imports


class Hall:
    """A waiting process and the folder from which its rooms get their inputs.

    Args:
        user: the user it runs as, where root started the grader.

    Raises:
        Stopped: it does not start.
    """

    def __init__(self, user: int | None) -> None:
        self.base = Path(tempfile.mkdtemp(prefix="d2lmini-"))
        if user is not None:
            os.chown(self.base, user, user)
        self.waiting: Room | None = None
        self._lock = threading.Lock()
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._channel.settimeout(PATIENCE)
        self._command = self._start(user, theirs)
        try:
            self.waiting = Room(self._answer())
        except Stopped:
            said = self._command.said()
            self.close()
            raise Stopped(f"the warm start failed: {said}") from None

    def _start(self, user: int | None, channel: socket.socket) -> Command:
        words, files = filtered(wall.hall(self.base))
        words += [wall.python(), "-m", "d2lmini.grading.zygote", str(channel.fileno())]
        try:
            with channel:
                command = wall.command(words, user, self.base)
                return Command(command, [channel.fileno(), *files])
        finally:
            for number in files:
                os.close(number)

    def alive(self) -> bool:
        """Return whether it can still fill rooms."""
        return self.waiting is not None and not self.waiting.ended()

    def room(self, inputs: Path, limits: Limits) -> Room:
        """Have a room built and a kernel moved in.

        Args:
            inputs: a folder in ``base``.
            limits: what the kernel may use.

        Raises:
            Stopped: there is no room.
        """
        request = {
            "room": wall.room(inputs, limits),
            "environment": wall.ENVIRONMENT,
            "limits": limits.rlimits(),
            "kernel": wall.KERNEL,
        }
        with self._lock:
            try:
                self._channel.send(json.dumps(request).encode())
            except OSError as problem:
                raise Stopped(f"the warm start ended: {problem.strerror}") from None
            return Room(self._answer())

    def _answer(self) -> list[int]:
        try:
            said, files, _, _ = socket.recv_fds(self._channel, 1 << 16, 4)
        except OSError:
            said, files = b"", []
        if said and not (problem := json.loads(said)):
            return files
        raise Stopped(f"the sandbox did not start: {problem if said else 'no answer'}")

    def close(self) -> None:
        """End it, and every room with it."""
        self._channel.close()
        if self.waiting is not None:
            self.waiting.kill()
        self._command.close()
        shutil.rmtree(self.base, ignore_errors=True)


_trusted: set[str] = set()


def trust() -> None:
    """Let sandboxes use the warm start; for the preflight, once it has seen that it holds."""
    _trusted.add("warm")


def trusted() -> bool:
    """Return whether the preflight has let sandboxes use the warm start."""
    return bool(_trusted)


_halls: dict[tuple[int, int | None], Hall] = {}
_lock = threading.Lock()


def hall(user: int | None) -> Hall:
    """Return this process's hall for a user; a new one where the last has died.

    Raises:
        Stopped: it does not start.
    """
    key = (os.getpid(), user)  # after a fork the parent's hall is not ours
    with _lock:
        found = _halls.get(key)
        if found is not None and not found.alive():
            found.close()
            found = None
        if found is None:
            found = _halls[key] = Hall(user)
        return found


@atexit.register
def close_halls() -> None:
    """End the halls of this process."""
    for (process, _), found in list(_halls.items()):
        if process == os.getpid():
            with suppress(OSError):
                found.close()
    _halls.clear()
