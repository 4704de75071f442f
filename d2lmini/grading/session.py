"""One student's notebook, alive in a sandbox; after a stop it comes alive again in a new one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from d2lmini.exercises import calling
from d2lmini.exercises.spec import Array, Case, Code
from d2lmini.grading.sandbox import Sandbox, Stopped

CELL, WHOLE = 30, 600  # seconds for a cell, for a submission
PATIENCE = 2  # a busy machine is slower than the reader's own
READY = "if __import__('torch'): pass"  # so that no student's cell pays for it; binds no name

# Runs where the student's code runs. Its helpers live in a namespace of their own, so that they
# neither see nor cover the names of the notebook. `_a` comes in, `_r` goes out.
CALL = """
_s = {{"__name__": "calling"}}
exec(compile({calling!r}, "<calling>", "exec"), _s)
_s["given"] = [{{}} for _ in range({count})]
for _key, _value in _a.items():
    _case, _name, *_none = _key.split("/")
    _s["given"][int(_case)][_name] = None if _none else _value
_names = {{{name!r}: globals()[{name!r}]}} if {name!r} in globals() else {{}}
_s["got"] = _s["call_all"]({call!r}, _s["given"], _names)
_r = {{f"{{i}}/{{name}}": value for i, got in enumerate(_s["got"]) for name, value in got.items()}}
"""
ASK = """
import numpy as _numpy
_value = globals().get({name!r})
_text = _value[:40] if isinstance(_value, str) else "" if _value is None else "?"
_r = {{"text": _numpy.frombuffer(_text.encode("utf-8", "replace"), dtype=_numpy.uint8)}}
"""


@cache
def source_of_calling() -> str:
    """Return the text of the module that calls a student's function."""
    return Path(calling.__file__).read_text(encoding="utf-8")


class TimeIsOver(Exception):
    """The time for the whole submission is used up."""


class Session:
    """Runs the cells of a notebook one by one, then answers calls.

    A cell that goes over a limit is left out from then on; all others run again in a new sandbox.
    The first sandbox starts with the first call.

    Args:
        cells: the texts of the code cells.
        extra: seconds that the exercises may take beyond the usual.
        open_sandbox: makes a sandbox.
    """

    def __init__(
        self,
        cells: list[str],
        extra: float = 0.0,
        open_sandbox: Callable[[], Any] = Sandbox,
    ) -> None:
        self.cells, self.open_sandbox = cells, open_sandbox
        self.end = time.monotonic() + WHOLE + extra
        self.left_out: dict[int, str] = {}  # place of a cell in the list to why it was stopped
        self.box: Any = None
        self.asked = 0  # calls of this sandbox

    def ready(self) -> Any:
        """Return a sandbox in which all cells ran that can."""
        while self.box is None:
            self.box = self.fresh()
            for place, source in enumerate(self.cells):
                if place in self.left_out or not source.strip():
                    continue
                try:
                    self.box.run(source, wall=min(CELL, self.remaining()))
                except Stopped as why:
                    self.left_out[place] = str(why)
                    self.close()
                    break
        return self.box

    def fresh(self) -> Any:
        """Return a sandbox in which nothing of the student's ran yet.

        Raises:
            RuntimeError: none can be started; no fault of the student.
        """
        try:
            box = self.open_sandbox()
            box.run(READY, wall=120)
        except Stopped as problem:
            raise RuntimeError(str(problem)) from None
        return box

    def remaining(self) -> float:
        """Return the seconds that are left for the submission."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeIsOver(f"the time for the whole notebook, {WHOLE} s, was over")
        return left

    def call(self, code: str, wall: float, arrays: Mapping[str, Array]) -> dict[str, Array]:
        """Return the arrays that a piece of code makes of others.

        Raises:
            Stopped: over a limit; the next call gets a new sandbox.
            ValueError: nothing that can be read came back; a new sandbox as well.
            TimeIsOver: no time is left.
        """
        while True:
            box, first = self.ready(), self.asked == 0
            start = time.monotonic()
            try:
                self.asked += 1
                answer: dict[str, Array] = box.call(code, min(wall, self.remaining()), **arrays)
                return answer
            except (Stopped, ValueError):
                # another call may have left a trap, so once more without it; not after a loop
                self.close()
                if first or time.monotonic() - start > wall / 2:
                    raise

    def close(self) -> None:
        """End the sandbox; the next call starts another."""
        if self.box is not None:
            self.box.close()
        self.box, self.asked = None, 0

    def answers(self, spec: Code, cases: list[Case]) -> list[dict[str, Array]]:
        """Return for each case what :func:`d2lmini.exercises.calling.call_once` returned.

        Nothing about them is believed: they are what the sandbox says, under names and numbers of
        its choice. A case without an answer has an empty dict.
        """
        arrays = {}
        for place, case in enumerate(cases):
            for name, value in case.inputs.items():
                end = "/none" if value is None else ""
                arrays[f"{place}/{name}{end}"] = _travelling(value)
        code = CALL.format(
            calling=source_of_calling(), count=len(cases), call=spec.call, name=spec.name
        )
        wall = PATIENCE * spec.wall + 5
        got: list[dict[str, Array]] = [{} for _ in cases]
        for key, value in self.call(code, wall, arrays).items():
            number, _, name = key.partition("/")
            if number.isascii() and number.isdigit() and int(number[:6]) < len(cases):
                got[int(number[:6])][name] = value
        return got

    def text(self, name: str) -> str:
        """Return the text that a variable of the notebook holds, at most 40 characters of it."""
        got = self.call(ASK.format(name=name), CELL, {}).get("text", np.zeros(0, dtype=np.uint8))
        return got.astype(np.uint8).tobytes()[:200].decode("utf-8", "replace")


def _travelling(value: object) -> Array:
    if value is None:
        return np.zeros(0)
    return value.detach().numpy() if isinstance(value, torch.Tensor) else np.asarray(value)
