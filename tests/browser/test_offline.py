"""Nothing asks another host: the guards see it when a page does, and a book builds without network.

The whole site is never built a second time for this: `test_pages.py` loads every page with all
other hosts blocked, and here a book of one page, with both explorers, a formula and the book's own
settings, is built where the machine has no network at all.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools import chromium

from .conftest import start

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
NOT_ASKED = SimpleNamespace(chromium=SimpleNamespace(launch=None, executable_path=""))
LINK_UP = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:      # `ip link set lo up`
    fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))
os.execv(sys.argv[1], sys.argv[1:])
"""
BOOK = "from jupyter_book.cli.main import main; main()"
REACH = "import socket; socket.create_connection(('192.0.2.1', 80), 5)"
PAGE = """---
jupytext: {formats: "md:myst", text_representation: {extension: .md, format_name: myst}}
kernelspec: {display_name: Python 3, language: python, name: python3}
---
# One page

The output has $\\\\lfloor (n + 2p - k) / s \\\\rfloor + 1$ rows.

```{code-cell} ipython3
from d2lmini.explorers.conv_shape import ConvShape
ConvShape("shape", n=5, k=2)
```

```{code-cell} ipython3
from matplotlib.figure import Figure
from d2lmini.explore import explore

def draw(k):
    figure = Figure(figsize=(2, 2))
    figure.add_subplot().plot(range(k))
    return figure

explore(draw, describe=lambda k: f"A line of {k} points.", id="line", k=[2, 3])
```
"""


@pytest.fixture
def seen(browser, site):
    """Return a function that shows some HTML, as a page of the site, and tells what is recorded."""

    def look(content: str, least: int = 1) -> list[str]:
        record = chromium.Watch()
        context = browser.new_context()
        chromium.watch(context, record)
        page = context.new_page()
        page.goto(f"{site}/_static/pygments.css")
        page.set_content(content)
        page.wait_for_load_state("networkidle")
        for _ in range(100):
            if len(record.problems) >= least:
                break
            page.wait_for_timeout(50)
        context.close()
        return record.problems

    return look


@pytest.mark.parametrize(
    "content",
    [
        "<img src='https://cdn.example.org/a.png'>",
        "<script src='https://cdn.example.org/a.js'></script>",
        "<link rel='stylesheet' href='https://cdn.example.org/a.css'>",
        "<style>@font-face { font-family: F; src: url(https://cdn.example.org/a.woff2) }</style>"
        "<p style='font-family: F'>text</p>",
        "<script>fetch('https://cdn.example.org/a.json').catch(() => 0)</script>",
        "<script>fetch('http://127.0.0.1.cdn.example.org/a').catch(() => 0)</script>",
        "<iframe src='https://cdn.example.org/'></iframe>",
        "<script>new WebSocket('wss://cdn.example.org/live')</script>",
        "<script>navigator.sendBeacon('https://cdn.example.org/count')</script>",
    ],
)
def test_a_request_to_another_host_is_recorded(seen, content):
    said = [p for p in seen(content) if p.startswith("foreign")]
    assert said and "cdn.example.org" in said[0], f"not noticed: {content}"


def test_errors_in_scripts_and_in_the_console_are_recorded(seen):
    wrong = seen("<script>console.error('odd')</script><script>nowhere()</script>", 2)
    assert any("console error" in p and "odd" in p for p in wrong), wrong
    assert any("script error" in p and "nowhere is not defined" in p for p in wrong), wrong


def test_failed_requests_are_recorded(seen, site):
    wrong = seen(f"<img src='{site}/no-such-picture.png'>")
    assert any("no-such-picture.png (404)" in p for p in wrong), wrong
    with chromium.served(ROOT / "tools") as gone:
        pass
    wrong = seen(f"<img src='{gone}/picture.png'>")
    assert any(p.startswith("failed request") and "REFUSED" in p for p in wrong), wrong


def test_a_page_without_faults_is_passed(seen, site):
    sheet = f"{site}/_static/pygments.css"
    assert seen(f"<p>fine</p><link rel='stylesheet' href='{sheet}'>", least=0) == []


def test_an_expected_problem_must_occur():
    record = chromium.Watch()
    record.expect("odd")
    assert record.verdict() == "expected, but never seen: odd"
    record.add("console error", "a page", "odd")
    assert record.verdict() == ""
    record.add("console error", "a page", "even")
    assert record.verdict() == "console error on a page: even"


def test_a_machine_without_a_browser_is_told_what_to_install(monkeypatch):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(chromium, "NAMES", ("no-such-browser",))
    with pytest.raises(chromium.NoBrowser, match="install the package `chromium`"):
        chromium.find(NOT_ASKED)


def test_a_browser_that_is_named_but_absent_is_an_error(monkeypatch):
    monkeypatch.setenv("CHROMIUM", "/no/such/browser")
    with pytest.raises(chromium.NoBrowser, match="CHROMIUM=/no/such/browser is no program"):
        chromium.find(NOT_ASKED)


def test_without_a_browser_a_run_in_ci_fails_and_any_other_skips(monkeypatch):
    monkeypatch.setenv("CHROMIUM", "/no/such/browser")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="/no/such/browser is no program"):
        start(NOT_ASKED)
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="/no/such/browser is no program"):
        start(NOT_ASKED)


def without_network() -> list[str] | None:
    """Return the words before a command that cut it off from every network, or None."""
    for flags in ("-n", "-rn"):
        words = ["unshare", flags, sys.executable, "-c", LINK_UP]
        true = shutil.which("true") or "/bin/true"
        if (
            shutil.which("unshare")
            and not subprocess.run([*words, true], capture_output=True).returncode
        ):
            return words
    return None


def small_book(folder: Path) -> Path:
    """Make a book of one page that has the settings and the extensions of the real one."""
    shared = "_config.yml _ext _templates assets d2lmini references.bib requirements.txt"
    for name in shared.split():
        (folder / name).symlink_to(ROOT / name)
    (folder / "_toc.yml").write_text("format: jb-book\nroot: index\n", encoding="utf-8")
    (folder / "index.md").write_text(PAGE.replace("\\\\", "\\"), encoding="utf-8")
    return folder


def test_a_book_with_both_explorers_builds_without_a_network(tmp_path, new_page):
    words = without_network()
    if words is None:
        pytest.skip("`unshare -n` is not allowed here: nothing can be cut off from the network")
    cut = subprocess.run([*words, sys.executable, "-c", REACH], capture_output=True, text=True)
    assert "OSError" in cut.stderr, f"the network is still there: {cut.stderr}"
    book = small_book(tmp_path)
    env = os.environ | {"D2LMINI_QUIET": "1", "OMP_NUM_THREADS": "1"}
    build = [sys.executable, "-c", BOOK, "build", str(book), "-W", "-n", "--keep-going"]
    made = subprocess.run(words + build, capture_output=True, text=True, timeout=300, env=env)
    assert made.returncode == 0, f"{made.stdout[-2000:]}\n{made.stderr[-3000:]}"
    page = new_page()
    page.goto((book / "_build" / "html" / "index.html").as_uri())
    assert page.locator("[data-d2lx]").count() == 2 and page.locator("math").count() == 1
