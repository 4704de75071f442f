"""Find Chromium, serve the built site, and record what a page does wrong.

The browser tests, the screenshots and the redraw benchmark share this module.
"""

import functools
import os
import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Playwright, Request

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    # the second fence: even a request that nobody intercepts finds no host
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
LOCAL = r"(?:https?|wss?)://(?:127\.0\.0\.1|localhost)(?::\d+)?(?:[/?#]|$)"
FOREIGN = re.compile(rf"^(?!{LOCAL}|file:|data:|blob:|about:|chrome)")
# How a browser without scripting refuses a script that the page preloads, and how it gives up a
# request when a test leaves the page. A missing file answers 404 or ERR_FILE_NOT_FOUND instead,
# a broken connection ERR_EMPTY_RESPONSE or ERR_CONNECTION_RESET.
NO_FAULT = ("csp", "net::ERR_ABORTED")
NO_BROWSER = (
    "no Chromium: set CHROMIUM to its path, install the package `chromium`, "
    "or run `playwright install chromium`"
)


class NoBrowser(RuntimeError):
    """Raised when no Chromium is found on this machine."""


def find(playwright: Playwright) -> str | None:
    """Return the path of the browser to start; None means Playwright's own.

    Raises NoBrowser when there is none, and when CHROMIUM names no file.
    """
    named = os.environ.get("CHROMIUM")
    if named and not shutil.which(named):
        raise NoBrowser(f"CHROMIUM={named} is no program: unset it or correct the path")
    for name in [named] if named else NAMES:
        if path := shutil.which(name) or shutil.which(name, path="/usr/bin"):
            return path
    if Path(playwright.chromium.executable_path).is_file():
        return None
    raise NoBrowser(NO_BROWSER)


def launch(playwright: Playwright) -> Browser:
    """Start Chromium without a window, cut off from other hosts; raises NoBrowser without one."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    args = [*QUIET, *(["--no-sandbox"] if root else [])]
    path = find(playwright)
    return playwright.chromium.launch(executable_path=path, args=args)


@dataclass
class Watch:
    """What went wrong in a browser context, one sentence each, and what was expected to."""

    problems: list[str] = field(default_factory=list)
    expected: dict[str, int] = field(default_factory=dict)

    def expect(self, pattern: str) -> None:
        """Allow problems that match a regular expression; `verdict` wants to see one."""
        self.expected.setdefault(pattern, 0)

    def add(self, kind: str, page: str, detail: str) -> None:
        """Record a problem of a page, unless the test expects it."""
        said = f"{kind} on {page}: {detail}"
        for pattern in self.expected:
            if re.search(pattern, said):
                self.expected[pattern] += 1
                return
        self.problems.append(said)

    def foreign(self) -> list[str]:
        """Return the requests to other hosts that were recorded so far."""
        return [p for p in self.problems if p.startswith("foreign")]

    def clear(self) -> None:
        """Forget the problems recorded so far."""
        self.problems.clear()

    def verdict(self) -> str:
        """Return "" when nothing went wrong, else all problems, one a line."""
        missing = [f"expected, but never seen: {p}" for p, n in self.expected.items() if not n]
        return "\n".join([*self.problems, *missing])


def _page_of(request: Request) -> str:
    """Return the page that asked: a request that opens a page has none yet."""
    return "a link" if request.is_navigation_request() else request.frame.url


def watch(context: BrowserContext, seen: Watch) -> None:
    """Block every other host for all pages of a context and record their problems."""

    def asked(request):
        if FOREIGN.match(request.url):
            seen.add("foreign request", _page_of(request), request.url)

    def failed(request):
        if not FOREIGN.match(request.url) and request.failure not in NO_FAULT:
            seen.add("failed request", _page_of(request), f"{request.url} ({request.failure})")

    def answered(response):
        if response.status >= 400:
            seen.add("failed request", response.frame.url, f"{response.url} ({response.status})")

    def console(message):
        if message.type in ("error", "assert"):
            where = message.page.url if message.page else "a worker"
            seen.add("console error", where, f"{message.text} [{message.location['url']}]")

    def socket(socket):
        if FOREIGN.match(socket.url):
            seen.add("foreign socket", "a page", socket.url)

    context.route(FOREIGN, lambda route: route.abort())
    context.on("request", asked)
    context.on("requestfailed", failed)
    context.on("response", answered)
    context.on("console", console)
    context.on("weberror", lambda e: seen.add("script error", e.page.url, str(e.error)))
    context.on("page", lambda page: page.on("websocket", socket))


class _Silent(SimpleHTTPRequestHandler):
    """Serve files without writing a line for each."""

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on a free loopback port and yield its address, without a last slash."""
    handler = functools.partial(_Silent, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
