"""Ways to look at a page of the site: where it is, what it shows, what a reader sees wrong."""

from pathlib import Path

import yaml
from playwright.sync_api import Locator, Page

from tools.chapters import has_cells

ROOT = Path(__file__).resolve().parents[2]
ORIGINS = ("http", "file")
THEMES = ("light", "dark")
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 360, "height": 740}


def table_of_contents() -> list[str]:
    """Return the pages that `_toc.yml` names, the landing page first."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    parts = toc.get("parts") or [toc]
    return [toc["root"], *(c["file"] for part in parts for c in part.get("chapters", []))]


# Pages with cells; what every page must do is asked of PAGES.
CHAPTERS = [name for name in table_of_contents() if has_cells(ROOT / f"{name}.md")]
PAGES = [*table_of_contents(), "search"]  # the last one is made by Sphinx


def address(origin: str, site: str, site_dir: Path, name: str) -> str:
    """Return the address of a page, served or on the disk."""
    base = site if origin == "http" else site_dir.as_uri()
    return f"{base}/{name}.html"


def set_theme(page: Page, theme: str) -> None:
    """Choose the theme as a reader's last visit would have: before the page is loaded."""
    page.add_init_script(
        f"for (const key of ['mode', 'theme']) try {{ localStorage.setItem(key, '{theme}'); }}"
        " catch { /* a page without storage */ }"
    )


def boxes(page: Page) -> list[Locator]:
    """Return the places where explorers and questions stand."""
    return page.locator("[data-d2lx]").all()


def explorers(page: Page) -> list[Locator]:
    """Return the places where explorers stand, questions left out: each has a slider."""
    return page.locator("[data-d2lx]:not([data-d2lx=quiz])").all()


def mount(page: Page) -> list[str]:
    """Scroll to every explorer and return the ids of those that do not come alive."""
    dead = []
    for box in boxes(page):
        box.evaluate("box => box.scrollIntoView({block: 'center', behavior: 'instant'})")
        live = box.locator(".d2lx").first
        try:
            live.wait_for(timeout=8000)
        except Exception:
            dead.append(box.get_attribute("id") or "?")
    page.evaluate("scrollTo({top: 0, behavior: 'instant'})")
    return dead


def open_folds(page: Page) -> None:
    """Open everything that a reader can fold open: hidden cells and answers."""
    page.evaluate(
        """() => {
  for (const fold of document.querySelectorAll('main details')) fold.open = true;
  for (const b of document.querySelectorAll('main button.toggle-button-hidden')) b.click();
}"""
    )


def sideways(page: Page) -> str:
    """Return "" where nothing is wider than the window, else the elements that are."""
    return page.evaluate(
        """() => {
  const root = document.documentElement, width = root.clientWidth, out = [];
  const scrolls = e => { for (e = e.parentElement; e && e !== document.body; e = e.parentElement)
    if (/auto|scroll|hidden|clip/.test(getComputedStyle(e).overflowX)) return true; return false; };
  for (const e of document.querySelectorAll('main article *')) {
    const r = e.getBoundingClientRect(), name = e.tagName.toLowerCase();
    if (r.width <= 1 || r.right <= width + 1 || scrolls(e)) continue;
    if (e.checkVisibility({visibilityProperty: true}))
      out.push(`${name}.${e.getAttribute('class') ?? ''} to ${Math.round(r.right)}`);
  }
  const over = root.scrollWidth - width;
  return over > 0 || out.length ? `${over} px beyond ${width}: ${out.slice(0, 5).join('; ')}` : '';
}"""
    )


DRAWING = """box => {
  const now = box.querySelector('.d2lx') ?? box;
  const seen = e => e.checkVisibility({visibilityProperty: true});
  const what = 'table, [role=grid], img, svg, figcaption, [aria-live], p';
  const parts = [...now.querySelectorAll(what)];
  return parts.filter(seen).map(e => e.tagName === 'IMG' ? e.alt + e.src
    : e.tagName === 'svg' ? e.outerHTML : e.textContent).join('\\n');
}"""


def drawing(box: Locator) -> str:
    """Return what an explorer draws: its numbers, pictures and sentences, without its controls."""
    return box.evaluate(DRAWING)


def changed(box: Locator, before: str, ms: int = 5000) -> bool:
    """Wait until the drawing of an explorer is no longer `before`."""
    for _ in range(ms // 50):
        if drawing(box) != before:
            return True
        box.page.wait_for_timeout(50)
    return False
