"""A browser that reaches no other host, and the built site to look at.

`page` is a fresh browser context. Whatever goes wrong on it (a request to another host, a request
that fails, an error in the console or in a script) fails the test at its end, unless the test
said beforehand `watch.expect("...")`.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Route, sync_playwright

from d2lmini.widgets import STATIC
from tools import chromium

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT_MS = 20_000
# Pages that a test writes itself stand at 127.0.0.1 without a port; the built scripts lie there.
BESIDE = re.compile(r"http://127\.0\.0\.1/[\w-]+\.js$")


def start(playwright: Playwright) -> Browser:
    """Start Chromium; without one a run in CI fails and any other skips, with the reason."""
    try:
        return chromium.launch(playwright)
    except chromium.NoBrowser as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def beside(route: Route) -> None:
    """Answer with the built script of that name."""
    path = STATIC / route.request.url.rsplit("/", 1)[-1]
    if path.is_file():
        route.fulfill(path=path, content_type="text/javascript")
    else:
        route.fulfill(status=404)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Start Chromium once for all tests of this folder."""
    with sync_playwright() as playwright:
        running = start(playwright)
        yield running
        running.close()


@pytest.fixture
def watch() -> chromium.Watch:
    """Return the record of what goes wrong on the pages of this test."""
    return chromium.Watch()


@pytest.fixture
def new_page(browser: Browser, watch: chromium.Watch) -> Iterator[Callable[..., Page]]:
    """Return a function that opens a watched page in its own context, with Playwright's options."""
    contexts: list[BrowserContext] = []

    def open_page(**options: object) -> Page:
        options.setdefault("viewport", {"width": 1280, "height": 800})
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(TIMEOUT_MS)
        context.route(BESIDE, beside)
        chromium.watch(context, watch)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()
    if said := watch.verdict():
        pytest.fail(said, pytrace=False)


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """Open one watched page, 1280 pixels wide."""
    return new_page()


@pytest.fixture(scope="session")
def site_dir() -> Path:
    """Return the folder of the built site (D2LMINI_HTML names another); without one, fail."""
    folder = Path(os.environ.get("D2LMINI_HTML") or ROOT / "_build" / "html").resolve()
    if not (folder / "index.html").is_file():
        pytest.fail(f"no index.html in {folder.name}: run `make site` first", pytrace=False)
    return folder


@pytest.fixture(scope="session")
def site(site_dir: Path) -> Iterator[str]:
    """Serve the built site on a loopback port and return its address."""
    with chromium.served(site_dir) as address:
        yield address
