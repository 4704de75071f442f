"""A student's kernel in a sandbox: arrays go in, arrays come out, nothing else is believed.

    with Sandbox() as box:
        box.run("def double(x): return 2 * x")
        box.call("_r = {'y': double(_a['x'])}", x=np.arange(3))["y"]

The walls are built by bubblewrap (:mod:`d2lmini.grading.wall`). What no limit of the machine
covers is looked at five times a second (:mod:`d2lmini.grading.limits`).
"""

import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from d2lmini.grading import wall as walls
from d2lmini.grading.hall import hall, trusted
from d2lmini.grading.letters import Arrays, read_npz
from d2lmini.grading.limits import Limits, excess, shortage
from d2lmini.grading.room import Command, Room, Stopped, cold
from d2lmini.grading.talk import TICK, Talk
from d2lmini.grading.users import unused_user

__all__ = ["Sandbox"]


class Sandbox:
    """One kernel behind a wall, for one submission.

    Args:
        uid: the user it runs as, where root started the grader; None for an unused one.
        wall: seconds for one cell or call; None for what ``limits`` say.
        limits: what it may use.
        warm: fork it from the waiting process of :mod:`d2lmini.grading.hall`, or start an
            interpreter; None for the first where the preflight has seen that it holds.

    Raises:
        Stopped: it could not start.
    """

    def __init__(
        self,
        uid: int | None = None,
        wall: float | None = None,
        limits: Limits | None = None,
        warm: bool | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.wall = self.limits.wall if wall is None else wall
        self.user = (unused_user() if uid is None else uid) if os.geteuid() == 0 else None
        self._looked = 0.0
        self.room: Room | None = None
        self._talk: Talk | None = None
        self._command: Command | None = None
        self.waiting = hall(self.user) if (trusted() if warm is None else warm) else None
        where = self.waiting.base if self.waiting else None
        self.inputs = Path(tempfile.mkdtemp(prefix="d2lmini-", dir=where))
        self.inputs.chmod(0o755 if self.waiting else 0o700)
        if self.user is not None:
            os.chown(self.inputs, self.user, self.user)
        try:
            if self.waiting:
                self.room = self.waiting.room(self.inputs, self.limits)
            else:
                self.room, self._command = cold(self.inputs, self.user, self.limits)
            self.room.enter(self.limits.start)
            self._talk = Talk(self.room.box, self._look, self.limits)
        except BaseException:
            self.close()
            raise

    def _look(self) -> None:
        """Raise Stopped where it ended or uses too much, RuntimeError where the machine lacks."""
        assert self.room is not None
        if self.room.ended():
            raise Stopped("its kernel ended")
        if time.monotonic() > self._looked + TICK:
            if problem := excess(self.room.init, self.room.folders, self.limits):
                raise Stopped(problem)
            if problem := shortage(self.limits):
                raise RuntimeError(problem)
            self._looked = time.monotonic()

    def run(self, code: str, wall: float | None = None) -> str:
        """Execute code.

        Args:
            code: a cell of a notebook.
            wall: seconds that it may take; None for the sandbox's own.

        Returns:
            what was printed, with a line for an error: for the feedback, never for a grade.

        Raises:
            Stopped: the sandbox ended or went over a limit, and is closed now.
            RuntimeError: the machine's memory is short.
        """
        if self._talk is None:
            raise Stopped("the sandbox is closed")
        try:
            return self._talk.execute(code, self.wall if wall is None else wall)
        except BaseException:
            self.close()
            raise

    def call(self, stub: str, wall: float | None = None, **arrays: Any) -> Arrays:
        """Send arrays in, run a few lines, and get arrays back.

        Args:
            stub: statements that read ``_a``, a dict of the arrays, and set ``_r``, another one.
            wall: seconds that they may take; None for the sandbox's own.
            **arrays: what goes in, by name.

        Returns:
            the arrays that came back. They may hold anything: only their values count.

        Raises:
            Stopped: the sandbox ended or went over a limit, and is closed now.
            RuntimeError: the machine's memory is short.
            ValueError: no arrays came back, or something else than plain arrays.
        """
        name = os.urandom(8).hex() + ".npz"
        path = self.inputs / name
        if self._talk is None or self.room is None:
            raise Stopped("the sandbox is closed")
        np.savez(path, **arrays)
        path.chmod(0o644)
        try:
            said = self.run(
                f"import numpy as _n; _a = dict(_n.load('{walls.INPUTS}/{name}'))\n{stub}\n"
                f"_n.savez('{walls.BOX}/part-{name}', **_r)\n"  # all of it or nothing
                f"__import__('os').rename('{walls.BOX}/part-{name}', '{walls.BOX}/{name}')",
                wall,
            )
            return self._fetch(name, said)
        finally:
            path.unlink(missing_ok=True)

    def _fetch(self, name: str, said: str) -> Arrays:
        assert self.room is not None
        try:
            return read_npz(self.room.box, name)
        except ValueError as problem:
            words = said.strip().splitlines()
            raise ValueError(f"no answer: {words[-1][:200] if words else problem}") from None
        finally:
            for path in (name, f"part-{name}"):
                with suppress(OSError):
                    os.unlink(path, dir_fd=self.room.box)

    def close(self) -> None:
        """End every process of the sandbox; nothing of it stays. Twice does no harm."""
        if self._talk is not None:
            self._talk.close()
        if self.room is not None:
            self.room.kill()
        if self._command is not None:
            self._command.close()
        self._talk = self.room = self._command = None
        shutil.rmtree(self.inputs, ignore_errors=True)  # holds nothing but our own files

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
