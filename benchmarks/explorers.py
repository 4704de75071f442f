"""How long an explorer takes to redraw after one move of a control, in its largest states.

    python -m benchmarks.explorers     (`make bench` writes the same into results.md)

Measured in Chromium on a page that holds nothing else, after explorers that were built from the
present sources. A move is one event of a native control. "Script and layout" ends when script,
style and layout are done; "painted" when the next frame stands on the screen, so that it contains
the wait for it, up to 17 ms.
"""

import statistics
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from d2lmini.explorers.base import Explorer, fields_of
from tools import chromium, small_page, states

RUNS = 3  # the median of these counts
WORST = 6  # states of each explorer, those that show most
LIMIT_MS = 16.0  # one frame of a screen
Move = tuple[str, object]
MEASURE = """async ([box, moves]) => {
  const frame = () => new Promise(done => requestAnimationFrame(() => {
    const {port1, port2} = new MessageChannel(); // told after the paint
    port1.onmessage = done;
    port2.postMessage(0); }));
  const times = [];
  for (const [symbol, value] of moves) {
    const control = box.querySelector(`[data-field="${symbol}"]`);
    if (!control?.checkVisibility()) continue;
    await frame();
    const from = performance.now();
    if (control.type === 'checkbox') control.click();
    else {
      control.value = value;
      control.dispatchEvent(new Event(control.tagName === 'SELECT' ? 'change' : 'input'));
    }
    box.getBoundingClientRect();
    const laid = performance.now() - from;
    await frame();
    times.push([laid, performance.now() - from]);
  }
  return times; }"""


class Redraw(NamedTuple):
    """What was found for one explorer, in milliseconds."""

    moves: int
    laid: list[float]  # of each run: 95 % of the moves took at most this, script and layout
    painted: float  # the same until the paint, median of the runs


def p95(times: list[float]) -> float:
    """Return what 95 % of the times do not exceed."""
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


def neighbours(field: states.Field, value: object) -> list[object]:
    """Return the values that one move of a control reaches."""
    if field["kind"] == "int":
        return [v for v in (value - 1, value + 1) if field["min"] <= v <= field["max"]]
    if field["kind"] == "choice":
        return [v for v in field["of"] if v != value]
    return [not value] if field["kind"] == "bool" else []


def moves_from(cls: type[Explorer], state: states.State) -> list[Move]:
    """Return moves of every control to its neighbours and back that keep the state valid."""
    python, moves = cls("it"), []
    for name, field in fields_of(small_page.kind_of(cls)).items():
        for value in neighbours(field, state[name]):
            states.put(python, state | {name: value})
            if python.problem() is None:
                symbol = field.get("symbol", name)
                moves += [(symbol, value), (symbol, state[name])]
    return moves


def times(page: Page, cls: type[Explorer]) -> list[tuple[float, float]]:
    """Return script and layout, and paint, of all moves in the worst states."""
    found = []
    for state in small_page.worst(cls, WORST):
        live = small_page.show_states(page, cls, [state]).first.locator(".d2lx")
        moves = moves_from(cls, state)
        found += live.evaluate(f"(box, moves) => ({MEASURE})([box, moves])", moves)
    return found


def measure(browser: Browser, cls: type[Explorer]) -> Redraw:
    """Measure one explorer in fresh pages."""
    runs = []
    for _ in range(RUNS + 1):  # the first one warms up
        context = browser.new_context(viewport={"width": 1280, "height": 1000})
        runs.append(times(context.new_page(), cls))
        context.close()
    laid, painted = ([p95([move[at] for move in run]) for run in runs[1:]] for at in (0, 1))
    return Redraw(len(runs[-1]), sorted(laid), statistics.median(painted))


def redraws() -> dict[str, Redraw]:
    """Measure every explorer; raises tools.chromium.NoBrowser where no browser is."""
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        found = {small_page.kind_of(cls): measure(browser, cls) for cls in small_page.CLASSES}
        browser.close()
    return found


def rows(found: dict[str, Redraw], judged: bool) -> list[list[str]]:
    """Return a row of results for each explorer."""
    made = []
    for kind, (moves, laid, painted) in found.items():
        middle = statistics.median(laid)
        kept = (
            ("kept" if middle <= LIMIT_MS else "BROKEN") if judged else "not judged: busy machine"
        )
        made.append(
            [
                f"`{kind}`, {moves} moves",
                f"{middle:.1f} ms ({laid[0]:.1f}–{laid[-1]:.1f})",
                f"{painted:.1f} ms",
                f"≤ {LIMIT_MS:g} ms: {kept}",
            ]
        )
    return made


if __name__ == "__main__":
    for row in rows(redraws(), judged=True):
        print(" | ".join(row), flush=True)
