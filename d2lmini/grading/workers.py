"""Spread jobs over the processors of this machine, or over a Dask cluster; the grades are equal."""

from __future__ import annotations

import multiprocessing
import os
import select
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, NamedTuple

from d2lmini.grading.grade import Job, Result, grade_one
from d2lmini.grading.hall import trust, trusted

TRIES = 2


class Done(NamedTuple):
    """A finished job: its place in the list, its result and seconds, or why there is none."""

    place: int
    result: Result | None
    seconds: float = 0.0
    failure: str = ""


def timed(job: Job) -> tuple[Result, float]:
    """Return the result of a job and the seconds that it took."""
    start = time.perf_counter()
    return grade_one(job), time.perf_counter() - start


def locally(jobs: list[Job], processes: int) -> Iterator[Done]:
    """Grade in processes of this machine, and tell of each job when it ends.

    A sandbox dies with the *thread* that started it, so these are processes, whose main threads
    live until all is done. A job whose process died, or that failed, is tried once more, alone.
    """
    home = tempfile.mkdtemp(prefix="d2l")
    Path(home).chmod(0o755)  # sandboxes may run as another user
    again: list[int] = []
    try:
        for done in _shared(jobs, list(range(len(jobs))), processes, home):
            if done.result is None:
                again.append(done.place)
            else:
                yield done
        for place in again:
            yield from _shared(jobs, [place], 1, home)
    finally:
        for child in multiprocessing.active_children():
            child.terminate()
            child.join(5)
        shutil.rmtree(home, ignore_errors=True)


def _shared(jobs: list[Job], places: list[int], processes: int, home: str) -> Iterator[Done]:
    """Grade in one pool after the other: a pool that lost a process is of no use any more.

    Only as many jobs as there are processes are handed out, so that few suffer from a loss.
    """
    waiting = places[::-1]
    while waiting:
        with ProcessPoolExecutor(
            processes, _context(), _begin, (home, os.getpid(), trusted())
        ) as pool:
            running: dict[Future[tuple[Result, float]], int] = {}
            broken = False
            while (waiting and not broken) or running:
                while waiting and not broken and len(running) < processes:
                    place = waiting.pop()
                    try:
                        running[pool.submit(timed, jobs[place])] = place
                    except BrokenProcessPool:
                        waiting.append(place)
                        broken = True
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    done = _outcome(running.pop(future), future)
                    broken = broken or done.failure == LOST
                    yield done


LOST = "the process that graded it died"


def _outcome(place: int, future: Future[tuple[Result, float]]) -> Done:
    try:
        return Done(place, *future.result())
    except BrokenProcessPool:
        return Done(place, None, failure=LOST)
    except Exception as error:  # whatever it is, the others go on
        return Done(place, None, failure=f"{type(error).__name__}: {error}")


def _context() -> Any:
    """Return how processes start: PyTorch is imported once for all of them."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["d2lmini.grading.grade"])
    return context


def _begin(home: str, grader: int, warm: bool) -> None:
    """Prepare a process: it leaves Ctrl-C to the grader, and ends when the grader has died."""
    if warm:  # what the grader's preflight has seen holds here too
        trust()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tempfile.tempdir = home
    ended = os.pidfd_open(grader)

    def watch() -> None:
        select.select([ended], [], [])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


class NoWorker(RuntimeError):
    """No worker of the cluster can grade; the message says why."""


def over_dask(jobs: list[Job], address: str, fingerprint: str, folder: str) -> Iterator[Done]:
    """Grade on the workers of a Dask scheduler, and tell of each job when it ends.

    Workers that fail the preflight, or have another package, specs, Python, NumPy or PyTorch, are
    not used. A job whose worker was lost is tried once more.

    Raises:
        ValueError: the package ``distributed`` is missing.
        NoWorker: there is no scheduler, or none of its workers can be used.
    """
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise ValueError("DASK needs the package distributed: pip install distributed") from None
    try:
        client = Client(address, timeout="20s", set_as_default=False)
    except OSError as error:
        raise NoWorker(f"no Dask scheduler answers at {address}: {error}") from None
    with client:
        usable = _usable(client.run(report, folder), fingerprint)
        client.run_on_scheduler(_suspect_at_once)
        places: dict[Any, int] = {}
        tries = [0] * len(jobs)

        def submit(place: int) -> Any:
            tries[place] += 1
            future = client.submit(timed, jobs[place], pure=False, workers=usable)
            places[future] = place
            return future

        waiting = as_completed([submit(place) for place in range(len(jobs))], loop=client.loop)
        for future in waiting:
            place = places.pop(future)
            done = _outcome(place, future)
            if done.result is None and tries[place] < TRIES:
                waiting.add(submit(place))
            else:
                yield done


def report(folder: str) -> dict[str, str]:
    """Return what a worker is: the hash of what grades rest on, and why it cannot grade, or ""."""
    from d2lmini.grading.sandbox import preflight
    from d2lmini.grading.specs import fingerprint

    return {"hash": fingerprint(folder), "problem": preflight() or ""}


def _usable(reports: dict[str, dict[str, str]], fingerprint: str) -> list[str]:
    problems = {}
    for address, told in reports.items():
        if told["problem"] or told["hash"] != fingerprint:
            problems[address] = told["problem"] or "another version of package, specs or PyTorch"
    for address, problem in problems.items():
        print(f"worker {address} is not used: {problem}")
    if len(problems) == len(reports):
        raise NoWorker("no worker of the scheduler can grade")
    return sorted(set(reports) - set(problems))


def _suspect_at_once(dask_scheduler: Any = None) -> None:
    """Report a job whose worker died after one loss: the second try is ours to make."""
    dask_scheduler.allowed_failures = 0
