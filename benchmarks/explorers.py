"""How long an explorer takes to redraw after one move of a control, in its largest states.

    python -m benchmarks.explorers     (`make bench` writes the same into results.md)

Measured in Chromium on a page that holds nothing else, after explorers that were built from the
present sources. A move is one event of a native control, or one press of a button that stays
pressed, such as a kernel's name. Every move is made TURNS times, as by a reader who drags a slider
to and fro; the first time, when the browser has not yet compiled its code, is told apart: it is
slower and happens once. "Script and layout" ends when script, style and layout are done;
"painted" when the next frame stands on the screen, so that it contains the wait for it, up to
17 ms. LeNet's forward pass, which is part of its moves, stands alone too.
"""

import base64
import statistics
from typing import NamedTuple

from playwright.sync_api import Browser, Page, sync_playwright

from d2lmini.explorers.base import Explorer, fields_of
from d2lmini.explorers.lenet import packed
from tools import chromium, small_page, states

RUNS = 3  # the median of these counts
TURNS = 3  # how often each move is made
WORST = 6  # states of each explorer, those that show most
LIMIT_MS = 16.0  # one frame of a screen
Move = tuple[str, object]
MEASURE = """async ([box, moves, turns]) => {
  const frame = () => new Promise(done => requestAnimationFrame(() => {
    const {port1, port2} = new MessageChannel(); // told after the paint
    port1.onmessage = done;
    port2.postMessage(0); }));
  const times = [], time = async move => {
    await frame();
    const from = performance.now();
    move();
    box.getBoundingClientRect();
    const laid = performance.now() - from;
    await frame();
    times.push([laid, performance.now() - from]);
  };
  for (let turn = 0; turn < turns; turn++) {
    for (const [symbol, value] of moves) {
      const control = box.querySelector(`[data-field="${symbol}"]`);
      if (!control?.checkVisibility()) continue;
      await time(() => {
        if (control.type === 'checkbox') return control.click();
        control.value = value;
        control.dispatchEvent(new Event(control.tagName === 'SELECT' ? 'change' : 'input'));
      });
    }
    for (const press of box.querySelectorAll('button[aria-pressed], .d2lx-layers [type=radio]'))
      if (press.checkVisibility() && !press.disabled) await time(() => press.click());
  }
  return times; }"""
PASSES = 60
FORWARD = """async ([bundle, text, passes]) => {
  const { net } = await import('data:text/javascript;charset=utf-8;base64,' + bundle);
  const { nets, samples } = net.open(text), times = [];
  for (let i = 0; i < passes; i++) {
    const from = performance.now();
    net.run(nets.modern, net.input(samples[i % samples.length]));
    times.push(performance.now() - from);
  }
  return times; }"""


class Redraw(NamedTuple):
    """What was found for one explorer, in milliseconds: what 95 % of the moves took at most."""

    moves: int
    laid: list[float]  # script and layout, of each run
    first: float  # the same when each move was made for the first time, median of the runs
    painted: float  # until the paint, median of the runs


class Found(NamedTuple):
    """What was found, in milliseconds."""

    redraws: dict[str, Redraw]
    passes: list[float]  # of each run: 95 % of LeNet's forward passes took at most this


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


def times(page: Page, cls: type[Explorer]) -> tuple[list[list[float]], list[list[float]]]:
    """Return script and layout, and paint, of all moves in the worst states: first, and later."""
    first, later = [], []
    for state in small_page.worst(cls, WORST):
        live = small_page.show_states(page, cls, [state]).first.locator(".d2lx")
        moves = moves_from(cls, state)
        found = live.evaluate(f"(box, all) => ({MEASURE})([box, ...all])", [moves, TURNS])
        count = len(found) // TURNS
        first, later = first + found[:count], later + found[count:]
    return first, later


def measure(browser: Browser, cls: type[Explorer]) -> Redraw:
    """Measure one explorer in fresh pages."""
    runs = []
    for _ in range(RUNS):
        context = browser.new_context(viewport={"width": 1280, "height": 1000})
        runs.append(times(context.new_page(), cls))
        context.close()
    firsts, laters = zip(*runs, strict=True)
    laid, painted = ([p95([move[at] for move in run]) for run in laters] for at in (0, 1))
    cold = [p95([move[0] for move in run]) for run in firsts]
    return Redraw(len(firsts[0]), sorted(laid), statistics.median(cold), statistics.median(painted))


def forward_passes(browser: Browser) -> list[float]:
    """Return the milliseconds of LeNet's forward passes, of a fresh page: the first ones are slow.

    The picture and the weights are those of the explorer, and so is the code.
    """
    page = browser.new_page()
    bundle = base64.b64encode((small_page.STATIC / "explorers.mjs").read_bytes()).decode()
    found: list[float] = page.evaluate(FORWARD, [bundle, packed(), PASSES])
    page.close()
    return found


def measured() -> Found:
    """Measure every explorer; raises tools.chromium.NoBrowser where no browser is."""
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        redraws = {}
        for cls in small_page.CLASSES:
            print(f"explorer {small_page.kind_of(cls)}", flush=True)
            redraws[small_page.kind_of(cls)] = measure(browser, cls)
        passes = [p95(forward_passes(browser)) for _ in range(RUNS)]
        browser.close()
    return Found(redraws, sorted(passes))


def row(name: str, runs: list[float], judged: bool, *others: str) -> list[str]:
    """Return a row of results: the median of the runs, their range, and whether it is kept."""
    middle = statistics.median(runs)
    kept = ("kept" if middle <= LIMIT_MS else "BROKEN") if judged else "not judged: busy machine"
    times = f"{middle:.1f} ms ({runs[0]:.1f}–{runs[-1]:.1f})"
    return [name, times, *others, f"≤ {LIMIT_MS:g} ms: {kept}"]


def rows(found: Found, judged: bool) -> list[list[str]]:
    """Return a row of results for each explorer, and one for LeNet's forward pass."""
    made = [
        row(f"`{kind}`, {moves} moves", laid, judged, f"{first:.1f} ms", f"{painted:.1f} ms")
        for kind, (moves, laid, first, painted) in found.redraws.items()
    ]
    return [*made, row(f"LeNet, {PASSES} forward passes", found.passes, judged, "", "")]


if __name__ == "__main__":
    for line in rows(measured(), judged=True):
        print(" | ".join(line), flush=True)
