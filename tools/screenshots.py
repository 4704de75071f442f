"""Photograph every page of the built site, wide and narrow, light and dark, for people to see.

    python tools/screenshots.py [SITE] [FOLDER]

A page too tall for one picture makes several, NAME-WIDTH-THEME-1.png and so on. SITE is
`_build/html`, FOLDER `_build/screenshots` unless said otherwise.
"""

import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tools import chromium  # noqa: E402

WIDTHS = (1280, 360)
THEMES = ("light", "dark")
TALLEST = 16_000  # pixels; Chromium paints no taller picture
THEME = "for (const key of ['mode', 'theme']) localStorage.setItem(key, '%s')"
MOUNT = """async () => {
  for (const box of document.querySelectorAll('[data-d2lx]')) {
    box.scrollIntoView({block: 'center', behavior: 'instant'});
    for (let i = 0; i < 50 && !box.querySelector('.d2lx'); i++)
      await new Promise(done => setTimeout(done, 20));
  }
  scrollTo({top: 0, behavior: 'instant'});
  return document.documentElement.scrollHeight;
}"""


def pages(site: Path) -> list[str]:
    """Return the pages of a built site, without their ending."""
    found = (path.relative_to(site) for path in site.rglob("*.html"))
    return sorted(str(p.with_suffix("")) for p in found if not p.parts[0].startswith("_"))


def photograph(browser: Browser, address: str, name: str, folder: Path) -> list[Path]:
    """Write the pictures of one page and return their paths."""
    made = []
    for theme in THEMES:
        for width in WIDTHS:
            page = browser.new_page(viewport={"width": width, "height": 900})
            page.add_init_script(THEME % theme)
            page.goto(f"{address}/{name}.html")
            height = page.evaluate(MOUNT)
            for part, top in enumerate(range(0, height, TALLEST)):
                end = f"-{part}" if part else ""
                path = folder / f"{name.replace('/', '-')}-{width}-{theme}{end}.png"
                tall = min(TALLEST, height - top)
                clip = {"x": 0, "y": top, "width": width, "height": tall}
                page.screenshot(path=path, full_page=True, clip=clip)
                made.append(path)
            page.close()
    return made


def main(site: Path, folder: Path) -> None:
    """Photograph every page of `site` into `folder`."""
    names = pages(site)
    if "index" not in names:
        sys.exit(f"no index.html in {site}: run `make site` first")
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, chromium.served(site) as address:
        browser = chromium.launch(playwright)
        made = [path for name in names for path in photograph(browser, address, name, folder)]
        browser.close()
    print(f"{len(made)} pictures of {len(names)} pages in {folder}")


if __name__ == "__main__":
    given = [Path(a) for a in sys.argv[1:3]]
    defaults = [ROOT / "_build" / "html", ROOT / "_build" / "screenshots"]
    main(*given, *defaults[len(given) :])
