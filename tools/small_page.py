"""The site in small: a page with nothing but boxes of explorers, answered by who opens it.

The browser tests and the benchmark of explorers share this module.

The address does not exist: requests for the page, its style and its scripts are answered from
memory and from `d2lmini/static`, so that a page opens in a few milliseconds.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from d2lmini import explorers
from d2lmini.explorers.base import Explorer, fields_of
from d2lmini.widgets import STATIC
from tools import states

ROOT = Path(__file__).resolve().parent.parent
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
ORIGIN = "http://127.0.0.1"
ADDRESS = f"{ORIGIN}/book"
ROUTE = re.compile(rf"{re.escape(ORIGIN)}/(?!.*\.(?:js|css)\b)")
FILES = re.compile(rf"{re.escape(ORIGIN)}/[\w.-]+\.(?:js|css)\b")
TYPES = {"js": "text/javascript", "css": "text/css"}
CLASSES: list[type[Explorer]] = [
    cls for name in explorers.__all__ if issubclass(cls := getattr(explorers, name), Explorer)
]
STATES, SEED = 300, 2026  # states of each explorer that are compared
# An explorer starts when it comes near the window: go to each, and wait 20 s for it at most.
ALL_LIVE = """async () => {
  const boxes = [...document.querySelectorAll('[data-d2lx]')];
  const live = box => box.querySelector(':scope > div > .d2lx');
  for (const box of boxes) {
    if (!live(box)) box.scrollIntoView({block: 'start', behavior: 'instant'});
    for (const end = Date.now() + 20000; !live(box) && Date.now() < end;)
      await new Promise(done => setTimeout(done, 10));
  }
  scrollTo({top: 0, behavior: 'instant'});
  return boxes.filter(live).length; }"""
# Boxes in one place are all near the window, whatever their height.
STACKED = "[data-d2lx]{position:absolute;left:0;top:0;width:38rem}"


def kind_of(cls: type[Explorer]) -> str:
    """Return the kind of an explorer, which names it in test reports too."""
    return str(cls.class_traits()["kind"].default_value)


def document(*boxes: str, theme: str = "light", style: str = "") -> str:
    """Return a page of the site in small: the boxes, the style and the script."""
    ground, ink = ("#121212", "#ced6dd") if theme == "dark" else ("#fff", "#222")
    return (
        f'<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8">'
        '<link rel="icon" href="data:,"><title>Explorers</title>'
        '<link rel="stylesheet" href="explorers.css">'
        f"<style>body{{margin:8px;background:{ground};color:{ink}}}{style}</style></head>"
        f"<body><main><h1>Explorers</h1>{''.join(boxes)}</main>"
        '<script src="explorers.js" defer></script></body></html>'
    )


def serve(page: Page, body: str) -> None:
    """Answer the small page's address with `body`, and its files from the package."""

    def file(route: Any) -> None:
        name = route.request.url.rsplit("/", 1)[1].split("?")[0]
        text = (STATIC / name).read_text(encoding="utf-8")
        route.fulfill(body=text, content_type=TYPES[name.rsplit(".", 1)[1]])

    page.unroute(ROUTE)
    page.unroute(FILES)
    page.route(ROUTE, lambda route: route.fulfill(body=body, content_type="text/html"))
    page.route(FILES, file)


@cache
def written(cls: type[Explorer]) -> str:
    """Return the page part of an explorer in its starting state, as Python writes it."""
    return str(cls("it")._repr_mimebundle_()[0]["text/html"])


def box(cls: type[Explorer], id: str = "it") -> str:
    """Return the page part of an explorer under another name."""
    return written(cls).replace('<div id="it"', f'<div id="{id}"', 1)


def show(page: Page, query: str = "", *boxes: str, theme: str = "light", style: str = ""):
    """Open a page with the boxes at an address; return the first live part."""
    serve(page, document(*boxes, theme=theme, style=style))
    page.goto(ADDRESS + query)
    live = page.locator("[data-d2lx] .d2lx").first
    live.wait_for()
    return live


def show_states(page: Page, cls: type[Explorer], asked: list[states.State], **more: str):
    """Open one box for each state, asked for in the address; return the places of the boxes."""
    fields, start = fields_of(kind_of(cls)), start_of(cls)
    parts = [states.query(f"s{i}", fields, start, state) for i, state in enumerate(asked)]
    found = [box(cls, f"s{i}") for i in range(len(asked))]
    show(page, "?" + "&".join(filter(None, parts)), *found, **more)
    all_live(page, len(asked))
    return page.locator("[data-d2lx]")


def all_live(page: Page, count: int) -> None:
    """Scroll to every box of the page and wait until it is live."""
    assert page.evaluate(ALL_LIVE) == count, "not every explorer starts"


def control(live: Locator, cls: type[Explorer], name: str) -> Locator:
    """Return the slider, list or checkbox of a field."""
    symbol = fields_of(kind_of(cls))[name].get("symbol", name)
    return live.locator(f"[data-field='{symbol}']")


def set_control(handle: Locator, value: Any) -> None:
    """Give a slider, a list or a checkbox a value, as a reader would."""
    tag = handle.evaluate("e => e.tagName === 'SELECT' ? 'list' : e.type")
    if tag == "list":
        handle.select_option(value)
    elif tag == "checkbox":
        handle.set_checked(value)
    else:
        handle.fill(str(value))


def move(page: Page, cls: type[Explorer], live: Locator) -> str:
    """Move the first control that is seen by keyboard, and return its field."""
    for name, field in fields_of(kind_of(cls)).items():
        handle = control(live, cls, name)
        if handle.count() and handle.is_visible():
            handle.focus()
            last = start_of(cls)[name] in (field.get("max"), field.get("of", [None])[-1])
            arrows = {"int": ("ArrowRight", "ArrowLeft"), "choice": ("ArrowDown", "ArrowUp")}
            page.keyboard.press(arrows.get(field["kind"], ("Space", "Space"))[last])
            return name
    raise AssertionError("no control is seen")


def short(cls: type[Explorer], state: states.State) -> str:
    """Return a state as its address says it."""
    asked = states.query("it", fields_of(kind_of(cls)), start_of(cls), state)
    return f"?{asked}" if len(asked) < 400 else f"?{asked[:400]}…"


@cache
def start_of(cls: type[Explorer]) -> states.State:
    """Return the starting state."""
    return cls("it").state()


@cache
def sampled(cls: type[Explorer]) -> list[states.Case]:
    """Return the states that are compared, the same for every test."""
    return states.sample(cls("it"), fields_of(kind_of(cls)), STATES, SEED)


@cache
def worst(cls: type[Explorer], count: int) -> list[states.State]:
    """Return the valid states among the sampled ones that show the most cells and words."""
    explorer = cls("it")

    def size(state: states.State) -> int:
        states.put(explorer, state)
        picture = explorer.picture()
        cells = sum(rows * cols for rows, cols in (grid.shape for grid in picture.grids))
        return 20 * cells + len(picture.sum) + sum(map(len, picture.lines))

    valid = (case.state for case in sampled(cls) if not case.bad)
    return sorted(valid, key=size, reverse=True)[:count]


def largest(cls: type[Explorer]) -> states.State:
    """Return the valid state that shows the most cells and words."""
    return worst(cls, 1)[0]
