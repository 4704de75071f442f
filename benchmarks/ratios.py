"""Time things side by side: in turns, in one process, and as ratios, because machines differ."""

import gc
import os
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

ROUNDS = 7
SHORTEST = 0.02  # seconds: what is quicker is called several times per round


class Timing(NamedTuple):
    """Median seconds of one call, and the ratios to the first contestant, round by round."""

    seconds: float
    ratios: list[float]

    @property
    def ratio(self) -> float:
        """Median of the ratios."""
        return statistics.median(self.ratios)


def compare(
    contestants: Mapping[str, Callable[[], object]],
    rounds: int = ROUNDS,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, Timing]:
    """Call every contestant once per round, in turns, after one round that does not count.

    A ratio compares two calls of one round, so a machine that is slower for a while slows both.

    Args:
        contestants: what to call, by name; the first one is what the others are compared with.
        rounds: how many rounds count, at least 1.
        clock: gives seconds.
    """
    calls = {name: _how_often(call, clock) for name, call in contestants.items()}
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    gc.freeze()  # what is alive now is not looked through again
    for _ in range(rounds):
        gc.collect()
        for name, call in contestants.items():
            seconds[name].append(_time(call, calls[name], clock))
    gc.unfreeze()
    base = next(iter(seconds.values()))
    return {
        name: Timing(statistics.median(own), [a / b for a, b in zip(own, base, strict=True)])
        for name, own in seconds.items()
    }


def _how_often(call: Callable[[], object], clock: Callable[[], float]) -> int:
    """Warm up, and return how many calls take long enough to be timed."""
    call()
    return max(1, round(SHORTEST / max(_time(call, 1, clock), 1e-9)))


def _time(call: Callable[[], object], times: int, clock: Callable[[], float]) -> float:
    """Return the seconds of one call, averaged over several."""
    gc.disable()  # a collection would land in anybody's time
    start = clock()
    for _ in range(times):
        call()
    end = clock()
    gc.enable()
    return (end - start) / times


class OthersLoad:
    """What share of the processors other processes used since this object was made."""

    def __init__(self) -> None:
        self.start = time.monotonic(), self._all(), self._own()

    def share(self) -> float | None:
        """Return a number from 0 to 1, or None where the system does not tell."""
        then, busy, own = self.start
        now_busy = self._all()
        if busy is None or now_busy is None:
            return None
        others = (now_busy - busy) - (self._own() - own)
        return max(0.0, others / ((time.monotonic() - then) * (os.cpu_count() or 1)))

    @staticmethod
    def _own() -> float:
        times = os.times()
        return times.user + times.system + times.children_user + times.children_system

    @staticmethod
    def _all() -> float | None:
        try:  # first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal
            numbers = Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
        except OSError:
            return None
        ticks = [int(number) for number in numbers]
        return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")
