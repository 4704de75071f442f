"""Make nbval strict: every stored output of every chapter is compared.

    pytest --nbval --nbval-current-env --nbval-cell-timeout 600 chapters/*.ipynb

nbval 0.11 alone fails good notebooks (a trailing ``;``, Output widgets) and passes empty ones.
"""

import os
import time
from functools import cache
from queue import Empty

import pytest
from nbval import kernel, plugin

# A cell whose output may not be compared: (file, cell number, reason). tests/book/test_notebooks.py
# holds this list against the notebooks; a new line needs a reviewer.
NOT_COMPARED: list[tuple[str, int, str]] = []

SUBSET = (
    "run but not compared: the stored outputs come from the full Fashion-MNIST, here is the subset"
)

# Kernels inherit these; an outer MPLBACKEND=Agg would hide every picture.
os.environ["D2LMINI_QUIET"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
os.environ.pop("D2LMINI_SITE", None)


@cache
def full_data():
    """Say whether the full Fashion-MNIST is here."""
    from d2lmini.data import source

    return source() == "full"


# ---------------------------------------------------------------- kernel


def execute_cell_input(self, src, allow_stdin=None):
    """Run a cell with history: without it IPython ignores a trailing ``;``."""
    return self.kc.execute(src, store_history=True, allow_stdin=allow_stdin, stop_on_error=False)


def await_reply(self, msg_id, timeout=None):
    """Wait for a reply as nbval does, but notice within seconds that the kernel died."""
    end = time.monotonic() + (timeout or 600)
    while True:
        try:
            return _await_reply(self, msg_id, timeout=min(2, max(0.1, end - time.monotonic())))
        except Empty:
            if not self.is_alive():
                raise RuntimeError("the kernel died while it ran this cell") from None
            if time.monotonic() >= end:
                raise


_await_reply = kernel.RunningKernel.await_reply
kernel.RunningKernel.execute_cell_input = execute_cell_input
kernel.RunningKernel.await_reply = await_reply


# ---------------------------------------------------------------- messages

MESSAGES = ("stream", "display_data", "execute_result", "clear_output", "update_display_data")


def get_kernel_message(self, timeout=None, stream="iopub"):
    """Pass messages on, except those that an Output widget holds: they belong to the widget."""
    held = self.__dict__.setdefault("_held", {})
    while True:
        msg = _get_kernel_message(self, timeout=timeout, stream=stream)
        kind, content = msg["msg_type"], msg["content"]
        state = (
            content.get("data", {}).get("state", {}) if kind in ("comm_open", "comm_msg") else {}
        )
        if state.get("msg_id"):
            held[content["comm_id"]] = state["msg_id"]
        elif "msg_id" in state:
            held.pop(content["comm_id"], None)
        if kind in MESSAGES and msg["parent_header"].get("msg_id") in held.values():
            continue
        return msg


_get_kernel_message = plugin.IPyNbFile.get_kernel_message
plugin.IPyNbFile.get_kernel_message = get_kernel_message


# ---------------------------------------------------------------- cells


def compared(cell):
    """Say whether a cell's outputs are to be compared, and if not, why."""
    for file, number, reason in NOT_COMPARED:
        if (cell.parent.path.name, cell.cell_num) == (file, number):
            return False, reason
    needs_full = cell.parent.nb.metadata.get("d2lmini", {}).get("data") == "full"
    return (False, SUBSET) if needs_full and not full_data() else (True, "")


def runtest(self):
    """Run a cell and compare it; what was never executed or opts out by itself fails."""
    stored = self.cell.execution_count
    if self.cell.source.strip() and stored is None:
        self.raise_cell_error("no stored outputs: run `make notebooks`")
    compare, reason = compared(self)
    if self.options["skip"] or (compare and not self.options["check"]):
        self.raise_cell_error(
            "a cell opts out of the comparison: only NOT_COMPARED in chapters/conftest.py may"
        )
    if compare:
        return _runtest(self)
    if reason == SUBSET and os.environ.get("CI"):
        self.raise_cell_error(
            f"{reason}; with CI set this is a failure: install dataset-fashion-mnist"
        )
    self.options["check"] = False
    _runtest(self)
    pytest.skip(reason)


_runtest = plugin.IPyNbCell.runtest
plugin.IPyNbCell.runtest = runtest
