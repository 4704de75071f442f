"""How long a reader waits between moving a slider and seeing the new picture.

The same figure of the padding chapter (`explore`) is redrawn in two homes: on the static page,
where every picture is there already, and in JupyterLab, where the kernel draws it. Time runs from
the key press that moves the slider to the end of the first paint with another picture.
"""

import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tools import chromium, lab  # noqa: E402

CHAPTER = "padding-and-stride"
ROUNDS = 3  # sweeps over all sliders of the static page
# A promise: after the next key press, wait for another picture and for its paint.
MEASURE = """box => {
  window.redrawn = new Promise((done, fail) => {
    let from;
    const picture = () => box.querySelector('img')?.src ?? box.querySelector('svg')?.outerHTML;
    const old = picture();
    const watch = new MutationObserver(() => {
      if (from === undefined || picture() === old) return;
      watch.disconnect();
      requestAnimationFrame(() => {           // before the paint; the message comes after it
        const {port1, port2} = new MessageChannel();
        port1.onmessage = () => done(performance.now() - from);
        port2.postMessage(0);
      });
    });
    watch.observe(box, {subtree: true, childList: true, attributes: true, characterData: true});
    addEventListener('keydown', e => { from = e.timeStamp; }, {capture: true, once: true});
    setTimeout(() => fail(new Error('the picture did not change within 20 s')), 20000);
  });
  window.redrawn.catch(() => {});
}"""


def _press(page: Page, box: Locator, slider: Locator, key: str) -> float:
    """Press a key on a slider and return the milliseconds until the new picture is painted."""
    slider.focus()
    box.evaluate(MEASURE)
    page.keyboard.press(key)
    return float(page.evaluate("() => window.redrawn"))


def _sweep(
    page: Page, box: Locator, sliders: list[Locator], ends: str, first: Callable[[], object]
) -> list[float]:
    """Move every slider to its last value and back to its first; return the times."""
    low, now, high = ends.split()
    times = []
    for slider in sliders:
        for key, end in (("ArrowRight", high), ("ArrowLeft", low)):
            while slider.evaluate("(e, [a, b]) => +e[a] !== +e[b]", [now, end]):
                first()
                times.append(_press(page, box, slider, key))
    return times


def on_the_page(page: Page, address: str) -> list[float]:
    """Return the times on the static page."""
    page.goto(f"{address}/chapters/{CHAPTER}.html")
    place = page.locator("[data-d2lx=frames]").first
    place.evaluate("box => box.scrollIntoView({block: 'center', behavior: 'instant'})")
    box = place.locator(".d2lx")
    box.wait_for()
    sliders, ends = box.locator("input[type=range]").all(), "min value max"
    return [t for _ in range(ROUNDS) for t in _sweep(page, box, sliders, ends, lambda: None)]


def through_a_kernel(page: Page, address: str, token: str) -> list[float]:
    """Return the times in JupyterLab, where every picture is drawn anew."""
    notebook = lab.Notebook(page, address, token, f"{CHAPTER}.ipynb")
    notebook.run_all(240)
    box = page.locator(".jp-OutputArea-output:has(figure.d2lx-card)").first
    box.evaluate("box => box.scrollIntoView({block: 'center'})")
    shown = "__import__('ipywidgets').widgets.widget._instances.values()"
    first = f"[w for w in {shown} if type(w).__name__ == 'explore'][0]"
    sliders, ends = box.get_by_role("slider").all(), "ariaValueMin ariaValueNow ariaValueMax"
    return _sweep(page, box, sliders, ends, lambda: notebook.ask(f"({first}).frame.cache_clear()"))


def _summary(times: list[float]) -> dict[str, float]:
    return {
        "median_ms": round(statistics.median(times), 1),
        "p95_ms": round(statistics.quantiles(times, n=20, method="inclusive")[-1], 1),
        "changes": len(times),
    }


def _times(site: Path) -> tuple[list[float], list[float]]:
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        work, private = Path(scratch, "work"), Path(scratch, "lab")
        work.mkdir()
        private.mkdir()
        shutil.copy(ROOT / "chapters" / f"{CHAPTER}.ipynb", work)
        browser = chromium.launch(playwright)
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        with chromium.served(site) as address:
            static = on_the_page(page, address)
        with lab.jupyterlab(work, private) as (address, token):
            live = through_a_kernel(page, address, token)
            page.close()
        browser.close()
    return static, live


def redraw(site: Path = ROOT / "_build" / "html") -> dict[str, dict[str, float]]:
    """Measure one change of a figure on the built site and through a kernel, in one run.

    Returns "page" and "kernel", each with `median_ms`, `p95_ms` and the number of `changes`.
    Raises FileNotFoundError where the site or the notebook is missing, tools.chromium.NoBrowser
    where no browser is.
    """
    for path in (site / "chapters" / f"{CHAPTER}.html", ROOT / "chapters" / f"{CHAPTER}.ipynb"):
        if not path.is_file():
            raise FileNotFoundError(f"{path.name} is missing: run `make site` and `make notebooks`")
    static, live = _times(site)
    return {"page": _summary(static), "kernel": _summary(live)}


if __name__ == "__main__":
    print(json.dumps(redraw(*map(Path, sys.argv[1:2])), indent=2))
